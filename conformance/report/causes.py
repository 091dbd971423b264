"""Findings put together by cause, and causes told apart without the values that differ from run to run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.model import Outcome
from conformance.report.results import RequirementResult, Results
from conformance.report.tally import FindingSeen

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
    """One cause and every requirement that it breaks.

    Attributes:
        text: the defect in a few words.
        outcome: the worst outcome of its requirements.
        shown: a pair per requirement: what became of it, and the finding.
    """

    text: str
    outcome: Outcome
    shown: tuple[tuple[RequirementResult, FindingSeen], ...]

    @property
    def services(self) -> tuple[str, ...]:
        """The services that it shows in."""
        return tuple(dict.fromkeys(result.requirement.service for result, _ in self.shown))

    @property
    def binding(self) -> int:
        """How many binding requirements it breaks."""
        return sum(result.outcome is Outcome.FAILED for result, _ in self.shown)


_WORST = (Outcome.FAILED, Outcome.WARNED, Outcome.WAIVED)


def causes_of(results: Results) -> tuple[Cause, ...]:
    """Group the findings of a run by cause: failures first, then what breaks the most requirements."""
    groups: dict[tuple[str, bool], list[tuple[RequirementResult, FindingSeen]]] = {}
    for result in results.results:
        # A waiver is for the requirement that it names, not for what else the cause breaks.
        waived = result.outcome is Outcome.WAIVED
        for finding in result.findings:
            groups.setdefault((normalised(finding.cause), waived), []).append((result, finding))
    causes = [
        Cause(members[0][1].cause, _worst(result for result, _ in members), tuple(members))
        for members in groups.values()
    ]
    return tuple(sorted(causes, key=lambda cause: (_WORST.index(cause.outcome), -cause.binding, -len(cause.shown))))


def _worst(results: Iterable[RequirementResult]) -> Outcome:
    found = {result.outcome for result in results}
    return next((outcome for outcome in _WORST if outcome in found), Outcome.FAILED)
