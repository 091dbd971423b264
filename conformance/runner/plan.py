"""What a run would do, said without sending anything: requests, creations, and what could not be tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from conformance.applicability import Applicability, applicability_of
from conformance.checks.division import checks_of_part
from conformance.client import is_write
from conformance.contract import load_contract
from conformance.model import Requirement
from conformance.opening import RunSettings
from conformance.register import Register
from conformance.runner.options import RunOptions, operations_of, select
from conformance.target import Target

# Measured on the embedded platform (some 182, and 8 in the mean), with room for other readings.
PREFLIGHT_REQUESTS = 210
REQUESTS_PER_CHECK = 8
# The checks that send most (nearly right values, repetitions) send so many; there are some twenty of them.
MOST_PER_CHECK, LARGE_CHECKS = 40, 20
# What a broken platform costs more: requests are sent again, and with a control.
BROKEN = 2
# A run that takes longer for its rate alone is told so before it begins.
LONG_S = 600.0
# A case that is found wrong is sent again, smaller each time.
RESENT_PER_OPERATION = 100


@dataclass(frozen=True)
class OperationPlan:
    """What would be sent to one operation."""

    operation: str
    service: str
    method: str
    writes: bool
    checks: int
    cases: int


@dataclass(frozen=True)
class Untestable:
    """Requirements that could not be tested for one reason, and the lines that would change that."""

    reason: str
    add: tuple[str, ...]
    requirements: tuple[str, ...]


@dataclass(frozen=True)
class RunPlan:
    """What a run would do.

    Attributes:
        target: the name of the target.
        part: which part of a run it is, of how many.
        operations: what would be sent, by operation.
        testable: how many requirements would be tested.
        not_declared: how many are out of scope, by reason.
        untestable: what could not be tested and why.
        checks: how many checks would run.
        expected: about how many requests would be sent.
        at_most: how many it can become where the target is wrong everywhere.
        limit: `safety.max_requests`, which no run passes.
        seconds: how long the expected requests take at least, at `http.rate`; None without one.
        creates: what would be left on the target, in sentences.
    """

    target: str
    part: tuple[int, int]
    operations: tuple[OperationPlan, ...]
    testable: int
    not_declared: dict[str, int]
    untestable: tuple[Untestable, ...]
    checks: int
    expected: int
    at_most: int
    limit: int
    creates: tuple[str, ...]
    seconds: float | None = None


def plan_of(options: RunOptions, target: Target, register: Register) -> RunPlan:
    """Return what a run with these options would do.

    Raises:
        UsageError: an option names what does not exist.
    """
    selected = select(options, register)
    settings = RunSettings(
        "", "", safe=options.safe, max_requests=options.max_requests, rate=options.rate, part=options.part
    )
    target = settings.adjusted(target)
    applies = applicability_of(register, target, selected)
    outside: Counter[str] = Counter()
    lacking: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    testable: list[Requirement] = []
    for entry in register:
        if not applies.selects(entry.id):
            outside["not selected"] += 1
        elif reason := applies.not_declared.get(entry.id):
            outside[reason] += 1
        elif lack := applies.lacking.get(entry.id):
            lacking.setdefault((lack.reason, tuple(lack.add)), []).append(entry.id)
        else:
            testable.append(entry)
    checks = _checks(testable, register, applies, options)
    cases = _cases(options, target, operations_of(selected, register))
    operations = tuple(_operations(target, checks, cases))
    generated = sum(one.cases for one in operations)
    expected = PREFLIGHT_REQUESTS + REQUESTS_PER_CHECK * len(checks) + generated
    expected = min(expected, target.safety.max_requests)
    return RunPlan(
        target=target.name,
        part=(options.part.index, options.part.of),
        operations=operations,
        testable=len(testable),
        not_declared=dict(outside),
        untestable=tuple(
            Untestable(reason, add, tuple(ids))
            for (reason, add), ids in sorted(lacking.items(), key=lambda item: -len(item[1]))
        ),
        checks=len(checks),
        expected=expected,
        at_most=min(_at_most(len(checks), generated, len(operations)), target.safety.max_requests),
        limit=target.safety.max_requests,
        creates=tuple(_creates(operations, target)),
        seconds=expected / target.http.rate if target.http.rate else None,
    )


def pace(options: RunOptions, target: Target, register: Register) -> str:
    """Say how long preflight and a run take at least, where `http.rate` makes them long; else nothing."""
    plan = plan_of(options, target, register)
    if plan.seconds is None or plan.seconds < LONG_S:
        return ""
    each = plan.seconds / plan.expected
    return (
        f"at http.rate {1 / each:g} requests a second, preflight takes about {duration(PREFLIGHT_REQUESTS * each)}, "
        f"and a run at least {duration(plan.seconds)}"
    )


def duration(seconds: float) -> str:
    """Return a time in words: in seconds, minutes or hours."""
    for unit, length in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _at_most(checks: int, generated: int, operations: int) -> int:
    """Return how many requests a run can send, whatever the target does: of few checks, each may be a large one."""
    of_checks = REQUESTS_PER_CHECK * checks + MOST_PER_CHECK * min(checks, LARGE_CHECKS)
    return BROKEN * (PREFLIGHT_REQUESTS + of_checks + generated) + RESENT_PER_OPERATION * operations


def _checks(
    testable: list[Requirement], register: Register, applies: Applicability, options: RunOptions
) -> dict[str, str]:
    """Return the checks that would run, each with the operation of its first requirement."""
    ids = {entry.id for entry in testable}
    found = {}
    for check in checks_of_part(options.part, select(options, register), options.checks):
        entries = [register[one] for one in check.ids if one in register]
        if not ids.isdisjoint(check.ids) and all(applies.testable(entry.id) for entry in entries):
            found[check.name] = entries[0].operation
    return found


def _cases(options: RunOptions, target: Target, only: Collection[str] | None) -> dict[str, int]:
    if not options.fuzz:
        return {}
    from conformance.fuzz.division import cases_of_part
    from conformance.fuzz.loading import load_plan

    planned = cases_of_part(load_plan(options.seed, options.fuzz_cases, options.challenge), options.part)
    return {
        name: len(cases)
        for name, cases in planned.items()
        if (target.safety.writes or not is_write(name)) and (only is None or name in only)
    }


def _operations(target: Target, checks: dict[str, str], cases: dict[str, int]) -> list[OperationPlan]:
    by_operation = Counter(checks.values())
    found = []
    for operation in load_contract():
        name = operation.operation_id
        declared = operation.service in target.services
        if declared and (by_operation[name] or cases.get(name)):
            write = is_write(name)
            found.append(
                OperationPlan(name, operation.service, operation.method, write, by_operation[name], cases.get(name, 0))
            )
    return found


def _creates(operations: tuple[OperationPlan, ...], target: Target) -> list[str]:
    sentences = []
    for one in operations:
        if not one.writes or not target.safety.writes:
            continue
        what = "accounts" if one.operation.startswith("createAccount") else "initialisations of the user's device"
        most = one.checks * REQUESTS_PER_CHECK + one.cases
        sentences.append(f"{one.operation}: at most {most} {what}; the documents give no way to delete them")
    if "dynamic_provisioning" in target.features and "hdm" in target.services and target.safety.writes:
        sentences.append("stbsignontokens: a device for each set top box that nobody knew (dynamic_provisioning)")
    return sentences
