"""HDM's signons as the authentication page describes them."""

import base64
import time

import pytest

from .caller import STB_DETAILS, calling


def test_a_known_set_top_box_signs_on(caller):
    answer = caller.sign_on_stb()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["token"].keys() == {"token", "result", "resultCode", "requestId"}
    assert (body["token"]["result"], body["token"]["resultCode"]) == (None, "0")
    assert isinstance(body["token"]["requestId"], str)
    assert body["expiry"] / 1000 == pytest.approx(time.time() + 3600, abs=60)


def test_the_token_starts_with_its_issue_time_and_survives_an_unescaped_query(caller):
    token = caller.hdm_token()
    content = base64.b64decode(token.replace("!", "+"))
    assert len(content) == 72
    assert int.from_bytes(content[:8], "big") / 1000 == pytest.approx(time.time(), abs=60)
    assert not set(token) & set("+&%# \t")


@pytest.mark.parametrize("name", STB_DETAILS)
def test_a_missing_detail_is_400_and_a_foreign_one_403(caller, name):
    assert caller.sign_on_stb(**{name: None}).status_code == 400
    assert caller.sign_on_stb(**{name: ""}).status_code == 400
    assert caller.sign_on_stb(**{name: "unknown"}).status_code == 403
    assert caller.sign_on_stb(**{name: caller.subjects["stb_other_account"][name]}).status_code == 403


def test_a_disabled_box_gets_no_token(caller):
    answer = caller.sign_on_stb("stb_disabled")
    assert answer.status_code == 403
    assert "token" not in answer.json()


def test_a_refusal_reaches_the_javascript_client(caller):
    body = caller.sign_on_stb(nuId="unknown").json()
    assert body.keys() == {"resultCode", "result", "localeMessage"}
    assert isinstance(body["resultCode"], str)
    assert "403" not in body["resultCode"].split(":")


def test_users_sign_on_with_and_without_a_device(caller):
    assert caller.sign_on_user().status_code == 200
    assert caller.sign_on_user(deviceId=None).status_code == 200
    assert caller.sign_on_user("user_other_account").status_code == 200


@pytest.mark.parametrize("name", ["username", "password"])
def test_users_need_name_and_password(caller, name):
    assert caller.sign_on_user(**{name: None}).status_code == 400
    assert caller.sign_on_user(**{name: ""}).status_code == 400
    assert caller.sign_on_user(**{name: "wrong"}).status_code == 403


def test_a_wrong_password_stays_wrong_when_it_is_tried_again(caller):
    almost = caller.subjects["user"]["password"].swapcase()
    assert {caller.sign_on_user(password=almost).status_code for _ in range(3)} == {403}
    assert caller.sign_on_user().status_code == 200


def test_a_device_of_another_account_is_403(caller):
    foreign = caller.subjects["user_other_account"]["deviceId"]
    assert caller.sign_on_user(deviceId=foreign).status_code == 403
    assert caller.sign_on_user(deviceId="NMP-UNKNOWN").status_code == 403
    assert caller.sign_on_user("user_other_account").status_code == 200


def test_gateways_are_checked(caller):
    gateway, fresh = (caller.subjects[name]["smartcardId"] for name in ("gateway", "gateway_unprovisioned"))
    assert caller.sign_on_user(smartcardId=gateway).status_code == 200
    assert caller.sign_on_user(smartcardId=gateway, deviceId=None).status_code == 200
    assert caller.sign_on_user(smartcardId=fresh).status_code == 503
    assert caller.sign_on_user(smartcardId=fresh, password="wrong").status_code == 403
    assert caller.sign_on_user("user_other_account", smartcardId=gateway).status_code == 403


@pytest.mark.parametrize(
    ("condition", "status"),
    [("esps_unreachable", 503), ("esso_unreachable", 503), ("esps_not_configured", 500), ("esso_not_configured", 500)],
)
def test_conditions_end_signons_while_they_last(condition, status):
    with calling() as caller:
        assert caller.control(f"conditions/{condition}/enter", "POST").json() == {"conditions": [condition]}
        assert caller.sign_on_stb().status_code == caller.sign_on_user().status_code == status
        assert caller.sign_on_stb(nuId=None).status_code == 400
        caller.control(f"conditions/{condition}/leave", "POST")
        assert caller.sign_on_stb().status_code == caller.sign_on_user().status_code == 200


def test_an_unverifiable_gateway_only_concerns_who_names_one():
    with calling() as caller:
        gateway = caller.subjects["gateway"]["smartcardId"]
        caller.control("conditions/gateway_unverifiable/enter", "POST")
        assert caller.sign_on_user(smartcardId=gateway).status_code == 503
        assert caller.sign_on_user().status_code == 200


def test_only_get_signs_on(caller):
    path = "/api/authentication/v2/stbsignontokens"
    assert caller.client.post(path).status_code == 405
    assert caller.client.delete(path).headers["allow"] == "GET, OPTIONS, HEAD"
    assert caller.client.options(path).status_code == 204
    assert caller.client.head(path).status_code == 400


def test_what_the_javascript_client_adds_is_ignored(caller):
    details = {name: caller.subjects["stb"][name] for name in STB_DETAILS} | {"provisioned": "true"}
    headers = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
    path = "/api/authentication/v2/stbsignontokens"
    assert caller.client.get(path, params=details, headers=headers).status_code == 200


def test_a_provisioned_box_signs_on_again():
    unknown = {"smartcardId": "038119999999", "nuId": "3A7FFFFFFFFF", "casn": "2954099999", "csadList": "4E43"}
    with calling() as caller:
        assert caller.sign_on_stb(**unknown).status_code == 403
    with calling({"dynamic-provisioning": "on"}) as caller:
        assert [caller.sign_on_stb(**unknown).status_code for _ in range(2)] == [200, 200]
        assert caller.sign_on_stb(**unknown | {"nuId": "3A7FFFFFFFF0"}).status_code == 403
        assert caller.sign_on_stb(**unknown | {"smartcardId": "038119999990"}).status_code == 403
        assert caller.sign_on_stb(smartcardId="?", casn="!").status_code == 403


def test_tokens_end_with_their_lifetime():
    now = [1_800_000_000.0]
    with calling(clock=lambda: now[0]) as caller:
        token = caller.hdm_token()
        assert caller.licence(token=token).status_code == 200
        now[0] += 3601
        assert caller.licence(token=token).status_code == 403


@pytest.mark.parametrize("readings", [{}, {"stb-casn-name": "caSn"}, {"service-bases": "separate"}], ids=str)
def test_version_1_signs_boxes_and_users_on_as_the_javascript_client_spells_it(readings):
    with calling(readings) as caller:
        subjects, path = caller.subjects, caller.base("hdm") + "/api/authentication/v1/signontokens"
        box = {("caSn" if name == "casn" else name): subjects["stb"][name] for name in STB_DETAILS}
        user = {name: subjects["user"][name] for name in ("username", "password", "deviceId")}
        for details in (box, user):
            answer = caller.client.get(path, params={**details, "provisioned": "true"})
            assert (answer.status_code, answer.json()["token"]["resultCode"]) == (200, "0")
        assert caller.client.get(path, params={**box, "nuId": "unknown"}).status_code == 403
        assert caller.client.get(path).status_code == 400


def test_a_fault_of_a_signon_acts_on_version_1_as_well():
    with calling(faults=("expiry-in-seconds",)) as caller:
        box = {name: caller.subjects["stb"][name] for name in STB_DETAILS}
        answer = caller.client.get("/api/authentication/v1/signontokens", params=box)
        assert answer.json()["expiry"] < 10**12
