"""Does a token end before its time? Where a run had to renew tokens, a new one is used again and again at its end.

A refused request is sent again with a new token where a later sign-on may have ended the one before, and that accuses
nobody. At the end of a run nothing else signs on: a token that is refused then, after some uses or seconds, and before
its expiry, was not ended by anybody but the target.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, urlsplit

from conformance.client import Reply, Wire, is_write
from conformance.errors import CouldNotTest, Refused
from conformance.model import Finding
from conformance.opentv.tokens import bearer_token
from conformance.session.attempt import has_status, is_good
from conformance.session.baseline import baseline
from conformance.session.delivery import Delivery
from conformance.session.sender import Sender
from conformance.session.session import Session

BY = "endurance"
FAMILY = "WIR-001"
# So often a token is used, with so many seconds in between; and how long all of it may take.
USES, GAP_S, LONGEST_S = 30, 0.15, 20.0
# A token of which less is left may end by its time.
LEAST_LEFT_S = 30.0
REFUSALS = (400, 401, 403, 404)


def endure(session: Session, operations: Iterable[str]) -> None:
    """Use a token of each operation until it is refused, or often enough; write what ended too early as a finding.

    Raises:
        TargetUnreachable: the target is down.
    """
    until = session.patience.clock.monotonic() + LONGEST_S
    for operation in operations:
        requirement = session.register.for_operation(FAMILY, operation)
        judged = requirement in session.register and session.applicability.selects(requirement)
        if judged and session.patience.clock.monotonic() < until:
            _use(session, operation, requirement)


def _use(session: Session, operation: str, requirement: str) -> None:
    clock = session.patience.clock
    started = clock.monotonic()
    try:
        wire = baseline(Sender(session, BY), operation)
        left = min((left for text in _tokens(wire) if (left := session.lifetimes.left(text)) is not None), default=0.0)
        if is_write(operation, wire.method) or left < LEAST_LEFT_S:
            return
        for number in range(2, USES + 1):
            reply = session.sending.send(wire, operation)
            if has_status(reply, *REFUSALS):
                # A token that is refused the second time is good for once: that is another matter.
                if number > 2 and _served_anew(session, operation, wire):
                    _write(session, operation, requirement, wire, reply, number, clock.monotonic() - started)
                return
            clock.sleep(GAP_S)
    except (CouldNotTest, Refused):
        return


def _served_anew(session: Session, operation: str, wire: Wire) -> bool:
    session.tokens.signed_on()
    renewed = session.tokens.renewed(Sender(session, BY), wire)
    if renewed is None:
        return False
    reply = session.sending.send(renewed, operation)
    return is_good(reply) and not has_status(reply, *REFUSALS, 429)


def _write(
    session: Session, operation: str, requirement: str, wire: Wire, reply: Reply, number: int, seconds: float
) -> None:
    exchange = session.recorder.exchange_of(operation, Delivery(wire, reply), made_by=BY, valid=True)
    session.stream.exchange(exchange, [], [])
    session.stream.finding(
        Finding(
            requirement,
            ("the answer of before, until the token expires",),
            f"HTTP {exchange.status} at use {number} of a token, after {seconds:.0f} s; with a new one it is served",
            "a token is refused before it expires",
            exchange.id,
            BY,
        )
    )


def _tokens(wire: Wire) -> Iterator[str]:
    yield bearer_token(next((value for name, value in wire.headers if name.lower() == "authorization"), None))
    yield from (value for name, value in parse_qsl(urlsplit(wire.url).query) if name == "token")
