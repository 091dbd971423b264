"""The usage rules and the key delivery window of SDP's answers: presence, types, units and order.

Source: sdp-is-content-authorised, "UsageRulesType" and "Key delivery window". A null stands for an absent value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from conformance.model import Exchange, Json, JsonObject, Judgement, broken, held
from conformance.rules.account import kind
from conformance.rules.base import Context, rule
from conformance.rules.licence import AUTHORISED, NOT_AUTHORISED, QUESTIONS, authorisation, judged_object, result_of

WINDOW_NAMES = ("keyDeliveryWindow", "keydeliverywindow")
# From March 1973 to what anybody means by never, in milliseconds since 1970. Seconds and microseconds lie outside.
EARLIEST_MS, LATEST_MS = 10**11, 10**15
_DIGITS = re.compile(r"[+-]?[0-9]{1,400}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,400}([.][0-9]{1,400})?")


def integer(value: Json) -> int | None:
    """The integer that a number or a text of digits stands for, None where it stands for none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    return None


@rule("LIC-011", "LIC-012", operations=QUESTIONS, statuses=(200,))
def usage_rules_presence(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The field usageRules is an object, and only in an AUTHORIZED answer."""
    result = result_of(exchange) if judged_object(exchange) is not None else None
    if result is None:
        return
    rules = result.get("usageRules")
    if result.get("isAuthorized") == NOT_AUTHORISED:
        if rules is None:
            yield held("LIC-011")
        else:
            yield broken(
                "LIC-011",
                expected="no usageRules",
                actual="usageRules are present",
                cause="NOT_AUTHORIZED has usageRules",
            )
    if isinstance(rules, dict):
        yield held("LIC-012")
    elif rules is not None:
        yield broken("LIC-012", expected="an object", actual=kind(rules), cause=f"usageRules is {kind(rules)}")


def _usage_rules(exchange: Exchange) -> JsonObject:
    result = result_of(exchange) if judged_object(exchange) is not None else None
    rules = result.get("usageRules") if result is not None else None
    return rules if isinstance(rules, dict) else {}


def judge_integer(requirement: str, name: str, value: Json) -> Judgement:
    """Judge that a value is an integer, as a number or as digits."""
    if integer(value) is not None:
        return held(requirement)
    found = "text that is no integer" if isinstance(value, str) else kind(value)
    found = "a number with a fraction" if isinstance(value, float) else found
    return broken(
        requirement,
        expected="an integer, as a number or as digits",
        actual=f"{name} is {found}",
        cause=f"{name} is {found}",
    )


def judge_time(requirement: str, name: str, value: Json) -> Iterator[Judgement]:
    """Judge that a value that is an integer counts milliseconds since 1970."""
    number = integer(value)
    if number is None:
        return
    if EARLIEST_MS <= number < LATEST_MS:
        yield held(requirement)
        return
    seconds = 10**8 <= number < EARLIEST_MS
    unit = "seconds" if seconds else "another unit than milliseconds"
    yield broken(
        requirement, expected="milliseconds since 1970", actual=str(number)[:40], cause=f"{name} counts {unit}"
    )


@rule("LIC-013", "LIC-020", "LIC-025", operations=QUESTIONS, statuses=(200,))
def counts(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Both viewingNumber and licenseExpiryDuration, in either spelling, are integers."""
    rules = _usage_rules(exchange)
    for requirement, names in (
        ("LIC-013", ("ViewingNumber", "viewingNumber")),
        ("LIC-020", ("LicenseExpiryDuration", "licenseExpiryDuration")),
    ):
        for name in names:
            value = rules.get(name)
            if value is None:
                continue
            number = integer(value)
            if isinstance(value, str) and number is not None:
                # The table and the example agree here: no quotes.
                cause = f"{name} is a string"
                yield broken(requirement, expected="an integer, as a number", actual=cause, cause=cause)
            else:
                yield judge_integer(requirement, name, value)
            if number is not None and number < 0:
                yield broken("LIC-025", expected="0 or more", actual=str(number)[:40], cause=f"{name} is negative")
            elif number is not None:
                yield held("LIC-025")


@rule("LIC-014", "LIC-015", "LIC-016", "LIC-017", "LIC-018", operations=QUESTIONS, statuses=(200,))
def licence_times(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Both startDate and expiryDate are milliseconds since 1970, in this order."""
    rules = _usage_rules(exchange)
    for form, unit, name in (("LIC-014", "LIC-016", "expiryDate"), ("LIC-015", "LIC-017", "startDate")):
        if rules.get(name) is not None:
            yield judge_integer(form, name, rules[name])
            yield from judge_time(unit, name, rules[name])
    start, expiry = integer(rules.get("startDate")), integer(rules.get("expiryDate"))
    if start is None or expiry is None or not all(EARLIEST_MS <= time < LATEST_MS for time in (start, expiry)):
        return
    if start <= expiry:
        yield held("LIC-018")
    else:
        yield broken(
            "LIC-018",
            expected="startDate not after expiryDate",
            actual=f"{_moment(start)} to {_moment(expiry)}",
            cause="startDate is after expiryDate",
        )


def _moment(milliseconds: int) -> str:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return str(milliseconds)


@rule("LIC-019", "LIC-021", "LIC-022", "LIC-024", operations=QUESTIONS, statuses=(200,))
def usage_rule_types(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Types of consumptionWindow, the two booleans, and the bitrate caps."""
    rules = _usage_rules(exchange)
    window = rules.get("consumptionWindow")
    if window is not None:
        if isinstance(window, (str, int, float)) and not isinstance(window, bool):
            yield held("LIC-019")
        else:
            cause = f"consumptionWindow is {kind(window)}"
            yield broken("LIC-019", expected=("a string", "a number"), actual=cause, cause=cause)
    for requirement, name in (("LIC-021", "isStorageAllowed"), ("LIC-022", "isViewingWindowFloating")):
        value = rules.get(name)
        if isinstance(value, bool):
            yield held(requirement)
        elif value is not None:
            cause = f"{name} is {kind(value)}"
            yield broken(requirement, expected="true or false", actual=cause, cause=cause)
    ruleset = rules.get("fixedRuleset")
    nested = ruleset if isinstance(ruleset, dict) else {}
    for name in ("digitalOutputBitrate", "analogOutputBitrate"):
        value = rules.get(f"fixedRuleset.{name}", nested.get(name))
        if value is None:
            continue
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if number or (isinstance(value, str) and _DECIMAL.fullmatch(value)):
            yield held("LIC-024")
        else:
            cause = f"{name} is {kind(value)}"
            yield broken("LIC-024", expected="a decimal number", actual=cause, cause=cause)


@rule("LIC-023", operations=QUESTIONS, statuses=(200,))
def licence_is_current(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A licence that has expired already opens nothing."""
    expiry = integer(_usage_rules(exchange).get("expiryDate"))
    if expiry is None or authorisation(exchange) != AUTHORISED or not EARLIEST_MS <= expiry < LATEST_MS:
        return
    now, tolerance = exchange.server_time_ms
    if expiry >= now - tolerance:
        yield held("LIC-023")
    else:
        yield broken("LIC-023", expected="a time to come", actual=_moment(expiry), cause="expiryDate is in the past")


@rule("LIC-041", "LIC-049", operations=QUESTIONS, statuses=(200,))
def key_delivery_window(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The key delivery window, in either spelling, is an object or null."""
    result = result_of(exchange) if judged_object(exchange) is not None else None
    if result is None:
        return
    names = [name for name in WINDOW_NAMES if name in result]
    if authorisation(exchange) == AUTHORISED:
        if names:
            yield held("LIC-049")
        else:
            yield broken(
                "LIC-049",
                expected="keyDeliveryWindow or null",
                actual="no such field",
                cause="keyDeliveryWindow is missing",
            )
    for name in names:
        if result[name] is None or isinstance(result[name], dict):
            yield held("LIC-041")
        else:
            cause = f"keyDeliveryWindow is {kind(result[name])}"
            yield broken("LIC-041", expected=("an object", "null"), actual=cause, cause=cause)


def delivery_window(result: JsonObject) -> JsonObject | None:
    """The key delivery window of a result, in either spelling; None where there is none."""
    found = (result.get(name) for name in WINDOW_NAMES)
    return next((window for window in found if isinstance(window, dict)), None)


@rule(
    "LIC-042", "LIC-043", "LIC-044", "LIC-045", "LIC-046", "LIC-047", "LIC-048", operations=QUESTIONS, statuses=(200,)
)
def window_times(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Both beginDate and endDate are always in the window, in milliseconds, and in this order."""
    result = result_of(exchange) if judged_object(exchange) is not None else None
    window = delivery_window(result) if result is not None else None
    if window is None:
        return
    for presence, form, unit, name in (
        ("LIC-042", "LIC-044", "LIC-046", "beginDate"),
        ("LIC-043", "LIC-045", "LIC-047", "endDate"),
    ):
        value = window.get(name)
        if value is None:
            found = f"{name} is null" if name in window else f"{name} is missing"
            yield broken(presence, expected=name, actual=found, cause=f"key delivery window: {found}")
            continue
        yield held(presence)
        yield judge_integer(form, name, value)
        yield from judge_time(unit, name, value)
    begin, end = integer(window.get("beginDate")), integer(window.get("endDate"))
    if begin is None or end is None or not all(EARLIEST_MS <= time < LATEST_MS for time in (begin, end)):
        return
    if begin < end:
        yield held("LIC-048")
    else:
        yield broken(
            "LIC-048",
            expected="beginDate before endDate",
            actual=f"{_moment(begin)} to {_moment(end)}",
            cause="the key delivery window does not begin before it ends",
        )
