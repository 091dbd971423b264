"""The broadcast token, and what it takes to be at home."""

import base64

import jwt
import pytest

from .caller import calling, claims_of


@pytest.fixture
def home(caller):
    """An access token and the broadcast token of its home."""
    token = caller.access_token()
    return token, caller.broadcast_token(token)


def test_the_broadcast_token_tells_nothing(caller, home):
    token, broadcast = home
    claims = jwt.decode(token, options={"verify_signature": False})
    for secret in (claims["accountId"], claims["tenantId"], claims["deviceId"], claims["userId"]):
        for form in (secret, secret.encode().hex(), base64.b64encode(secret.encode()).decode().rstrip("=")):
            assert form.lower() not in broadcast.lower()
            assert form.encode() not in bytes.fromhex(broadcast)
    assert caller.broadcast_token(token) != broadcast


def test_at_home_and_away_again(caller, home):
    token, broadcast = home
    for current in (token, caller.update(token, True, broadcast).json()["access_token"]):
        for in_home in (True, False, True):
            answer = caller.update(current, in_home, broadcast)
            assert answer.status_code == 200
            assert answer.json().keys() == {"access_token"}
            assert claims_of(answer)["inHome"] is in_home


def test_nothing_else_changes_but_the_jti(caller, home):
    token, broadcast = home
    before = caller.platform.ias_key.verify(token)
    after = caller.platform.ias_key.verify(caller.update(token, True, broadcast).json()["access_token"])
    assert {name for name in before | after if before.get(name) != after.get(name)} == {"inHome", "jti"}


def test_another_home_s_broadcast_token_is_not_home(caller):
    foreign = caller.broadcast_token(caller.access_token("stb_other_account"))
    answer = caller.update(caller.access_token(), True, foreign)
    assert answer.status_code == 200
    assert claims_of(answer)["inHome"] is False


@pytest.mark.parametrize("position", [0, 30, -1])
def test_an_altered_broadcast_token_is_refused(caller, home, position):
    token, broadcast = home
    characters = list(broadcast)
    characters[position] = "0" if characters[position] != "0" else "1"
    assert caller.update(token, True, "".join(characters)).status_code == 400


@pytest.mark.parametrize("broadcast", ["", "00", "zz", None, "7f3a91c2e5d84b06", "é", "0" * 200])
def test_a_made_up_broadcast_token_is_refused(caller, home, broadcast):
    token, genuine = home
    assert caller.update(token, True, broadcast).status_code == 400
    assert caller.update(token, True, genuine[: len(genuine) // 2]).status_code == 400
    assert caller.update(token, True, token).status_code == 400


@pytest.mark.parametrize("in_home", ["true", "false", 1, 0, None, [], {}])
def test_the_flag_is_a_boolean(caller, home, in_home):
    token, broadcast = home
    answer = caller.client.put(
        caller.ias("updateInHomeStatus"),
        headers=caller.authorization(token),
        json={"updateInHomeToken": broadcast, "inHome": in_home},
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("broadcast", [None, 5, {}, [], True])
def test_the_broadcast_token_is_text(caller, home, broadcast):
    answer = caller.client.put(
        caller.ias("updateInHomeStatus"),
        headers=caller.authorization(home[0]),
        json={"updateInHomeToken": broadcast, "inHome": True},
    )
    assert answer.status_code == 400


def test_authorization_is_mandatory(caller):
    assert caller.client.get(caller.ias("generateUpdateInHomeToken")).status_code == 400
    assert caller.client.put(caller.ias("updateInHomeStatus"), json={}).status_code == 400


@pytest.mark.parametrize("name", ["accountId", "tenantId"])
def test_a_token_without_account_or_tenant_is_400(caller, home, name):
    claims = caller.platform.ias_key.verify(home[0])
    del claims[name]
    token = caller.platform.ias_key.sign(claims)
    assert caller.generate(token).status_code == 400
    assert caller.update(token, True, home[1]).status_code == 400


def test_accounts_do_not_mix(caller):
    boxes = ("stb", "stb_other_account")
    tokens = {box: caller.access_token(box) for box in boxes}
    broadcasts = {box: caller.broadcast_token(tokens[box]) for box in boxes}
    for _ in range(3):
        for box in boxes:
            claims = claims_of(caller.update(tokens[box], True, broadcasts[box]))
            assert claims["inHome"] is True
            assert claims["accountId"] == caller.subjects[box.replace("stb", "user")]["accountId"]


def test_a_platform_opens_only_its_own_broadcast_tokens(caller):
    with calling() as other:
        foreign = other.broadcast_token(other.access_token())
    assert caller.update(caller.access_token(), True, foreign).status_code == 400
