"""Gives exchanges their numbers, has the rules judge them, and writes them with what was found; counts all of it."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

from conformance.applicability import Applicability
from conformance.contract import Contract
from conformance.model import Exchange, Finding, Judgement, broken
from conformance.register import Register
from conformance.session.delivery import Delivery
from conformance.session.lifetimes import tokens_in
from conformance.stream import StreamWriter, events
from conformance.stream.writer import KEEP_FINDINGS_PER_CAUSE

JudgeExchange = Callable[[Exchange], Iterable[tuple[str, Judgement]]]


class Recorder:
    """What one process of a run saw and judged; may be shared by threads.

    Attributes:
        register: the requirements.
        findings_by: who sent the exchange -> the findings that it showed.
    """

    def __init__(
        self,
        register: Register,
        applicability: Applicability,
        contract: Contract,
        tenant: str,
        *,
        stream: StreamWriter,
        judge: JudgeExchange,
        prefix: str,
        begin: int = 0,
    ) -> None:
        """Number exchanges from `begin` + 1 behind `prefix`; `judge` says what the rules say of an exchange."""
        self.register = register
        self._applicability = applicability
        self._contract = contract
        self._tenant = tenant
        self._stream = stream
        self._judge = judge
        self._prefix = prefix
        self.findings_by: defaultdict[str, list[Finding]] = defaultdict(list)
        self._lock = threading.RLock()
        self._count = begin
        self._causes: Counter[tuple[str, str]] = Counter()
        self._held: Counter[str] = Counter()
        self._broken: Counter[str] = Counter()
        self._judges: defaultdict[str, set[str]] = defaultdict(set)

    def exchange_of(self, operation: str, delivery: Delivery, *, made_by: str, valid: bool) -> Exchange:
        """Give a delivery its number and its place in the run; the tokens in its response are secrets from now on."""
        reply = delivery.reply
        for token in tokens_in(reply.response):
            self._stream.redactor.learn(token)
        with self._lock:
            self._count += 1
            number = self._count
        return Exchange(
            id=f"{self._prefix}{number:05d}",
            service=self._contract.operation(operation).service,
            operation=operation,
            request=reply.request,
            response=reply.response,
            failure=reply.failure,
            sent_at=reply.sent_at,
            received_at=reply.received_at,
            made_by=made_by,
            valid=valid,
            tenant=self._tenant,
            foreign=delivery.foreign,
        )

    def judged(self, exchange: Exchange) -> list[tuple[str, Judgement]]:
        """Return what the rules say of an exchange, without writing it: nothing of what is not the platform's."""
        if exchange.foreign:
            return []
        return [(by, one) for by, one in self._judge(exchange) if self._applicability.selects(one.requirement)]

    def judge_and_write(
        self,
        exchange: Exchange,
        *,
        lost: bool = False,
        expect_5xx: bool = False,
        judged: list[tuple[str, Judgement]] | None = None,
    ) -> list[Finding]:
        """Have the rules judge an exchange, unless they did, and write it with what they say; return the findings."""
        judged = self.judged(exchange) if judged is None else judged
        if lost and not exchange.foreign:
            requirement = self.register.for_operation("WIR-701", exchange.operation)
            expected = "a complete HTTP answer within the time limit"
            judged.append(
                (
                    "answers_completely",
                    broken(requirement, expected=expected, actual=exchange.failure, cause=exchange.failure),
                )
            )
        if expect_5xx:
            # These rules speak of 5xx as such, which some requests rightly get.
            judged = [(by, one) for by, one in judged if one.holds or one.requirement[:5] not in ("WIR-1", "WIR-2")]
        self.write(exchange, judged)
        findings = [self._find(one, exchange, by) for by, one in judged if not one.holds]
        return [finding for finding in findings if finding is not None]

    def write(self, exchange: Exchange, judged: Iterable[tuple[str, Judgement]]) -> None:
        """Write an exchange with the requirements that it was judged to keep and to break, and count them."""
        passed: set[str] = set()
        wrong: set[str] = set()
        with self._lock:
            for by, one in judged:
                (passed if one.holds else wrong).add(one.requirement)
                self._judges[one.requirement].add(by)
            self._held.update(passed)
            self._broken.update(wrong)
        self._stream.exchange(exchange, sorted(passed), sorted(wrong))

    def counts(self, *, broken_off: int) -> events.Counts:
        """Return how often each requirement was evaluated, and each cause seen, whatever was kept as evidence."""
        names = sorted({*self._held, *self._broken})
        return events.Counts(
            process=self._prefix,
            requirements={
                name: events.Evaluated(held=self._held[name], broken=self._broken[name], by=sorted(self._judges[name]))
                for name in names
            },
            causes=[
                events.CauseCount(requirement=name, cause=cause, repeats=number)
                for (name, cause), number in sorted(self._causes.items())
            ],
            broken_off=broken_off,
            exchanges=self._stream.exchanges,
        )

    def record(self, judgement: Judgement, exchange: Exchange, *, by: str, repeats: int = 1) -> Finding | None:
        """Write what a check says of an exchange, seen so often; return the finding if it is one."""
        if exchange.foreign:
            return None
        own = replace(judgement, requirement=self.register.for_operation(judgement.requirement, exchange.operation))
        if own.holds:
            self._stream.write(events.Verified(requirement=own.requirement, exchange=exchange.id, by=by))
            return None
        finding = Finding(own.requirement, own.expected, own.actual, own.cause, exchange.id, by)
        self._find(own, exchange, by, repeats)
        return finding

    def _find(self, judgement: Judgement, exchange: Exchange, by: str, repeats: int = 1) -> Finding | None:
        key = (judgement.requirement, judgement.cause)
        with self._lock:
            again = self._causes[key] >= KEEP_FINDINGS_PER_CAUSE
            self._causes[key] += repeats
        if again:
            return None
        finding = Finding(judgement.requirement, judgement.expected, judgement.actual, judgement.cause, exchange.id, by)
        self._stream.finding(finding)
        self.findings_by[exchange.made_by].append(finding)
        return finding
