"""The answers of IAS around their tokens: status, envelope, and what the two tokens of a signon share.

Sources: ias-das-signon-by-casn, "Response", "Example"; P-bear (what is always present).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.model import Exchange, Json, JsonObject, Judgement, broken, held
from conformance.opentv.answers import json_object, refused_by_gate
from conformance.rules.base import Context, rule
from conformance.rules.ias_tokens import (
    GENERATE,
    METHODS,
    SIGN_ON,
    SUCCESS,
    UPDATE,
    answer_tokens,
    documented_method,
    integer,
    json_type,
    request_object,
)

_UNIT_FACTOR = 100
_AGREEMENT_S = 300
_MAX_SECONDS = 4_294_967_295
_REFUSED = {GENERATE: "GEN-023", UPDATE: "UPD-023", "listServices": "MDS-050"}


@rule("DAS-001", "GEN-001", "UPD-001", "UPD-004", "MDS-001", operations=tuple(METHODS), statuses=tuple(range(200, 300)))
def client_success_is_200(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A successful request returns an HTTP 200 status."""
    if not documented_method(exchange) or exchange.status == 200:
        return
    own = {SIGN_ON: "DAS-001", GENERATE: "GEN-001", "listServices": "MDS-001"}.get(exchange.operation)
    arguments = request_object(exchange) or {}
    requirement = own or ("UPD-001" if arguments.get("inHome") is True else "UPD-004")
    cause = f"a successful request is answered {exchange.status}"
    yield broken(requirement, expected="HTTP 200", actual=f"HTTP {exchange.status}", cause=cause)


@rule("GEN-023", "UPD-023", "MDS-050", operations=tuple(_REFUSED))
def refused_token_is_http_error(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The gate's legacy answer, 200 with an error code, is taken for data by clients."""
    requirement = _REFUSED[exchange.operation]
    if exchange.status in (400, 401, 403) and not exchange.valid:
        yield held(requirement)
    elif exchange.status == 200 and refused_by_gate(exchange):
        cause = "a refused token is answered 200 with the gate's error code"
        expected = ("HTTP 401", "HTTP 403", "HTTP 400")
        yield broken(requirement, expected=expected, actual="HTTP 200 with resultCode 99999:403", cause=cause)


def _is_bearer(value: Json) -> bool:
    return isinstance(value, str) and value.lower() == "bearer"


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and bool(value)


def _is_positive(value: Json) -> bool:
    return (integer(value) or 0) > 0


def _is_string(value: Json) -> bool:
    return isinstance(value, str)


Field = tuple[str, str, bool, str, Callable[[Json], bool]]

# Requirement, field, whether it must be there, what it is, and how to tell.
_FIELDS: tuple[Field, ...] = (
    ("DAS-063", "client_id", True, "a string", _is_string),
    ("DAS-064", "accountId", True, "a string that is not empty", _is_text),
    ("DAS-065", "token_type", True, "Bearer, in any case of letters", _is_bearer),
    ("DAS-066", "expires_in", True, "a positive integer", _is_positive),
    ("DAS-069", "refresh_expires_in", False, "an integer", lambda value: integer(value) is not None),
    ("DAS-070", "fixed_refresh_expires_in", False, "an integer", lambda value: integer(value) is not None),
    ("DAS-071", "parentalControl", False, "an object", lambda value: isinstance(value, dict)),
    ("DAS-072", "currentUserProfileId", False, "a string", _is_string),
)


@rule("DAS-060", "DAS-061", "DAS-062", *(entry[0] for entry in _FIELDS), operations=(SIGN_ON,), statuses=SUCCESS)
def signed_on_envelope(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The fields of the printed answer are there, and have the printed types."""
    if not documented_method(exchange) or refused_by_gate(exchange):
        return
    body = json_object(exchange.response)
    if body is None:
        cause = "the answer to a sign-on is not a JSON object"
        yield broken("DAS-060", expected="a JSON object", actual="another body", cause=cause)
        return
    yield held("DAS-060")
    for requirement, name in (("DAS-061", "access_token"), ("DAS-062", "refresh_token")):
        if body.get(name) is None or body[name] == "":
            cause = f"{name} is missing in the answer"
            yield broken(requirement, expected=f"{name} in the answer", actual="missing or empty", cause=cause)
        else:
            yield held(requirement)
    for field in _FIELDS:
        yield _judge_field(body, field)


def _judge_field(body: JsonObject, field: Field) -> Judgement:
    requirement, name, required, expected, fits = field
    value = body.get(name)
    if (value is None and not required) or (value is not None and fits(value)):
        return held(requirement)
    if value is None:
        found = "missing" if name not in body else "null"
    elif value == "":
        found = "empty"
    elif _is_string(value) or integer(value) is not None:
        found = "another value" if _same_type(value, expected) else json_type(value)
    else:
        found = json_type(value)
    cause = f"{name} of the answer is {found}"
    return broken(requirement, expected=f"{name} is {expected}", actual=found, cause=cause)


def _same_type(value: Json, expected: str) -> bool:
    return isinstance(value, str) == (expected.startswith(("a string", "Bearer")))


@rule("DAS-067", "DAS-068", operations=(SIGN_ON,), statuses=SUCCESS)
def expires_in_and_exp(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """expires_in counts seconds, down to exp of the access token."""
    body, token = json_object(exchange.response), answer_tokens(exchange).get("access_token")
    if body is None or token is None or token.claims is None or not documented_method(exchange):
        return
    lasts, exp = integer(body.get("expires_in")), integer(token.claims.get("exp"))
    now_ms, tolerance_ms = exchange.server_time_ms
    if lasts is None or lasts <= 0 or exp is None or exp > _MAX_SECONDS:
        return
    remaining, tolerance = exp - now_ms / 1000, tolerance_ms / 1000
    if remaining <= 0:
        return
    too_long = lasts >= _UNIT_FACTOR * (max(remaining, 60.0) + tolerance)
    too_short = lasts * _UNIT_FACTOR <= remaining - tolerance
    actual = f"expires_in {lasts if lasts < 10**18 else 'huge'}, {round(remaining)} s until exp"
    if too_long or too_short:
        cause = "expires_in is not in seconds"
        yield broken("DAS-067", expected="expires_in in seconds, the unit of exp", actual=actual, cause=cause)
        return
    yield held("DAS-067")
    if abs(lasts - remaining) <= _AGREEMENT_S + tolerance:
        yield held("DAS-068")
    else:
        cause = "expires_in differs from the time until exp of the access token"
        yield broken("DAS-068", expected=f"{round(remaining)} s to within 300 s", actual=actual, cause=cause)


@rule(
    "DAS-046",
    "DAS-075",
    "DAS-076",
    "DAS-077",
    "DAS-078",
    "DAS-079",
    "DAS-080",
    "DAS-081",
    operations=(SIGN_ON,),
    statuses=SUCCESS,
)
def tokens_of_one_signon(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Envelope, access token and refresh token speak of the same account, device and tenant."""
    body, tokens = json_object(exchange.response), answer_tokens(exchange)
    if body is None or not documented_method(exchange):
        return
    access, refresh = tokens.get("access_token"), tokens.get("refresh_token")
    here = access.claims if access else None
    there = refresh.claims if refresh else None
    if here is not None and there is not None:
        yield _judged(
            "DAS-075",
            body["access_token"] != body["refresh_token"],
            expected="two different tokens",
            actual="the same token twice",
            cause="access_token and refresh_token are the same token",
        )
    if here is not None and isinstance(here.get("inHome"), bool):
        cause = "a new sign-on is in-home without an update"
        yield _judged("DAS-046", here["inHome"] is False, expected="inHome false", actual="inHome true", cause=cause)
    pairs = (
        ("DAS-076", "accountId", "the answer", body, "the access token", here),
        ("DAS-077", "accountId", "the answer", body, "the refresh token", there),
        ("DAS-078", "deviceId", "the access token", here, "the refresh token", there),
        ("DAS-079", "tenantId", "the access token", here, "the refresh token", there),
        ("DAS-081", "userId", "the access token", here, "the refresh token", there),
    )
    for requirement, name, one, first, other, second in pairs:
        left, right = (side.get(name) if side else None for side in (first, second))
        if isinstance(left, str) and left and isinstance(right, str) and right:
            yield _judged(
                requirement,
                left == right,
                expected=f"one {name} in {one} and {other}",
                actual=f"{left[:60]!r} and {right[:60]!r}",
                cause=f"{name} of {one} and {name} of {other} differ",
            )
    if here is not None and there is not None and not (here.get("userId") and there.get("userId")):
        # A token need not name its user.
        yield held("DAS-081")
    ends = [integer(side.get("exp")) if side else None for side in (here, there)]
    if ends[0] is not None and ends[1] is not None and max(ends[0], ends[1]) <= _MAX_SECONDS:
        cause = "the refresh token ends before the access token"
        yield _judged(
            "DAS-080", ends[1] >= ends[0], expected="exp not before the access token's", actual=cause, cause=cause
        )


def _judged(requirement: str, holds: bool, *, expected: str, actual: str, cause: str) -> Judgement:
    return held(requirement) if holds else broken(requirement, expected=expected, actual=actual, cause=cause)
