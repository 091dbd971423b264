"""The answers of account creation and of the CRM's token request, right and spoilt in one way."""

import json

import pytest

from conformance.model import Exchange, Request, Response
from conformance.opentv.tokens import make_jwt
from conformance.register import load_register
from conformance.rules import Context, judge

TOKEN = make_jwt({"alg": "HS256", "typ": "JWT"}, {"iat": 1000, "exp": 1300}, b"k" * 32)
GRANT = {
    "access_token": TOKEN,
    "expires_in": 300,
    "refresh_expires_in": 1800,
    "refresh_token": "r",
    "token_type": "Bearer",
}


def judged(operation, body, *, status=201, asked=None, valid=True, method="POST"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = Exchange(
        id="E00001",
        service="adm",
        operation=operation,
        request=Request(method, "https://adm.test/", (), json.dumps(asked or {}).encode()),
        response=Response(status, (("Content-Type", "application/json"),), raw),
        valid=valid,
    )
    found = [
        one for _, one in judge(sent, Context(register=load_register())) if one.requirement[:3] in ("ADM", "SSP", "CRM")
    ]
    return {one.requirement for one in found if not one.holds}, {one.requirement for one in found if one.holds}


CREATIONS = [
    ({"_id": "string"}, {}, None),
    ({"_id": "string", "status": "ACTIVE"}, {}, None),
    ({"_id": "a-1"}, {"asked": {"_id": "a-1"}}, None),
    ({"_id": "a-1"}, {"asked": {"_id": None}}, None),
    ({"_id": "string"}, {"status": 200}, 1),
    ({"_id": "string"}, {"status": 202}, 1),
    (b"", {"status": 204}, 1),
    (b"created", {}, 2),
    ([{"_id": "string"}], {}, 2),
    ("string", {}, 2),
    ({"id": "string"}, {}, 3),
    ({}, {}, 3),
    ({"_id": 5}, {}, 4),
    ({"_id": None}, {}, 4),
    ({"_id": {"$oid": "5"}}, {}, 4),
    ({"_id": ""}, {}, 5),
    ({"_id": " "}, {}, 5),
    ({"_id": "b-2"}, {"asked": {"_id": "a-1"}}, 6),
]


@pytest.mark.parametrize(("operation", "area"), [("createAccount", "ADM"), ("createAccountOnSsp", "SSP")])
@pytest.mark.parametrize(("body", "more", "number"), CREATIONS)
def test_a_creation_breaks_what_is_spoilt(operation, area, body, more, number):
    broken, held = judged(operation, body, **more)
    assert broken == (set() if number is None else {f"{area}-00{number}"})
    assert held or number == 1


def test_a_creation_that_was_not_meant_to_succeed_is_not_judged_by_its_status():
    assert "ADM-001" not in set.union(*judged("createAccount", {"_id": "x"}, status=200, valid=False))


def test_another_method_creates_nothing_to_judge():
    assert judged("createAccount", {"resourceSet": []}, status=200, method="GET") == (set(), set())


GRANTS = [
    (GRANT, None),
    ({**GRANT, "token_type": "bearer"}, None),
    ({**GRANT, "access_token": "opaque"}, None),
    ({**GRANT, "refresh_expires_in": 0}, None),
    (b"token", "CRM-002"),
    ({key: value for key, value in GRANT.items() if key != "access_token"}, "CRM-002"),
    ({**GRANT, "access_token": ""}, "CRM-002"),
    ({**GRANT, "expires_in": "300"}, "CRM-003"),
    ({**GRANT, "access_token": "opaque", "expires_in": 0}, "CRM-003"),
    ({**GRANT, "token_type": "MAC"}, "CRM-004"),
    ({**GRANT, "refresh_token": None}, "CRM-005"),
    ({**GRANT, "refresh_expires_in": -1}, "CRM-006"),
    ({**GRANT, "expires_in": 300_000}, "CRM-007"),
]


@pytest.mark.parametrize(("body", "requirement"), GRANTS)
def test_a_grant_breaks_what_is_spoilt(body, requirement):
    broken, held = judged("keycloakToken", body, status=200)
    assert broken == ({requirement} if requirement else set())
    assert "CRM-001" in held


def test_a_grant_other_than_200_is_found():
    assert judged("keycloakToken", GRANT, status=201)[0] == {"CRM-001"}
