"""isContentAuthorised."""

import pytest

from .caller import calling


@pytest.mark.parametrize("spelling", ["isContentAuthorised", "isContentAuthorized"])
def test_both_spellings_answer(caller, spelling):
    path = f"/hue-gateway/gateway/http/js/mdrmService/{spelling}"
    auth = ("mdrm", caller.credentials["sdp"]["password"])
    answer = caller.client.get(path, params={"token": caller.hdm_token(), "arg0": "CMS-20417733"}, auth=auth)
    assert answer.json()["result"]["isAuthorized"] == "AUTHORIZED"


def test_an_entitled_account_is_authorised(caller):
    result = caller.licence().json()["result"]
    assert result.keys() == {"isAuthorized", "accountNumber", "usageRules", "additionalInfo", "keyDeliveryWindow"}
    assert result["keyDeliveryWindow"] is None
    rules = result["usageRules"]
    assert rules["startDate"] < rules["expiryDate"]
    assert rules["startDate"] > 1_000_000_000_000


def test_another_content_is_not(caller):
    answer = caller.licence("not_authorized")
    assert answer.status_code == 200
    assert answer.json() == {
        "resultCode": "0",
        "result": {"isAuthorized": "NOT_AUTHORIZED", "keyDeliveryWindow": None},
    }


def test_a_live_event_has_a_window(caller):
    window = caller.licence("live_ppv").json()["result"]["keyDeliveryWindow"]
    assert window["beginDate"] < window["endDate"]


def test_accounts_have_numbers_of_their_own(caller):
    numbers = [
        caller.licence(token=caller.hdm_token(box)).json()["result"]["accountNumber"]
        for box in ("stb", "stb_other_account", "stb")
    ]
    assert numbers[0] == numbers[2] != numbers[1]


def test_a_created_account_is_entitled_to_nothing(caller):
    caller.create(caller.new_account("poor@example.test"))
    token = caller.sign_on_user(username="poor@example.test", password="plain-Pass.1", deviceId=None)
    result = caller.licence(token=token.json()["token"]["token"]).json()["result"]
    assert result["isAuthorized"] == "NOT_AUTHORIZED"


@pytest.mark.parametrize("auth", [None, ("mdrm", "wrong"), ("mdrm", ""), ("other", "Licence-Desk.9~sdp")])
def test_basic_authentication_is_required(caller, auth):
    answer = caller.licence(auth=auth)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert "isAuthorized" not in answer.text


@pytest.mark.parametrize("token", ["", "made-up", "!", "x" * 5000])
def test_a_refused_token_is_85102(caller, token):
    answer = caller.licence(token=token)
    assert answer.status_code == 403
    assert answer.json()["resultCode"] == "85102"
    assert "token is invalid" in answer.json()["result"]


def test_tokens_of_other_kinds_are_refused(caller):
    genuine = caller.hdm_token()
    others = [
        caller.access_token(),
        caller.crm_token(),
        caller.subjects["expired_tokens"]["hdm"],
        caller.broadcast_token(caller.access_token()),
        genuine[:-4],
        genuine.swapcase(),
    ]
    assert {caller.licence(token=token).json()["resultCode"] for token in others} == {"85102"}


def test_the_content_is_mandatory(caller):
    answer = caller.licence(arg0="")
    assert answer.status_code == 400
    assert answer.json().keys() == {"resultCode", "result", "localeMessage"}


def test_private_data_is_optional(caller):
    for data in (None, "{}", '{"locality": "XYZ", "isDownload": true}', "no json"):
        assert caller.licence(arg1=data).json()["result"]["isAuthorized"] == "AUTHORIZED"


def test_rights_end():
    now = [1_800_000_000.0]
    with calling(clock=lambda: now[0]) as caller:
        assert caller.licence().json()["result"]["isAuthorized"] == "AUTHORIZED"
        now[0] += 366 * 86_400
        assert caller.licence().json()["result"]["isAuthorized"] == "NOT_AUTHORIZED"
