"""The answer to a signon: hdm-authentication, "Signon response" (stbsignontokens and nmpsignontokens alike)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from urllib.parse import urlsplit

from conformance.model import Exchange, Json, JsonObject, Judgement, NotJson, broken, held
from conformance.opentv.answers import json_object
from conformance.rules.base import Context, JudgeFunction, rule

Judge = Callable[[Exchange], Iterator[Judgement]]

SIGNONS = ("stbsignontokens", "nmpsignontokens")

# A moment in seconds stays below this until the year 5138; one in milliseconds has passed it in 1973.
_SMALLEST_MS = 1e11
_CENTURY_MS = 100 * 365.25 * 86_400_000
_HUGE = 10**30
_SAME_CLOCK_MS = 2_000.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_CORRELATION = "x-correlation-id"
# What a form or a query changes if it is not escaped.
_UNSAFE = re.compile(r"[+&%#\s]")


def rule_for_methods(
    *requirements: str, operations: Sequence[str], methods: Sequence[str], statuses: Sequence[int] = ()
) -> Callable[[Judge], JudgeFunction]:
    """Register a rule for the documented methods alone: what HEAD, OPTIONS and others bring is not its matter."""

    def register(function: Judge) -> JudgeFunction:
        @wraps(function)
        def judge_documented(exchange: Exchange, _context: Context) -> Iterator[Judgement]:
            if exchange.request.method in methods:
                yield from function(exchange)

        return rule(*requirements, operations=operations, statuses=statuses)(judge_documented)

    return register


def signon_rule(*requirements: str, statuses: Sequence[int] = ()) -> Callable[[Judge], JudgeFunction]:
    """Register a rule for signons, which are sent by GET."""
    return rule_for_methods(*requirements, operations=SIGNONS, methods=("GET",), statuses=statuses)


def kind(value: Json) -> str:
    """Name the JSON type of a value."""
    if value is None:
        return "null"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def string_field(requirement: str, parent: JsonObject, name: str, place: str) -> Judgement:
    """Judge that an object holds a field, and that it is a string."""
    if name not in parent:
        return broken(requirement, expected=f"{place} is there", actual="it is missing", cause=f"{place} is missing")
    if not isinstance(parent[name], str):
        found = kind(parent[name])
        return broken(requirement, expected=f"{place} is a string", actual=found, cause=f"{place} is of type {found}")
    return held(requirement)


def _token_object(exchange: Exchange) -> JsonObject | None:
    body = json_object(exchange.response)
    token = body.get("token") if body else None
    return token if isinstance(token, dict) else None


@signon_rule("SGN-001")
def signon_success_is_200(exchange: Exchange) -> Iterator[Judgement]:
    """A successful signon is HTTP 200 (Success response)."""
    if exchange.status == 200:
        yield held("SGN-001")
    elif exchange.succeeded:
        cause = f"a successful signon is answered {exchange.status}"
        yield broken("SGN-001", expected="HTTP 200", actual=f"HTTP {exchange.status}", cause=cause)


@signon_rule("SGN-002", statuses=(200,))
def signon_content_type(exchange: Exchange) -> Iterator[Judgement]:
    """Content-Type is always application/json (Success response)."""
    media_type = exchange.response.media_type if exchange.response else ""
    if media_type == "application/json":
        yield held("SGN-002")
    else:
        cause = "the signon answer has another Content-Type" if media_type else "the signon answer has no Content-Type"
        yield broken("SGN-002", expected="application/json", actual=media_type or "no Content-Type", cause=cause)


@signon_rule("SGN-003", "SGN-004", statuses=(200,))
def signon_body_form(exchange: Exchange) -> Iterator[Judgement]:
    """The body is an object that nests another one under `token` (Success response body example)."""
    body = json_object(exchange.response)
    if body is None:
        cause = "the body of the signon answer is not a JSON object"
        yield broken("SGN-003", expected="a JSON object", actual=_body_kind(exchange), cause=cause)
        return
    yield held("SGN-003")
    token = body.get("token")
    if isinstance(token, dict):
        yield held("SGN-004")
        return
    if "token" not in body:
        cause, actual = "the signon answer has no token object", "no field token"
    elif isinstance(token, str):
        cause, actual = "the signon answer is flat: token is a string beside the other fields", "a string"
    else:
        cause, actual = f"token is of type {kind(token)}", kind(token)
    wanted = "token is an object with token, result, resultCode, requestId"
    yield broken("SGN-004", expected=wanted, actual=actual, cause=cause)


def _body_kind(exchange: Exchange) -> str:
    try:
        return f"JSON of type {kind(exchange.response.json)}" if exchange.response else "nothing"
    except NotJson as problem:
        return f"not JSON: {problem}"


@signon_rule("SGN-005", "SGN-006", "SGN-015", statuses=(200,))
def signon_token(exchange: Exchange) -> Iterator[Judgement]:
    """The authentication token is a string with something in it (Success response body example)."""
    inner = _token_object(exchange)
    if inner is None:
        return
    found = string_field("SGN-005", inner, "token", "token.token")
    yield found
    token = inner.get("token")
    if not isinstance(token, str):
        return
    if not token.strip():
        cause = "token.token is empty"
        yield broken("SGN-006", expected="at least one character", actual="an empty string", cause=cause)
        return
    yield held("SGN-006")
    unsafe = _UNSAFE.search(token)
    if unsafe:
        yield broken(
            "SGN-015",
            expected="no + & % # and no white space",
            actual=f"the token holds {unsafe.group()!r}",
            cause="the token holds a character that an unescaped form changes",
        )
    else:
        yield held("SGN-015")


@signon_rule("SGN-007", "SGN-008", statuses=(200,))
def signon_result(exchange: Exchange) -> Iterator[Judgement]:
    """`result` is there, null as a rule (Success response body example)."""
    inner = _token_object(exchange)
    if inner is None:
        return
    if "result" not in inner:
        cause = "token.result is missing"
        yield broken("SGN-007", expected="token.result is there", actual="it is missing", cause=cause)
        return
    yield held("SGN-007")
    result = inner["result"]
    if result is None or isinstance(result, str):
        yield held("SGN-008")
    else:
        found = kind(result)
        yield broken("SGN-008", expected="null or a string", actual=found, cause=f"token.result is of type {found}")


@signon_rule("SGN-009", "SGN-010", "SGN-011", statuses=(200,))
def signon_codes(exchange: Exchange) -> Iterator[Judgement]:
    """`resultCode` and `requestId` are strings, the first "0" (Success response body example)."""
    inner = _token_object(exchange)
    if inner is None:
        return
    yield string_field("SGN-009", inner, "resultCode", "token.resultCode")
    yield string_field("SGN-011", inner, "requestId", "token.requestId")
    code = inner.get("resultCode")
    if isinstance(code, str):
        if code == "0":
            yield held("SGN-010")
        else:
            cause = "a successful signon has another resultCode than 0"
            yield broken("SGN-010", expected='"0"', actual=repr(code[:40]), cause=cause)


@signon_rule("SGN-012", "SGN-013", "SGN-014", statuses=(200,))
def signon_expiry(exchange: Exchange) -> Iterator[Judgement]:
    """`expiry` is an integer of epoch milliseconds, in the future (Success response body example)."""
    body = json_object(exchange.response)
    if body is None:
        return
    if "expiry" not in body:
        nested = "expiry" in (_token_object(exchange) or {})
        cause = "expiry stands inside the token object" if nested else "expiry is missing"
        yield broken("SGN-012", expected="expiry is there, beside token", actual=cause, cause=cause)
        return
    expiry = body["expiry"]
    if isinstance(expiry, bool) or not isinstance(expiry, (int, float)) or expiry != expiry // 1:
        found = kind(expiry)
        yield broken("SGN-012", expected="an integer", actual=found, cause=f"expiry is of type {found}")
        return
    yield held("SGN-012")
    yield from _judge_moment(exchange, float(min(expiry, _HUGE)))


def _judge_moment(exchange: Exchange, expiry: float) -> Iterator[Judgement]:
    now, tolerance = exchange.server_time_ms
    if tolerance > _SAME_CLOCK_MS and urlsplit(exchange.request.url).hostname in _LOOPBACK:
        # Without a Date, a target on this very machine has our clock.
        tolerance = _SAME_CLOCK_MS
    unit = _wrong_unit(expiry, now + tolerance)
    if unit:
        cause = f"expiry is {unit}, not a moment in milliseconds"
        yield broken("SGN-013", expected="milliseconds since 1970", actual=f"{expiry:.0f}", cause=cause)
        return
    yield held("SGN-013")
    if expiry > now - tolerance:
        yield held("SGN-014")
    else:
        actual = f"{expiry:.0f}, {(now - expiry) / 1000:.0f} s before the server's time"
        yield broken("SGN-014", expected="later than the server's time", actual=actual, cause="expiry lies in the past")


def _wrong_unit(value: float, now_ms: float) -> str:
    """Say what a number is that is no plausible moment in milliseconds; empty where it is one."""
    if value < _SMALLEST_MS:
        near = 0.5 < value * 1000 / now_ms < 2
        return "in seconds" if near else "a duration or nothing"
    if value <= now_ms + _CENTURY_MS:
        return ""
    for factor, name in ((1e3, "in microseconds"), (1e6, "in nanoseconds")):
        if 0.5 < value / factor / now_ms < 2:
            return name
    return "more than a hundred years ahead"


@signon_rule("SGN-016")
def signon_correlation_id(exchange: Exchange) -> Iterator[Judgement]:
    """A correlation id that comes back is the one that was sent."""
    sent = exchange.request.header(_CORRELATION)
    returned = exchange.response.header(_CORRELATION) if exchange.response else None
    if sent is None or returned is None:
        return
    if sent.strip() == returned.strip():
        yield held("SGN-016")
    else:
        cause = "x-correlation-id comes back with another value"
        yield broken("SGN-016", expected=repr(sent[:80]), actual=repr(returned[:80]), cause=cause)


@signon_rule("SGN-017", "SGN-018")
def signon_refusal(exchange: Exchange) -> Iterator[Judgement]:
    """A refused signon gives no token, and has not the gate's body (contract note 1.5)."""
    if exchange.status < 400:
        return
    body = json_object(exchange.response) or {}
    code = body.get("resultCode")
    number = isinstance(code, (int, float)) and not isinstance(code, bool)
    if number or (isinstance(code, str) and "403" in code.split(":")):
        cause = "a refused signon has a numeric resultCode" if number else "a refused signon has the gate's resultCode"
        wanted = "a resultCode that is a string without a segment 403"
        yield broken("SGN-017", expected=wanted, actual=repr(code)[:80], cause=cause)
    else:
        yield held("SGN-017")
    inner = body.get("token")
    token = inner.get("token") if isinstance(inner, dict) else None
    if isinstance(token, str) and token.strip():
        cause = f"a signon that is answered {exchange.status} gives a token all the same"
        yield broken("SGN-018", expected="no token", actual="a token in the form of a success", cause=cause)
    else:
        yield held("SGN-018")
