"""The answers of account creation, on OPF and on SSP, and of the CRM's token request.

Sources: adm-creating-an-account (Response; Example), P-kc (Getting an access token).
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Exchange, Json, JsonObject, Judgement, NotJson, broken, held
from conformance.model.json_value import parse_json
from conformance.opentv.answers import json_object
from conformance.opentv.tokens import read_jwt
from conformance.rules.base import Context, rule

CREATIONS = ("createAccount", "createAccountOnSsp")
CLOCK_TOLERANCE_S = 60


def kind(value: Json) -> str:
    """The JSON type of a value, as a finding names it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "an object"


def judge_object(requirement: str, exchange: Exchange) -> Judgement:
    """Judge that the body is a JSON object."""
    if exchange.response is None:
        return broken(requirement, expected="a JSON object", actual="no answer", cause="no answer")
    try:
        value = exchange.response.json
    except NotJson as problem:
        return broken(
            requirement, expected="a JSON object", actual=f"not JSON: {problem}", cause="the body is not JSON"
        )
    if isinstance(value, dict):
        return held(requirement)
    return broken(requirement, expected="a JSON object", actual=kind(value), cause=f"the body is {kind(value)}")


@rule("ADM-001", operations=CREATIONS, statuses=tuple(range(200, 300)))
def creation_status(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A successful request returns an HTTP 201 status."""
    if not exchange.valid or exchange.request.method != "POST":
        return
    if exchange.status == 201:
        yield held("ADM-001")
    else:
        yield broken(
            "ADM-001",
            expected="HTTP 201",
            actual=f"HTTP {exchange.status}",
            cause=f"a complete request: answered {exchange.status}",
        )


@rule("ADM-002", "ADM-003", "ADM-004", "ADM-005", operations=CREATIONS, statuses=(201,))
def created_account(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The example's `_id` is there, a string, and not empty."""
    if exchange.request.method != "POST":
        return
    yield judge_object("ADM-002", exchange)
    body = json_object(exchange.response)
    if body is None:
        return
    if "_id" not in body:
        yield broken("ADM-003", expected="the field _id", actual="no _id", cause="_id is missing")
        return
    yield held("ADM-003")
    account_id = body["_id"]
    if not isinstance(account_id, str):
        found = kind(account_id)
        yield broken("ADM-004", expected="a string", actual=f"_id is {found}", cause=f"_id is {found}")
        return
    yield held("ADM-004")
    if account_id.strip():
        yield held("ADM-005")
    else:
        yield broken("ADM-005", expected="an account ID", actual="an empty string", cause="_id is empty")


@rule("ADM-006", operations=CREATIONS, statuses=(201,))
def supplied_id(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The account ID is created by the platform only if the request does not give it."""
    try:
        asked = parse_json(exchange.request.body)
    except NotJson:
        return
    answered = json_object(exchange.response)
    given = asked.get("_id") if isinstance(asked, dict) else None
    if not isinstance(given, str) or not given or answered is None or not isinstance(answered.get("_id"), str):
        return
    if answered["_id"] == given:
        yield held("ADM-006")
    else:
        yield broken(
            "ADM-006",
            expected="the _id of the request",
            actual=f"{answered['_id']!s} instead of {given}",
            cause="the answer has another _id than the request gave",
        )


# The CRM's token request


@rule("CRM-001", operations=("keycloakToken",), statuses=tuple(range(200, 300)))
def token_status(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A token request that succeeds is answered 200."""
    if not exchange.valid:
        return
    if exchange.status == 200:
        yield held("CRM-001")
    else:
        yield broken(
            "CRM-001", expected="HTTP 200", actual=f"HTTP {exchange.status}", cause=f"answered {exchange.status}"
        )


@rule("CRM-002", "CRM-003", "CRM-004", "CRM-005", "CRM-006", operations=("keycloakToken",), statuses=(200,))
def token_answer(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Access token, refresh token, and how long they last."""
    if _renews(exchange):
        return
    body = json_object(exchange.response)
    if body is None:
        yield broken("CRM-002", expected="a JSON object", actual="another body", cause="the body is not a JSON object")
        return
    for requirement, name in (("CRM-002", "access_token"), ("CRM-005", "refresh_token")):
        value = body.get(name)
        if isinstance(value, str) and value:
            yield held(requirement)
        else:
            found = kind(value) if name in body else "missing"
            yield broken(requirement, expected="a string", actual=f"{name}: {found}", cause=f"{name} is {found}")
    yield _lifetime("CRM-003", "expires_in", body, zero=False)
    yield _lifetime("CRM-006", "refresh_expires_in", body, zero=True)
    token_type = body.get("token_type")
    if "token_type" in body:
        if isinstance(token_type, str) and token_type.lower() == "bearer":
            yield held("CRM-004")
        else:
            yield broken("CRM-004", expected="bearer", actual=str(token_type), cause="token_type is not bearer")


def _renews(exchange: Exchange) -> bool:
    """Tell whether a refresh token was sent; the page says nothing of the answer, and OAuth lets it be shorter."""
    return b"grant_type=refresh_token" in exchange.request.body


def _lifetime(requirement: str, name: str, body: JsonObject, *, zero: bool) -> Judgement:
    value = body.get(name)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and (value > 0 or (zero and value == 0)):
        return held(requirement)
    found = str(value) if isinstance(value, (int, float)) else kind(value) if name in body else "missing"
    cause = f"{name} is {'not positive' if isinstance(value, (int, float)) else found}"
    return broken(requirement, expected="a number of seconds greater than 0", actual=f"{name}: {found}", cause=cause)


@rule("CRM-007", operations=("keycloakToken",), statuses=(200,))
def token_times(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """In the sample, exp lies expires_in seconds after iat."""
    if _renews(exchange):
        return
    body = json_object(exchange.response) or {}
    jwt = read_jwt(body.get("access_token"))
    if jwt is None:
        return
    claims = jwt.claims
    exp, iat, expires_in = claims.get("exp"), claims.get("iat"), body.get("expires_in")
    if (
        not isinstance(exp, (int, float))
        or not isinstance(iat, (int, float))
        or not isinstance(expires_in, (int, float))
    ):
        return
    if abs(exp - iat - expires_in) <= CLOCK_TOLERANCE_S:
        yield held("CRM-007")
    else:
        yield broken(
            "CRM-007",
            expected=f"exp {expires_in} seconds after iat",
            actual=f"{exp - iat} seconds after",
            cause="exp of the access token does not fit expires_in",
        )
