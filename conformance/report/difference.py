"""What changed between two runs: a comparison of outcomes and reasons, not of counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.report.causes import normalised
from conformance.report.report_file import ReportFile, RequirementFacts, report_in
from conformance.report.text import counted, one_line
from conformance.report.timestamps import timestamp
from conformance.report.words import OUTCOME

DIFF_SCHEMA_VERSION = 1
# Kind -> heading and what it means, in the order in which a reader wants them.
KINDS = {
    "new": ("New", "broken now, and not before"),
    "other_reason": ("Other reason", "broken before and now, for another cause"),
    "newly_untestable": ("Newly untestable", "tested before, and not now: nothing is known of it any more"),
    "fixed": ("Fixed", "broken before, and kept now"),
    "newly_tested": ("Newly tested", "not tested before, and kept now"),
    "still": ("Still broken", "broken before and now, for the same cause"),
    "changed": ("Otherwise changed", "another outcome, neither better nor worse"),
    "left_out": ("Left out", "not selected for the second run: nothing is said of them"),
    "added": ("Added", "the newer suite has it, the older has not"),
    "removed": ("Removed", "the older suite has it, the newer has not"),
}
# Changes that a terminal shows, those of the first kinds first; the files have all.
MOST_SHOWN = 12
_BROKEN = ("failed", "warned")
_KNOWN = (*_BROKEN, "passed", "waived")
_SEVERITY = {"failed": 2, "warned": 1}


@dataclass(frozen=True)
class RunFacts:
    """One side of the comparison."""

    target: str
    when: str
    verdict: str
    suite: str
    edition: int
    outcomes: Mapping[str, int]


@dataclass(frozen=True)
class Change:
    """A requirement on both sides; an outcome is empty where the suite of that side does not have it."""

    id: str
    title: str
    service: str
    operation: str
    level: str
    before: str
    after: str
    causes_before: tuple[str, ...]
    causes_after: tuple[str, ...]

    @property
    def words(self) -> str:
        """What became of it, in words: `passed → failed`."""
        before, after = (OUTCOME[key].words if key in OUTCOME else key for key in (self.before, self.after))
        return " → ".join(word for word in (before, after) if word)


@dataclass(frozen=True)
class Difference:
    """All changes between two runs, by kind."""

    before: RunFacts
    after: RunFacts
    changes: Mapping[str, tuple[Change, ...]]

    @cached_property
    def worse(self) -> bool:
        """Whether something broke, broke otherwise, or can no longer be tested."""
        return any(self.changes[kind] for kind in ("new", "other_reason", "newly_untestable"))

    @cached_property
    def same(self) -> bool:
        """Whether nothing changed but what was broken and still is, or was left out of the second run."""
        return not any(self.changes[kind] for kind in KINDS if kind not in ("still", "left_out"))

    @property
    def head(self) -> str:
        """The comparison as a sentence."""
        if self.same:
            left_out = len(self.changes["left_out"])
            return f"Nothing changed{f'; {left_out} left out' if left_out else ''}."
        said = [
            f"{len(self.changes[kind])} {heading.lower()}" for kind, (heading, _) in KINDS.items() if self.changes[kind]
        ]
        return f"{'Worse' if self.worse else 'Not worse'}: {', '.join(said)}."

    def to_json(self) -> dict[str, Any]:
        """Return the difference as JSON."""
        return {
            "schema_version": DIFF_SCHEMA_VERSION,
            "before": _side(self.before),
            "after": _side(self.after),
            "worse": self.worse,
            **{kind: [_change(change) for change in self.changes[kind]] for kind in KINDS},
        }

    def to_text(self) -> str:
        """Return the difference for a terminal, without colours."""
        lines = [
            f"before: {self.before.target}, {self.before.when}: {self.before.verdict}",
            f"after:  {self.after.target}, {self.after.when}: {self.after.verdict}",
            self.head,
        ]
        left, hidden = MOST_SHOWN, 0
        for kind, (heading, meaning) in KINDS.items():
            changes = self.changes[kind]
            if changes:
                lines += ["", f"{heading} ({counted(len(changes), 'requirement')}: {meaning})"]
                if kind == "left_out":
                    continue
                shown = changes[:left]
                lines += [line for change in shown for line in _lines(change, kind)]
                left -= len(shown)
                hidden += len(changes) - len(shown)
        if hidden:
            lines += ["", f"{hidden} more: --html FILE and --json FILE have all"]
        return "\n".join(lines) + "\n"

    def to_html(self) -> str:
        """Return the difference as one HTML file that looks like the report."""
        from conformance.report.html import render

        return render("diff.html.j2", difference=self, kinds=KINDS)


def diff(a: Path, b: Path) -> Difference:
    """Compare two run folders, `a` the older one.

    What each suite knew of its requirements stands in its own report.json; a folder without one is read from
    its stream, with the requirements of this suite.

    Raises:
        RunFolderError: a folder holds no run, or its report was changed.
    """
    return compared(report_in(a), report_in(b))


def compared(before: ReportFile, after: ReportFile) -> Difference:
    """Compare the reports of two runs, the older one first."""
    left = {entry.id: entry for entry in before.requirements}
    right = {entry.id: entry for entry in after.requirements}
    changes: dict[str, list[Change]] = {kind: [] for kind in KINDS}
    for name in dict.fromkeys((*right, *left)):
        kind = _kind(left.get(name), right.get(name))
        if kind:
            changes[kind].append(_change_of(left.get(name), right.get(name)))
    return Difference(_facts(before), _facts(after), {kind: tuple(found) for kind, found in changes.items()})


def _kind(before: RequirementFacts | None, after: RequirementFacts | None) -> str:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    was, now = before.outcome, after.outcome
    if now in _BROKEN:
        if was not in _BROKEN or _SEVERITY[now] > _SEVERITY[was]:
            return "new"
        reasons = [{normalised(cause) for cause in entry.causes} for entry in (before, after)]
        return "still" if reasons[0] == reasons[1] else "other_reason"
    if was == now:
        return ""
    if now == "left_out":
        return "left_out"
    if was in _KNOWN and now not in _KNOWN:
        # What held, and what nothing could have broken this time, is no worse.
        return "changed" if (was, now) == ("passed", "not_observed") else "newly_untestable"
    if now == "passed":
        return "fixed" if was in (*_BROKEN, "waived") else "newly_tested"
    return "changed"


def _change_of(before: RequirementFacts | None, after: RequirementFacts | None) -> Change:
    entry = after or before
    assert entry is not None
    return Change(
        id=one_line(entry.id, 40),
        title=one_line(entry.title),
        service=entry.service,
        operation=entry.operation,
        level=entry.level,
        before=before.outcome if before else "",
        after=after.outcome if after else "",
        causes_before=before.causes if before else (),
        causes_after=(after.causes or ((after.reason,) if after.reason else ())) if after else (),
    )


def _facts(report: ReportFile) -> RunFacts:
    return RunFacts(
        target=one_line(report.target.name, 80),
        when=timestamp(report.timings.started_at),
        verdict=one_line(report.verdict, 40),
        suite=one_line(report.suite.version, 40),
        edition=report.suite.edition,
        outcomes=report.counts,
    )


def _side(facts: RunFacts) -> dict[str, Any]:
    return {
        "target": facts.target,
        "when": facts.when,
        "verdict": facts.verdict,
        "suite": facts.suite,
        "edition": facts.edition,
        "counts": dict(facts.outcomes),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "title": change.title,
        "service": change.service,
        "operation": change.operation,
        "level": change.level,
        "before": change.before,
        "after": change.after,
        "causes_before": list(change.causes_before),
        "causes_after": list(change.causes_after),
    }


def _lines(change: Change, kind: str) -> list[str]:
    lines = [f"  {change.id}  {change.title}  ({change.words})"]
    if kind in ("fixed", "other_reason"):
        lines += [f"           was: {one_line(cause)}" for cause in change.causes_before]
    if kind in ("new", "other_reason", "newly_untestable", "still"):
        lines += [f"           now: {one_line(cause)}" for cause in change.causes_after]
    return lines
