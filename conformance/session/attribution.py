"""Whose fault is it? Before a 5xx, a 429, a timeout, a reset or a 401 is held against the target, the request is
sent again and control requests tell a target that is down or throttles, or a token of ours that has expired, from
a wrong response. This is asked once for a cause; the run's patience (`patience.py`) remembers what was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from conformance.client import UNREACHED, Reply, Wire, is_write
from conformance.errors import CouldNotTest, TargetUnreachable
from conformance.session.attempt import (
    Attempt,
    Sending,
    has_status,
    in_short,
    is_good,
    names_time,
    retry_after,
)
from conformance.session.delivery import Delivery
from conformance.session.form import breaks_off, form_of
from conformance.session.limits import past_limits, still_throttled
from conformance.session.patience import FIRST_WAIT_S

# A firewall that bans the suite may do so again; so often one request waits for it, oftener for what is over sooner.
MOST_WALLS = 3
# A restart or a fail-over takes seconds: 0.5, 1, 2, 4.
PATIENCE_TRIES = 4
# How long a control request is waited for, at least; and how long all of them, once the target seems to be down.
CONTROL_LIMIT_S = 2.0
DOWN_S = 20.0
# A target that sheds load is given so many tries, and that only until one such response was found to be real.
BUSY_TRIES = 3


def deliver(
    sending: Sending,
    operation: str,
    wire: Wire,
    *,
    valid: bool = False,
    expect_5xx: bool = False,
    seen: Reply | None = None,
) -> Delivery:
    """Send a request and find out what its response means.

    Args:
        sending: what it is sent with.
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
    ask = Attempt(sending, operation, wire, valid, expect_5xx)
    patience = sending.patience
    if seen is None and patience.given_up(operation, valid=valid):
        raise CouldNotTest(f"{operation} left {_kind(ask)} without a response, one after the other: no more are sent")
    first = ask.send() if seen is None else seen
    front = sending.front
    look = front.look(operation, wire, first, valid=valid or expect_5xx)
    walls = 0.0
    while look.wall is not None and walls < MOST_WALLS:
        ask.note("blocked", look.reason)
        walls += min(1.0, front.wait_out(wire.url, look.wall) / FIRST_WAIT_S)
        first = ask.send()
        look = front.look(operation, wire, first, valid=valid or expect_5xx)
    if look.reason:
        if first.kind == "timeout":
            patience.swallows()
        return Delivery(wire, first, foreign=look.reason)
    first = past_limits(ask, first)
    found = _attributed(ask, ask.patiently(first) if has_status(first, 429) else first)
    for _ in range(MOST_WALLS):
        # What was sent again may have met the limit.
        last = past_limits(ask, found.reply) if found.reply is not first else first
        if last is found.reply:
            break
        found = _attributed(ask, last)
    if found.reply is not first:
        look = front.look(operation, wire, found.reply)
        if look.wall is not None and not found.foreign:
            # What any request gets now and then came in place of the second response.
            front.wait_out(wire.url, look.wall)
            found = _attributed(ask, ask.send())
            look = front.look(operation, wire, found.reply, valid=valid or expect_5xx)
        reason = found.foreign or look.reason
        return replace(found, foreign=reason, lost=found.lost and not reason)
    if is_good(first):
        front.learn(wire.url)
    return found


def _attributed(ask: Attempt, first: Reply) -> Delivery:
    """Find out whose fault a response is that is the platform's own."""
    sending, operation, wire, patience = ask.sending, ask.operation, ask.wire, ask.sending.patience
    if has_status(first, 429):
        return still_throttled(ask, first)
    sending.throttled[operation] = 0
    if ask.settled(first):
        if has_status(first, *UNREACHED):
            return _seen_twice(ask, first)
        return Delivery(
            wire, first, foreign=sending.front.instead_of_failure(operation, first) if ask.expect_5xx else ""
        )
    if breaks_off(first.response) and is_write(operation, wire.method):
        return ask.broke_off(first)
    known = patience.proved(ask.cause(first))
    again = _after_silence(ask, first, known=known) if first.kind == "timeout" else _again(ask, first, known=known)
    if has_status(again, 429):
        return still_throttled(ask, again)
    if ask.settled(again):
        ask.passed(first, again)
        return Delivery(wire, again, foreign=ask.perhaps_carried_out(first, again))
    if known and ask.cause(again) == ask.cause(first):
        return ask.real(again, "as before")
    control, worked_before = _ask_controls(ask)
    if control is None:
        return _wait_for(ask, again, worked_before=worked_before)
    if has_status(again, *UNREACHED) and not known:
        last = ask.patiently()
        if ask.settled(last):
            ask.passed(again, last)
            return Delivery(wire, last)
        if last.response is not None and sending.front.is_given_elsewhere(last):
            return _until_reached(ask, last)
    longer = patience.last_look() if again.kind == "timeout" and not known else None
    if longer is not None:
        # Two time limits may pass on a busy machine, or while a node restarts: a third one says more, once in a run.
        last = ask.send(longer)
        patience.looked_last(helped=ask.settled(last))
        if ask.settled(last):
            ask.passed(again, last)
            return Delivery(wire, last, foreign=ask.perhaps_carried_out(again, last))
    if not known:
        _require_service(ask, again)
    patience.prove(ask.cause(again))
    return ask.real(again, f"control {in_short(control)}")


def _until_reached(ask: Attempt, last: Reply) -> Delivery:
    """Send a request again while a gateway reaches the platform now and then only, as while new nodes take over.

    Raises:
        TargetUnreachable: nothing of the service is reached.
    """
    patience = ask.sending.patience
    form = form_of(last)
    for attempt in range(PATIENCE_TRIES):
        waited = patience.wait(FIRST_WAIT_S * 2**attempt)
        reply = ask.patiently()
        if ask.settled(reply):
            patience.waited(helped=True)
            ask.passed(last, reply)
            return Delivery(ask.wire, reply)
        if not waited:
            break
    patience.waited(helped=False)
    _require_service(ask, last)
    return Delivery(ask.wire, last, foreign=f"answered in front: {form.described}, as a path that nobody has is")


def _seen_twice(ask: Attempt, first: Reply) -> Delivery:
    """A gateway that cannot reach the platform for a moment may answer in place of a documented 5xx.

    What is answered in one form twice, and once more after a moment, is the platform's.

    Raises:
        TargetUnreachable: nothing of the service is reached.
    """
    patience, last = ask.sending.patience, first
    settled = replace(ask.cause(first), failure=f"documented {in_short(first)}")
    waited = patience.remembers(settled)
    for _ in range(BUSY_TRIES):
        again = ask.send()
        if again.response is None:
            continue
        if not has_status(again, *UNREACHED):
            patience.waited(helped=True)
            return Delivery(ask.wire, again)
        same, last = ask.cause(again) == ask.cause(last), again
        if same and waited:
            patience.prove(settled)
            break
        waited = waited or (same and patience.wait(FIRST_WAIT_S))
    patience.waited(helped=False)
    front = ask.sending.front
    if not front.documents(ask.operation, last.response.status if last.response else 0):
        _require_service(ask, last)
    return Delivery(ask.wire, last, foreign=front.instead_of_failure(ask.operation, last))


def _require_service(ask: Attempt, reply: Reply) -> None:
    """Require that what failed is one operation, not the way to its service.

    Raises:
        TargetUnreachable: nothing of the service is reached, whatever else the host answers.
    """
    sending, front = ask.sending, ask.sending.front
    if not has_status(reply, *UNREACHED) and reply.response is not None:
        return
    service = front.routes.service(ask.operation)
    for name, wire in sending.known_good.items():
        if front.routes.service(name) == service and not is_write(name, wire.method):
            limit = max(CONTROL_LIMIT_S, sending.patience.usual(name))
            if is_good(sending.send(wire, name, limit=min(sending.patience.timeout, limit))):
                return
    for attempt in range(BUSY_TRIES):
        if not front.is_unreachable(ask.operation, reply):
            return
        # A limit of the service's path refuses all of it for a moment.
        sending.patience.wait(FIRST_WAIT_S * 2**attempt)
    ask.note("down", f"{in_short(reply)}; nothing of {service} is reached")
    raise TargetUnreachable(
        f"nothing of {service} is reached: {in_short(reply)}, for a path that nobody has as well",
        where=f"{ask.wire.method} {ask.wire.url.partition('?')[0]}",
        advice="Is the service down, or can a gateway in front not reach it? "
        "What was proved until then is in the run folder.",
    )


def _after_silence(ask: Attempt, first: Reply, *, known: bool) -> Reply:
    """Send a request again that got no response: one of the two waits is the whole time limit.

    Raises:
        CouldNotTest: requests of its kind were silent before, or the run has waited for silent ones long enough.
    """
    patience = ask.sending.patience
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


def _again(ask: Attempt, first: Reply, *, known: bool) -> Reply:
    """Send a request again: at once, or with back-off where the response says that the target has no time now.

    A balancer that meets a node that is away has another one for the next request.
    """
    if known or not has_status(first, *UNREACHED):
        return ask.patiently()
    patience, reply = ask.sending.patience, first
    if not names_time(first) and patience.may_ask_at_once():
        reply = ask.patiently()
        helped = not has_status(reply, *UNREACHED)
        patience.asked_at_once(helped=helped)
        if helped:
            return reply
    for pause in patience.pauses(BUSY_TRIES - 1):
        waited = patience.wait(retry_after(ask.sending, reply) if names_time(reply) else pause)
        reply = ask.patiently()
        if not waited or not has_status(reply, *UNREACHED):
            break
    patience.waited(helped=not has_status(reply, *UNREACHED))
    return reply


def _controls(sending: Sending, operation: str, wire: Wire) -> Iterator[tuple[Wire, str, bool]]:
    """Yield requests to the same host, with their operation, and whether they worked before; no writes."""
    origin = urlsplit(wire.url)[:2]
    own = sending.known_good.get(operation)
    if own is not None and not is_write(operation, own.method):
        yield own, operation, True
    for name, good in sending.known_good.items():
        if name != operation and urlsplit(good.url)[:2] == origin and not is_write(name, good.method):
            yield good, name, True
            break
    yield Wire("GET", f"{origin[0]}://{origin[1]}/"), "", False


def answers_others(sending: Sending, operation: str, wire: Wire) -> bool:
    """Tell whether the host of a request answers another one: what worked before, or the root."""
    return _ask_controls(Attempt(sending, operation, wire, valid=False, expect_5xx=False))[0] is not None


def _ask_controls(ask: Attempt) -> tuple[Reply | None, bool]:
    """Return the first control's reply that is not a failure, or None, and whether any control worked before."""
    sending, worked_before = ask.sending, False
    for control, name, known in _controls(sending, ask.operation, ask.wire):
        worked_before = worked_before or known
        limit = min(sending.patience.timeout, max(CONTROL_LIMIT_S, sending.patience.usual(name)))
        reply = sending.send(control, name, limit=limit)
        if is_good(reply):
            return reply, worked_before
        if name == ask.operation and has_status(reply, *UNREACHED):
            # The very request that worked before is out of service: the host may answer others, this service is down.
            return None, True
    return None, worked_before


def _wait_for(ask: Attempt, last: Reply, *, worked_before: bool) -> Delivery:
    """Nothing is answered well: wait for the target, with back-off, then call it down.

    A target that never answered anything well and still answers is not down: its 5xx is its own. So is a 500 to every
    request that stays.

    Raises:
        TargetUnreachable: it stays down.
    """
    patience, control = ask.sending.patience, None
    if not worked_before and has_status(last, *UNREACHED):
        _require_service(ask, last)
    if last.response is not None and not worked_before:
        patience.prove(ask.cause(last))
        return ask.real(last, "nothing on this host was answered better until now")
    everywhere = replace(ask.cause(last), operation="", valid=False)
    if patience.remembers(everywhere):
        patience.prove(ask.cause(last))
        return ask.real(last, "all operations fail so")
    until = patience.clock.monotonic() + DOWN_S
    for attempt in range(PATIENCE_TRIES):
        if patience.down or not patience.wait(FIRST_WAIT_S * 2**attempt) or patience.clock.monotonic() > until:
            break
        control, _ = _ask_controls(ask)
        if control is not None:
            break
    patience.waited(helped=control is not None)
    if control is None and last.response is not None and not has_status(last, *UNREACHED):
        # What restarts or is taken out of service does not answer 500 for so long.
        patience.prove(everywhere)
        patience.prove(ask.cause(last))
        return ask.real(last, "all operations fail so, for longer than a restart takes")
    if control is None:
        patience.down = True
        ask.note("down", f"{in_short(last)}; no control request is answered")
        raise TargetUnreachable(
            f"the target stopped responding: {in_short(last)}",
            where=f"{ask.wire.method} {ask.wire.url.partition('?')[0]}",
            advice="What was proved until then is in the run folder.",
        )
    reply = ask.patiently()
    if has_status(reply, 429):
        return still_throttled(ask, reply)
    if not ask.settled(reply):
        patience.prove(ask.cause(reply))
        return ask.real(reply, f"the target was down for a while ({in_short(last)}) before")
    ask.note("flaky", f"the target was down for a while ({in_short(last)}), then {in_short(reply)}")
    return Delivery(ask.wire, reply)


def _kind(ask: Attempt) -> str:
    return "valid requests" if ask.valid else "requests"
