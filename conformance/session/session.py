"""The session: sends a request, finds out whose fault a failure is, records, and has the rules judge."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from typing import TypeVar

from conformance.applicability import Applicability
from conformance.client import Budget, Client, Peer, Reply, Wire
from conformance.contract import Contract
from conformance.errors import CouldNotTest, TargetUnreachable
from conformance.model import SYSTEM_CLOCK, Clock, Exchange
from conformance.register import Register
from conformance.session.attempt import Sending
from conformance.session.attribution import deliver
from conformance.session.bans import GUARD_WAITS_S, Signons
from conformance.session.conditions import condition_of, entered, require_left
from conformance.session.delivery import Delivery
from conformance.session.encoding import Fields, build_wire, secrets_in
from conformance.session.form import reply_of
from conformance.session.front import Front
from conformance.session.history import History
from conformance.session.lifetimes import Lifetimes
from conformance.session.once import Results
from conformance.session.patience import Patience
from conformance.session.recorder import JudgeExchange, Recorder
from conformance.session.routes import Routes
from conformance.session.spreading import served_once_known, wait_until_known
from conformance.session.steadiness import Steadiness, served_after
from conformance.session.tokens import TokenCache
from conformance.stream import StreamWriter, TargetProfile, events
from conformance.target import Target, Value

T = TypeVar("T")


class Session:
    """One run against one target; may be shared by threads.

    Attributes:
        target: the target file.
        register: the requirements.
        applicability: which of them are selected, declared and testable.
        profile: what was found out about the target until now; frozen, `learn` adds to it.
        results: what was done once.
        tokens: what was issued.
        history: what was seen to succeed.
        contract: the operations.
        client: the door to the network.
        budget: what may still be sent.
        stream: where everything is written.
        routes: where each operation lies.
        front: what stands in front of the platform.
        recorder: gives exchanges their numbers, has the rules judge them, and writes them.
        sending: what a request is sent with.
        known_good: a request of each operation that worked.
        refused: the last 4xx of each operation to a request that was meant to succeed.
        patience: what was found out of failures, and how long the run still waits.
    """

    def __init__(
        self,
        target: Target,
        *,
        register: Register,
        contract: Contract,
        client: Client,
        budget: Budget,
        stream: StreamWriter,
        judge: JudgeExchange,
        applicability: Applicability,
        profile: TargetProfile,
        prefix: str = "E",
        begin: int = 0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.target = target
        self.register = register
        self.contract = contract
        self.client = client
        self.budget = budget
        self.stream = stream
        self.routes = Routes(contract, target, profile.places)
        self.patience = Patience(target.http.timeout, clock)
        if profile.silent:
            self.patience.swallows()
        self.front = Front(contract, self.ask, self.routes, clock=clock)
        self.recorder = Recorder(
            register, applicability, contract, target.tenant, stream=stream, judge=judge, prefix=prefix, begin=begin
        )
        self.results = Results()
        self.lifetimes = Lifetimes()
        self.tokens = TokenCache(self.lifetimes, self.results)
        self.sending = Sending(client, self.front, self.patience, stream, self.recorder, self.tokens)
        self.known_good = self.sending.known_good
        self.refused: dict[str, int] = {}
        self.applicability = applicability
        self.profile = profile
        self.history = History()
        self._lock = threading.RLock()
        # What brings a condition about may take down more: what gets no response then is the platform's only where
        # somebody vouches for it.
        self._in_condition = False
        self._readings: dict[str, str] = {}
        # Connections of other clients than the session's that broke off when they were used again.
        self.broken_off = 0
        self.signons = Signons(profile.bans)
        self.steadiness = Steadiness(self.signons)

    def send(
        self,
        operation: str,
        *,
        made_by: str,
        query: Fields = (),
        headers: Mapping[str, Value] | None = None,
        json: object = ...,
        form: Fields | None = None,
        content: bytes | None = None,
        method: str | None = None,
        wire: Wire | None = None,
        renew: Callable[[Wire], Wire | None] | None = None,
        valid: bool = False,
        expect_5xx: bool = False,
    ) -> Exchange:
        """Send a request, record the exchange, and have the rules judge it.

        Args:
            operation: the operationId of the contract.
            made_by: who sends: a check's name, `preflight`.
            query: query parameters.
            headers: headers; nothing but the transport's own is added.
            json: a body to be sent as JSON.
            form: a body to be sent as a form.
            content: a body as it is.
            method: another method than the contract's.
            wire: the whole request, where it is written already.
            renew: returns a request with new tokens, or None where none of its tokens can have ended.
            valid: the request is meant to succeed.
            expect_5xx: a 5xx is a documented answer to this request: it is neither sent again nor called a
                server error.

        Raises:
            CouldNotTest: the service has no address, or the target throttles, or bans the suite after wrong signons.
            Refused: the suite refuses (writes, limits).
            TargetUnreachable: the target answers nothing any more.
        """
        entry = self.contract.operation(operation)

        def built(url: str) -> Wire:
            return build_wire(
                method or entry.method, url, query=query, headers=headers, json_body=json, form=form, content=content
            )

        wire = wire or built(self.routes.url(operation))
        self.signons.require_no_ban(self.sending, operation)
        wait_until_known(self.lifetimes, self.patience.clock, wire, self.profile.tokens_known_after_s)
        delivery = deliver(self.sending, operation, wire, valid=valid, expect_5xx=expect_5xx)
        if not self.routes.known(operation) and not delivery.lost:
            delivery = self._search(operation, built, delivery, valid=valid, expect_5xx=expect_5xx)
        if valid and (delivery.refuses or delivery.foreign):
            # One service may learn of tokens later than the one that was waited for first.
            delivery, known_after = served_once_known(self, operation, delivery, expect_5xx=expect_5xx)
            self.learn(TargetProfile(tokens_known_after_s=known_after))
        if valid and delivery.refuses:
            again = served_after(
                self.sending, self.steadiness, operation, delivery, made_by=made_by, expect_5xx=expect_5xx
            )
            delivery = again or self._with_new_token(operation, delivery, renew, expect_5xx=expect_5xx)
        if (valid and delivery.refuses) or delivery.lost:
            self.require_no_ban(operation, delivery.reply, waits=())
        self.signons.note(operation, delivery, valid=valid)
        self.lifetimes.note(delivery.reply)
        for secret in secrets_in(query, headers, form, json):
            self.stream.redactor.learn(secret)
        exchange = self.recorder.exchange_of(operation, delivery, made_by=made_by, valid=valid)
        if valid and exchange.succeeded:
            self.known_good.setdefault(operation, delivery.wire)
            self.steadiness.note(operation)
        elif valid and 400 <= exchange.status < 500:
            self.refused[operation] = exchange.status
        lost = delivery.lost and not (self._in_condition and self.target.vouched is None)
        self.recorder.judge_and_write(exchange, lost=lost, expect_5xx=expect_5xx)
        return exchange

    def _search(
        self, operation: str, built: Callable[[str], Wire], first: Delivery, *, valid: bool, expect_5xx: bool
    ) -> Delivery:
        """Look for the operation at its other documented places while the first is not found there."""
        if not self.front.not_here(operation, first.reply, beside=True):
            # Only an answer that a missing page cannot give settles the place.
            if first.settles_place:
                self.routes.pin(operation, self.routes.url(operation))
            return first
        here = self.routes.url(operation)
        found = first
        for url in self.routes.candidates(operation):
            if url == here:
                continue
            other = deliver(self.sending, operation, built(url), valid=valid, expect_5xx=expect_5xx)
            if self.front.not_here(operation, other.reply, beside=True):
                continue
            if other.settles_place:
                self.routes.pin(operation, url)
                return other
            # A refusal tells more than a missing page, but not enough to settle the place.
            if found is first and other.status:
                found = other
        return found

    def _with_new_token(
        self, operation: str, refused: Delivery, renew: Callable[[Wire], Wire | None] | None, *, expect_5xx: bool
    ) -> Delivery:
        """Send a refused request again where the token that it carried had ended: that is our fault."""
        wire = renew(refused.wire) if renew else None
        if wire is None:
            return refused
        again = deliver(self.sending, operation, wire, valid=True, expect_5xx=expect_5xx)
        note = f"our token may have ended: first {refused.status}, with a new one {again.status}"
        self.stream.write(events.Control(operation=operation, verdict="expired", note=note))
        return again

    def require_no_ban(self, operation: str, refused: Reply, *, waits: Sequence[float] = GUARD_WAITS_S) -> None:
        """Find out whether a right signon is refused because all are, since wrong ones were sent.

        Raises:
            CouldNotTest: so it is.
        """
        why, lasts = self.signons.find_ban(self.sending, operation, refused, waits=waits)
        if lasts:
            self.learn(TargetProfile(bans={operation: why}))
        if why:
            raise CouldNotTest(why)

    def ask(self, wire: Wire, operation: str = "", *, brief: bool = False) -> Reply:
        """Send a request by which nothing is judged: one that gets no response is waited for as all are.

        `brief`: it repeats what got no response elsewhere, so that it is waited for no longer than others took.

        Raises:
            Refused: the suite refuses (writes, limits).
        """
        limit = self.patience.brief(operation) if brief else self.patience.limit(operation)
        reply = self.client.send(wire, operation, limit=limit)
        if reply.response is not None or reply.kind == "timeout":
            waited = (reply.received_at - reply.sent_at) / 1000
            self.patience.heard(waited, answered=reply.response is not None)
        return reply

    def not_here(self, exchange: Exchange) -> bool:
        """Tell whether an operation was answered as a path that nobody has is on its host, whatever the status."""
        return self.front.not_here(exchange.operation, reply_of(exchange), beside=True)

    def counts(self) -> events.Counts:
        """Return how often each requirement was evaluated, and each cause seen, whatever was kept as evidence."""
        return self.recorder.counts(broken_off=self.broken_off + self.client.broken_off)

    def met(self, peers: Iterable[Peer]) -> None:
        """Write down who took the TLS connections of a client."""
        for one in peers:
            host, port = one.place.host, one.place.port
            self.stream.write(
                events.Peer(
                    host=host,
                    port=port,
                    first_key=one.first_key,
                    last_key=one.last_key,
                    first_at=one.first_at,
                    last_at=one.last_at,
                )
            )

    def learn(self, facts: TargetProfile) -> None:
        """Add to the profile what was found out about the target."""
        with self._lock:
            self.profile = self.profile.with_facts(facts)

    def found(self) -> TargetProfile:
        """Return the profile as it is now, with the places of the operations."""
        silent = True if self.patience.hangs else None
        return self.profile.with_facts(TargetProfile(places=dict(self.routes.found), silent=silent))

    def saw_reading(self, reading_id: str, option: str, exchange: Exchange) -> None:
        """Write down which documented reading the target was seen to follow."""
        if exchange.foreign:
            return
        with self._lock:
            if self._readings.get(reading_id) == option:
                return
            self._readings[reading_id] = option
        self.stream.write(events.Reading(reading=reading_id, option=option, exchange=exchange.id))

    def reading_seen(self, reading_id: str) -> str | None:
        """Return the reading that was seen last, or that the target file pins."""
        return self._readings.get(reading_id) or self.target.readings.get(reading_id)

    def created(self, operation: str, created_id: str, exchange: Exchange, *, state: str = "exists") -> None:
        """Write into the ledger that something exists on the target now."""
        method = exchange.request.method
        self.stream.write(
            events.Created(operation=operation, method=method, id=created_id, state=state, exchange=exchange.id)
        )

    @contextmanager
    def condition(self, name: str) -> Iterator[None]:
        """Bring the target into a condition, and always leave it again.

        Raises:
            CouldNotTest: the target file does not say how, nothing may be changed, nothing is reached while the
                target is in it (then it is another state than its name says), or another hook had to end it.
            TargetUnreachable: the target stays in it.
        """
        if not self.budget.writes_allowed:
            raise CouldNotTest(f"{name} would change the target's state, and writes are not allowed")
        condition = condition_of(self.target, name)
        with entered(condition, self.client, self.stream):
            self._in_condition = True
            try:
                yield
            except TargetUnreachable as problem:
                raise CouldNotTest(
                    f"in the condition {name} nothing is reached: {problem.message}; does conditions.{name}.enter "
                    f"({PurePath(condition.enter.where).name}) take down more than it names?"
                ) from problem
            finally:
                self._in_condition = False
        signons, others = self.signons.with_smartcards(), self.target.conditions.values()
        require_left(condition, self.sending, signons, client=self.client, others=others)
