"""Validation of answers: what is accepted, and that a person understands what is not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract import Contract, SchemaValidator, load_contract
from conformance.errors import ContractError
from conformance.opentv.tokens import make_jwt

JSON = "application/json"


def validator(operation: str, status: int) -> SchemaValidator:
    found = load_contract().response_validator(operation, status, JSON)
    assert found is not None
    return found


def authorised(**result: Any) -> dict[str, Any]:
    return {"resultCode": "0", "result": {"isAuthorized": "AUTHORIZED", "accountNumber": "12345", **result}}


ACCEPTED = [
    pytest.param(authorised(keyDeliveryWindow=None), id="window null as in the table"),
    pytest.param(authorised(keyDeliveryWindow={"beginDate": 1, "endDate": 2}), id="numbers as in the table"),
    pytest.param(authorised(keydeliverywindow={"beginDate": "1", "endDate": "2"}), id="texts as in the example"),
    pytest.param(authorised(usageRules={"ViewingNumber": 3, "consumptionWindow": "1000"}), id="table"),
    pytest.param(
        authorised(usageRules={"viewingNumber": 3, "expiryDate": "3", "consumptionWindow": 1000}), id="example"
    ),
    pytest.param(authorised(additionalInfo={"casProductId": "a"}), id="product inside additionalInfo"),
    pytest.param(authorised(casProductId="a", somethingNew=[{}]), id="unknown fields"),
    pytest.param(
        {"resultCode": "99999:403", "localeMessage": "none", "requestId": 5, "result": "token"}, id="gate under 200"
    ),
]
REFUSED = [
    ({"resultCode": "0"}, "$: expected the field 'result', got nothing"),
    ({"resultCode": 0, "result": "x"}, "$.resultCode: expected a string, got 0"),
    ([], "$: expected an object, got a list"),
    (
        {"resultCode": "0", "result": {"isAuthorized": "YES"}},
        '$.result.isAuthorized: expected one of "AUTHORIZED", "NOT_AUTHORIZED", got the string "YES"',
    ),
    (
        {"resultCode": "0", "result": {"isAuthorized": "AUTHORIZED"}},
        "$.result: expected the field 'accountNumber', got nothing",
    ),
    (
        {"resultCode": "0", "result": {"isAuthorized": "NOT_AUTHORIZED", "usageRules": {}}},
        "$.result.usageRules: expected null, got an object",
    ),
    (
        authorised(usageRules={"isStorageAllowed": "true"}),
        '$.result.usageRules.isStorageAllowed: expected null or true or false, got the string "true"',
    ),
    (
        authorised(keyDeliveryWindow={"beginDate": "1"}),
        "$.result.keyDeliveryWindow: expected the field 'endDate', got nothing",
    ),
]


@pytest.mark.parametrize("body", ACCEPTED)
def test_every_reading_of_the_licence_answer_is_accepted(body: Any) -> None:
    assert validator("isContentAuthorised", 200).violations(body) == ()


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_a_violation_says_where_what_was_expected_and_what_was_there(body: Any, message: str) -> None:
    assert message in [str(violation) for violation in validator("isContentAuthorised", 200).violations(body)]


def test_secrets_do_not_reach_a_message() -> None:
    found = validator("updateInHomeStatus", 200).violations({"access_token": "topsecret"})
    assert found
    assert all("topsecret" not in str(violation) for violation in found)


def test_a_token_may_be_compact_or_decoded_but_not_neither() -> None:
    token = load_contract().schema_validator("ias", "AccessToken")
    claims = {
        "typ": "DevAuthN",
        "ver": "1.0",
        "exp": 1,
        "fixed_exp": 2,
        "tenantId": "t",
        "accountId": "a",
        "deviceId": "d",
        "inHome": True,
    }
    assert token.accepts("a.b.c")
    assert token.violations(claims) == ()
    assert token.violations(make_jwt({"alg": "HS256", "kid": "1"}, claims, b"key")) == ()
    assert [v.path for v in token.violations({**claims, "inHome": "true"})] == ["$.inHome"]
    assert [v.keyword for v in token.violations("a.b.c")] == ["contentSchema"]
    assert [v.keyword for v in token.violations(5)] == ["oneOf"]


@pytest.mark.parametrize(
    "value",
    ["\ud800", {"\udfff": 1}, float("inf"), 10**400, -(10**400), "\x00", {"token": "x" * 1_000_000}, [[]] * 1000, None],
    ids=["surrogate", "surrogate key", "infinity", "huge", "huge negative", "nul", "long", "wide", "null"],
)
def test_hostile_values_are_violations_and_nothing_worse(value: Any) -> None:
    found = validator("stbsignontokens", 200).violations(value)
    assert 0 < len(found) <= 20
    assert all(len(str(violation)) < 300 for violation in found)


def test_error_bodies_have_no_form_except_those_of_sdp() -> None:
    contract: Contract = load_contract()
    assert contract.response_validator("createAccount", 400, JSON) is None
    error = contract.response_validator("isContentAuthorised", 500, JSON)
    assert error is not None
    assert error.violations("<html>") == error.violations({"result": 5}) == ()
    assert [violation.path for violation in error.violations({"resultCode": 1})] == ["$.resultCode"]
    assert [violation.path for violation in error.violations({"resultCode": "1", "result": 5})] == ["$.result"]


def test_request_bodies_and_parameters_have_validators() -> None:
    contract = load_contract()
    body = contract.request_validator("updateInHomeStatus", JSON)
    assert body is not None
    assert body.accepts({"updateInHomeToken": "a", "inHome": True})
    assert not body.accepts({"updateInHomeToken": "a", "inHome": "true"})
    limit = contract.operation("listServices").parameter("limit")
    assert limit is not None
    assert not contract.parameter_validator("listServices", limit).accepts("ten")


def test_named_schemas_can_be_asked_for() -> None:
    header = load_contract().schema_validator("ias", "AccessHeader")
    assert header.accepts({"alg": "HS256", "kid": "1"})
    assert not header.accepts({"alg": "None", "kid": "1"})
    with pytest.raises(ContractError, match="leads nowhere"):
        load_contract().schema_validator("ias", "NoSuchSchema")


def test_equal_causes_are_one_violation() -> None:
    services = validator("listServices", 200).judge({"services": ["SVC"] * 5000}).violations
    assert [(one.requirement, one.cause) for one in services] == [("MDS-004", "services[] is a string")]


def test_one_of_two_spellings_that_are_both_missing_is_missing() -> None:
    window = [one for one in validator("isContentAuthorised", 200).judge(authorised()).violations if one.advice]
    assert [(one.requirement, one.expected, one.cause) for one in window] == [
        (
            "LIC-049",
            "the field 'keyDeliveryWindow' or the field 'keydeliverywindow'",
            "result.keyDeliveryWindow is missing",
        )
    ]
