"""Whose fault is it? Before a 5xx, a 429, a timeout, a reset or a 401 is held against the target, the request is
sent again and control requests tell a target that is down or throttles, or a token of ours that has expired, from
an answer that is wrong.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt, wait_exponential

from conformance.client import Reply, Wire, is_write
from conformance.errors import CouldNotTest, TargetUnreachable
from conformance.model import http_date

if TYPE_CHECKING:
    from conformance.session.session import Session

MAX_RETRY_AFTER_S = 30.0
THROTTLED_TRIES = 4
# A restart or a fail-over takes seconds: 0.5, 1, 2, 4.
PATIENCE_TRIES = 5
FIRST_WAIT_S = 0.5
# A target that sheds load is given so many tries, and that only until one such answer was found to be real.
BUSY_TRIES = 3
# After so many requests of an operation that were throttled to the end, none is waited for any more.
MOST_THROTTLED = 3
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
        CouldNotTest: the target throttles the request, however long it waits.
        TargetUnreachable: the target is down, or throttles all: nothing that worked before is answered any more.
    """
    reply = _patiently(session, operation, wire)
    if _is(reply, 429):
        return _still_throttled(session, operation, wire, reply)
    session.throttled[operation] = 0
    if _settled(reply, expect_5xx):
        return Delivery(wire, reply)
    again = _again(session, operation, wire, reply)
    if _is(again, 429):
        return _still_throttled(session, operation, wire, again)
    if _settled(again, expect_5xx):
        _note(session, operation, "flaky", f"first {_short(reply)}, then {_short(again)}")
        return Delivery(wire, again)
    control, worked_before = _ask_controls(session, operation, wire)
    if control is None:
        return _wait_for(session, operation, wire, again, worked_before=worked_before, expect_5xx=expect_5xx)
    if _is(again, *_OUT_OF_SERVICE) and operation not in session.out_of_service:
        last = _patiently(session, operation, wire)
        if _settled(last, expect_5xx):
            _note(session, operation, "flaky", f"first {_short(again)}, then {_short(last)}")
            return Delivery(wire, last)
        session.out_of_service.add(operation)
    _note(session, operation, "real", f"{_short(again)}; control {_short(control)}")
    return Delivery(wire, again, lost=again.response is None)


def _is(reply: Reply, *statuses: int) -> bool:
    return reply.response is not None and reply.response.status in statuses


def _again(session: Session, operation: str, wire: Wire, reply: Reply) -> Reply:
    """Send a request again: at once, or with back-off where the answer says that the target has no time now."""
    if not _is(reply, *_OUT_OF_SERVICE) or operation in session.out_of_service:
        return _patiently(session, operation, wire)
    answers = chain((reply,), (_patiently(session, operation, wire) for _ in repeat(None)))
    backing_off = wait_exponential(multiplier=FIRST_WAIT_S, max=4)

    def wait(state: RetryCallState) -> float:
        last: Reply = state.outcome.result() if state.outcome else reply
        told = last.response is not None and last.response.header("retry-after")
        return _retry_after(last) if told else backing_off(state)

    retrying = Retrying(
        stop=stop_after_attempt(BUSY_TRIES),
        wait=wait,
        retry=retry_if_result(lambda found: _is(found, *_OUT_OF_SERVICE)),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else reply,
    )
    found: Reply = retrying(lambda: next(answers))
    return found


def _still_throttled(session: Session, operation: str, wire: Wire, reply: Reply) -> Delivery:
    """A 429 that stays is the target's own only where it names no time to wait and a request that works is answered.

    Raises:
        CouldNotTest: the target throttles.
        TargetUnreachable: it throttles one request after the other.
    """
    own = session.known_good.get(operation)
    told = reply.response is not None and reply.response.header("retry-after")
    if own is not None and not told and not is_write(operation, own.method):
        control = session.client.send(own, operation)
        if _good(control) and not _is(control, 429):
            last = control if own == wire else session.client.send(wire, operation)
            if _good(last):
                _note(session, operation, "real" if _is(last, 429) else "flaky", f"429; control {_short(control)}")
                return Delivery(wire, last)
    session.throttled[operation] += 1
    if session.throttled[operation] >= MOST_THROTTLED and _all_throttled(session, operation):
        raise TargetUnreachable(
            "the target throttles: nothing but 429 is answered, however long we waited",
            where=f"{wire.method} {wire.url.partition('?')[0]}",
            advice="Send fewer requests: --rate 5/s, or http: {rate: 5} in the target file.",
        )
    raise CouldNotTest("the target throttles: answered 429, however long we waited", add=["http: {rate: 5}"])


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
        if _is(last, *_OUT_OF_SERVICE):
            session.out_of_service.add(operation)
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
    if _is(reply, 429):
        return _still_throttled(session, operation, wire, reply)
    verdict = "flaky" if _settled(reply, expect_5xx) else "real"
    _note(session, operation, verdict, f"the target was down for a while ({_short(last)}), then {_short(reply)}")
    return Delivery(wire, reply, lost=reply.response is None)


def _all_throttled(session: Session, operation: str) -> bool:
    """Tell whether other operations that worked are throttled, too."""
    others = [(name, wire) for name, wire in session.known_good.items() if name != operation]
    return all(
        _is(session.client.send(wire, name), 429) for name, wire in others[:2] if not is_write(name, wire.method)
    )


def _patiently(session: Session, operation: str, wire: Wire) -> Reply:
    """Send a request; a 429 and its Retry-After are obeyed."""
    tries = THROTTLED_TRIES if session.throttled[operation] < MOST_THROTTLED else 1
    for attempt in range(tries):
        reply = session.client.send(wire, operation)
        if reply.response is None or reply.response.status != 429:
            return reply
        wait = _retry_after(reply) if reply.response.header("retry-after") else 0.5 * 2**attempt
        _note(session, operation, "throttled", f"waits {wait:g} s")
        if attempt < tries - 1:
            time.sleep(wait)
    return reply


def _retry_after(reply: Reply) -> float:
    value = (reply.response.header("retry-after") if reply.response else None) or "1"
    try:
        seconds = float(value)
    except ValueError:
        until = http_date(value)
        seconds = 1.0 if until is None else until - time.time()
    return 1.0 if math.isnan(seconds) else min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
