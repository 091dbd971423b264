"""The status of an initialisation's error response: hdm-authentication, "Initialise device"."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Exchange, Judgement, judged
from conformance.opentv.answers import answer_object
from conformance.opentv.codes import INITIALISED
from conformance.rules.base import Context, documented_operation, rule

INITIALISE = ("initialiseDeviceByGet", "initialiseDeviceByPost")


@rule("INI-034", operations=INITIALISE, statuses=tuple(range(200, 600)))
def initialise_error_status(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The error response comes under HTTP 200; NAGRA's JavaScript client sees the status of no other."""
    result = answer_object(exchange).get("result")
    status = result.get("status") if isinstance(result, dict) else None
    if documented_operation(exchange) is None or not isinstance(status, str) or status in INITIALISED:
        return
    cause = f"an initialise error is answered HTTP {exchange.status}"
    right = exchange.status == 200
    yield judged("INI-034", right, expected="HTTP 200", actual=f"HTTP {exchange.status}", cause=cause)
