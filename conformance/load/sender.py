"""Sends the requests of a member of the crowd, once each, and has them judged by the rules of every run.

Nothing is sent again: what happens under load is what is asked. What turns load away is no breach; what stands in front
of the platform is none of its own; no response at all is counted, and proves nothing of a platform that is loaded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ParamSpec, Protocol, TypeVar

from conformance.client import Reply, Wire
from conformance.client.failures import UNREACHED, Kind
from conformance.load.crowd import Crossing, Crowd, Member
from conformance.load.sample import Sample
from conformance.load.tallies import Tallies
from conformance.model import Exchange, Judgement, broken, held
from conformance.opentv.answers import json_object, refused_by_gate
from conformance.session import Sender, Session
from conformance.session.delivery import Delivery
from conformance.session.encoding import Fields, build_wire, secrets_in
from conformance.session.lifetimes import tokens_in
from conformance.stream import events
from conformance.stream.writer import KEEP_FINDINGS_PER_CAUSE
from conformance.target import Value

BY = "load"
TOO_MANY, BUSY = 429, 503
# The requirement of each operation that says to whom an answer belongs, whoever else asks at the same moment.
BELONGS = {
    "stbsignontokens": "ISO-010",
    "nmpsignontokens": "ISO-009",
    "initialiseDeviceByPost": "ISO-091",
    "dasSignOnByCasn": "DAS-045",
    "generateUpdateInHomeToken": "BRD-008",
    "updateInHomeStatus": "UPD-093",
    "isContentAuthorised": "SDP-053",
    "listServices": "MDS-016",
}
# A valid request succeeds every time (one id for each operation).
SUCCEEDS = "WIR-001"

P = ParamSpec("P")
T = TypeVar("T")


class Aside(Protocol):
    """Runs what waits for the network, while the others of its thread go on."""

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function returns, or raise what it raises."""


Fire = Callable[[Exchange, float, str], None]
"""Told of each exchange: its latency in milliseconds, and what was wrong with it (empty: nothing)."""


@dataclass
class Shared:
    """What all users of a worker share."""

    session: Session
    sample: Sample
    crowd: Crowd
    tallies: Tallies
    fire: Fire
    aside: Aside
    crossed: Counter[tuple[str, str]] = field(default_factory=Counter)
    in_front: dict[tuple[str, int], bool] = field(default_factory=dict)


class LoadSender(Sender):
    """Sends in the name of one member; `intended` is when its next request should begin, by the monotonic clock."""

    def __init__(self, shared: Shared, member: Member) -> None:
        super().__init__(shared.session, BY)
        self.shared = shared
        self.member = member
        self.intended: float | None = None

    def send(
        self,
        operation: str,
        *,
        query: Fields = (),
        headers: Mapping[str, Value] | None = None,
        json: object = ...,
        form: Fields | None = None,
        content: bytes | None = None,
        wire: Wire | None = None,
        method: str | None = None,
        valid: bool = False,
        expect_5xx: bool = False,  # noqa: ARG002 - a 5xx is judged, whatever was expected
    ) -> Exchange:
        """Send a request once; as `Sender.send` has it.

        Raises:
            CouldNotTest: the service has no address.
            Refused: the suite refuses (writes, limits).
        """
        session, tallies = self.session, self.shared.tallies
        wire = wire or build_wire(
            method or session.contract.operation(operation).method,
            session.routes.url(operation),
            query=query,
            headers=headers,
            json_body=json,
            form=form,
            content=content,
        )
        clock = session.client.clock
        began = clock.monotonic() if self.intended is None else self.intended
        self.intended = None
        tallies.sent()
        reply: Reply | None = None
        shed = False
        try:
            reply = self.shared.aside(session.client.send, wire, operation)
            latency = (clock.monotonic() - began) * 1000
            why = self._in_front(operation, reply, valid=valid)
            shed = bool(why) or self._turned_away(operation, reply)
        finally:
            status = reply.response.status if reply and reply.response else 0
            if reply is None:
                tallies.under_way -= 1
            else:
                tallies.came(operation, status, latency, shed=shed)
        for secret in secrets_in(query, headers, form, json):
            session.stream.redactor.learn(secret)
        delivery = Delivery(wire, reply, lost=reply.kind in (Kind.MALFORMED, Kind.ENCODING), foreign=why)
        exchange = session.recorder.exchange_of(operation, delivery, made_by=BY, valid=valid)
        findings = self._judge(exchange, delivery, shed=shed)
        if valid and exchange.succeeded and not refused_by_gate(exchange):
            self.member.worked.add(operation)
        self.member.last[operation] = exchange
        self.shared.fire(exchange, latency, findings)
        return exchange

    def _turned_away(self, operation: str, reply: Reply) -> bool:
        if reply.response is None:
            return False
        status = reply.response.status
        return status == TOO_MANY or (status == BUSY and self.session.front.documents(operation, BUSY))

    def _in_front(self, operation: str, reply: Reply, *, valid: bool) -> str:
        """Say why a refusal is of something in front of the platform; empty where it is its own."""
        if reply.response is None or reply.response.status < 400:
            return ""
        status = reply.response.status
        if status in UNREACHED:
            return self.session.front.instead_of_failure(operation, reply)
        if not valid or status >= 500 or status == TOO_MANY:
            return ""
        if json_object(reply.response) is None:
            return f"answered in front: {status}, not in the platform's form"
        key = operation, status
        if key not in self.shared.in_front:
            self.shared.in_front[key] = False  # whoever meets it meanwhile does not ask as well
            self.shared.in_front[key] = self.shared.aside(self.session.front.is_given_elsewhere, reply)
        return f"answered in front: {status}, as a path that nobody has is" if self.shared.in_front[key] else ""

    def _judge(self, exchange: Exchange, delivery: Delivery, *, shed: bool) -> str:
        """Have the rules judge an exchange, look for what belongs to others, and say what was wrong, in one word."""
        session, member = self.session, self.member
        recorder = session.recorder
        if shed:
            recorder.write(exchange, [])
            return ""
        judged = recorder.judged(exchange)
        crossings = self._crossings(exchange)
        belongs = BELONGS.get(exchange.operation, "")
        if crossings is not None and not crossings and session.applicability.concerns(belongs):
            judged.append((BY, held(belongs)))
        self.count(exchange.operation, [one for _, one in judged])
        findings = recorder.judge_and_write(exchange, lost=delivery.lost, judged=judged)
        wrong = next((one.requirement for _, one in judged if not one.holds), "")
        for crossing in crossings or ():
            self._crossed(exchange, crossing.what, crossing.owner)
            wrong = belongs
        if exchange.response is not None and not exchange.foreign:
            self.shared.crowd.issued(member, list(tokens_in(exchange.response)))
            if exchange.valid and not wrong:
                wrong = self._refused(exchange)
        return wrong or (findings[0].requirement if findings else "")

    def _crossings(self, exchange: Exchange) -> list[Crossing] | None:
        """Return what of others an answer holds; None where nothing could show a crossing."""
        crowd, member = self.shared.crowd, self.member
        if exchange.response is None or exchange.foreign or not member.household.account or len(crowd.members) < 2:
            return None
        return crowd.crossings(member, exchange.response)

    def _refused(self, exchange: Exchange) -> str:
        """Hold a refusal against the platform where the member's request of this kind worked before."""
        if (exchange.succeeded and not refused_by_gate(exchange)) or exchange.status >= 500:
            return ""
        if exchange.operation not in self.member.worked:
            return ""
        said = f"HTTP {exchange.status}"
        self.say(
            broken(
                SUCCEEDS,
                expected="success, as before",
                actual=said,
                cause=f"a valid request: answered {exchange.status}",
            ),
            exchange,
        )
        return self.session.register.for_operation(SUCCEEDS, exchange.operation)

    def _crossed(self, exchange: Exchange, what: str, owner: Member) -> None:
        requirement = BELONGS.get(exchange.operation)
        if requirement is None:
            return
        sample, other = self.shared.sample, owner.last.get(exchange.operation)
        self.shared.tallies.crossed()
        seen, kind = self.shared.crossed, (exchange.operation, what)
        seen[kind] += 1
        if other is not None and seen[kind] <= KEEP_FINDINGS_PER_CAUSE:
            sample.keep(other.id)
        self.say(
            broken(
                requirement,
                expected="nothing of another user",
                actual=f"the {what} of user {owner.number} in the answer to user {self.member.number}"
                + (f" (exchange {other.id})" if other else ""),
                cause=f"{what} of another user",
            ),
            exchange,
        )
        if seen[kind] <= KEEP_FINDINGS_PER_CAUSE:
            name = other.id if other else ""
            sample.write(events.Crossing(operation=exchange.operation, what=what, exchange=exchange.id, other=name))

    def say(self, judgement: Judgement, exchange: Exchange) -> None:
        """Record what a journey says of an exchange."""
        session = self.session
        own = session.register.for_operation(judgement.requirement, exchange.operation)
        if own in session.register and session.applicability.concerns(own):
            session.recorder.record(judgement, exchange, by=BY)
            self.count(exchange.operation, [Judgement(own, judgement.holds)])

    def count(self, operation: str, judged: list[Judgement]) -> None:
        """Count judgements of binding requirements."""
        binding = [one.holds for one in judged if self.session.register[one.requirement].binding]
        self.shared.tallies.judged(operation, held=sum(binding), broken=len(binding) - sum(binding))
