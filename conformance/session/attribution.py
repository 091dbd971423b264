"""Whose fault is it? Before a 5xx, a 429, a timeout, a reset or a 401 is held against the target, the request is
sent again and control requests tell a target that is down or throttles, or a token of ours that has expired, from
an answer that is wrong.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_exponential

from conformance.client import Reply, Wire, is_write
from conformance.errors import TargetUnreachable

if TYPE_CHECKING:
    from conformance.session.session import Session

MAX_RETRY_AFTER_S = 30.0
THROTTLED_TRIES = 4
# A restart or a fail-over takes seconds: 0.5, 1, 2, 4.
PATIENCE_TRIES = 5
FIRST_WAIT_S = 0.5
_OUT_OF_SERVICE = (502, 503, 504)


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
        TargetUnreachable: the target is down: nothing that worked before is answered any more.
    """
    reply = _patiently(session, operation, wire)
    if _settled(reply, expect_5xx):
        return Delivery(wire, reply)
    again = _patiently(session, operation, wire)
    if _settled(again, expect_5xx):
        _note(session, operation, "flaky", f"first {_short(reply)}, then {_short(again)}")
        return Delivery(wire, again)
    control, worked_before = _ask_controls(session, operation, wire)
    if control is None:
        return _wait_for(session, operation, wire, again, worked_before=worked_before, expect_5xx=expect_5xx)
    _note(session, operation, "real", f"{_short(again)}; control {_short(control)}")
    return Delivery(wire, again, lost=again.response is None)


def _settled(reply: Reply, expect_5xx: bool) -> bool:
    """Tell whether an answer needs no second look."""
    if reply.response is None:
        return reply.kind == "url"
    return reply.response.status < 500 or expect_5xx


def _good(reply: Reply) -> bool:
    return reply.response is not None and reply.response.status < 500


def _short(reply: Reply) -> str:
    return str(reply.response.status) if reply.response else reply.failure


def _note(session: Session, operation: str, verdict: str, note: str) -> None:
    session.stream.write("control", operation=operation, verdict=verdict, note=session.stream.redactor.text(note))


def _controls(session: Session, operation: str, wire: Wire) -> Iterator[tuple[Wire, str, bool]]:
    """Yield requests to the same host, with their operation, and whether they worked before; no writes."""
    origin = urlsplit(wire.url)[:2]
    own = session.known_good.get(operation)
    if own is not None and not is_write(operation, own.method):
        yield own, operation, True
    for name, good in session.known_good.items():
        if name != operation and urlsplit(good.url)[:2] == origin and not is_write(name, good.method):
            yield good, name, True
            break
    yield Wire("GET", f"{origin[0]}://{origin[1]}/"), "", False


def _ask_controls(session: Session, operation: str, wire: Wire) -> tuple[Reply | None, bool]:
    """Return the first control's answer that is no failure, or None, and whether any control worked before."""
    worked_before = False
    for control, name, known in _controls(session, operation, wire):
        worked_before = worked_before or known
        reply = session.client.send(control, name)
        if _good(reply):
            return reply, worked_before
        if name == operation and reply.response is not None and reply.response.status in _OUT_OF_SERVICE:
            # The very request that worked before is out of service: the host may answer others, this service is down.
            return None, True
    return None, worked_before


def _wait_for(
    session: Session, operation: str, wire: Wire, last: Reply, *, worked_before: bool, expect_5xx: bool
) -> Delivery:
    """Nothing is answered well: wait for the target, with back-off, then call it down.

    A target that never answered anything well and still answers is not down: its 5xx is its own.

    Raises:
        TargetUnreachable: it stays down.
    """
    if last.response is not None and not worked_before:
        _note(session, operation, "real", f"{_short(last)}; nothing on this host was answered better until now")
        return Delivery(wire, last)
    retrying = Retrying(
        stop=stop_after_attempt(PATIENCE_TRIES),
        wait=wait_exponential(multiplier=FIRST_WAIT_S, max=4),
        retry=retry_if_result(lambda found: found is None),
        retry_error_callback=lambda _state: None,
    )
    control: Reply | None = retrying(lambda: _ask_controls(session, operation, wire)[0])
    if control is None:
        _note(session, operation, "down", f"{_short(last)}; no control request is answered")
        raise TargetUnreachable(
            f"the target answers no more: {_short(last)}",
            where=f"{wire.method} {wire.url.partition('?')[0]}",
            advice="What was proved until then is in the run folder.",
        )
    reply = _patiently(session, operation, wire)
    verdict = "flaky" if _settled(reply, expect_5xx) else "real"
    _note(session, operation, verdict, f"the target was down for a while ({_short(last)}), then {_short(reply)}")
    return Delivery(wire, reply, lost=reply.response is None)


def _patiently(session: Session, operation: str, wire: Wire) -> Reply:
    """Send a request; 429 with Retry-After is obeyed, and is no violation."""
    for attempt in range(THROTTLED_TRIES):
        reply = session.client.send(wire, operation)
        if reply.response is None or reply.response.status != 429:
            return reply
        wait = _retry_after(reply) if reply.response.header("retry-after") else 0.5 * 2**attempt
        _note(session, operation, "throttled", f"waits {wait:g} s")
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
        except (ValueError, TypeError, OverflowError):
            seconds = 1.0
    return 1.0 if math.isnan(seconds) else min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
