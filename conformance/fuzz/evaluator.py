"""Evaluates the responses of one operation: rules and contract judge each, and what is broken goes to its cause."""

from __future__ import annotations

from dataclasses import replace

from conformance.client import Reply
from conformance.errors import CouldNotTest, Refused
from conformance.fuzz.assess import Assessment
from conformance.fuzz.case import Case
from conformance.fuzz.causes import Causes, Seen, failure_of
from conformance.fuzz.dictionary import creates_nothing
from conformance.fuzz.difference import parts
from conformance.fuzz.oracle import Oracle, accepted
from conformance.fuzz.prepared import PreparedCase, Preparer, Tally
from conformance.fuzz.silences import Silences
from conformance.model import Exchange, Judgement, broken
from conformance.session.attempt import note_reply
from conformance.session.attribution import answers_others, deliver
from conformance.session.creations import created_id
from conformance.session.delivery import Delivery
from conformance.session.presence import is_served
from conformance.stream import events

MOST_UNWANTED_CREATIONS = 25
# Where an operation leaves requests without an answer, each costs time; where one cause fills the cases, the rest
# would show the same.
MOST_SILENT, MOST_ALIKE = 8, 60
MOST_FAILED_CONTROLS = 3
MOST_LISTED = 50
# What no firewall blocks a request for.
_PLAIN_KINDS = ("missing", "empty", "null", "another value", "the right value", "repeated")
THROTTLED = 429
SERVER_ERROR, SILENCE = "WIR-201", "WIR-701"
# All that is asked of an answer to a request with an odd header.
_OF_ANY_REQUEST = ("WIR-2", "WIR-4", "WIR-5", "WIR-7")


class Evaluator:
    """What the answers of one operation show."""

    def __init__(self, preparer: Preparer, oracle: Oracle, tally: Tally, silences: Silences) -> None:
        self.silences = silences
        self.preparer = preparer
        self.session = preparer.session
        self.operation = preparer.operation
        self.tally = tally
        self.oracle = oracle
        self.causes = Causes(self._attempt, self._control)
        self.works: dict[str, Case] = {}
        self.unclear: set[str] = set()
        self._let_through: set[str] = set()
        self._unwanted = 0
        self._silent = False
        self._timeouts = 0
        self._alike = 0
        self._failed_controls = 0
        self._reported = 0

    def try_base(self, case: Case) -> bool:
        """Send a request of the documented form; tell whether it was carried out.

        Raises:
            CouldNotTest: the target lacks a value.
        """
        first = self.preparer.dialect
        routes = self.session.routes
        places = [first.url]
        if not routes.known(self.operation.operation_id):
            places += [url for url in routes.candidates(self.operation.operation_id) if url != first.url]
        for place in places:
            self.preparer.dialect = replace(first, url=place)
            prepared = self.preparer.prepare(case)
            if prepared.assessment.refused:
                # Another variant than this target has.
                break
            delivery = deliver(self.session.sending, self.operation.operation_id, prepared.wire, valid=True)
            exchange = self._exchange(prepared, delivery.reply, valid=True, foreign=delivery.foreign)
            if accepted(exchange):
                self._write(prepared, exchange, lost=delivery.lost)
                routes.pin(self.operation.operation_id, place)
                self.session.known_good.setdefault(self.operation.operation_id, prepared.wire)
                self.works[prepared.assessment.variant] = case
                return True
            if not self.session.front.not_here(self.operation.operation_id, delivery.reply):
                self._write(prepared, exchange, lost=delivery.lost)
                if not 400 <= exchange.status < 500 or exchange.status == THROTTLED or exchange.foreign:
                    # Only a refusal of the platform's own shows that it lacks the variant.
                    self.unclear.add(prepared.assessment.variant)
                break
        self.preparer.dialect = first
        return False

    def find_place(self) -> None:
        """Find the documented place of an operation of which no request is known to succeed.

        Raises:
            CouldNotTest: it is not found at any of them.
        """
        name, routes = self.operation.operation_id, self.session.routes
        places = [routes.url(name)] if routes.known(name) else routes.candidates(name)
        found = next((url for url in places if is_served(self.session.ask, self.operation, url)), None)
        if found is None:
            raise CouldNotTest(f"{name} is not found at any documented place")
        routes.pin(name, found)
        self.preparer.dialect = replace(self.preparer.dialect, url=found)

    def take(self, prepared: PreparedCase, reply: Reply) -> None:
        """Judge an answer; one that would be held against the server as such gets a second look first."""
        if reply.response is not None:
            note_reply(self.session.sending, self.operation.operation_id, reply, valid=False)
        if self._blocked(prepared, reply):
            return
        exchange = self._exchange(prepared, reply)
        family = self._suspicion(exchange, reply)
        self._count(reply, suspect=bool(family))
        if not family:
            self._write(prepared, exchange, lost=False)
            return
        requirement = self.session.register.for_operation(family, self.operation.operation_id)
        known = self.causes.known(requirement, exchange)
        if reply.kind == "timeout":
            self.silences.saw(prepared)
        if known is not None:
            if reply.response is None:
                known.again(frozenset(parts(prepared.case, prepared.base)))
            self._write(prepared, exchange, lost=False)
            return
        if reply.kind == "timeout" and self.session.patience.hangs:
            self._silent = True
            self.silences.look_later(self.operation.operation_id, prepared, self.settle)
            self._write(prepared, exchange, lost=False)
            return
        try:
            delivery = deliver(self.session.sending, self.operation.operation_id, prepared.wire, seen=reply)
        except CouldNotTest as problem:
            if exchange.status == 429:
                self.tally.stopped = problem.message
            self._write(prepared, exchange, lost=False)
            return
        self._silent |= delivery.lost
        if delivery.foreign:
            self._take_foreign(prepared, delivery.reply, delivery.foreign)
            return
        self._write(prepared, self._exchange(prepared, delivery.reply), lost=delivery.lost)

    def _blocked(self, prepared: PreparedCase, reply: Reply) -> bool:
        """Take an answer that is not the platform's, but of something in front of it; tell whether it is one.

        Raises:
            TargetUnreachable: something in front of the platform answers every request, and goes on to do so.
        """
        name, front = self.operation.operation_id, self.session.front
        seen = front.look(name, prepared.wire, reply)
        reason = seen.reason or (front.instead_of_failure(name, reply) if self._may_fail(reply) else "")
        if reason:
            self._take_foreign(prepared, reply, reason)
        if seen.wall is not None:
            front.wait_out(prepared.wire.url, seen.wall)
        return bool(reason)

    def _may_fail(self, reply: Reply) -> bool:
        """Tell whether the documents have a server error for what a request holds."""
        named = {name for name, _ in reply.request.query}
        known = (entry for entry in self.operation.parameters if entry.name in named)
        return any(status >= 500 for entry in known for status in entry.unknown.statuses)

    def _take_foreign(self, prepared: PreparedCase, reply: Reply, reason: str) -> None:
        """Record what was blocked in front: nothing is judged by it, and nothing was created."""
        self.tally.blocked += 1
        if reply.kind == "timeout":
            # Each costs a time limit: what is like it is not sent.
            self._silent = True
            self.silences.saw(prepared)
            self.session.patience.swallows()
        kinds = {part.kind for part in parts(prepared.case, prepared.base)}
        self.tally.blocked_values.update(kind for kind in kinds if not kind.endswith(_PLAIN_KINDS))
        self.session.recorder.write(self._exchange(prepared, reply, foreign=reason), [])

    def settle(self, prepared: PreparedCase, reply: Reply) -> None:
        """Judge what came of a case that had got no response for a short while, and was given the whole time limit."""
        if reply.kind != "timeout":
            self.take(prepared, reply)
        else:
            alive = answers_others(self.session.sending, self.operation.operation_id, prepared.wire)
            self._write(prepared, self._exchange(prepared, reply), lost=alive)
        self.report()

    def _count(self, reply: Reply, *, suspect: bool) -> None:
        """Stop early where an operation is silent, or one cause fills its cases."""
        self._timeouts += reply.kind == "timeout" or (reply.response is not None and reply.response.truncated)
        self._alike = self._alike + 1 if suspect else 0
        if self._timeouts >= MOST_SILENT:
            self.tally.stopped = f"{self._timeouts} requests got no complete response"
        elif self._alike >= MOST_ALIKE:
            status = reply.response.status if reply.response is not None else reply.failure
            self.tally.stopped = f"{self._alike} cases, one after the other, ended alike: {status}"

    def _suspicion(self, exchange: Exchange, reply: Reply) -> str:
        """Return the family of requirements that an answer would break only if the server is up; empty for none."""
        if reply.response is None:
            return "" if reply.kind == "url" else SILENCE
        if exchange.status == 429:
            return SERVER_ERROR
        wrong = (
            (one for _, one in self.session.recorder.judged(exchange) if not one.holds)
            if exchange.status >= 500
            else ()
        )
        return SERVER_ERROR if any(one.requirement.startswith(SERVER_ERROR[:5]) for one in wrong) else ""

    def silent_again(self, prepared: PreparedCase) -> bool:
        """Tell whether a request is like one that got no answer: each costs the whole time limit."""
        if not self._silent:
            return False
        requirement = self.session.register.for_operation(SILENCE, self.operation.operation_id)
        known = self.causes.silence(requirement, prepared.case, prepared.base) is not None
        return known or self.silences.like(prepared)

    def creates_again(self, assessment: Assessment) -> bool:
        """Tell whether a request would create what was seen to be created although it must be refused."""
        sure = {str(flaw) for flaw in assessment.flaws if flaw.sure}
        return self.operation.writes and bool(sure) and sure <= self._let_through

    def _exchange(self, prepared: PreparedCase, reply: Reply, *, valid: bool = False, foreign: str = "") -> Exchange:
        delivery = Delivery(prepared.wire, reply, foreign=foreign)
        exchange = self.session.recorder.exchange_of(self.operation.operation_id, delivery, made_by="fuzz", valid=valid)
        self.tally.sent += 1
        self.tally.statuses[failure_of(exchange)] += 1
        return exchange

    def _write(self, prepared: PreparedCase, exchange: Exchange, *, lost: bool) -> None:
        judged = self._judged(prepared, exchange, lost=lost)
        self._note_creation(prepared, exchange)
        self.session.recorder.write(exchange, judged)
        for by, judgement in judged:
            if not judgement.holds:
                self.causes.take(Seen(prepared.case, exchange, judgement, by), prepared.base)

    def _judged(self, prepared: PreparedCase, exchange: Exchange, *, lost: bool) -> list[tuple[str, Judgement]]:
        judged = self.session.recorder.judged(exchange)
        if lost:
            requirement = self.session.register.for_operation(SILENCE, exchange.operation)
            expected = "a complete HTTP answer within the time limit"
            told = broken(requirement, expected=expected, actual=exchange.failure, cause=exchange.failure)
            judged.append(("answers_completely", told))
        if prepared.odd:
            return [(by, one) for by, one in judged if one.requirement.startswith(_OF_ANY_REQUEST)]
        if self.preparer.synthetic:
            judged += [("fuzz", one) for one in self.oracle.carried_out(self.operation, exchange, prepared.assessment)]
        if self.works and self._failed_controls < MOST_FAILED_CONTROLS:
            judged += [("fuzz", one) for one in self.oracle.judge(self.operation, exchange, prepared.assessment)]
        return judged

    def _note_creation(self, prepared: PreparedCase, exchange: Exchange) -> None:
        if not self.operation.writes or not exchange.succeeded:
            return
        named = created_id(exchange) or f"the account of exchange {exchange.id}"
        self.session.created(exchange.operation, named, exchange)
        if prepared.assessment.refused:
            self._let_through |= {str(flaw) for flaw in prepared.assessment.flaws if flaw.sure}
            self._unwanted += 1
            if self._unwanted >= MOST_UNWANTED_CREATIONS:
                self.tally.stopped = "requests that must be refused create accounts"

    def _attempt(self, case: Case, judgement: Judgement) -> Seen | None:
        """Send a case once more; return what shows the same defect, None where nothing does."""
        try:
            prepared = self.preparer.prepare(case)
            refused = prepared.assessment.refused or creates_nothing(self.operation, case)
            if self.operation.writes and not refused:
                return None
            if self.preparer.locks_out(prepared.wire):
                return None
            reply = self.session.client.send(prepared.wire, self.operation.operation_id)
        except (CouldNotTest, Refused):
            return None
        exchange = self._exchange(prepared, reply)
        judged = self._judged(prepared, exchange, lost=reply.response is None and reply.kind != "url")
        self._note_creation(prepared, exchange)
        self.session.recorder.write(exchange, judged)
        for by, one in judged:
            if not one.holds and one.requirement == judgement.requirement and one.actual == judgement.actual:
                return Seen(case, exchange, one, by)
        return None

    def _control(self) -> bool:
        """Tell whether a request that worked still does; with new tokens, if need be."""
        if self.operation.writes or self.preparer.synthetic:
            # Each would create something; the requests that worked at the beginning must do.
            return True
        for _ in range(2):
            try:
                prepared = self.preparer.prepare(next(iter(self.works.values())))
                delivery = deliver(self.session.sending, self.operation.operation_id, prepared.wire, valid=True)
            except (CouldNotTest, Refused):
                return False
            if accepted(self._exchange(prepared, delivery.reply, valid=True, foreign=delivery.foreign)):
                return True
            self.preparer.values.renew()
        self._failed_controls += 1
        name = self.operation.operation_id
        note = "the request that worked is refused"
        self.session.stream.write(events.Control(operation=name, verdict="expired", note=note))
        return False

    def report(self) -> None:
        """Write the new findings, each with its smallest case and how often it was seen."""
        new, self._reported = self.causes.found[self._reported :], len(self.causes.found)
        for cause in new:
            judgement, exchange = cause.judgement, cause.seen.exchange
            self.session.recorder.record(judgement, exchange, by="fuzz", repeats=cause.repeats + 1)
            self.session.stream.write(
                events.Case(
                    operation=exchange.operation,
                    requirement=judgement.requirement,
                    cause=judgement.cause,
                    exchange=exchange.id,
                    case=cause.seen.case.id,
                    about=", ".join(map(str, cause.trigger)),
                    inputs=[", ".join(sorted(map(str, one))) for one in cause.inputs[:MOST_LISTED]],
                )
            )
