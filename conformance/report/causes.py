"""Findings put together by cause, and causes told apart without the values that differ from run to run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from conformance.model import Outcome
from conformance.report.answers import Answered
from conformance.report.results import RequirementResult, Results
from conformance.report.tally import Finding
from conformance.report.text import counted

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
    def effect(self) -> str:
        """What it means for a viewer or an operator: the effect of the first requirement that has one."""
        return next((finding.effect for _, finding in self.shown if finding.effect), "")

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
_ID = re.compile(r"\b[A-Z]{3}-\d{3}\b")
_COMMON = frozenset(
    {"answered", "control", "exchange", "nothing", "prove", "refusal", "request", "that", "with", "would"}
)


def causes_of(results: Results) -> tuple[Cause, ...]:
    """Group the findings of a run by cause, with what follows from each: failures first, then what explains most."""
    causes = _grouped(results)
    heads = _heads(causes)
    roots = _roots(causes, heads)
    owned: dict[int, list[RequirementResult]] = {}
    for result in results.results:
        if result.outcome is Outcome.COULD_NOT_TEST:
            owner = _owner(result, causes, heads, results)
            if owner is not None:
                owned.setdefault(roots.get(owner, owner), []).append(result)
    found = [
        replace(
            cause,
            follows=tuple(causes[other] for other, root in roots.items() if root == place),
            untested=tuple(owned.get(place, ())),
        )
        for place, cause in enumerate(causes)
        if place not in roots
    ]
    return tuple(sorted(found, key=_importance))


def _roots(causes: list[Cause], heads: dict[str, list[int]]) -> dict[int, int]:
    """Return the place of the cause that a cause follows from, for each that follows from one."""
    roots = {place: places[0] for places in heads.values() for place in places[1:]}
    for place, cause in enumerate(causes):
        if cause.outcome is Outcome.WAIVED or place in roots:
            continue
        own = {result.requirement.id for result, _ in cause.shown}
        before = (
            other
            for other, head in enumerate(causes)
            if other != place and head.outcome is Outcome.FAILED and own <= _consequences(head)
        )
        first = next(before, None)
        if first is not None:
            roots[place] = first
    # A root that follows from another: both hang below that one.
    return {place: _last(roots, place) for place in roots}


def _last(roots: dict[int, int], place: int) -> int:
    """Return the end of a chain of causes."""
    seen = {place}
    while place in roots and roots[place] not in seen:
        place = roots[place]
        seen.add(place)
    return place


def _consequences(cause: Cause) -> frozenset[str]:
    """Return what is broken because a cause breaks its requirements (specs/consequences.yaml)."""
    return frozenset(name for result, _ in cause.shown for name in result.requirement.consequences)


def explained(causes: Iterable[Cause]) -> frozenset[str]:
    """Return the requirements that could not be tested because of one of the causes."""
    return frozenset(result.requirement.id for cause in causes for result in cause.untested)


def _importance(cause: Cause) -> tuple[int, int, int]:
    return _WORST.index(cause.outcome), -cause.binding - len(cause.untested), -len(cause.requirements)


def _grouped(results: Results) -> list[Cause]:
    groups: dict[tuple[object, bool, int], list[tuple[RequirementResult, Finding]]] = {}
    for result in results.results:
        # A waiver is for the requirement that it names, not for what else the cause breaks; a preview is by itself.
        waived = result.outcome is Outcome.WAIVED
        for finding in result.findings:
            key = finding.refusal or normalised(finding.cause)
            groups.setdefault((key, waived, result.requirement.fails_from), []).append((result, finding))
    for members in groups.values():
        members.sort(key=lambda member: _WORST.index(member[0].outcome))
    return [Cause(_text(members), members[0][0].outcome, tuple(members)) for members in groups.values()]


def _text(members: list[tuple[RequirementResult, Finding]]) -> str:
    """Return a cause in a few words; of several requests that were refused alike, what they have in common."""
    findings = [finding for _, finding in members]
    refusal = findings[0].refusal
    if refusal is None or len({normalised(finding.cause) for finding in findings}) == 1:
        return findings[0].cause
    expected = {finding.statuses for finding in findings if all(one > "399" for one in finding.statuses)}
    wanted = f" in place of {' or '.join(expected.pop())}" if len(expected) == 1 and refusal.status < 500 else ""
    inputs = sum(1 + len(finding.inputs) for finding in findings)
    return f"{refusal.operation}: {counted(inputs, 'kind')} of requests answered {refusal.status}{wanted}"


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


def _owner(
    result: RequirementResult,
    causes: list[Cause],
    heads: dict[str, list[int]],
    results: Results,
    seen: frozenset[str] = frozenset(),
) -> int | None:
    """Return the place of the cause that kept a requirement from being tested; `seen` referred to it."""
    blocked_by = result.blocked_by
    if blocked_by is not None and blocked_by.whole and blocked_by.answered.operation in heads:
        return heads[blocked_by.answered.operation][0]
    if blocked_by is not None:
        chosen = [place for place, cause in enumerate(causes) if _shows(cause, blocked_by.answered)]
        if chosen:
            return max(chosen, key=lambda place: _alike(result.reason, causes[place].text))
    elif result.add:
        return None
    # A requirement that the reason refers to ("see UPD-003"), and what kept that one from being tested.
    for name in _ID.findall(result.reason):
        for place, cause in enumerate(causes):
            if cause.outcome is Outcome.FAILED and name in {one.requirement.id for one, _ in cause.shown}:
                return place
        for other in results.results:
            if other.requirement.id == name and name not in seen and other.outcome is Outcome.COULD_NOT_TEST:
                return _owner(other, causes, heads, results, seen | {name})
    return _named(result, causes)


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


def _named(result: RequirementResult, causes: list[Cause]) -> int | None:
    """Return the place of the binding cause that speaks of a field that the reason speaks of."""
    chosen = [place for place, cause in enumerate(causes) if _speaks_of(cause, result)]
    return max(chosen, key=lambda place: _alike(result.reason, causes[place].text), default=None)


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


def _alike(one: str, other: str) -> int:
    """Return how many words two texts share."""
    return len(_telling(one) & _telling(other))


def _telling(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text) if len(word) > 3) - _COMMON
