"""Findings put together by cause, and causes told apart without the values that differ from run to run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from conformance.model import Outcome
from conformance.report.answers import Answered
from conformance.report.results import RequirementResult, Results
from conformance.report.tally import Finding

# The order matters: a token holds digits, a date holds numbers.
_VOLATILE = (
    (re.compile(r"\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_.*-]+"), "<token>"),
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"), "<date>"),
    (re.compile(r"\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"), "<date>"),
    (re.compile(r"\b\d+(?:\.\d+)? ?(?:ms|s|seconds|milliseconds)\b"), "<duration>"),
    (re.compile(r"(?<=[:@])\d{4,5}(?=[/\s\"']|$)"), "<port>"),
    (re.compile(r"\b[A-Z]\d{5,}\b"), "<exchange>"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b|\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{12,}\b"), "<hex>"),
    (re.compile(r"\b\d{6,}(?:\.\d+)?\b"), "<number>"),
)


def normalised(text: str) -> str:
    """Return a text whose tokens, dates, ids, ports and long numbers are named instead of shown."""
    for pattern, name in _VOLATILE:
        text = pattern.sub(name, text)
    return text


@dataclass(frozen=True)
class Cause:
    """One cause, every requirement that it breaks, and what follows from it.

    Attributes:
        text: the defect in a few words.
        outcome: the worst outcome of its requirements.
        shown: a pair per requirement: what became of it, and the finding.
        follows: causes that show the same defect: valid requests of an operation that never succeeded.
        untested: what could not be tested because of it.
    """

    text: str
    outcome: Outcome
    shown: tuple[tuple[RequirementResult, Finding], ...]
    follows: tuple[Cause, ...] = ()
    untested: tuple[RequirementResult, ...] = ()

    @property
    def services(self) -> tuple[str, ...]:
        """The services that it shows in."""
        return tuple(dict.fromkeys(result.requirement.service for result, _ in self.shown))

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirements that it breaks, those of what follows from it at the end."""
        own = [result.requirement.id for result, _ in self.shown]
        return tuple(dict.fromkeys((*own, *(name for cause in self.follows for name in cause.requirements))))

    @property
    def binding(self) -> int:
        """How many binding requirements it breaks."""
        every = [result for cause in (self, *self.follows) for result, _ in cause.shown]
        return len({result.requirement.id for result in every if result.outcome is Outcome.FAILED})


_WORST = (Outcome.FAILED, Outcome.WARNED, Outcome.WAIVED)
# Names of fields: only they link a reason that names no exchange to a cause.
_IDENTIFIER = re.compile(r"\b[a-z]+(?:[A-Z]\w*|_\w+)\b")
# "access_token.exp is more than 4294967295": the field that a rule found wrong.
_FIELD = re.compile(r"(?:\$\.)?((?:\w+\.)*)(\w+) (?:is|has|holds) ")
_WORD = re.compile(r"[A-Za-z][a-z]+")
_COMMON = frozenset(
    {"answered", "control", "exchange", "nothing", "prove", "refusal", "request", "that", "with", "would"}
)


def causes_of(results: Results) -> tuple[Cause, ...]:
    """Group the findings of a run by cause, with what follows from each: failures first, then what explains most."""
    causes = _grouped(results)
    heads = _heads(causes)
    owned: dict[int, list[RequirementResult]] = {}
    for result in results.results:
        if result.outcome is Outcome.COULD_NOT_TEST:
            owner = _owner(result, causes, heads)
            if owner is not None:
                owned.setdefault(owner, []).append(result)
    followers = {place for places in heads.values() for place in places[1:]}
    first = {places[0]: places[1:] for places in heads.values()}
    roots = [
        replace(
            cause,
            follows=tuple(causes[other] for other in first.get(place, ())),
            untested=tuple(owned.get(place, ())),
        )
        for place, cause in enumerate(causes)
        if place not in followers
    ]
    return tuple(sorted(roots, key=_importance))


def explained(causes: Iterable[Cause]) -> frozenset[str]:
    """Return the requirements that could not be tested because of one of the causes."""
    return frozenset(result.requirement.id for cause in causes for result in cause.untested)


def _importance(cause: Cause) -> tuple[int, int, int]:
    return _WORST.index(cause.outcome), -cause.binding - len(cause.untested), -len(cause.requirements)


def _grouped(results: Results) -> list[Cause]:
    groups: dict[tuple[str, bool], list[tuple[RequirementResult, Finding]]] = {}
    for result in results.results:
        # A waiver is for the requirement that it names, not for what else the cause breaks.
        waived = result.outcome is Outcome.WAIVED
        for finding in result.findings:
            groups.setdefault((normalised(finding.cause), waived), []).append((result, finding))
    return [
        Cause(members[0][1].cause, _worst(result for result, _ in members), tuple(members))
        for members in groups.values()
    ]


def _heads(causes: list[Cause]) -> dict[str, list[int]]:
    """Return, for each operation that never succeeded, the places of the causes that show it; what says most first."""
    found: dict[str, list[int]] = {}
    for place, cause in enumerate(causes):
        operations = {finding.unserved for _, finding in cause.shown}
        if len(operations) == 1 and cause.outcome is not Outcome.WAIVED:
            found.setdefault(operations.pop(), []).append(place)
    found.pop("", None)
    for operation, places in found.items():
        places.sort(key=lambda place: _directness(causes[place], operation))
    return found


def _directness(cause: Cause, operation: str) -> tuple[int, bool, bool]:
    """Order causes by how directly they show that an operation fails: its own checks, its rules, then others."""
    entry = cause.shown[0][0].requirement
    return _WORST.index(cause.outcome), entry.operation != operation, entry.judged_by == "rule"


def _owner(result: RequirementResult, causes: list[Cause], heads: dict[str, list[int]]) -> int | None:
    """Return the place of the cause that kept a requirement from being tested."""
    blocked_by = result.blocked_by
    if blocked_by is None:
        return None if result.add else _named(result, causes, heads)
    if blocked_by.whole and blocked_by.answered.operation in heads:
        return heads[blocked_by.answered.operation][0]
    chosen = [place for place, cause in enumerate(causes) if _shows(cause, blocked_by.answered)]
    if not chosen:
        return None
    return _root(max(chosen, key=lambda place: _alike(result.reason, causes[place].text)), heads)


def _shows(cause: Cause, answered: Answered) -> bool:
    """Tell whether a binding cause shows the defect that an answer has."""
    if cause.outcome is not Outcome.FAILED:
        return False
    for _, finding in cause.shown:
        if answered.succeeded:
            # Of all that an answer broke, what the check missed in it.
            broke = finding.exchange == answered.exchange or finding.requirement in answered.broken
            if broke and finding.answered and finding.answered.operation == answered.operation:
                return True
        elif (
            finding.answered is not None
            and finding.answered.valid
            and (finding.answered.operation, finding.answered.status) == (answered.operation, answered.status)
        ):
            return True
    return False


def _named(result: RequirementResult, causes: list[Cause], heads: dict[str, list[int]]) -> int | None:
    """Return the place of the binding cause that speaks of a field that the reason speaks of."""
    chosen = [place for place, cause in enumerate(causes) if _speaks_of(cause, result)]
    if not chosen:
        return None
    return _root(max(chosen, key=lambda place: _alike(result.reason, causes[place].text)), heads)


def _speaks_of(cause: Cause, result: RequirementResult) -> bool:
    if cause.outcome is not Outcome.FAILED:
        return False
    if set(_IDENTIFIER.findall(result.reason)) & set(_IDENTIFIER.findall(cause.text)):
        return True
    field = _FIELD.match(cause.text)
    if field is None or field[2] not in re.findall(r"\w+", result.reason):
        return False
    # A bare name (`token`, `result`) is one of many operations.
    return bool(field[1]) or result.requirement.operation in {one.requirement.operation for one, _ in cause.shown}


def _root(place: int, heads: dict[str, list[int]]) -> int:
    return next((places[0] for places in heads.values() if place in places), place)


def _alike(one: str, other: str) -> int:
    """Return how many words two texts share."""
    return len(_telling(one) & _telling(other))


def _telling(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text) if len(word) > 3) - _COMMON


def _worst(results: Iterable[RequirementResult]) -> Outcome:
    found = {result.outcome for result in results}
    return next((outcome for outcome in _WORST if outcome in found), Outcome.FAILED)
