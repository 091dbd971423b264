"""Does the target fail sometimes? What failed and worked when it was sent again is repeated at the end of a run.

One reset, a restart or a load balancer that drops a node shows for some seconds, and accuses nobody. A target that
fails one request in ten or thirty does so whenever it is asked: valid requests, one after the other, each over a
connection of its own, show it again.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.client import UNREACHED, Reply, Wire, is_write
from conformance.errors import CouldNotTest, Refused
from conformance.model import Exchange, Finding
from conformance.session.attempt import BREAKS_OFF, in_short, is_good
from conformance.session.baseline import BASELINES, baseline
from conformance.session.delivery import Delivery
from conformance.session.form import breaks_off
from conformance.session.limits import limits_path
from conformance.session.sender import Sender
from conformance.session.session import Session
from conformance.stream import AnyEvent, events

BY = "repetition"
# How long a restart or a fail-over may show, in seconds.
RESTART_S = 5.0
# So many failures are not by chance, if there is one in so many requests.
LEAST_FAILURES, RAREST = 3, 60
# Twice as many where one of them fails: one in so few says little of how often.
MOST_REPEATED = 120
# So many failures are due in requests over used connections that show none.
ENOUGH_TIMES = 6
# Repetition as a whole, in seconds.
LONGEST_S = 60.0
# What a balancer or an overloaded service says of itself: it sheds load, or a node is away, and accuses nobody.
_OUT_OF_SERVICE = tuple(map(str, UNREACHED))


@dataclass(frozen=True)
class Failure:
    """A request that failed and worked when it was sent again.

    `at` is in seconds since 1970; `failure` is a status, or the words of the client.
    """

    at: float
    failure: str
    exchange: str

    @property
    def status(self) -> bool:
        """Whether it was answered, by a server error."""
        return self.failure.isdigit()

    @property
    def is_cut(self) -> bool:
        """Whether its JSON broke off."""
        return self.failure == BREAKS_OFF


@dataclass(frozen=True)
class Suspicion:
    """What a run has seen by operation: failures that passed, how many requests were sent; `broken_off` connections.

    `renewed` are the operations whose requests had to be sent again with a new token.
    """

    failures: Mapping[str, Sequence[Failure]]
    sent: Mapping[str, int]
    broken_off: int = 0
    renewed: tuple[str, ...] = ()

    @classmethod
    def of(cls, written: Iterable[AnyEvent]) -> Suspicion:
        """Read the events of a run."""
        seen: defaultdict[str, list[Failure]] = defaultdict(list)
        sent: Counter[str] = Counter()
        broken_off = 0
        services: dict[str, str] = {}
        renewed: dict[str, None] = {}
        for event in written:
            if isinstance(event, events.Exchange):
                sent[event.operation] += 1
                services[event.operation] = event.service
            elif isinstance(event, events.Block):
                sent.update({name: sum(one.statuses.values()) for name, one in event.operations.items()})
            elif isinstance(event, events.Control) and event.failure and event.failure not in _OUT_OF_SERVICE:
                seen[event.operation].append(Failure(event.at / 1000, event.failure, event.exchange))
            elif isinstance(event, events.Control) and event.verdict == "expired":
                renewed[event.operation] = None
            elif isinstance(event, events.Counts):
                broken_off += event.broken_off
        failures: Mapping[str, Sequence[Failure]] = seen
        cut = {services.get(name, "") for name, ones in seen.items() if any(one.is_cut for one in ones)}
        if len(cut) > 1:
            # One service may cut what it says; several are cut by what all of it passes through.
            left = {name: [one for one in ones if not one.is_cut] for name, ones in seen.items()}
            failures = {name: ones for name, ones in left.items() if ones}
        return cls(failures, sent, broken_off, tuple(renewed))

    @property
    def everywhere(self) -> bool:
        """Whether so many connections broke off that no operation is beyond suspicion."""
        return self.broken_off >= max(LEAST_FAILURES, sum(self.sent.values()) / RAREST)

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations whose requests are worth repeating."""
        names = [name for name in BASELINES if name in self.sent] if self.everywhere else []
        return tuple(dict.fromkeys((*self.failures, *names)))


def repeat(session: Session, suspicion: Suspicion) -> None:
    """Repeat valid requests of the operations that are under suspicion; write what fails sometimes as findings.

    Raises:
        TargetUnreachable: the target is down.
    """
    until = session.patience.clock.monotonic() + LONGEST_S
    for operation in suspicion.operations:
        seen = list(suspicion.failures.get(operation, ()))
        if _judged(session, operation):
            _Repetition(session, operation, seen, suspicion.sent.get(operation, 0), until).go()


def _judged(session: Session, operation: str) -> dict[str, str]:
    """Return the requirements of this run that a failure would break, by family."""
    own = {family: session.register.for_operation(family, operation) for family in ("WIR-201", "WIR-701")}
    return {
        family: name for family, name in own.items() if name in session.register and session.applicability.selects(name)
    }


class _Repetition:
    """Valid requests of one operation, one after the other."""

    def __init__(self, session: Session, operation: str, seen: list[Failure], sent: int, until: float) -> None:
        self._session = session
        self._clock = session.patience.clock
        self._operation = operation
        self._seen = seen
        self._sent = sent
        self._until = until
        self._repeated = 0
        self._again: list[Failure] = []
        self._last: Reply

    def go(self) -> None:
        wire = self._wire()
        if wire is not None:
            self._repeat(wire)
            if self._new_connections_alone(wire):
                self._seen = [one for one in self._seen if one.status or one.is_cut]
                self._again = [one for one in self._again if one.status or one.is_cut]
        for is_status in (True, False):
            self._judge(is_status=is_status)

    def _wire(self) -> Wire | None:
        """Return a request that works and creates nothing; None where there is none."""
        try:
            found = baseline(Sender(self._session, BY), self._operation)
        except (CouldNotTest, Refused):
            return None
        if is_write(self._operation, found.method):
            return None
        return found.unshared()

    def _repeat(self, wire: Wire) -> None:
        if self._seen:
            self._clock.sleep(max(0.0, self._seen[0].at + RESTART_S - self._clock.wall()))
        while self._repeated < MOST_REPEATED * (1 + bool(self._again)) and self._clock.monotonic() < self._until:
            if len(self._again) >= LEAST_FAILURES and self._is_often(self._again):
                return
            try:
                reply = self._session.sending.send(wire, self._operation)
            except Refused:
                return
            self._repeated += 1
            if (not is_good(reply) and in_short(reply) not in _OUT_OF_SERVICE) or breaks_off(reply.response):
                sending = self._session.sending
                if sending.front.limits(reply) or limits_path(sending, self._operation, wire, reply):
                    return
                self._last = reply
                self._again.append(self._failure(wire, reply))

    def _new_connections_alone(self, wire: Wire) -> bool:
        """Tell whether connections are reset when they are new alone, whatever the path; write it down if so.

        What takes connections does so, before it knows of a request. A platform that fails now and then does so on
        connections that were used before, too.
        """
        lost = [one for one in self._again if not one.status]
        if len(lost) < LEAST_FAILURES or len(lost) < len(self._again):
            return False
        session, operation = self._session, self._operation
        if not any(session.front.is_given_elsewhere(self._last) for _ in range(LEAST_FAILURES)):
            return False
        used, broken_off, new = replace(wire, headers=wire.headers[:-1]), session.client.broken_off, 0
        for _ in range(math.ceil(ENOUGH_TIMES * self._repeated / len(lost))):
            try:
                new += session.sending.send(used, operation).response is None
            except Refused:
                return False
        if session.client.broken_off > broken_off or new > 1:
            return False
        often = f"{len(lost)} of {self._repeated}"
        text = (
            f"new connections are reset now and then ({often}), and no used one: by what is in front of the platform?"
        )
        session.stream.write(events.Note(text=text, level="warning"))
        return True

    def _failure(self, wire: Wire, reply: Reply) -> Failure:
        session = self._session
        exchange: Exchange = session.recorder.exchange_of(
            self._operation, Delivery(wire, reply), made_by=BY, valid=True
        )
        session.stream.exchange(exchange, [], [])
        return Failure(self._clock.wall(), in_short(reply), exchange.id)

    def _judge(self, *, is_status: bool) -> None:
        seen = [one for one in self._seen if one.status is is_status]
        again = [one for one in self._again if one.status is is_status]
        failures = [*seen, *again]
        requirement = _judged(self._session, self._operation).get("WIR-201" if is_status else "WIR-701")
        if requirement is None or len(failures) < LEAST_FAILURES or not (self._is_often(again) or self._lasting(seen)):
            return
        sent = self._sent + self._repeated
        how = Counter(one.failure for one in failures).most_common(1)[0][0]
        answered = f"answered {how}" if is_status else f"left without a complete response ({how})"
        self._session.stream.finding(
            Finding(
                requirement,
                ("a complete response without a server error, each time",),
                f"{len(failures)} of {sent} requests were {answered}, and worked when they were sent again",
                f"fails sometimes: requests are {answered}, and work when they are sent again",
                failures[0].exchange,
                BY,
            )
        )

    def _is_often(self, again: Sequence[Failure]) -> bool:
        """Tell whether more of the repeated requests failed than by chance."""
        return bool(again) and len(again) * RAREST >= self._repeated

    def _lasting(self, seen: Sequence[Failure]) -> bool:
        """Tell whether failures of what cannot be repeated show for longer than a restart, and often."""
        return (
            not self._repeated
            and len(seen) >= LEAST_FAILURES
            and seen[-1].at - seen[0].at >= RESTART_S
            and len(seen) * RAREST >= self._sent
        )
