"""What SDP's response to isContentAuthorised means: sdp-is-content-authorised.

Its table and its examples differ in names and types: each field is read in either spelling and either type.
"""

from __future__ import annotations

import re

from conformance.model import Exchange, Json, JsonObject
from conformance.opentv.answers import answer_object
from conformance.opentv.codes import SUCCESS

AUTHORISED, NOT_AUTHORISED = "AUTHORIZED", "NOT_AUTHORIZED"
WINDOW_NAMES = ("keyDeliveryWindow", "keydeliverywindow")
_DIGITS = re.compile(r"[+-]?[0-9]{1,400}")


def is_success(code: Json) -> bool:
    """Whether a resultCode means success, whatever its type."""
    return not isinstance(code, bool) and (code == SUCCESS or (isinstance(code, (int, float)) and code == 0))


def result_of(exchange: Exchange) -> JsonObject:
    """Return the result object of a response with HTTP 200; empty for anything else."""
    result: Json = answer_object(exchange).get("result") if exchange.status == 200 else None
    return result if isinstance(result, dict) else {}


def authorisation(exchange: Exchange) -> str:
    """Return AUTHORIZED or NOT_AUTHORIZED as the response says; empty where it says neither."""
    value = result_of(exchange).get("isAuthorized")
    return value if isinstance(value, str) and value in (AUTHORISED, NOT_AUTHORISED) else ""


def delivery_window(result: JsonObject) -> JsonObject | None:
    """Return the key delivery window of a result, in either spelling; None where it has none."""
    found = (result.get(name) for name in WINDOW_NAMES)
    return next((window for window in found if isinstance(window, dict)), None)


def whole_number(value: Json) -> int | None:
    """Return the integer that a number or a text of digits stands for; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    return None
