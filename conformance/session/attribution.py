"""Whose fault is it? Before a 5xx, a 429, a timeout or a reset is held against the target, the request is
sent again and a control request tells a target that is down or throttles from one that is wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_exponential

from conformance.client import Reply, Wire
from conformance.errors import TargetUnreachable

if TYPE_CHECKING:
    from conformance.session.session import Session

MAX_RETRY_AFTER_S = 30.0
THROTTLED_TRIES = 4


@dataclass(frozen=True)
class Delivery:
    """A request, what came of it at last, and whether the silence is the target's fault (`lost`)."""

    wire: Wire
    reply: Reply
    lost: bool = False

    @property
    def status(self) -> int:
        """The HTTP status, 0 where no response came."""
        return self.reply.response.status if self.reply.response else 0


def deliver(session: Session, operation: str, wire: Wire, *, expect_5xx: bool = False) -> Delivery:
    """Send a request and find out what its answer means.

    Raises:
        Refused: the suite refuses (writes, limits).
        TargetUnreachable: neither this request nor the control request is answered.
    """
    reply = _patiently(session, operation, wire)
    if reply.response is not None and (reply.response.status < 500 or expect_5xx):
        return Delivery(wire, reply)
    if reply.response is None and reply.kind == "url":
        return Delivery(wire, reply)
    again = _patiently(session, operation, wire)
    if again.response is not None and again.response.status < 500:
        session.stream.write(
            "control", operation=operation, verdict="flaky", note=f"first {_short(reply)}, then {again.response.status}"
        )
        return Delivery(wire, again)
    control = _control(session, operation, wire)
    if control.response is None:
        if reply.response is None:
            raise TargetUnreachable(
                f"the target answers no more: {control.failure}",
                where=f"{wire.method} {wire.url.partition('?')[0]}",
                advice="What was proved until then is in the run folder.",
            )
        return Delivery(wire, again)
    verdict = "real" if control.response.status < 500 else "down"
    session.stream.write(
        "control", operation=operation, verdict=verdict, note=f"{_short(again)}; control {control.response.status}"
    )
    return Delivery(wire, again, lost=again.response is None)


def _short(reply: Reply) -> str:
    return str(reply.response.status) if reply.response else reply.failure


def _control(session: Session, operation: str, wire: Wire) -> Reply:
    """Send a request that worked before, if possible another operation's; else ask for the server's root.

    A lost connection gets three tries with exponential back-off (a library's), since a restart takes a moment.
    """
    others = [good for name, good in session.known_good.items() if name != operation]
    scheme, _, rest = wire.url.partition("://")
    root = Wire("GET", f"{scheme}://{rest.partition('/')[0]}/")
    control = session.known_good.get(operation) or (others[0] if others else root)
    retrying = Retrying(
        stop=stop_after_attempt(3),
        wait=wait_exponential(multiplier=0.2, max=2),
        retry=retry_if_result(lambda reply: reply.response is None),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
    )
    return retrying(session.client.send, control)


def _patiently(session: Session, operation: str, wire: Wire) -> Reply:
    """Send a request; 429 with Retry-After is obeyed, and is no violation."""
    for attempt in range(THROTTLED_TRIES):
        session.budget.take(operation)
        reply = session.client.send(wire)
        if reply.response is None or reply.response.status != 429:
            return reply
        wait = _retry_after(reply) if reply.response.header("retry-after") else 0.5 * 2**attempt
        session.stream.write("control", operation=operation, verdict="throttled", note=f"waits {wait:g} s")
        if attempt < THROTTLED_TRIES - 1:
            time.sleep(wait)
    return reply


def _retry_after(reply: Reply) -> float:
    value = (reply.response.header("retry-after") if reply.response else None) or "1"
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError):
            seconds = 1.0
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
