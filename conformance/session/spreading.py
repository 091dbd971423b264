"""Tokens that other services learn of a moment after they were issued: a right request is refused until then.

How long it takes is found out by the first such request, and no new token is used before from then on; a service that
takes longer is waited for as long. What is served when it is sent again at once is refused for another reason.
"""

from __future__ import annotations

import math
from typing import Protocol

from conformance.client import Wire
from conformance.model import Clock
from conformance.session.attempt import Sending
from conformance.session.attribution import deliver
from conformance.session.delivery import Delivery
from conformance.session.lifetimes import Lifetimes
from conformance.session.steadiness import Steadiness
from conformance.stream import events

# After these pauses a request with a new token is sent again, in seconds.
SPREAD_S = (0.2, 0.4, 0.6, 1.0)


class Sends(Protocol):
    """A session.

    Attributes:
        sending: what a request is sent with.
        lifetimes: when the tokens of the run came.
        steadiness: how often something is waited for.
    """

    sending: Sending
    lifetimes: Lifetimes
    steadiness: Steadiness


def wait_until_known(lifetimes: Lifetimes, clock: Clock, wire: Wire, known_after: float | None) -> None:
    """Wait until a new token that a request carries is known to all services; `known_after` in seconds."""
    age = lifetimes.age(wire) if known_after else None
    if known_after and age is not None and age < known_after:
        clock.sleep(known_after - age)


def served_once_known(
    session: Sends, operation: str, refused: Delivery, *, expect_5xx: bool
) -> tuple[Delivery, float | None]:
    """Send a refused request again whose token is new.

    Returns:
        What came of it at last, and after how many seconds its token was known; None where that is not it.

    Raises:
        Refused: the suite refuses (limits).
        CouldNotTest: the target throttles.
        TargetUnreachable: the target is down.
    """
    sending, wire = session.sending, refused.wire
    if session.lifetimes.age(wire) is None or not session.steadiness.may_wait("a new token"):
        return refused, None
    if refused.foreign and sending.front.limits(refused.reply):
        return refused, None
    if not _is_refused(deliver(sending, operation, wire, expect_5xx=expect_5xx)):
        return refused, None
    for pause in SPREAD_S:
        if not sending.patience.wait(pause):
            break
        again = deliver(sending, operation, wire, expect_5xx=expect_5xx)
        if not _is_refused(again):
            sending.patience.waited(helped=True)
            age = session.lifetimes.age(wire)
            if age is None:
                # More than these pauses passed: something in front was waited for, which says nothing of the token.
                return again, None
            known_after = math.ceil(10 * age) / 10
            note = f"first {refused.status}, then {again.status}: a new token is known after {known_after:g} s"
            sending.stream.write(events.Control(operation=operation, verdict="throttled", note=note))
            return again, known_after
    sending.patience.waited(helped=False)
    return refused, None


def _is_refused(found: Delivery) -> bool:
    """Tell whether a request is refused, by the platform or a gate that asks it; or got no response."""
    return found.refuses or bool(found.foreign) or found.reply.response is None
