"""Whose fault is it? Before a 5xx, a 429, a timeout, a reset or a 401 is held against the target, the request is
sent again and control requests tell a target that is down or throttles, or a token of ours that has expired, from
a wrong response. This is asked once for a cause; the run's patience (`patience.py`) remembers what was found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.client import Reply, Wire, is_write
from conformance.errors import CouldNotTest, TargetUnreachable
from conformance.model import http_date
from conformance.session.delivery import Delivery
from conformance.session.patience import Cause, form_of
from conformance.stream import events

if TYPE_CHECKING:
    from conformance.session.session import Session

# A firewall that bans the suite may do so again; so often one request waits for it.
MOST_WALLS = 3
MAX_RETRY_AFTER_S = 30.0
THROTTLED_TRIES = 4
# A restart or a fail-over takes seconds: 0.5, 1, 2, 4.
PATIENCE_TRIES = 4
FIRST_WAIT_S = 0.5
# How long a control request is waited for, at least; and how long all of them, once the target seems to be down.
CONTROL_LIMIT_S = 2.0
DOWN_S = 20.0
# A target that sheds load is given so many tries, and that only until one such response was found to be real.
BUSY_TRIES = 3
# After so many requests of an operation that were throttled to the end, none is waited for any more.
MOST_THROTTLED = 3
_OUT_OF_SERVICE = (502, 503, 504)


@dataclass(frozen=True)
class _Attempt:
    """A request that is sent, perhaps several times; `valid`: it is meant to succeed."""

    session: Session
    operation: str
    wire: Wire
    valid: bool
    expect_5xx: bool

    def send(self, limit: float | None = None) -> Reply:
        """Send it once, and take note of how long its response took."""
        patience = self.session.patience
        limit = patience.limit(self.operation) if limit is None else limit
        reply = self.session.client.send(self.wire, self.operation, limit=limit)
        note_reply(self.session, self.operation, reply, valid=self.valid)
        return reply

    def patiently(self, first: Reply | None = None) -> Reply:
        """Send it, unless it was a first time; a 429 and its Retry-After are obeyed."""
        tries = THROTTLED_TRIES if self.session.throttled[self.operation] < MOST_THROTTLED else 1
        for attempt in range(tries):
            reply = self.send() if first is None or attempt else first
            if not _is(reply, 429) or attempt == tries - 1:
                break
            wait = _retry_after(self.session, reply) if _names_time(reply) else 0.5 * 2**attempt
            self.note("throttled", f"waits {wait:g} s")
            if not self.session.patience.wait(wait):
                break
        self.session.patience.waited(helped=not _is(reply, 429))
        return reply

    def cause(self, reply: Reply) -> Cause:
        """Return what one look at a failure settles."""
        failure = str(reply.response.status) if reply.response else reply.kind
        return Cause(self.operation, self.valid, failure, form_of(reply.response))

    def settled(self, reply: Reply) -> bool:
        """Tell whether a reply needs no second look."""
        if reply.response is None:
            return reply.kind == "url"
        return reply.response.status < 500 or self.expect_5xx

    def real(self, reply: Reply, why: str) -> Delivery:
        """Hold a reply against the target."""
        self.note("real", f"{_short(reply)}; {why}")
        return Delivery(self.wire, reply, lost=reply.response is None)

    def passed(self, first: Reply, again: Reply) -> None:
        """Take note of a failure that passed: the run repeats it at its end, unless the target asked for time."""
        told = f"first {_short(first)}, then {_short(again)}"
        seen = self.session.exchange_of(
            self.operation, Delivery(self.wire, first), made_by="attribution", valid=self.valid
        )
        waited = (first.received_at - first.sent_at) / 1000
        cut_short = first.kind == "timeout" and waited < 0.9 * self.session.patience.timeout
        allowed = first.response is not None and all(one.holds for _, one in self.session.judged(seen))
        if _names_time(first) or cut_short or allowed:
            self.note("flaky", told)
            return
        self.session.stream.exchange(seen, [], [])
        self.note("flaky", told, exchange=seen.id, failure=_short(first))

    def note(self, verdict: str, text: str, *, exchange: str = "", failure: str = "") -> None:
        """Write what was found out."""
        self.session.stream.write(
            events.Control(operation=self.operation, verdict=verdict, note=text, exchange=exchange, failure=failure)
        )


def deliver(
    session: Session,
    operation: str,
    wire: Wire,
    *,
    valid: bool = False,
    expect_5xx: bool = False,
    seen: Reply | None = None,
) -> Delivery:
    """Send a request and find out what its response means.

    Args:
        session: the run's session.
        operation: the operationId.
        wire: the request.
        valid: it is meant to succeed.
        expect_5xx: a 5xx is a documented response to it.
        seen: what came of it already, where it was sent.

    Raises:
        Refused: the suite refuses (writes, limits).
        CouldNotTest: the target throttles the request, however long it waits; or requests like it were silent before.
        TargetUnreachable: the target is down, or throttles all: nothing that worked before is answered any more; or
            something in front of it answers every request, and goes on to do so.
    """
    ask = _Attempt(session, operation, wire, valid, expect_5xx)
    patience = session.patience
    if seen is None and patience.given_up(operation, valid=valid):
        raise CouldNotTest(f"{operation} left {_kind(ask)} without a response, one after the other: no more are sent")
    first = ask.send() if seen is None else seen
    front = session.front
    look = front.look(operation, wire, first)
    for _ in range(MOST_WALLS):
        if look.wall is None:
            break
        ask.note("blocked", look.reason)
        front.wait_out(wire.url, look.wall)
        first = ask.send()
        look = front.look(operation, wire, first)
    if look.reason:
        return Delivery(wire, first, foreign=look.reason)
    found = _attributed(ask, first if seen is not None else ask.patiently(first))
    if found.reply is not first:
        reason = front.look(operation, wire, found.reply).reason
        return replace(found, foreign=reason, lost=found.lost and not reason)
    if _good(first):
        front.learn(wire.url)
    return found


def _attributed(ask: _Attempt, first: Reply) -> Delivery:
    """Find out whose fault a response is that is the platform's own."""
    session, operation, wire, patience = ask.session, ask.operation, ask.wire, ask.session.patience
    if _is(first, 429):
        return _still_throttled(ask, first)
    session.throttled[operation] = 0
    if ask.settled(first):
        return Delivery(wire, first)
    known = patience.proved(ask.cause(first))
    again = _after_silence(ask, first, known=known) if first.kind == "timeout" else _again(ask, first, known=known)
    if _is(again, 429):
        return _still_throttled(ask, again)
    if ask.settled(again):
        ask.passed(first, again)
        return Delivery(wire, again)
    if known and ask.cause(again) == ask.cause(first):
        return ask.real(again, "as before")
    control, worked_before = _ask_controls(ask)
    if control is None:
        return _wait_for(ask, again, worked_before=worked_before)
    if _is(again, *_OUT_OF_SERVICE) and not known:
        last = ask.patiently()
        if ask.settled(last):
            ask.passed(again, last)
            return Delivery(wire, last)
    patience.prove(ask.cause(again))
    return ask.real(again, f"control {_short(control)}")


def note_reply(session: Session, operation: str, reply: Reply, *, valid: bool) -> None:
    """Take note of how long a reply took: it says how long the next one is waited for."""
    seconds = (reply.received_at - reply.sent_at) / 1000
    if reply.response is not None:
        session.patience.answered(operation, seconds, valid=valid, good=_good(reply))
    elif reply.kind == "timeout":
        session.patience.silent(operation, valid=valid)


def _after_silence(ask: _Attempt, first: Reply, *, known: bool) -> Reply:
    """Send a request again that got no response: one of the two waits is the whole time limit.

    Raises:
        CouldNotTest: requests of its kind were silent before, or the run has waited for silent ones long enough.
    """
    patience = ask.session.patience
    waited = (first.received_at - first.sent_at) / 1000
    if waited > 0.9 * patience.timeout and not known:
        limit = max(patience.usual(ask.operation), patience.timeout / 3)
        patience.looked_closer(limit)
        again = ask.send(limit)
        return first if again.kind == "timeout" else again
    if known or not patience.may_look_closer():
        raise CouldNotTest(
            f"{ask.operation} gave no response within {waited:.1f} s, after requests before it were left without one"
        )
    patience.looked_closer(patience.timeout)
    return ask.send(patience.timeout)


def _again(ask: _Attempt, first: Reply, *, known: bool) -> Reply:
    """Send a request again: at once, or with back-off where the response says that the target has no time now."""
    if known or not _is(first, *_OUT_OF_SERVICE):
        return ask.patiently()
    patience, reply = ask.session.patience, first
    for attempt in range(BUSY_TRIES - 1):
        wait = _retry_after(ask.session, reply) if _names_time(reply) else FIRST_WAIT_S * 2**attempt
        waited = patience.wait(wait)
        reply = ask.patiently()
        if not waited or not _is(reply, *_OUT_OF_SERVICE):
            break
    patience.waited(helped=not _is(reply, *_OUT_OF_SERVICE))
    return reply


def _still_throttled(ask: _Attempt, reply: Reply) -> Delivery:
    """A 429 that stays is the target's own only where it names no time to wait and a request that works is answered.

    Raises:
        CouldNotTest: the target throttles.
        TargetUnreachable: it throttles one request after the other.
    """
    session, operation, wire = ask.session, ask.operation, ask.wire
    own = session.known_good.get(operation)
    if own is not None and not _names_time(reply) and not is_write(operation, own.method):
        control = session.client.send(own, operation)
        if _good(control) and not _is(control, 429):
            last = control if own == wire else session.client.send(wire, operation)
            if _good(last):
                ask.note("real" if _is(last, 429) else "flaky", f"429; control {_short(control)}")
                return Delivery(wire, last)
    session.throttled[operation] += 1
    if session.throttled[operation] >= MOST_THROTTLED and _all_throttled(session, operation):
        raise TargetUnreachable(
            "the target throttles: nothing but 429 is answered, however long we waited",
            where=f"{wire.method} {wire.url.partition('?')[0]}",
            advice="Send fewer requests: --rate 5/s, or http: {rate: 5} in the target file.",
        )
    raise CouldNotTest("the target throttles: answered 429, however long we waited", add=["http: {rate: 5}"])


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


def answers_others(session: Session, operation: str, wire: Wire) -> bool:
    """Tell whether the host of a request answers another one: what worked before, or the root."""
    return _ask_controls(_Attempt(session, operation, wire, valid=False, expect_5xx=False))[0] is not None


def _ask_controls(ask: _Attempt) -> tuple[Reply | None, bool]:
    """Return the first control's reply that is not a failure, or None, and whether any control worked before."""
    session, worked_before = ask.session, False
    for control, name, known in _controls(session, ask.operation, ask.wire):
        worked_before = worked_before or known
        limit = min(session.patience.timeout, max(CONTROL_LIMIT_S, session.patience.usual(name)))
        reply = session.client.send(control, name, limit=limit)
        if _good(reply):
            return reply, worked_before
        if name == ask.operation and _is(reply, *_OUT_OF_SERVICE):
            # The very request that worked before is out of service: the host may answer others, this service is down.
            return None, True
    return None, worked_before


def _wait_for(ask: _Attempt, last: Reply, *, worked_before: bool) -> Delivery:
    """Nothing is answered well: wait for the target, with back-off, then call it down.

    A target that never answered anything well and still answers is not down: its 5xx is its own.

    Raises:
        TargetUnreachable: it stays down.
    """
    patience, control = ask.session.patience, None
    if last.response is not None and not worked_before:
        patience.prove(ask.cause(last))
        return ask.real(last, "nothing on this host was answered better until now")
    until = patience.clock.monotonic() + DOWN_S
    for attempt in range(PATIENCE_TRIES):
        if not patience.wait(FIRST_WAIT_S * 2**attempt) or patience.clock.monotonic() > until:
            break
        control, _ = _ask_controls(ask)
        if control is not None:
            break
    patience.waited(helped=control is not None)
    if control is None:
        ask.note("down", f"{_short(last)}; no control request is answered")
        raise TargetUnreachable(
            f"the target stopped responding: {_short(last)}",
            where=f"{ask.wire.method} {ask.wire.url.partition('?')[0]}",
            advice="What was proved until then is in the run folder.",
        )
    reply = ask.patiently()
    if _is(reply, 429):
        return _still_throttled(ask, reply)
    if not ask.settled(reply):
        patience.prove(ask.cause(reply))
        return ask.real(reply, f"the target was down for a while ({_short(last)}) before")
    ask.note("flaky", f"the target was down for a while ({_short(last)}), then {_short(reply)}")
    return Delivery(ask.wire, reply)


def _all_throttled(session: Session, operation: str) -> bool:
    """Tell whether other operations that worked are throttled, too."""
    others = [(name, wire) for name, wire in session.known_good.items() if name != operation]
    return all(
        _is(session.client.send(wire, name), 429) for name, wire in others[:2] if not is_write(name, wire.method)
    )


def _is(reply: Reply, *statuses: int) -> bool:
    return reply.response is not None and reply.response.status in statuses


def _good(reply: Reply) -> bool:
    return reply.response is not None and reply.response.status < 500


def _short(reply: Reply) -> str:
    return str(reply.response.status) if reply.response else reply.failure


def _kind(ask: _Attempt) -> str:
    return "valid requests" if ask.valid else "requests"


def _names_time(reply: Reply) -> bool:
    return reply.response is not None and bool(reply.response.header("retry-after"))


def _retry_after(session: Session, reply: Reply) -> float:
    value = (reply.response.header("retry-after") if reply.response else None) or "1"
    try:
        seconds = float(value)
    except ValueError:
        at = http_date(value)
        seconds = 1.0 if at is None else at - session.patience.clock.wall()
    return 1.0 if math.isnan(seconds) else min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
