"""Canaries: exchanges of a run that are broken on purpose, which the rules that judge it again must find.

Rules that find nothing would say of any stream that it holds. A canary is an answer of this very stream with its body
replaced by what no document allows; it shows that the rules look at it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.capture import entry_of_event
from conformance.model import Exchange
from conformance.proof.rows import Row, judged, undetermined
from conformance.report import counted
from conformance.rules import Context, judge
from conformance.stream import AnyEvent, events

_BROKEN = b"[17"
_MOST = 40


def canaries_row(found: Iterable[AnyEvent], context: Context) -> Row:
    """Break one answer of each operation that succeeded, and see whether the rules find it."""
    what = "canaries"
    seen: set[str] = set()
    missed: list[str] = []
    for event in found:
        if len(seen) >= _MOST:
            break
        if isinstance(event, events.Exchange) and event.operation not in seen and _fit(event):
            seen.add(event.operation)
            if not _finds(event, context):
                missed.append(f"{event.operation}: the rules do not see that the answer of {event.id} is broken")
    if not seen:
        return undetermined(what, "no answer of this stream can be broken so that a rule must find it")
    return judged(what, missed, f"{counted(len(seen), 'answer')} broken on purpose, all found")


def _fit(event: events.Exchange) -> bool:
    """Tell whether it is the JSON of a request that was meant to succeed, and did."""
    came = event.response
    if came is None or event.foreign or not event.valid or not 200 <= came.status < 300 or came.cut:
        return False
    return came.text.lstrip()[:1] in ("{", "[")


def _finds(event: events.Exchange, context: Context) -> bool:
    plain: Exchange = entry_of_event(event, "").exchange(
        event.id, event.service, event.operation, tenant=context.tenant
    )
    assert plain.response is not None
    broken = replace(plain, response=replace(plain.response, body=_BROKEN))
    return any(not one.holds for _, one in judge(broken, context))
