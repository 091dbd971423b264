"""What a check may use: `requirement` to name what it verifies, and `Check` to send, expect and control."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

import pytest

from conformance.errors import ControlFailed, CouldNotTest, NotDeclared, NotObserved
from conformance.model import Exchange, Finding, Json, Judgement, broken, held
from conformance.opentv.answers import succeeded
from conformance.session import Sender, Session
from conformance.session.form import reply_of
from conformance.target import Subject, Target

Function = TypeVar("Function", bound=Callable[..., object])

REFUSALS = (400, 401, 403, 404)
CLIENT_ERROR, SERVER_ERROR = range(400, 500), 500
# "signon without nuId: answered 400": what was provoked, and what came of it.
_ANSWERED = re.compile(": (?:answered|HTTP) ")
THROTTLED = 429


def requirement(*ids: str, alone: bool = False) -> Callable[[Function], Function]:
    """Mark a check with the requirements that it verifies.

    Where one of them is not declared, or needs what the target file lacks, the check does not run and
    the outcome says why. `alone`: the check changes the target's state (a condition), so that none may
    run beside it.
    """

    def mark(function: Function) -> Function:
        marked: Function = pytest.mark.requirement(*ids, alone=alone)(function)
        return marked

    return mark


@dataclass
class Refusal:
    """A request that was refused as it should be, what of it was, and the requirements by which.

    `judged` maps each to the statuses that are right, where only some are.
    """

    exchange: Exchange
    cause: str
    judged: dict[str, tuple[int, ...]] = field(default_factory=dict)


def expected_of(statuses: Sequence[int]) -> list[str]:
    """Say which statuses are right: any of them."""
    return ["HTTP 4xx"] if set(statuses) >= set(CLIENT_ERROR) else [f"HTTP {status}" for status in statuses]


class Check(Sender):
    """One running check: it sends requests, and says of each answer what it expected.

    Expectations are soft: a broken one is a finding, and the check goes on, so that one run shows all
    causes. A failed control, or something missing in the target file, ends it as `could_not_test`.
    """

    def __init__(self, session: Session, name: str) -> None:
        super().__init__(session, name)
        self.name = name
        self.findings: list[Finding] = []
        self.verified: list[str] = []
        self.refusals: dict[str, Refusal] = {}

    @property
    def target(self) -> Target:
        """The target file."""
        return self.session.target

    def subject(self, name: str) -> Subject:
        """Return a subject of the target file, or end the check as `could_not_test`."""
        return self.session.target.subject(name)

    def expect(
        self,
        requirement_id: str,
        holds: bool,
        exchange: Exchange,
        *,
        expected: str | Iterable[str],
        actual: str,
        cause: str,
        refusal: bool = False,
        statuses: tuple[int, ...] = (),
    ) -> bool:
        """Judge a requirement by an exchange; return `holds`.

        Args:
            requirement_id: one that the check is marked with.
            holds: whether the requirement is kept.
            exchange: the exchange that shows it.
            expected: what would have been right (any of).
            actual: what was seen.
            cause: the defect in a few words, without values that differ from run to run.
            refusal: whether nothing but a refusal is right: then it is sent again when the check is over.
            statuses: those that are right, where only some are.

        Raises:
            CouldNotTest: the answer is not the platform's, but of something in front of it, or says nothing but that
                there were too many requests; or it refuses a signon as all are refused after many wrong ones.
        """
        if not holds and not exchange.valid and not exchange.foreign and exchange.status in CLIENT_ERROR:
            self.session.require_no_ban(exchange.operation, reply_of(exchange))
        if not holds and statuses and min(exchange.status, *statuses) >= SERVER_ERROR:
            why = self.session.front.instead_of_failure(exchange.operation, reply_of(exchange), wrong=True)
            if why:
                raise CouldNotTest(f"{why} (exchange {exchange.id})")
        found = held(requirement_id) if holds else broken(requirement_id, expected=expected, actual=actual, cause=cause)
        self._record(found, exchange)
        if holds and refusal and 0 < exchange.status < SERVER_ERROR and not exchange.valid:
            known = self.refusals.setdefault(exchange.id, Refusal(exchange, _ANSWERED.split(cause)[0]))
            if not any(requirement_id in one.judged for one in self.refusals.values()):
                known.judged[requirement_id] = statuses
        return holds

    def expect_status(self, requirement_id: str, exchange: Exchange, *statuses: int, cause: str) -> bool:
        """Judge a requirement by the HTTP status: any of `statuses` is right. `cause` says what was provoked."""
        return self.expect(
            requirement_id,
            exchange.status in statuses,
            exchange,
            expected=expected_of(statuses),
            actual=f"HTTP {exchange.status}" if exchange.response else exchange.failure,
            cause=f"{cause}: answered {exchange.status or 'nothing'}",
            refusal=all(status in CLIENT_ERROR for status in statuses),
            statuses=statuses,
        )

    def control(self, exchange: Exchange, *statuses: int, what: str) -> Exchange:
        """Require that the control of a negative check succeeded, with any of `statuses` (default: any 2xx).

        Raises:
            ControlFailed: it did not, or something in front of the platform answered it; the requirements of the
                check become `could_not_test`.
        """
        good = exchange.status in statuses if statuses else succeeded(exchange)
        if exchange.foreign or not good:
            raise ControlFailed(
                f"the control request ({what}) was {exchange.answered} (exchange {exchange.id}), so that a refusal "
                "would prove nothing"
            )
        return exchange

    def reading(self, reading_id: str, option: str, exchange: Exchange) -> None:
        """Record which documented reading the target was seen to follow."""
        self.session.saw_reading(reading_id, option, exchange)

    def lacks(self, reason: str, *add: str) -> NoReturn:
        """End the check as `could_not_test`; `add` are the lines to add to the target file.

        Raises:
            CouldNotTest: always.
        """
        raise CouldNotTest(reason, add=add)

    def rests_on(self, holds: bool, exchange: Exchange, claim: str, *place: str) -> None:
        """End the check where an answer speaks against what the file alone says, and nobody vouches for the file.

        Args:
            holds: whether the answer is as it is where both are right.
            exchange: the answer.
            claim: what the file says, as a sentence after `that`.
            place: where in the target file.

        Raises:
            CouldNotTest: the file or the platform is wrong, and nothing shows which.
        """
        if holds or self.target.vouched is not None:
            return
        where = self.target.where(*place)
        seen = f"answered {exchange.status}" if exchange.response else exchange.failure
        raise CouldNotTest(
            f"the file says that {claim}; the platform {seen} (exchange {exchange.id}): one of them is wrong",
            add=(f"{'.'.join(place)}  # {where}: check it", 'subjects_vouched: {by: "…", on: …}  # if it is right'),
        )

    def not_declared(self, reason: str) -> NoReturn:
        """End the check as `not_declared`: the target is seen to be a deployment that what is checked is no part of.

        Raises:
            NotDeclared: always.
        """
        raise NotDeclared(reason)

    def not_observed(self, reason: str) -> NoReturn:
        """End the check as `not_observed`: nothing that this target has could show a breach.

        Raises:
            NotObserved: always.
        """
        raise NotObserved(reason)

    def _record(self, judgement: Judgement, exchange: Exchange) -> None:
        if exchange.foreign:
            raise CouldNotTest(f"{exchange.foreign} (exchange {exchange.id})")
        if exchange.status == THROTTLED:
            raise CouldNotTest(
                f"answered 429, as any request may be that is throttled (exchange {exchange.id})",
                add=["http: {rate: 5}"],
            )
        self.verified.append(judgement.requirement)
        finding = self.session.recorder.record(judgement, exchange, by=self.name)
        if finding is not None:
            self.findings.append(finding)


__all__ = ["REFUSALS", "Check", "Json", "requirement"]
