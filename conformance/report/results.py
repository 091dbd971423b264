"""What a run says: an outcome for each requirement, and a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.model import Outcome, Requirement, Verdict
from conformance.report.acceptance import Acceptance, worse
from conformance.report.answers import Block, without_numbers
from conformance.report.tally import ClientMistake, Finding
from conformance.stream import TargetProfile, events

EXIT_NOTHING_VERIFIED = 5


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
        counts: outcome -> number of requirements.
        matrix: level -> outcome -> number.
        binding: outcome -> number, of the requirements that can fail a target.
        premises: what preflight saw of each premise of the target file.
        blocks: those of a soak, without the numbers of their exchanges; none otherwise.
        mistakes: what clients did wrong in captured traffic, which is no fault of the platform.
        load: what workers counted under load; empty for a run without one.
        crossings: what of one user was in the answer to another.
        profile: how the target wants what the documents leave open, as the run found it out.
        own_exit_code: what the run's own verdict ends with.
        acceptance: the run by an acceptance profile, where one is given.
        peers: who took the TLS connections.
        finished: whether the stream has its closing line.
    """

    run: events.Run
    results: tuple[RequirementResult, ...]
    verdict: Verdict
    own_exit_code: int
    counts: Mapping[str, int]
    matrix: Mapping[str, Mapping[str, int]]
    binding: Mapping[str, int]
    readings: Mapping[str, str]
    waivers: tuple[WaiverResult, ...]
    created: tuple[events.Created, ...]
    refused: tuple[events.Refused, ...]
    fuzz: tuple[events.Fuzz, ...]
    blocks: tuple[events.Block, ...]
    checks: tuple[events.Check, ...]
    controls: tuple[events.Control, ...]
    conditions: tuple[events.Condition, ...]
    premises: tuple[events.Premise, ...]
    peers: tuple[events.Peer, ...]
    mistakes: tuple[ClientMistake, ...]
    profile: TargetProfile
    notes: tuple[events.Note | events.Torn, ...]
    load: tuple[events.Load, ...]
    crossings: tuple[events.Crossing, ...]
    requests: Mapping[str, int]
    started_at: int
    ended_at: int
    finished: bool
    end: events.End
    acceptance: Acceptance | None = None

    @property
    def exit_code(self) -> int:
        """What `run` ends with: where a profile is given, the worse of the two verdicts' exit codes."""
        own = self.own_exit_code
        return own if self.acceptance is None else worse(own, self.acceptance.exit_code)

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
