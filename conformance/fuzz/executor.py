"""Runs the generated cases of one operation over many connections; evaluates the responses in the plan's order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from conformance.client import BATCH, ConcurrentClient, Wire
from conformance.contract import Operation
from conformance.errors import BudgetSpent, CouldNotTest, Refused
from conformance.fuzz.case import Case
from conformance.fuzz.dictionary import poisoned
from conformance.fuzz.evaluator import Evaluator
from conformance.fuzz.oracle import Oracle
from conformance.fuzz.prepared import PreparedCase, Preparer, Tally
from conformance.fuzz.silences import Silences
from conformance.fuzz.template import templates
from conformance.session import Session
from conformance.stream import events

# Requests that create something are sent a few at a time, so that a target which accepts everything is noticed early.
CAREFUL_BATCH = 8
# Where the target leaves requests without a response, so many are sent before those of the same kind are withheld.
SHORT_BATCH = 16

Progress = Callable[[str, int, int], None]


def execute_cases(
    session: Session,
    operation: Operation,
    cases: Sequence[Case],
    *,
    oracle: Oracle,
    client: ConcurrentClient,
    silences: Silences,
    progress: Progress,
) -> Tally:
    """Send an operation's cases, judge the answers, and write what was found.

    Raises:
        CouldNotTest: the target file lacks what the operation needs.
        TargetUnreachable: the target is down.
    """
    preparer = Preparer(session, operation)
    tally = Tally(cases=len(cases))
    evaluator = Evaluator(preparer, oracle, tally, silences)
    # A plan of few cases holds not every variant's base; one that was not tried is not refused.
    preparer.bases = list(templates(operation))
    if preparer.synthetic:
        evaluator.find_place()
    works = [] if preparer.synthetic else [case for case in preparer.bases if evaluator.try_base(case)]
    if works:
        # Most cases of what creates something lack an argument on purpose: that is not what they are about.
        preparer.bases = [*works, *(poisoned(operation, case) for case in works if operation.writes)]
        preparer.variants = frozenset({*evaluator.works, *evaluator.unclear}) if operation.variants else None
    elif not preparer.synthetic:
        text = f"{operation.operation_id}: no request of the documented form succeeded, so refusals prove nothing"
        session.stream.write(events.Note(text=text, level="warning"))
    begun = time.monotonic()
    try:
        chosen = [case for case in cases if preparer.synthetic or case.phase != "base"]
        _Execution(preparer, evaluator, tally).send(chosen, client, progress)
    finally:
        # What was found until then stays found, also where the target dies or the user interrupts.
        tally.busy_s = time.monotonic() - begun
        evaluator.report()
    return tally


class _Execution:
    """The cases on their way, and the answers as they come."""

    def __init__(self, preparer: Preparer, evaluator: Evaluator, tally: Tally) -> None:
        self._preparer = preparer
        self._evaluator = evaluator
        self._tally = tally
        self._waiting: deque[PreparedCase] = deque()

    def send(self, cases: Sequence[Case], client: ConcurrentClient, progress: Progress) -> None:
        name = self._preparer.operation.operation_id
        size = CAREFUL_BATCH if self._preparer.operation.writes else BATCH
        if self._preparer.session.patience.hangs:
            size = min(size, SHORT_BATCH)
        for number, outcome in enumerate(client.send_all(self._requests(cases), batch_size=size)):
            prepared = self._waiting.popleft()
            if isinstance(outcome, Refused):
                self._tally.withheld += 1
                if isinstance(outcome, BudgetSpent):
                    self._tally.stopped = self._tally.stopped or outcome.message
                continue
            self._evaluator.take(prepared, outcome)
            if number % 20 == 0:
                progress(name, number, len(cases))
        progress(name, len(cases), len(cases))

    def _requests(self, cases: Sequence[Case]) -> Iterator[tuple[str, Wire]]:
        for case in cases:
            if self._tally.stopped:
                self._tally.withheld += 1
                continue
            try:
                prepared = self._preparer.prepare(case)
            except CouldNotTest:
                self._tally.withheld += 1
                continue
            if case.refused and not prepared.assessment.refused:
                self._tally.dropped += 1
            elif (
                self._evaluator.silent_again(prepared)
                or self._evaluator.creates_again(prepared.assessment)
                or self._preparer.locks_out(prepared.wire)
            ):
                self._tally.withheld += 1
            else:
                self._waiting.append(prepared)
                yield self._preparer.operation.operation_id, prepared.wire
