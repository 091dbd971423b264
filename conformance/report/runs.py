"""Many runs beside each other, vendors and releases: the verdict of each, and what came and went from run to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.report.causes import normalised
from conformance.report.charts import stacked
from conformance.report.report_file import ReportFile, report_in
from conformance.report.text import counted, one_line
from conformance.report.timestamps import iso, timestamp
from conformance.report.views import BarRow
from conformance.report.words import OUTCOME, OUTCOMES

RUNS_SCHEMA_VERSION = 1
_TESTED = ("failed", "warned", "waived", "passed", "not_observed")
# What a reader of many runs looks for; a requirement that is nothing of it in any run is not listed.
_NOTABLE = ("failed", "warned", "error", "waived", "could_not_test")


@dataclass(frozen=True)
class Run:
    """A run; `come` and `gone` are the causes by which it differs from the run of the same target before it."""

    folder: str
    target: str
    started_at: int
    verdict: str
    suite: str
    detection: str
    counts: Mapping[str, int]
    outcomes: Mapping[str, str]
    causes: tuple[str, ...]
    come: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    first: bool = True

    @property
    def when(self) -> str:
        """When it began, for a person."""
        return timestamp(self.started_at)

    @property
    def bar(self) -> BarRow:
        """Its outcomes as a stacked bar, but for what it did not select."""
        parts = [(word.key, word.words, self.counts.get(word.key, 0)) for word in OUTCOMES if word.key != "left_out"]
        return stacked(self.folder, parts)


@dataclass(frozen=True)
class Row:
    """A requirement and what became of it in each run; empty where the suite of that run does not have it."""

    id: str
    title: str
    operation: str
    outcomes: tuple[str, ...]


@dataclass(frozen=True)
class Runs:
    """Runs by target and time, and the requirements that were not simply kept in each of them."""

    runs: tuple[Run, ...]
    rows: tuple[Row, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the runs as JSON."""
        return {
            "schema_version": RUNS_SCHEMA_VERSION,
            "runs": [
                {
                    "folder": run.folder,
                    "target": run.target,
                    "started": iso(run.started_at),
                    "verdict": run.verdict,
                    "suite": run.suite,
                    "detection": run.detection,
                    "counts": dict(run.counts),
                    "causes": list(run.causes),
                    "come": list(run.come),
                    "gone": list(run.gone),
                }
                for run in self.runs
            ],
            "requirements": [
                {"id": row.id, "title": row.title, "operation": row.operation, "outcomes": list(row.outcomes)}
                for row in self.rows
            ],
        }

    def to_text(self) -> str:
        """Return the runs for a terminal: a line each, and below it what came and went."""
        lines = [f"{counted(len(self.runs), 'run')}, {counted(len(self.rows), 'requirement')} not kept in all of them"]
        target = ""
        for run in self.runs:
            if run.target != target:
                target = run.target
                lines += ["", target]
            numbers = ", ".join(
                f"{run.counts[word.key]:,} {word.words}" for word in OUTCOMES if run.counts.get(word.key)
            )
            lines.append(f"  {run.when}  {run.verdict}: {numbers}  (suite {run.suite}, {run.folder})")
            lines += [f"    + {cause}" for cause in run.come]
            lines += [f"    - {cause}" for cause in run.gone]
        return "\n".join(lines) + "\n"

    def to_html(self) -> str:
        """Return the runs as one HTML file that looks like the report."""
        from conformance.report.html import render

        return render("runs.html.j2", page=self, words=OUTCOME)


def runs_of(folders: Sequence[Path]) -> Runs:
    """Read run folders and put them beside each other.

    What each suite knew of its requirements is in its own report.json; a folder without one is read from its stream,
    with the requirements of this suite.

    Raises:
        RunFolderError: a folder holds no run, or its report was changed.
    """
    reports = sorted(
        ((folder, report_in(folder)) for folder in folders),
        key=lambda pair: (pair[1].target.name, pair[1].timings.started_at),
    )
    runs: list[Run] = []
    for folder, report in reports:
        before = runs[-1] if runs and runs[-1].target == one_line(report.target.name, 80) else None
        runs.append(_run(folder, report, before))
    known = {entry.id: entry for _, report in reports for entry in report.requirements}
    rows = (
        Row(
            one_line(name, 40),
            one_line(entry.title),
            one_line(entry.operation, 80),
            tuple(run.outcomes.get(name, "") for run in runs),
        )
        for name, entry in sorted(known.items())
    )
    return Runs(tuple(runs), tuple(row for row in rows if any(one in _NOTABLE for one in row.outcomes)))


def _run(folder: Path, report: ReportFile, before: Run | None) -> Run:
    outcomes = {entry.id: entry.outcome for entry in report.requirements if entry.outcome in OUTCOME}
    found = (
        f"{one_line(entry.id, 40)} {one_line(cause)}"
        for entry in report.requirements
        if entry.outcome == "failed"
        for cause in entry.causes
    )
    now = {normalised(cause): cause for cause in found}
    earlier = {normalised(cause): cause for cause in before.causes} if before else {}
    return Run(
        folder=one_line(folder.name, 120),
        target=one_line(report.target.name, 80),
        started_at=report.timings.started_at,
        verdict=one_line(report.verdict, 40),
        suite=one_line(report.suite.version, 40),
        detection=one_line(report.detection.said, 120),
        counts={word.key: report.counts.get(word.key, 0) for word in OUTCOMES},
        outcomes=outcomes,
        causes=tuple(now.values()),
        come=tuple(cause for key, cause in now.items() if key not in earlier) if before else (),
        # What was not tested this time is not gone.
        gone=tuple(
            cause
            for key, cause in earlier.items()
            if key not in now and outcomes.get(cause.partition(" ")[0]) in _TESTED
        ),
        first=before is None,
    )
