"""From the stream of a run to an outcome per requirement and a verdict: a pure function, asked by every report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import reduce

from conformance.applicability import undeclared
from conformance.contract import load_contract
from conformance.model import Outcome, Requirement, Verdict
from conformance.register import Register
from conformance.report.answers import Block, without_numbers
from conformance.report.tally import NOTHING_EXERCISED, ClientMistake, Finding, Tally
from conformance.stream import SCHEMA_VERSION, EventSource, TargetProfile, events

EXIT_NOTHING_VERIFIED = 5
# A stream whose first line is missing declares nothing.
_NO_OPENING = events.Run(
    schema_version=SCHEMA_VERSION, suite=events.Suite("opentv-conformance", ""), target=events.TargetFacts()
)


@dataclass(frozen=True)
class ExercisedBy:
    """Who put a requirement to the test: check names, exchanges that rules judged, generated cases."""

    checks: tuple[str, ...] = ()
    exchanges: int = 0
    generated: int = 0


@dataclass(frozen=True)
class RequirementResult:
    """What became of a requirement, and why; `add` are lines for the target file.

    `blocked_by` is the response that kept it from being tested, where one did.
    """

    requirement: Requirement
    outcome: Outcome
    reason: str = ""
    add: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    exercised_by: ExercisedBy = field(default_factory=ExercisedBy)
    blocked_by: Block | None = None

    @property
    def why_untested(self) -> str:
        """What was seen that kept it from being tested: the same words for all that it kept from it."""
        return (self.blocked_by.said if self.blocked_by else "") or without_numbers(self.reason)

    def name_of(self, finding: Finding) -> str:
        """Return the name of one of its findings (SGN-013.1): reports link to it, `replay` sends it again."""
        return f"{self.requirement.id}.{self.findings.index(finding) + 1}"


@dataclass(frozen=True)
class WaiverResult:
    """A waiver and what became of it: applied, stale, expired, unmatched, unused."""

    id: str
    reason: str
    owner: str
    link: str
    expires: str
    state: str

    @property
    def fails(self) -> bool:
        """Whether it fails the run."""
        return self.state in ("stale", "expired", "unmatched")


@dataclass(frozen=True)
class Results:
    """All that a run says.

    Attributes:
        run: the opening event of the stream: suite, target, options, digests.
        results: one per requirement of the register, in its order.
        verdict: of the whole run.
        exit_code: what `run` ends with (interface, Exit codes).
        counts: outcome -> number of requirements.
        matrix: level -> outcome -> number.
        binding: outcome -> number, of the requirements that can fail a target.
        premises: what preflight saw of each premise of the target file.
        mistakes: what clients did wrong in captured traffic, which is no fault of the platform.
        profile: how the target wants what the documents leave open, as the run found it out.
        finished: whether the stream has its closing line.
    """

    run: events.Run
    results: tuple[RequirementResult, ...]
    verdict: Verdict
    exit_code: int
    counts: Mapping[str, int]
    matrix: Mapping[str, Mapping[str, int]]
    binding: Mapping[str, int]
    readings: Mapping[str, str]
    waivers: tuple[WaiverResult, ...]
    created: tuple[events.Created, ...]
    refused: tuple[events.Refused, ...]
    fuzz: tuple[events.Fuzz, ...]
    checks: tuple[events.Check, ...]
    controls: tuple[events.Control, ...]
    conditions: tuple[events.Condition, ...]
    premises: tuple[events.Premise, ...]
    mistakes: tuple[ClientMistake, ...]
    profile: TargetProfile
    notes: tuple[events.Note | events.Torn, ...]
    requests: Mapping[str, int]
    started_at: int
    ended_at: int
    finished: bool
    end: events.End

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, in the order of the register."""
        return tuple(finding for result in self.results for finding in result.findings)

    @property
    def embedded(self) -> bool:
        """Whether the target was the reference platform that ships with the suite."""
        return self.run.target.embedded

    @property
    def captured(self) -> bool:
        """Whether traffic was judged that the suite did not send."""
        return bool(self.run.captures)

    @property
    def exercised(self) -> int:
        """How many binding requirements were exercised: those that hold or are broken."""
        return sum(self.binding[one] for one in (Outcome.PASSED, Outcome.FAILED, Outcome.WARNED, Outcome.WAIVED))

    @property
    def rows(self) -> tuple[tuple[str, Mapping[str, int]], ...]:
        """Outcome -> number, of the requirements that can fail a target (`yes`) and of those that only warn (`no`)."""
        rest = {name: number - self.binding[name] for name, number in self.counts.items()}
        return ("yes", self.binding), ("no", rest)

    @property
    def selected(self) -> int:
        """How many requirements were selected for this run."""
        return len(self.results) if self.run.selected is None else len(self.run.selected)

    @property
    def writes_said(self) -> str:
        """What a run that may not write says of writes; empty where it may."""
        if self.run.target.writes:
            return ""
        sent, refused = (self.requests.get(f"budget_writes_{what}", 0) for what in ("sent", "refused"))
        return f"{sent} writes sent, {refused} refused"

    def of(self, requirement_id: str) -> RequirementResult:
        """Return the result of a requirement.

        Raises:
            KeyError: there is none.
        """
        for result in self.results:
            if result.requirement.id == requirement_id:
                return result
        raise KeyError(requirement_id)


def results_of(run: EventSource, register: Register) -> Results:
    """Read a run, or its parts, and say what became of each requirement.

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
    results = [_result(entry, opening, selected, tally, finished, register) for entry in register]
    results, waived = _waive(results, opening.waivers, today)
    verdict, code = _verdict(results, waived, opening, end, finished)
    counts = Counter(result.outcome.value for result in results)
    matrix: dict[str, dict[str, int]] = {level: {o.value: 0 for o in Outcome} for level in ("must", "should")}
    for result in results:
        matrix[result.requirement.level.value][result.outcome.value] += 1
    binding = Counter(result.outcome.value for result in results if result.requirement.binding)
    budget: Counter[str] = Counter()
    for spent in tally.all(events.Budget):
        budget.update(sent=spent.sent, writes_sent=spent.writes_sent, writes_refused=spent.writes_refused)
    return Results(
        run=opening,
        results=tuple(results),
        verdict=verdict,
        exit_code=code,
        counts={outcome.value: counts[outcome.value] for outcome in Outcome},
        matrix=matrix,
        binding={outcome.value: binding[outcome.value] for outcome in Outcome},
        readings={event.reading: event.option for event in tally.all(events.Reading)},
        waivers=tuple(waived),
        created=tally.all(events.Created),
        refused=tally.all(events.Refused),
        fuzz=tally.all(events.Fuzz),
        checks=tally.all(events.Check),
        controls=tally.all(events.Control),
        conditions=tally.all(events.Condition),
        premises=tally.all(events.Premise),
        mistakes=tally.mistakes,
        profile=reduce(TargetProfile.with_facts, (one.profile for one in tally.all(events.Profile)), TargetProfile()),
        notes=(*tally.all(events.Note), *torn),
        requests={**tally.requests, **{f"budget_{key}": value for key, value in budget.items()}},
        started_at=tally.first,
        ended_at=tally.last,
        finished=finished,
        end=end,
    )


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
    if findings:
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
    results: list[RequirementResult], waivers: list[events.Waiver], today: date
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
            elif result.outcome is Outcome.PASSED:
                state = "stale"
            elif result.outcome is not Outcome.WAIVED:
                state = "unused"
        judged.append(
            WaiverResult(waiver.id, waiver.reason, waiver.owner, waiver.link, waiver.expires.isoformat(), state)
        )
    return results, judged


def _verdict(
    results: list[RequirementResult], waivers: list[WaiverResult], opening: events.Run, end: events.End, finished: bool
) -> tuple[Verdict, int]:
    options = opening.options
    outcomes = [result.outcome for result in results]
    failed = Outcome.FAILED in outcomes or any(waiver.fails for waiver in waivers)
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
    if not verified:
        return Verdict.INCOMPLETE, EXIT_NOTHING_VERIFIED
    if untested:
        return Verdict.INCOMPLETE, 0 if options.get("allow_untested") else 4
    return (Verdict.PARTIAL if Outcome.LEFT_OUT in outcomes else Verdict.CONFORMANT), 0
