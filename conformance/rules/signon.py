"""What a schema cannot say of the answer to a signon: hdm-authentication, "Signon response" (both operations alike)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.model import Exchange, Json, Judgement, broken, held, judged
from conformance.opentv.answers import answer_object
from conformance.rules.base import Context, clock_of, documented_operation, rule

SIGNONS = ("stbsignontokens", "nmpsignontokens")

# A moment in seconds stays below this until the year 5138; one in milliseconds has passed it in 1973.
_SMALLEST_MS = 1e11
# What anybody means by never: a year of five digits, or the largest long. Microseconds of today lie between.
_LATEST_MS, _LARGEST = 1e15, float(2**63 - 1)
_HUGE = 10**30
_CORRELATION = "x-correlation-id"
_TOKEN_NAMES = ("token", "authtoken", "authenticationtoken", "accesstoken")
# Base64, a JSON web token or long hexadecimal text: no words, and no code of an error.
_TOKEN = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+/!=._~-]{24,}|[0-9a-f]{32,}|[0-9A-F]{32,}")


@rule("SGN-013", "SGN-014", operations=SIGNONS, statuses=(200,))
def signon_expiry(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The expiry counts milliseconds, and is in the future (Success response body example)."""
    expiry = answer_object(exchange).get("expiry")
    if documented_operation(exchange) is None or isinstance(expiry, bool) or not isinstance(expiry, (int, float)):
        return
    if expiry != expiry // 1:
        return
    yield from _judge_moment(exchange, float(min(expiry, _HUGE)))


def _judge_moment(exchange: Exchange, expiry: float) -> Iterator[Judgement]:
    now, tolerance = clock_of(exchange)
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
        yield broken("SGN-014", expected="later than the server's time", actual=actual, cause="expiry is in the past")


def _wrong_unit(value: float, now_ms: float) -> str:
    """Say what a number is that is no plausible moment in milliseconds; empty where it is one."""
    if value < _SMALLEST_MS:
        near = 0.5 < value * 1000 / now_ms < 2
        return "in seconds" if near else "a duration or nothing"
    if value < _LATEST_MS or value == _LARGEST:
        return ""
    for factor, name in ((1e3, "in microseconds"), (1e6, "in nanoseconds")):
        if 0.5 < value / factor / now_ms < 2:
            return name
    return "tens of thousands of years ahead"


@rule("SGN-016", operations=SIGNONS, reads_body=False)
def signon_correlation_id(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A correlation id that comes back is the one that was sent."""
    sent = exchange.request.header(_CORRELATION)
    returned = exchange.response.header(_CORRELATION) if exchange.response else None
    if documented_operation(exchange) is None or sent is None or returned is None:
        return
    cause = "x-correlation-id comes back with another value"
    right = sent.strip() == returned.strip()
    yield judged("SGN-016", right, expected=repr(sent[:80]), actual=repr(returned[:80]), cause=cause)


@rule("SGN-017", "SGN-018", operations=SIGNONS)
def signon_refusal(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A refused signon gives no token, and has not the gate's body (hdm-authentication, Signon response)."""
    if exchange.status < 400:
        return
    body = answer_object(exchange)
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
    if (isinstance(token, str) and token.strip()) or _holds_token(body):
        cause = f"a signon that is answered {exchange.status} gives a token all the same"
        yield broken("SGN-018", expected="no token", actual="a token", cause=cause)
    else:
        yield held("SGN-018")


def _holds_token(value: Json) -> bool:
    """Tell whether a member called token, wherever it is, holds what is long enough to be one, and no words."""
    if isinstance(value, list):
        return any(map(_holds_token, value))
    if not isinstance(value, dict):
        return False
    return any(
        _TOKEN.fullmatch(member) is not None
        if isinstance(member, str) and name.replace("_", "").lower() in _TOKEN_NAMES
        else _holds_token(member)
        for name, member in value.items()
    )
