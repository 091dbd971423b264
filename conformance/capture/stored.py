"""The exchanges of a run that was stored, as entries to be judged again."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.capture.entry import Entry
from conformance.model import Request, Response
from conformance.stream import events


def entry_of_event(event: events.Exchange, where: str) -> Entry:
    """Return the entry of an exchange of a stream; marks of secrets stay where they are."""
    sent, came = event.request, event.response
    request = Request(sent.method, sent.url, tuple(sent.headers), sent.raw, body_known=not sent.cut)
    response = None
    if came is not None:
        response = Response(came.status, tuple(came.headers), came.raw, came.truncated, body_known=not came.cut)
    return Entry(
        where=where,
        request=request,
        response=response,
        failure=event.failure,
        sent_at=event.sent_at,
        elapsed_ms=event.elapsed_ms,
        operation=event.operation,
        made_by=event.by,
        valid=event.valid,
        foreign=event.foreign,
    )


def stored_entries(found: Iterator[tuple[int, events.AnyEvent]], name: str) -> Iterator[Entry]:
    """Yield the exchanges among the numbered events of a stream, which were read with their marks."""
    for number, event in found:
        if isinstance(event, events.Exchange):
            yield entry_of_event(event, f"{name}:{number}")
