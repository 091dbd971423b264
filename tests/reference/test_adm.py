"""Creating accounts on OPF and on SSP."""

import itertools

import jwt
import pytest

from conformance.reference import seed

from .caller import calling

names = (f"person-{number}@example.test" for number in itertools.count())
MANDATORY = (
    "accountProfileId", "npvrProfileName", "billingAddress", "pvrStatus", "signonId", "password", "salt", "geoBlockExempt",
)  # fmt: skip


def test_a_created_account_signs_on_with_its_plain_password(caller):
    name = next(names)
    answer = caller.create(caller.new_account(name, "Plain-word.1"))
    assert answer.status_code == 201
    assert answer.json().keys() == {"_id"}
    assert caller.sign_on_user(username=name, password="Plain-word.1", deviceId=None).status_code == 200
    assert caller.sign_on_user(username=name, password="plain-word.1", deviceId=None).status_code == 403
    assert caller.sign_on_user(username=name, password="Plain-word.1").status_code == 403


def test_the_stores_are_apart(caller):
    name = next(names)
    created = caller.create(caller.new_account(name)).json()["_id"]
    again = caller.create(caller.new_account(name, _id=created), "ssp")
    assert (again.status_code, again.json()) == (201, {"_id": created})
    other = next(names)
    assert caller.create(caller.new_account(other), "ssp").status_code == 201
    assert caller.sign_on_user(username=other, password="plain-Pass.1", deviceId=None).status_code == 403


def test_an_id_is_taken_or_made(caller):
    assert caller.create(caller.new_account(next(names), _id="home-1")).json() == {"_id": "home-1"}
    made = {caller.create(caller.new_account(next(names))).json()["_id"] for _ in range(4)}
    assert len(made) == 4


@pytest.mark.parametrize("store", ["opf", "ssp"])
@pytest.mark.parametrize("name", MANDATORY)
def test_every_mandatory_argument_is_mandatory(caller, store, name):
    assert caller.create(caller.new_account(next(names), **{name: ...}), store).status_code == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pvrStatus", "enabled"),
        ("pvrStatus", True),
        ("geoBlockExempt", "false"),
        ("geoBlockExempt", None),
        ("signonId", ""),
        ("signonId", 5),
        ("accountProfileId", None),
        ("npvrProfileName", []),
        ("billingAddress", "Main Street"),
        ("billingAddress", [1]),
        ("billingAddress", {}),
        ("password", "no base64!"),
        ("password", "c2hvcnQ="),
        ("salt", "%%%"),
        ("salt", ""),
        ("_id", 5),
        ("_id", ""),
    ],
)
def test_a_wrong_value_is_a_bad_request(caller, name, value):
    assert caller.create(caller.new_account(next(names), **{name: value})).status_code == 400


@pytest.mark.parametrize("value", [[], "", None, [{"key": "city", "value": "Graz"}]])
def test_a_billing_address_may_be_blank(caller, value):
    assert caller.create(caller.new_account(next(names), billingAddress=value)).status_code == 201


@pytest.mark.parametrize("name", ["accountProfileId", "npvrProfileName"])
def test_an_unknown_profile_is_404(caller, name):
    assert caller.create(caller.new_account(next(names), **{name: "NOBODY"})).status_code == 404


@pytest.mark.parametrize("store", ["opf", "ssp"])
def test_a_duplicate_is_a_conflict_and_changes_nothing(caller, store):
    name = next(names)
    created = caller.create(caller.new_account(name, "first-Word.1"), store).json()["_id"]
    assert caller.create(caller.new_account(name, "other-Word.2"), store).status_code == 409
    assert caller.create(caller.new_account(next(names), _id=created), store).status_code == 409
    if store == "opf":
        assert caller.sign_on_user(username=name, password="first-Word.1", deviceId=None).status_code == 200


@pytest.mark.parametrize("store", ["opf", "ssp"])
def test_a_wrong_token_is_403(caller, store):
    body = caller.new_account(next(names))
    genuine = caller.crm_token()
    reader = caller.platform.keycloak.access_token(seed.CRM_READER, 300)
    refresh = caller.platform.keycloak.sign(seed.CRM_OPERATOR, "Refresh", 300)
    claims = jwt.decode(genuine, options={"verify_signature": False})
    wrong = [
        "made-up",
        genuine[:-3],
        genuine[: len(genuine) // 2],
        reader,
        refresh,
        caller.access_token(),
        caller.hdm_token(),
        caller.subjects["expired_tokens"]["crm"],
        jwt.encode(claims, None, algorithm="none", headers={"kid": "operator-1"}),
        caller.platform.ias_key.sign(claims),
    ]
    for token in wrong:
        assert caller.create(body, store, {"authorization": f"Bearer {token}"}).status_code == 403
    assert caller.create(body, store, {"authorization": None}).status_code == 403
    assert caller.create(body, store).status_code == 201


def test_the_tenant_must_exist(caller):
    body = caller.new_account(next(names))
    assert caller.create(body, headers={"nv-tenant-id": "elsewhere"}).status_code == 404
    assert caller.create(body, headers={"nv-tenant-id": None}).status_code == 400


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"signonId"', b"\xff"])
def test_a_body_that_is_no_object_is_400(caller, content):
    headers = {"authorization": f"Bearer {caller.crm_token()}", "nv-tenant-id": "nagra"}
    answer = caller.client.post("/adm/v1/accounts/preHashedPassword", headers=headers, content=content)
    assert answer.status_code == 400


def test_accounts_outlive_the_process_in_a_file(tmp_path):
    database = str(tmp_path / "platform.db")
    with calling(database=database) as first:
        first.create(first.new_account("kept@example.test"))
        token, access = first.hdm_token(), first.access_token()
    with calling(database=database) as second:
        assert (
            second.sign_on_user(username="kept@example.test", password="plain-Pass.1", deviceId=None).status_code == 200
        )
        assert second.licence(token=token).status_code == 200
        assert second.generate(access).status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"client_id": None}, 401, "invalid_client"),
        ({"username": "nobody"}, 401, "invalid_grant"),
        ({"username": None}, 401, "invalid_grant"),
        ({"password": "wrong"}, 401, "invalid_grant"),
        ({"password": None}, 401, "invalid_grant"),
    ],
)
def test_keycloak_refuses_as_keycloak_does(caller, form, status, error):
    given = caller.credentials["crm"]["keycloak"]
    right = {"grant_type": "password"} | {key: given[key] for key in ("username", "password", "client_id")}
    fields = {key: value for key, value in (right | form).items() if value is not None}
    path = "/keycloak/auth/realms/nagra/protocol/openid-connect/token"
    answer = caller.client.post(path, data=fields)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    granted = caller.client.post(path, data=right).json()
    assert (granted["expires_in"], granted["refresh_expires_in"]) == (300, 1800)


def grant(caller, **form):
    path = "/keycloak/auth/realms/nagra/protocol/openid-connect/token"
    return caller.client.post(path, data=form)


def test_keycloak_renews_by_a_refresh_token_and_by_nothing_else():
    with calling(crm_token_lifetime=7) as caller:
        given = caller.credentials["crm"]["keycloak"]
        client = {"client_id": given["client_id"]}
        names = {"username": given["username"], "password": given["password"]}
        first = grant(caller, grant_type="password", **names, **client).json()
        assert first["expires_in"] == 7
        answer = grant(caller, grant_type="refresh_token", refresh_token=first["refresh_token"], **client)
        assert answer.status_code == 200
        second = answer.json()
        assert second.keys() == first.keys()
        headers = {"authorization": f"Bearer {second['access_token']}"}
        assert caller.create(caller.new_account(), headers=headers).status_code == 201
        ended = caller.platform.keycloak.sign(seed.CRM_OPERATOR, "Refresh", -5)
        for token in (first["access_token"], ended, "", "eyJh.eyJh.x"):
            answer = grant(caller, grant_type="refresh_token", refresh_token=token, **client)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        answer = grant(caller, grant_type="refresh_token", refresh_token=first["refresh_token"], client_id="other")
        assert answer.status_code == 401


def test_a_target_document_may_carry_a_ready_token():
    with calling(crm_credential="token") as caller:
        assert caller.credentials["crm"].keys() == {"token"}
        assert caller.create(caller.new_account()).status_code == 201
