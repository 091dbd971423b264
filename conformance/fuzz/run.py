"""Runs the generated cases of every declared operation, and records the results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from conformance.client import ConcurrentClient, is_write
from conformance.contract import Operation
from conformance.errors import CouldNotTest, Refused
from conformance.fuzz.case import Case
from conformance.fuzz.division import cases_of_part
from conformance.fuzz.executor import execute_cases
from conformance.fuzz.loading import load_plan
from conformance.fuzz.oracle import Oracle
from conformance.fuzz.plan import Plan
from conformance.fuzz.prepared import Tally
from conformance.fuzz.silences import Silences
from conformance.fuzz.template import fuzzed
from conformance.fuzz.walks import walk
from conformance.session import Session
from conformance.stream import events

DEFAULT_CASES = 200
WHOLE = events.Part()
Progress = Callable[[str, int, int], None]


def run_fuzz(
    session: Session,
    *,
    cases_per_operation: int = DEFAULT_CASES,
    seed: int | None = None,
    connections: int = 8,
    operations: Collection[str] | None = None,
    part: events.Part = WHOLE,
    challenge: str = "",
    plan: Plan | None = None,
    over: Callable[[], bool] = lambda: False,
    progress: Progress | None = None,
) -> None:
    """Fuzz the declared operations of a target; what is found goes into the session's stream.

    Args:
        session: the run's session.
        cases_per_operation: at most so many cases for each operation.
        seed: what random cases are drawn with; None for the plan that ships with the suite.
        connections: how many requests are under way at once; changes nothing of what is sent.
        operations: only these, None for all.
        part: the part of the run whose cases and walks are sent.
        challenge: a nonce from which more cases follow.
        plan: these cases instead of those of the seed.
        over: tells before each operation whether the others are to be left out.
        progress: told of each operation: name, cases done, cases in all.

    Raises:
        TargetUnreachable: the target is down.
        SuiteError: the plan cannot be read.
    """
    plan = plan or load_plan(seed, cases_per_operation, challenge)
    own = cases_of_part(plan, part)
    oracle = Oracle(session.contract, session.register, session.applicability)
    tell = progress or (lambda _name, _done, _total: None)
    tallies = []
    silences = Silences(session)
    http, patience, limit = session.target.http, session.patience, session.profile.connections
    short, hangs = patience.usual, lambda: patience.hangs
    if limit is not None:
        # One is left for the controls.
        session.client.allow(1)
        connections = max(1, min(connections, limit - 1))
    guard = session.budget.take
    with ConcurrentClient(http, guard=guard, connections=connections, short=short, hangs=hangs) as client:
        for operation in fuzzed(session.contract):
            if over() or (operations is not None and operation.operation_id not in operations):
                continue
            cases = own.get(operation.operation_id, ())
            # Of what another part sends not even a control is sent here: it may create something.
            if declared(session, operation) and (cases or part.of == 1):
                tallies.append(_run_operation(session, operation, plan, cases, oracle, client, silences, tell))
        session.broken_off += client.broken_off
        session.met(client.peers)
    _note_blocked(session, tallies)
    if operations is None and not session.budget.spent:
        taken = walk(session, cases=cases_per_operation, seed=plan.seed, part=part)
        session.stream.write(events.Walks(steps=taken, seed=plan.seed))
    silences.settle()


def _run_operation(
    session: Session,
    operation: Operation,
    plan: Plan,
    cases: Sequence[Case],
    oracle: Oracle,
    client: ConcurrentClient,
    silences: Silences,
    progress: Progress,
) -> Tally:
    name = operation.operation_id
    reason = ""
    tally = Tally()
    if is_write(name, operation.method) and not session.budget.writes_allowed:
        reason = "writes are not allowed"
    elif session.budget.spent:
        reason = session.budget.spent
    else:
        try:
            tally = execute_cases(
                session, operation, cases, oracle=oracle, client=client, silences=silences, progress=progress
            )
        except (CouldNotTest, Refused) as problem:
            reason = problem.message
    busy = tally.busy_s
    session.stream.write(
        events.Fuzz(
            operation=name,
            service=operation.service,
            cases=tally.cases,
            sent=tally.sent,
            dropped=tally.dropped,
            withheld=tally.withheld,
            blocked=tally.blocked,
            blocked_values=dict(tally.blocked_values.most_common()),
            statuses=dict(sorted(tally.statuses.items())),
            seed=plan.seed,
            plan=plan.digest,
            per_second=round(tally.sent / busy) if busy else 0,
            stopped=tally.stopped or reason,
        )
    )
    return tally


def _note_blocked(session: Session, tallies: Collection[Tally]) -> None:
    """Say once what something in front of the platform kept from it."""
    blocked = sum(tally.blocked for tally in tallies)
    if not blocked:
        return
    values = sum((tally.blocked_values for tally in tallies), Counter[str]())
    told = ", ".join(f"{kind} ({count:,})" for kind, count in values.most_common(8))
    text = (
        f"blocked in front: {blocked:,} of {sum(tally.sent for tally in tallies):,} generated cases were answered by "
        f"something in front of the platform, and nothing is judged by them. Not exercised: values {told}."
    )
    session.stream.write(events.Note(text=text, level="warning"))


def declared(session: Session, operation: Operation) -> bool:
    """Tell whether a target declares an operation."""
    target = session.target
    own = [entry for entry in session.register if entry.operation == operation.operation_id]
    general = next((entry for entry in own if entry.id.startswith("WIR-")), None)
    return (
        operation.service in target.services
        and (not operation.feature or operation.feature in target.features)
        and (general is None or general.id not in session.applicability.not_declared)
    )
