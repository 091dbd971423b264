"""Requests that are right, and refused now and then: the same request is served a moment later.

One refusal proves little: it may be the platform's guard, or a replica that lags behind. The request is then sent some
times more; what is refused a second time in the run is a finding, which says how often.
"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from conformance.client import Wire, is_write
from conformance.errors import ConformanceError
from conformance.model import Exchange, Judgement, broken
from conformance.opentv.tokens import SIGNONS
from conformance.session.attempt import Sending
from conformance.session.attribution import deliver
from conformance.session.bans import GUARD_WAITS_S, Signons
from conformance.session.delivery import Delivery
from conformance.session.form import form_of
from conformance.stream import events

FAMILY = "WIR-001"
THROTTLED = 429
# What overlaps is over then.
MOMENT_S = 0.3
MOST_MOMENTS = 3
BURST, AT_ONCE = 30, 4
# What a platform may answer that guards its signons: no document says what becomes of a device or a user after many
# wrong details.
LOCKED = (401, 403, 423)
ENOUGH = 2


class Steadiness:
    """Counts right requests of a run, and those that were refused although the same was served a moment later."""

    def __init__(self, signons: Signons) -> None:
        self._signons = signons
        self.turn, self.guard = threading.Lock(), threading.Lock()
        self._lock = threading.Lock()
        self._sent: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._moments: Counter[str] = Counter()
        self._passing: set[str] = set()
        self._bursts: set[str] = set()

    def may_wait(self, operation: str) -> bool:
        """Take one of the moments that are waited for an operation; False where none is left."""
        with self._lock:
            self._moments[operation] += 1
            return self._moments[operation] <= MOST_MOMENTS

    def may_burst(self, operation: str) -> bool:
        """Tell whether no burst of right requests was sent so far."""
        with self._lock:
            known = operation in self._bursts
            self._bursts.add(operation)
            return not known

    def note(self, operation: str, *, was_refused: bool = False) -> int:
        """Count a right request; return how many were refused."""
        with self._lock:
            self._sent[operation] += 1
            self._refused[operation] += was_refused
            return self._refused[operation]

    def may_be_locked(self, operation: str, refused: Delivery) -> bool:
        """Tell whether a right sign-on that is refused was served before, so that a guard may refuse it for a while."""
        return operation in SIGNONS and refused.status in LOCKED and self._signons.was_served(operation, refused.wire)

    def may_have_been_locked(self, operation: str, refused: Delivery) -> bool:
        """Tell whether a right sign-on met the end of a guard that was seen before, just after wrong ones."""
        seen = operation in self._passing and self.may_be_locked(operation, refused)
        return seen and self._signons.may_be_guarded(operation, refused.reply)

    def may_wait_for_guard(self, operation: str) -> bool:
        """Tell whether a guard is worth waiting for: a few times, and whenever one was seen to pass."""
        return operation in self._passing or self.may_wait(f"guard of {operation}")

    def guard_passed(self, operation: str) -> None:
        """Take note that what a guard refused was served a while later."""
        with self._lock:
            self._passing.add(operation)

    def judged(self, operation: str, exchange: Exchange) -> Judgement | None:
        """Judge a right request that was refused; None as long as it is the only one."""
        with self._lock:
            refused, sent = self._refused[operation], self._sent[operation]
        if refused < ENOUGH:
            return None
        return broken(
            FAMILY,
            expected="the answer that the same request had a moment later",
            actual=f"HTTP {exchange.status} ({refused} of {sent} right requests were refused)",
            cause="a right request is refused now and then",
        )


def served_after(
    sending: Sending, steadiness: Steadiness, operation: str, first: Delivery, *, made_by: str, expect_5xx: bool
) -> Delivery | None:
    """Send a right request again that was refused; judge the refusal where the same request is served now.

    Returns:
        The delivery that was served; None where the request stays refused.

    Raises:
        Refused: the suite refuses (limits).
        CouldNotTest: the target throttles.
        TargetUnreachable: the target is down.
    """
    if operation not in sending.known_good or not 400 <= first.status < 500 or first.status == THROTTLED:
        return None
    again = _again(sending, steadiness, operation, first)
    by_a_page = again.refuses and again.status < 500 and form_of(again.reply).kind == "html"
    guarded = by_a_page or (again.refuses and steadiness.may_be_locked(operation, again))
    if guarded and steadiness.may_wait_for_guard(operation):
        # One after the other: what one waited for, the others need not.
        with steadiness.guard:
            served = _after_guard(sending, steadiness, operation, again, in_front=by_a_page)
        if served is not None:
            return served
    if again.refuses or again.reply.response is None:
        return None
    exchange = sending.recorder.exchange_of(operation, first, made_by=made_by, valid=False)
    sending.recorder.judge_and_write(exchange, expect_5xx=expect_5xx)
    note = f"first {first.status}, then {again.status}"
    sending.stream.write(events.Control(operation=operation, verdict="flaky", note=note))
    # What a guard may have refused proves nothing; right requests alone show whether it was one.
    guarded = steadiness.may_have_been_locked(operation, first)
    refused = steadiness.note(operation, was_refused=not guarded)
    if (refused == 1 or guarded) and steadiness.may_burst(operation) and not is_write(operation, again.wire.method):
        _burst(sending, steadiness, operation, again.wire)
    found = steadiness.judged(operation, exchange)
    register = sending.recorder.register
    judged = found is not None and register.for_operation(FAMILY, operation) in register
    if found is not None and judged and not sending.front.limits(first.reply):
        sending.recorder.record(found, exchange, by=made_by)
    return again


def _again(sending: Sending, steadiness: Steadiness, operation: str, first: Delivery) -> Delivery:
    again = deliver(sending, operation, first.wire)
    if again.refuses and steadiness.may_wait(operation):
        # One after the other, so that they do not overlap each other either.
        with steadiness.turn:
            sending.patience.clock.sleep(MOMENT_S)
            again = deliver(sending, operation, first.wire)
    return again


def _after_guard(
    sending: Sending, steadiness: Steadiness, operation: str, refused: Delivery, *, in_front: bool
) -> Delivery | None:
    """Wait for what guards a sign-on after some wrong details, the platform or in front of it; None where it stays."""
    for pause in GUARD_WAITS_S:
        if not sending.patience.wait(pause):
            break
        again = deliver(sending, operation, refused.wire)
        if not again.refuses and again.reply.response is not None:
            sending.patience.waited(helped=True)
            steadiness.guard_passed(operation)
            if in_front:
                sending.front.guards(refused.reply)
            note = f"{refused.status}{' by a page' * in_front} for a while, then {again.status}"
            sending.stream.write(events.Control(operation=operation, verdict="blocked", note=note))
            return again
    sending.patience.waited(helped=False)
    return None


def _burst(sending: Sending, steadiness: Steadiness, operation: str, wire: Wire) -> None:
    """Send a right request some times more."""

    def once(_number: int) -> None:
        try:
            found = deliver(sending, operation, wire)
        except ConformanceError:
            return
        if found.reply.response is not None and found.status != THROTTLED:
            steadiness.note(operation, was_refused=found.refuses and found.status < 500)

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        list(pool.map(once, range(BURST)))
