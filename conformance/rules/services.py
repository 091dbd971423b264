"""The channel list of MDS: its count against what it lists. What it may list for whom, the checks judge."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Exchange, Judgement, judged
from conformance.opentv.answers import answer_object, refused_by_gate
from conformance.rules.base import Context, documented_operation, rule


@rule("MDS-003", operations=("listServices",), statuses=(200,))
def channels_are_counted(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The total_records of a list counts what is listed, and what other pages of the list hold."""
    body = answer_object(exchange)
    total, services = body.get("total_records"), body.get("services")
    if not documented_operation(exchange) or refused_by_gate(exchange) or not isinstance(services, list):
        return
    if isinstance(total, (int, float)) and not isinstance(total, bool):
        yield judged(
            "MDS-003",
            total >= len(services),
            expected="at least the number of services listed",
            actual=f"total_records {total}, {len(services)} listed",
            cause="total_records is less than what is listed",
        )
