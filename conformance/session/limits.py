"""Limits of requests: those that name themselves by 429, and those of one operation's path alone.

What limits any path shows itself on a path that nobody has (see `front.py`). What limits one path does not; but a right
request is refused alike while it lasts, in whatever words, or its connection is reset. It is served a moment later,
each time while requests come slowly, and refused again when they come fast. Each form of a refusal is looked into.
What stays refused, never refuses the right request, or does not depend on how fast they come, is the platform's.
"""

from __future__ import annotations

from conformance.client import UNREACHED, Reply, Wire, is_write
from conformance.errors import CouldNotTest, TargetUnreachable
from conformance.opentv.tokens import SIGNONS
from conformance.session.attempt import (
    MOST_THROTTLED,
    Attempt,
    Sending,
    has_status,
    in_short,
    is_good,
    names_time,
)
from conformance.session.delivery import Delivery
from conformance.session.errors_of_host import SERVER_ERROR
from conformance.session.form import Form, alike, form_of
from conformance.session.host import CALM_S

# By 429 a limit names itself, and is obeyed.
REFUSALS = tuple(status for status in (*range(400, 500), *UNREACHED) if status != 429)
SUCCESSES = tuple(range(200, 300))
WAITS_S = (CALM_S, 2 * CALM_S)
MOST_FORMS, MOST_LOOKS, PROVOKED = 40, 3, 40
# So many right requests, with a pause before each; then so many without, or as many as there is time for. They come one
# after the other: what breaks on requests that overlap is no limit.
SLOW, GAP_S, FAST, LONGEST_S, LEAST_OF_FAST = 8, 0.15, 120, 2.0, 0.4


def past_limits(ask: Attempt, first: Reply) -> Reply:
    """Return a response that no limit of the operation's path gave: the first, where none did.

    Requests that meet a limit are sent one after the other.

    Raises:
        Refused: the suite refuses (limits).
        CouldNotTest: the limit refuses this request, however long we waited.
    """
    form = form_of(first)
    # Of a page, `front.py` and `steadiness.py` know more; a token may have ended.
    in_words = form.kind == "json" and (
        ask.sending.front.is_json_of_another(first.request.url, form)
        if has_status(first, SERVER_ERROR)
        else ask.operation in SIGNONS and has_status(first, *REFUSALS)
    )
    if not in_words and form.kind != "reset":
        return first
    with ask.sending.turn:
        if not _is_limit(ask, form):
            return first
        ask.note("throttled", f"{form.described}, to a right request as well for a moment")
        for pause in (0.0, *WAITS_S):
            waited = ask.sending.patience.wait(pause)
            reply = ask.send()
            if not alike(form_of(reply), form):
                ask.sending.patience.waited(helped=True)
                return reply
            if not waited:
                break
        ask.sending.patience.waited(helped=False)
        if not _refuses_what_worked(ask, form):
            return reply
    raise CouldNotTest(f"requests are throttled: {form.described}, to a right one as well", add=["http: {rate: 5}"])


def still_throttled(ask: Attempt, reply: Reply) -> Delivery:
    """A 429 that stays is the target's own only where it names no time to wait and a request that works is answered.

    Raises:
        CouldNotTest: the target throttles.
        TargetUnreachable: it throttles one request after the other.
    """
    sending, operation, wire = ask.sending, ask.operation, ask.wire
    own = sending.known_good.get(operation)
    if own is not None and not names_time(reply) and not is_write(operation, own.method):
        control = sending.send(own, operation)
        if is_good(control) and not has_status(control, 429):
            last = control if own == wire else sending.send(wire, operation)
            if is_good(last):
                ask.note("real" if has_status(last, 429) else "flaky", f"429; control {in_short(control)}")
                return Delivery(wire, last)
    sending.throttled[operation] += 1
    if sending.throttled[operation] >= MOST_THROTTLED and _all_throttled(sending, operation):
        raise TargetUnreachable(
            "the target throttles: nothing but 429 is answered, however long we waited",
            where=f"{wire.method} {wire.url.partition('?')[0]}",
            advice="Send fewer requests: --rate 5/s, or http: {rate: 5} in the target file.",
        )
    raise CouldNotTest("the target throttles: answered 429, however long we waited", add=["http: {rate: 5}"])


def _all_throttled(sending: Sending, operation: str) -> bool:
    """Tell whether other operations that worked are throttled, too."""
    others = [(name, wire) for name, wire in sending.known_good.items() if name != operation]
    return all(
        has_status(sending.send(wire, name), 429) for name, wire in others[:2] if not is_write(name, wire.method)
    )


def limits_path(sending: Sending, operation: str, right: Wire, reply: Reply) -> bool:
    """Tell whether a failure of a right request is of a limit of the operation's path."""
    with sending.turn:
        return _is_limit(Attempt(sending, operation, right, valid=True, expect_5xx=False), form_of(reply))


def _is_limit(ask: Attempt, form: Form) -> bool:
    """Tell whether the right request is refused alike now, is served a moment later, and by how fast requests come."""
    looked = ask.sending.refusals.setdefault(ask.operation, [])
    known = [limits for one, limits in looked if alike(form, one)]
    if any(known) or len(known) >= MOST_LOOKS or len(looked) >= MOST_FORMS:
        return any(known)
    limits = False
    # Who was refused by mistake, or lost a connection, looks closer: the limit may have room again by now.
    closer = PROVOKED if ask.valid or form.kind == "reset" else 1
    if any(_refuses_what_worked(ask, form) for _ in range(closer)):
        limits = _serves_after_a_while(ask, form) and _depends_on_speed(ask, form)
        looked.extend([(form, limits)] * MOST_LOOKS)
    else:
        looked.append((form, False))
    return limits


def _serves_after_a_while(ask: Attempt, form: Form) -> bool:
    """Wait for the right request to be served."""
    for pause in WAITS_S:
        if not ask.sending.patience.wait(pause):
            break
        served = _control(ask)
        if served is not None and (is_good(served) if form.kind == "reset" else has_status(served, *SUCCESSES)):
            ask.sending.patience.waited(helped=True)
            return True
    ask.sending.patience.waited(helped=False)
    return False


def _depends_on_speed(ask: Attempt, form: Form) -> bool:
    """Tell whether right requests are refused so when they come fast, and none of some that come slowly."""
    clock = ask.sending.patience.clock
    for _ in range(SLOW):
        clock.sleep(GAP_S)
        if _refuses_what_worked(ask, form):
            return False
    seen: list[bool] = []
    until = clock.monotonic() + LONGEST_S
    while len(seen) < FAST and clock.monotonic() < until:
        seen.append(_refuses_what_worked(ask, form))
    return sum(seen) >= LEAST_OF_FAST * len(seen)


def _refuses_what_worked(ask: Attempt, form: Form) -> bool:
    refused = _control(ask)
    return refused is not None and alike(form_of(refused), form)


def _control(ask: Attempt) -> Reply | None:
    """Return what a right request of the operation is answered now, the same if it is one; None where none worked."""
    own = ask.wire if ask.valid else ask.sending.known_good.get(ask.operation)
    if own is None or is_write(ask.operation, own.method):
        return None
    return ask.sending.send(own, ask.operation)
