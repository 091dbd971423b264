"""Limits of requests: those that name themselves by 429, and one of a signon alone, in the platform's own words.

What limits any path shows itself on a path that nobody has (see `front.py`). What limits the path of a signon does not;
but a right request is refused alike while it lasts, is served a moment later, and refused again when many are sent
together. Each form of a refusal is looked into once. What stays refused, never refuses the right request, or does not
depend on how many there are, is the platform's.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from conformance.client import UNREACHED, Reply, is_write
from conformance.errors import CouldNotTest, TargetUnreachable
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
from conformance.session.experiment import AT_ONCE
from conformance.session.form import Form, alike, form_of
from conformance.session.host import CALM_S

# They need no token, which may have ended.
SIGNONS = frozenset({"stbsignontokens", "nmpsignontokens", "dasSignOnByCasn"})
# By 429 a limit names itself, and is obeyed.
REFUSALS = tuple(status for status in (*range(400, 500), *UNREACHED) if status != 429)
MOST_FORMS = 20
# Of so many requests, sent together, a limit refuses at least this part.
MANY, LEAST_OF_MANY = 60, 0.2
WAITS_S = (CALM_S, 2 * CALM_S)


def past_limits(ask: Attempt, first: Reply) -> Reply:
    """Return a response to a signon that no limit of its path gave: the first, where none did.

    Requests that meet a limit are sent one after the other.

    Raises:
        Refused: the suite refuses (limits).
        CouldNotTest: the limit refuses this request, however long we waited.
    """
    if ask.operation not in SIGNONS or not has_status(first, *REFUSALS):
        return first
    form = form_of(first)
    if form.kind != "json":
        # Of a page, `front.py` and `steadiness.py` know more.
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
    raise CouldNotTest(f"signons are throttled: {form.described}, to a right request as well", add=["http: {rate: 5}"])


def still_throttled(ask: Attempt, reply: Reply) -> Delivery:
    """A 429 that stays is the target's own only where it names no time to wait and a request that works is answered.

    Raises:
        CouldNotTest: the target throttles.
        TargetUnreachable: it throttles one request after the other.
    """
    sending, operation, wire = ask.sending, ask.operation, ask.wire
    own = sending.known_good.get(operation)
    if own is not None and not names_time(reply) and not is_write(operation, own.method):
        control = sending.client.send(own, operation)
        if is_good(control) and not has_status(control, 429):
            last = control if own == wire else sending.client.send(wire, operation)
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
        has_status(sending.client.send(wire, name), 429) for name, wire in others[:2] if not is_write(name, wire.method)
    )


def _is_limit(ask: Attempt, form: Form) -> bool:
    """Tell whether the request that worked is refused alike, and served a moment later; each form is seen to once."""
    looked = ask.sending.refusals.setdefault(ask.operation, [])
    known = next((limits for one, limits in looked if alike(form, one)), None)
    if known is not None or len(looked) >= MOST_FORMS:
        return bool(known)
    limits = _refuses_what_worked(ask, form) and _serves_after_a_while(ask) and _refuses_many(ask, form)
    looked.append((form, limits))
    return limits


def _serves_after_a_while(ask: Attempt) -> bool:
    """Wait for the request that worked to be served."""
    for pause in WAITS_S:
        if not ask.sending.patience.wait(pause):
            break
        served = _control(ask)
        if served is not None and served.response is not None and served.response.status < min(REFUSALS):
            ask.sending.patience.waited(helped=True)
            return True
    ask.sending.patience.waited(helped=False)
    return False


def _refuses_many(ask: Attempt, form: Form) -> bool:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = list(pool.map(lambda _number: _control(ask), range(MANY)))
    return sum(one is not None and alike(form_of(one), form) for one in seen) >= LEAST_OF_MANY * MANY


def _refuses_what_worked(ask: Attempt, form: Form) -> bool:
    refused = _control(ask)
    return refused is not None and alike(form_of(refused), form)


def _control(ask: Attempt) -> Reply | None:
    """Return what a right request of the operation is answered now, the same if it is one; None where none worked."""
    own = ask.wire if ask.valid else ask.sending.known_good.get(ask.operation)
    if own is None or is_write(ask.operation, own.method):
        return None
    return ask.sending.client.send(own, ask.operation)
