"""The channel list of MDS: P-mds, "Responses". What it may list for whom, the checks judge."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Exchange, Judgement, broken, held
from conformance.opentv.answers import json_object, refused_by_gate
from conformance.rules.base import Context, rule
from conformance.rules.ias_tokens import documented_method, integer, json_type

_LIST = ("listServices",)


@rule("MDS-002", "MDS-003", "MDS-004", operations=_LIST, statuses=(200,))
def channel_list(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The answer is `{"total_records": n, "services": [...]}`."""
    if not documented_method(exchange) or refused_by_gate(exchange):
        return
    body = json_object(exchange.response)
    services = body.get("services") if body is not None else None
    if body is None or not isinstance(services, list):
        actual = "no JSON object" if body is None else f"services is {json_type(services)}"
        if body is not None and "services" not in body:
            actual = "services is missing"
        cause = f"the channel list: {actual}"
        yield broken("MDS-002", expected="a JSON object whose services is a list", actual=actual, cause=cause)
        return
    yield held("MDS-002")
    total = integer(body.get("total_records"))
    if body.get("total_records") is None or (total is not None and total >= len(services)):
        yield held("MDS-003")
    else:
        actual = f"total_records {total}, {len(services)} listed" if total is not None else "no integer"
        cause = "total_records is less than what is listed" if total is not None else "total_records is no integer"
        yield broken("MDS-003", expected="an integer, at least the number listed", actual=actual, cause=cause)
    wrong = next((item for item in services if not isinstance(item, dict)), None)
    if all(isinstance(item, dict) for item in services):
        yield held("MDS-004")
    else:
        cause = f"services lists {json_type(wrong)}"
        yield broken("MDS-004", expected="objects", actual=json_type(wrong), cause=cause)
