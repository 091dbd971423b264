"""Device initialisation, as the page prints it and as NAGRA's JavaScript client calls it."""

import uuid

import pytest

from .caller import calling, payload_of


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("base", ["/hue-gateway/", "/qsp/"])
def test_a_player_is_initialised(caller, method, base):
    answer = caller.initialise(method, base)
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"resultCode", "result", "token", "requestId"}
    assert body["resultCode"] == "0"
    assert body["result"] | {"response": ""} == {
        "downloadURL": None,
        "status": "OK",
        "masterVersion": None,
        "response": "",
    }
    uuid.UUID(body["requestId"])


def test_the_answer_gives_a_device_and_a_token_that_work(caller):
    body = caller.initialise().json()
    device = payload_of(body["result"]["response"])["deviceId"]
    assert caller.sign_on_user(deviceId=device).status_code == 200
    assert caller.sign_on_user("user_other_account", deviceId=device).status_code == 403
    assert caller.licence(token=body["token"]).status_code == 200
    assert caller.initialise(token=body["token"]).json()["result"]["status"] == "OK"
    assert not set(body["token"]) & set("!+&%# ")


def test_one_payload_is_one_device_of_one_account(caller):
    foreign = caller.sign_on_user("user_other_account").json()["token"]["token"]
    answers = [caller.initialise(), caller.initialise("GET"), caller.initialise(token=foreign)]
    first, again, other = (payload_of(answer.json()["result"]["response"])["deviceId"] for answer in answers)
    assert first == again != other


def test_positions_do_as_names_do(caller):
    player = caller.subjects["player"]
    values = (player["playerVersion"], player["playerType"], player["initializationPayload"])
    form = dict(zip(("arg0", "arg1", "arg2"), values, strict=True)) | {"token": caller.hdm_token()}
    path = "/qsp/gateway/http/js/NmpExtendedService/initializeDevice"
    assert caller.client.post(path, data=form).json()["result"]["status"] == "OK"


@pytest.mark.parametrize("name", ["playerVersion", "playerType", "initializationPayload"])
def test_a_missing_parameter_fails_inside_a_success(caller, name):
    body = caller.initialise(**{name: ""}).json()
    assert (body["resultCode"], body["result"]["status"]) == ("0", "INTERNAL_ERROR")
    assert "response" not in body["result"]
    assert body["token"]


def test_a_payload_that_is_no_base64_fails(caller):
    assert caller.initialise(initializationPayload="%%%").json()["result"]["status"] == "INTERNAL_ERROR"


def test_both_alphabets_are_understood(caller):
    for payload in ("-_-_", "+/+/", "QQ==", "QQ"):
        assert caller.initialise(initializationPayload=payload).json()["result"]["status"] == "OK"


@pytest.mark.parametrize("token", ["", "made-up"])
def test_a_refused_token_gets_the_gate_s_body(caller, token):
    answer = caller.initialise(token=token)
    assert answer.status_code == 403
    assert answer.json()["resultCode"] == "99999:403"


def test_an_expired_token_is_refused(caller):
    assert caller.initialise(token=caller.subjects["expired_tokens"]["hdm"]).status_code == 403


def test_a_large_payload_goes_by_post(caller):
    assert caller.initialise(initializationPayload="QUJD" * 20_000).json()["result"]["status"] == "OK"


def test_tokens_without_a_plus_come_at_any_hour():
    """The issue time alone may need a `!`; a token that must do without leaves it out."""
    with calling(clock=lambda: 1_795_330_829.808) as caller:
        assert "!" not in caller.initialise().json()["token"]
