"""The fold: from the stream of a run to an outcome for each requirement, and a verdict. A pure function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import reduce

from conformance.applicability import undeclared
from conformance.contract import load_contract
from conformance.model import Outcome, Requirement, Verdict
from conformance.register import Register
from conformance.report.accepting import accepted
from conformance.report.load_numbers import too_slow
from conformance.report.parts import contradictions, fuzz_of, unsure
from conformance.report.results import (
    EXIT_NOTHING_VERIFIED,
    ExercisedBy,
    RequirementResult,
    Results,
    WaiverResult,
)
from conformance.report.tally import NOTHING_EXERCISED, Tally
from conformance.report.words import fails_from
from conformance.stream import SCHEMA_VERSION, EventSource, TargetProfile, events

# A stream whose first line is missing declares nothing.
_NO_OPENING = events.Run(
    schema_version=SCHEMA_VERSION, suite=events.Suite("opentv-conformance", ""), target=events.TargetFacts()
)


def results_of(run: EventSource, register: Register, profile: events.AcceptanceProfile | None = None) -> Results:
    """Read a run, or its parts, and say what became of each requirement.

    With an acceptance profile, given or in the stream, also what the run is worth by it.

    Raises:
        RunFolderError: the stream cannot be read.
    """
    tally = Tally()
    tally.read(run)
    opening = next(iter(tally.all(events.Run)), _NO_OPENING)
    ends, torn = tally.all(events.End), tally.all(events.Torn)
    end = ends[-1] if ends else events.End()
    finished = bool(ends) and not torn
    today = datetime.fromtimestamp(tally.first / 1000, tz=UTC).date()
    selected = None if opening.selected is None else frozenset(opening.selected)
    found = [_result(entry, opening, selected, tally, finished, register) for entry in register]
    found, waived = _waive(found, opening.waivers, today, whole=opening.part.of == 1 and not opening.gaps)
    slow = bool(too_slow(opening, tally.all(events.Load)))
    verdict, code = _verdict(found, waived, opening, end, finished, slow=slow)
    counts = Counter(result.outcome.value for result in found)
    matrix: dict[str, dict[str, int]] = {level: {o.value: 0 for o in Outcome} for level in ("must", "should")}
    for result in found:
        matrix[result.requirement.level.value][result.outcome.value] += 1
    binding = Counter(result.outcome.value for result in found if result.requirement.binding)
    budget: Counter[str] = Counter()
    for spent in tally.all(events.Budget):
        budget.update(sent=spent.sent, writes_sent=spent.writes_sent, writes_refused=spent.writes_refused)
    results = Results(
        run=opening,
        results=tuple(found),
        verdict=verdict,
        own_exit_code=code,
        counts={outcome.value: counts[outcome.value] for outcome in Outcome},
        matrix=matrix,
        binding={outcome.value: binding[outcome.value] for outcome in Outcome},
        readings={event.reading: event.option for event in tally.all(events.Reading)},
        waivers=tuple(waived),
        created=tally.all(events.Created),
        refused=tally.all(events.Refused),
        fuzz=fuzz_of(tally.all(events.Fuzz)),
        blocks=tally.all(events.Block),
        checks=tally.all(events.Check),
        controls=tally.all(events.Control),
        conditions=tally.all(events.Condition),
        premises=tally.all(events.Premise),
        peers=tally.all(events.Peer),
        mistakes=tally.mistakes,
        profile=reduce(TargetProfile.with_facts, (one.profile for one in tally.all(events.Profile)), TargetProfile()),
        load=tally.all(events.Load),
        crossings=tally.all(events.Crossing),
        notes=(*contradictions(tally.all(events.Reading)), *tally.all(events.Note), *torn),
        requests={**tally.requests, **{f"budget_{key}": value for key, value in budget.items()}},
        started_at=tally.first,
        ended_at=tally.last,
        finished=finished,
        end=end,
    )
    asked = profile or next(iter(tally.all(events.AcceptanceProfile)), None)
    # What a part is worth is not asked before all of the run is there.
    return results if asked is None or opening.part.of > 1 else replace(results, acceptance=accepted(results, asked))


def _not_tested(
    entry: Requirement, opening: events.Run, selected: Collection[str] | None
) -> tuple[Outcome, str] | None:
    """Return why a requirement is not tested by intent: the target does not declare it, or it was not selected."""
    if opening.not_declared is None:
        why = undeclared(entry, opening.target.services, opening.target.features)
    else:
        why = opening.not_declared.get(entry.id, "")
    if why:
        return Outcome.NOT_DECLARED, why
    if selected is not None and entry.id not in selected:
        return Outcome.LEFT_OUT, "not selected for this run (--service, --only, --exclude or --rerun-failed)"
    return None


def _result(
    entry: Requirement,
    opening: events.Run,
    selected: Collection[str] | None,
    tally: Tally,
    finished: bool,
    register: Register,
) -> RequirementResult:
    name = entry.id
    exercised = ExercisedBy(
        tuple(sorted(tally.verified[name])) if name in tally.verified else (),
        tally.evaluated(name),
        tally.generated(name),
    )
    why_not = _not_tested(entry, opening, selected)
    if why_not:
        return RequirementResult(entry, *why_not)
    findings = tally.findings(entry)
    doubts = {one: why for one in findings if (why := unsure(one, opening, tally.all(events.Control)))}
    if doubts and len(doubts) == len(findings):
        return RequirementResult(entry, Outcome.COULD_NOT_TEST, doubts[findings[0]], (), (), exercised)
    findings = tuple(one for one in findings if one not in doubts)
    if findings:
        if entry.fails_from:
            findings = tuple(replace(one, cause=f"{fails_from(entry)}: {one.cause}") for one in findings)
        found_by = {finding.by for finding in findings if "::" in finding.by}
        exercised = replace(exercised, checks=tuple(sorted({*exercised.checks, *found_by})))
        outcome = Outcome.FAILED if entry.binding else Outcome.WARNED
        return RequirementResult(entry, outcome, findings[0].cause, (), findings, exercised)
    absent = "" if exercised.checks else tally.outside(entry, register)
    if absent:
        return RequirementResult(entry, Outcome.NOT_DECLARED, absent)
    trouble = tally.trouble.get(name)
    if trouble is not None:
        return RequirementResult(entry, Outcome.ERROR, trouble.reason, (), (), exercised)
    seen_by_check = name in tally.verified
    untested = tally.untested.get(name)
    if untested is not None and not seen_by_check and not (entry.judged_by == "rule" and exercised.exchanges):
        return _untested(entry, untested, tally, exercised)
    if seen_by_check or exercised.exchanges:
        return RequirementResult(entry, Outcome.PASSED, "", (), (), exercised)
    lacking = opening.lacking.get(name)
    if lacking is not None:
        return RequirementResult(entry, Outcome.COULD_NOT_TEST, lacking.reason, tuple(lacking.add))
    if not finished:
        return RequirementResult(entry, Outcome.ERROR, "the run ended before this was tested")
    if opening.gaps:
        return RequirementResult(entry, Outcome.COULD_NOT_TEST, "; ".join(opening.gaps))
    if opening.part.of > 1:
        return RequirementResult(entry, Outcome.LEFT_OUT, f"not seen in {opening.part}: merge the parts")
    if name in tally.unobserved:
        return RequirementResult(entry, Outcome.NOT_OBSERVED, tally.unobserved[name])
    if entry.judged_by != "check" and tally.answers.succeeded[entry.operation]:
        # "Where it is present, it is a string" says nothing of answers that have none.
        return RequirementResult(entry, Outcome.NOT_OBSERVED, NOTHING_EXERCISED)
    if opening.captures:
        return RequirementResult(entry, Outcome.COULD_NOT_TEST, _not_captured(entry, tally))
    reason, add, blocked_by = tally.unreached(entry.operation, register)
    return RequirementResult(entry, Outcome.COULD_NOT_TEST, reason, add, blocked_by=blocked_by)


def _not_captured(entry: Requirement, tally: Tally) -> str:
    """Say what captured traffic would need for a requirement."""
    operation = entry.operation
    if entry.judged_by == "check":
        return "no app sends the requests that test it: test the platform itself (`opentv-conformance run`)"
    if not tally.answers.asked(operation):
        return f"the captured traffic has no {operation}: use the app so that it sends one ({_purpose(operation)})"
    return f"no {operation} of the captured traffic succeeded: capture one that does ({_purpose(operation)})"


def _purpose(operation: str) -> str:
    found = load_contract().operations.get(operation)
    return found.summary.rstrip(".") if found else "any"


def _untested(entry: Requirement, event: events.Untested, tally: Tally, exercised: ExercisedBy) -> RequirementResult:
    """Say what was seen first, then what the check said; where a response blocked it, the file lacks nothing."""
    blocked_by = tally.blocked_by(entry, event)
    if blocked_by is None:
        return RequirementResult(entry, Outcome.COULD_NOT_TEST, event.reason, tuple(event.add), (), exercised)
    reason = f"{blocked_by.said}; {event.reason}" if blocked_by.said else event.reason
    return RequirementResult(entry, Outcome.COULD_NOT_TEST, reason, (), (), exercised, blocked_by)


def _waive(
    results: list[RequirementResult], waivers: list[events.Waiver], today: date, *, whole: bool
) -> tuple[list[RequirementResult], list[WaiverResult]]:
    index = {result.requirement.id: position for position, result in enumerate(results)}
    judged: list[WaiverResult] = []
    for waiver in waivers:
        position = index.get(waiver.id)
        state = "unmatched"
        if position is not None:
            result = results[position]
            if today > waiver.expires:
                state = "expired"
            elif result.outcome in (Outcome.FAILED, Outcome.WARNED):
                state = "applied"
                results[position] = RequirementResult(
                    result.requirement,
                    Outcome.WAIVED,
                    f"waived: {waiver.reason}",
                    (),
                    result.findings,
                    result.exercised_by,
                )
            elif result.outcome is Outcome.PASSED and whole:
                state = "stale"  # of a part nobody knows what the others saw
            elif result.outcome is not Outcome.WAIVED:
                state = "unused"
        judged.append(
            WaiverResult(waiver.id, waiver.reason, waiver.owner, waiver.link, waiver.expires.isoformat(), state)
        )
    return results, judged


def _verdict(
    results: list[RequirementResult],
    waivers: list[WaiverResult],
    opening: events.Run,
    end: events.End,
    finished: bool,
    *,
    slow: bool,
) -> tuple[Verdict, int]:
    options = opening.options
    results = [result for result in results if not result.requirement.fails_from]
    outcomes = [result.outcome for result in results]
    failed = Outcome.FAILED in outcomes or any(waiver.fails for waiver in waivers) or slow
    if options.get("fail_on") == "should":
        failed = failed or Outcome.WARNED in outcomes
    verified = any(outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.WARNED, Outcome.WAIVED) for outcome in outcomes)
    untested = any(result.outcome is Outcome.COULD_NOT_TEST and result.requirement.binding for result in results)
    if not finished or end.aborted:
        return Verdict.ERROR, end.exit_code or 3
    if failed:
        return Verdict.NONCONFORMANT, 1
    if opening.captures:
        return Verdict.INCOMPLETE, 4 if verified else EXIT_NOTHING_VERIFIED
    if Outcome.ERROR in outcomes:
        return Verdict.ERROR, 3
    if opening.part.of > 1:
        return Verdict.PARTIAL, 0
    if not verified:
        return Verdict.INCOMPLETE, EXIT_NOTHING_VERIFIED
    if opening.gaps:
        return Verdict.INCOMPLETE, 4
    if untested:
        return Verdict.INCOMPLETE, 0 if options.get("allow_untested") else 4
    return (Verdict.PARTIAL if Outcome.LEFT_OUT in outcomes else Verdict.CONFORMANT), 0
