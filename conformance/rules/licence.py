"""The times of SDP's licences and key delivery windows: their unit and order. Their types are the contract's.

Source: sdp-is-content-authorised, "UsageRulesType" and "Key delivery window".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from conformance.model import Exchange, Json, JsonObject, Judgement, broken, held, judged
from conformance.opentv.licence import AUTHORISED, authorisation, delivery_window, result_of, whole_number
from conformance.rules.base import Context, rule

QUESTIONS = ("isContentAuthorised", "isContentAuthorized")
# From March 1973 to what anybody means by never, in milliseconds since 1970. Seconds and microseconds lie outside.
EARLIEST_MS, LATEST_MS = 10**11, 10**15
_SECONDS = 10**8
# What has no unit: the epoch or before it (begun ever since), and the largest long (never over).
_NEVER = 2**63 - 1


@rule("LIC-016", "LIC-017", "LIC-018", operations=QUESTIONS, statuses=(200,))
def licence_times(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Both startDate and expiryDate are milliseconds since 1970, in this order."""
    rules = _usage_rules(exchange)
    yield from _milliseconds("LIC-016", "expiryDate", rules.get("expiryDate"))
    yield from _milliseconds("LIC-017", "startDate", rules.get("startDate"))
    start, expiry = _moment(rules.get("startDate")), _moment(rules.get("expiryDate"))
    if start is not None and expiry is not None:
        yield judged(
            "LIC-018",
            start <= expiry,
            expected="startDate not after expiryDate",
            actual=f"{_shown(start)} to {_shown(expiry)}",
            cause="startDate is after expiryDate",
        )


@rule("LIC-023", operations=QUESTIONS, statuses=(200,))
def licence_is_current(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A licence that has expired already opens nothing."""
    expiry = _moment(_usage_rules(exchange).get("expiryDate"))
    if expiry is not None and authorisation(exchange) == AUTHORISED:
        now, tolerance = exchange.server_time_ms
        right = expiry >= now - tolerance
        cause = "expiryDate is in the past"
        yield judged("LIC-023", right, expected="a time to come", actual=_shown(expiry), cause=cause)


@rule("LIC-046", "LIC-047", "LIC-048", operations=QUESTIONS, statuses=(200,))
def window_times(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Both beginDate and endDate are milliseconds since 1970, in this order."""
    window = delivery_window(result_of(exchange)) if exchange.request.method == "GET" else None
    if window is None:
        return
    yield from _milliseconds("LIC-046", "beginDate", window.get("beginDate"))
    yield from _milliseconds("LIC-047", "endDate", window.get("endDate"))
    begin, end = _moment(window.get("beginDate")), _moment(window.get("endDate"))
    if begin is not None and end is not None:
        yield judged(
            "LIC-048",
            begin < end,
            expected="beginDate before endDate",
            actual=f"{_shown(begin)} to {_shown(end)}",
            cause="the key delivery window does not begin before it ends",
        )


def _usage_rules(exchange: Exchange) -> JsonObject:
    rules = result_of(exchange).get("usageRules") if exchange.request.method == "GET" else None
    return rules if isinstance(rules, dict) else {}


def _milliseconds(requirement: str, name: str, value: Json) -> Iterator[Judgement]:
    """Judge that a value that is an integer counts milliseconds since 1970."""
    number = whole_number(value)
    if number is None:
        return
    if _moment(value) is not None or number <= 0 or number == _NEVER:
        yield held(requirement)
        return
    unit = "seconds" if _SECONDS <= number < EARLIEST_MS else "another unit than milliseconds"
    yield broken(
        requirement, expected="milliseconds since 1970", actual=str(number)[:40], cause=f"{name} counts {unit}"
    )


def _moment(value: Json) -> int | None:
    number = whole_number(value)
    return number if number is not None and EARLIEST_MS <= number < LATEST_MS else None


def _shown(milliseconds: int) -> str:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return str(milliseconds)
