"""dasSignOnByCasn, and which tokens count afterwards."""

import time

import jwt
import pytest

from .caller import calling, claims_of


@pytest.mark.parametrize("subject", ["stb", "stb_other_account"])
def test_a_box_signs_on_with_its_own_scheme(caller, subject):
    answer = caller.das_sign_on(subject)
    assert answer.status_code == 200
    body, access = answer.json(), claims_of(answer)
    refresh = jwt.decode(body["refresh_token"], options={"verify_signature": False})
    assert (access["typ"], refresh["typ"]) == ("DevAuthN", "RefreshAuthN")
    for name in ("tenantId", "accountId", "deviceId", "userId", "accountProfileId", "inHome"):
        assert access[name] == refresh[name]
    assert access["accountId"] == body["accountId"] == caller.subjects[subject.replace("stb", "user")]["accountId"]
    assert access["exp"] - time.time() == pytest.approx(body["expires_in"], abs=60)
    assert access["exp"] <= refresh["exp"] <= access["fixed_exp"] == refresh["fixed_exp"]
    assert access["jti"] != refresh["jti"]
    assert access["inHome"] is access["geoBlockExempt"] is False


def test_tokens_verify_with_the_documented_keys(caller):
    token = caller.access_token()
    header = jwt.get_unverified_header(token)
    assert header | {"kid": ""} == {"typ": "JWT", "alg": "HS256", "kid": ""}
    assert caller.credentials["token_keys"].keys() == {header["kid"]}
    assert caller.platform.ias_key.verify(token)["tenantId"] == "nagra"


def test_every_signon_has_a_jti_of_its_own(caller):
    assert len({claims_of(caller.das_sign_on())["jti"] for _ in range(5)}) == 5


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"casn": ""}, 400),
        ({"casn": None}, 400),
        ({"casn": 2954017731}, 400),
        ({"dasChallenge": ""}, 400),
        ({"dasChallenge": ["x"]}, 400),
        ({"scheme": ""}, 400),
        ({"scheme": "connect"}, 400),
        ({"scheme": None}, 400),
        ({"scheme": "WIDEVINE"}, 401),
        ({"dasChallenge": "made-up"}, 401),
        ({"casn": "2954000000"}, 404),
    ],
)
def test_parameters_are_judged_by_the_page(caller, changes, status):
    answer = caller.das_sign_on(**changes)
    assert answer.status_code == status
    assert "access_token" not in answer.text


def test_the_challenge_of_another_box_is_unauthorised(caller):
    foreign = caller.subjects["stb_other_account"]["dasChallenge"]
    assert caller.das_sign_on(dasChallenge=foreign).status_code == 401


def test_a_disabled_box_is_forbidden(caller):
    assert caller.das_sign_on("stb_disabled").status_code == 403


def test_the_tenant_is_mandatory_and_must_be_known(caller):
    assert caller.das_sign_on(headers={"nv-tenant-id": None}).status_code == 400
    assert caller.das_sign_on(headers={"nv-tenant-id": "elsewhere"}).status_code == 404
    assert caller.das_sign_on(headers={"NV-Tenant-ID": "nagra", "nv-tenant-id": None}).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b'{"casn":', b"\xff\xfe", b'"casn"'])
def test_a_body_that_is_no_object_with_parameters_is_400(caller, body):
    answer = caller.client.post(caller.ias("dasSignOnByCasn"), headers={"nv-tenant-id": "nagra"}, content=body)
    assert answer.status_code == 400


def good_claims(caller):
    return caller.platform.ias_key.verify(caller.access_token())


def bad_tokens(caller):
    """Tokens that are no access token of this platform, by what is wrong with them."""
    key, claims = caller.platform.ias_key, good_claims(caller)
    token, headers = key.sign(claims), {"kid": key.kid}
    head, _, signature = token.split(".")
    altered = jwt.encode(claims | {"inHome": True}, "x" * 64, algorithm="HS256").split(".")[1]
    return {
        "another key": jwt.encode(claims, "x" * 64, algorithm="HS256", headers=headers),
        "another kid": jwt.encode(claims, key.key, algorithm="HS256", headers={"kid": "other"}),
        "another algorithm": jwt.encode(claims, key.key, algorithm="HS384", headers=headers),
        "alg none": jwt.encode(claims, None, algorithm="none", headers=headers),
        "altered claims": f"{head}.{altered}.{signature}",
        "no signature": token.rpartition(".")[0] + ".",
        "expired": key.sign(claims | {"exp": int(time.time()) - 1}),
        "expiry as text": key.sign(claims | {"exp": str(claims["exp"])}),
        "no expiry": key.sign({name: value for name, value in claims.items() if name != "exp"}),
        "refresh token": caller.das_sign_on().json()["refresh_token"],
        "another tenant": key.sign(claims | {"tenantId": "elsewhere"}),
        "seeded expired": caller.subjects["expired_tokens"]["ias"],
        "CRM token": caller.crm_token(),
        "HDM token": caller.hdm_token(),
        "broadcast token": caller.broadcast_token(token),
        "noise": "a.b.c",
        "long noise": "x" * 9000,
    }


def test_only_genuine_access_tokens_count(caller):
    broadcast = caller.broadcast_token(caller.access_token())
    for wrong, token in bad_tokens(caller).items():
        assert caller.generate(token).status_code == 403, wrong
        assert caller.update(token, True, broadcast).status_code == 403, wrong
        assert caller.services(token).status_code == 401, wrong


def test_an_access_token_ends_with_its_exp():
    now = [1_800_000_000.0]
    with calling(clock=lambda: now[0]) as caller:
        token = caller.access_token()
        assert caller.generate(token).status_code == 200
        now[0] += 3600
        assert caller.generate(token).status_code == 403
