"""Runs one case: a platform in a thread, the suite against it, and what the suite said."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.errors import ConformanceError
from conformance.model import Outcome
from conformance.reference.faults import ActiveFaults
from conformance.reference.server import RunningPlatform, default_settings
from conformance.register import load_register
from conformance.report import Results
from conformance.selftest.again import Again, judge_again
from conformance.selftest.cases import Case
from conformance.selftest.trial import trial

TIMEOUT_S = 3
READINGS_SHARE = 10


@dataclass(frozen=True)
class CaseResult:
    """What the suite said of one platform.

    `failed` and `warned` map requirements to how each was seen (check, rule, fuzz), `causes` all of them to the defect;
    `active` names the faults that did anything; `message` is what ended the run early, if anything did. `again` is what
    judging the run once more said, where that was asked for.
    """

    case: Case
    verdict: str
    failed: dict[str, str]
    causes: dict[str, str]
    errors: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()
    warned: dict[str, str] = field(default_factory=dict)
    active: tuple[str, ...] = ()
    message: str = ""
    seconds: float = 0.0
    again: Again = field(default_factory=Again)

    @property
    def acted(self) -> bool:
        """Whether the fault of the case ever did anything."""
        return self.case.fault is None or self.case.fault in self.active

    @property
    def clean(self) -> bool:
        """Whether the suite had nothing against the platform: "incomplete" sends a vendor away, too."""
        return not self.failed and not self.errors and self.verdict in ("conformant", "partial")


def execute(case: Case, fuzz_cases: int, stated: Collection[str] = (), *, again: str = "") -> CaseResult:
    """Run a case: for a fault, first the checks of the stated requirements, then generated cases, too, then all.

    What a few checks see, all of them see; what those of its own services do not, those of all services may, as in the
    run of a user. A fault that only breaks what warns is a conformant platform: it meets all checks first, which must
    accuse it of nothing.

    With `again`, each run is judged once more: `stream` by what it stored, `captures` by its HAR as well.
    """
    started = time.monotonic()
    binding = any(load_register()[name].binding for name in stated) or not stated
    result: CaseResult | None = None
    active: set[str] = set()
    passes = [(case, *one) for one in _passes(case, fuzz_cases, tuple(stated), binding=binding)]
    if case.kind == "fault" and case.services:
        passes.append((replace(case, services=()), (), 0))
    for tested, only, cases in passes:
        found = replace(_once(tested, cases, only, again=again), case=case)
        active |= set(found.active)
        seen = found.failed if binding else found.failed | found.warned
        shown = set(seen) & set(stated) if stated else set(seen)
        if result is None or found.failed or shown:
            result = found
        if case.kind == "fault" and (shown or (found.failed and not binding)):
            break
    assert result is not None
    return replace(result, active=tuple(sorted(active)), seconds=round(time.monotonic() - started, 2))


def execute_together(
    cases: Sequence[Case], fuzz_cases: int, stated: Mapping[str, Collection[str]], *, again: str = ""
) -> list[CaseResult]:
    """Run several cases at once on one platform; alone what is not seen for its own reason, or is accused, there."""
    if len(cases) == 1:
        return [execute(case, fuzz_cases, stated.get(case.name, ()), again=again) for case in cases]
    if cases[0].kind == "reading":
        options = {name: option for case in cases for name, option in case.readings.items()}
        together = execute(replace(cases[0], readings=options), fuzz_cases, again=again)
        return [
            replace(together, case=case) if together.clean else execute(case, fuzz_cases, again=again) for case in cases
        ]
    wanted = tuple(sorted({name for case in cases for name in stated[case.name]}))
    binding = any(load_register()[name].binding for name in wanted)
    found = _once(cases[0], 0, wanted if binding else (), faults=tuple(case.name for case in cases), again=again)
    seen = found.failed if binding else found.warned
    results = []
    for case in cases:
        shown = set(seen).intersection(stated[case.name])
        if shown and case.name in found.active and (binding or not found.failed):
            own = {name: how for name, how in seen.items() if name in shown}
            failed, warned = (own, {}) if binding else ({}, own)
            results.append(replace(found, case=case, failed=failed, warned=warned))
        else:
            results.append(execute(case, fuzz_cases, stated[case.name], again=again))
    return results


def _passes(
    case: Case, fuzz_cases: int, stated: tuple[str, ...], *, binding: bool
) -> Iterator[tuple[tuple[str, ...], int]]:
    """What is run one after the other: the requirements (empty: all) and the number of generated cases."""
    if case.kind != "fault":
        yield (), fuzz_cases // READINGS_SHARE if case.kind == "reading" else fuzz_cases
        return
    if not binding:
        yield (), 0
        if fuzz_cases:
            yield stated, fuzz_cases
        return
    if stated:
        yield stated, 0
        if fuzz_cases:
            yield stated, fuzz_cases
    yield (), 0
    if fuzz_cases and not stated:
        yield (), fuzz_cases


def _once(
    case: Case, fuzz_cases: int, only: tuple[str, ...], faults: tuple[str, ...] = (), *, again: str = ""
) -> CaseResult:
    faults = faults or ((case.fault,) if case.fault else ())
    settings = default_settings(faults=faults, readings=dict(case.readings))
    with tempfile.TemporaryDirectory(prefix="opentv-selftest-") as scratch, RunningPlatform(settings) as running:
        document = {**running.target_document(), "http": {"timeout": TIMEOUT_S, "verify": False}}
        try:
            found = trial(document, Path(scratch), services=_services(case, only), only=only, fuzz_cases=fuzz_cases)
        except ConformanceError as problem:
            return CaseResult(case, "error", {}, {}, message=str(problem), active=_active(running))
        once_more = judge_again(found, Path(scratch), case.kind, captures=again == "captures") if again else Again()
        result = _result(case, found.results, found.message, active=_active(running))
        return replace(result, again=once_more)


def _services(case: Case, only: tuple[str, ...]) -> tuple[str, ...]:
    if not case.services:
        return ()
    register = load_register()
    return tuple(sorted({*case.services, *(register[name].service for name in only)}))


def _active(running: RunningPlatform) -> tuple[str, ...]:
    faults = running.platform.fault
    return tuple(one.fault.name for one in faults.active if one.acted) if isinstance(faults, ActiveFaults) else ()


def _result(case: Case, results: Results, message: str, *, active: tuple[str, ...]) -> CaseResult:
    def names(outcome: Outcome) -> tuple[str, ...]:
        return tuple(one.requirement.id for one in results.results if one.outcome is outcome)

    failed: dict[str, str] = {}
    warned: dict[str, str] = {}
    causes: dict[str, str] = {}
    for one in results.results:
        if one.outcome in (Outcome.FAILED, Outcome.WARNED):
            seen = failed if one.outcome is Outcome.FAILED else warned
            seen[one.requirement.id] = _how(one.findings[0].by)
            causes[one.requirement.id] = one.findings[0].cause
    untested = tuple(
        one.requirement.id
        for one in results.results
        if one.outcome is Outcome.COULD_NOT_TEST and one.requirement.binding
    )
    return CaseResult(
        case,
        results.verdict.value,
        failed,
        causes,
        errors=names(Outcome.ERROR),
        untested=untested,
        warned=warned,
        active=active,
        message=message,
    )


def _how(by: str) -> str:
    return "fuzz" if by.startswith("fuzz") else "check" if "::" in by else "rule"
