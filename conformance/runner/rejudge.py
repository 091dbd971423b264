"""Judges a stored run by the rules of this suite: which verdicts change, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from conformance import __version__
from conformance.capture import Changes, Rejudged
from conformance.contract import load_contract
from conformance.errors import RunFolderError
from conformance.redaction import Redactor
from conformance.register import Register, load_register
from conformance.report import Change, Difference, Results, compared, report_in, write_reports
from conformance.report.report_file import RequirementFacts
from conformance.rules import Context, rule_versions
from conformance.runner.digests import suite_digest
from conformance.runner.folder import new_folder
from conformance.stream import RunFolder, StreamWriter, events, read_run

_BROKEN = ("failed", "warned", "waived")
_JUDGED = (*_BROKEN, "passed")


@dataclass(frozen=True)
class Rejudgement:
    """A run judged again: its folder, its results, what changed, and why each requirement changed."""

    folder: Path
    results: Results
    difference: Difference
    reasons: Mapping[str, str]
    changes: Changes


def rejudge(folder: Path, *, out: Path | None = None, versions: Mapping[str, str] | None = None) -> Rejudgement:
    """Judge a stored run by the rules of this suite, and write it to a folder of its own, with all reports.

    Args:
        folder: of the run.
        out: the folder for the run as it is judged now.
        versions: of the rules of this suite, where they are not what their code says (for tests).

    Raises:
        RunFolderError: the folder holds no run, or was changed.
        UsageError: `out` cannot be written.
    """
    register, now = load_register(), dict(versions or rule_versions())
    run = read_run(folder)
    opening = _opening(run)
    target = opening.target
    context = Context(
        register=register, tenant=target.tenant, features=frozenset(target.features), pins=target.readings
    )
    made = Rejudged(run, context, now)
    written = new_folder(out, f"{target.name}-rejudged")
    with StreamWriter(written / "run.jsonl", Redactor()) as stream:
        for event in made.stream():
            stream.copy(_of_this_suite(event, register) if isinstance(event, events.Run) else event)
    results = write_reports(written, register)
    reports = report_in(folder), report_in(written)
    found = compared(*reports)
    before, after = ({entry.id: entry for entry in one.requirements} for one in reports)
    reasons = {
        change.id: _reason(change, before.get(change.id), after.get(change.id), made.changes)
        for kind, changes in found.changes.items()
        if kind != "still"
        for change in changes
    }
    return Rejudgement(written, results, found, reasons, made.changes)


def _opening(run: RunFolder) -> events.Run:
    opening = next(iter(run.events()), None)
    if not isinstance(opening, events.Run):
        raise RunFolderError("the opening line is missing", where=f"{run.stream}:1")
    return opening


def _of_this_suite(event: events.Run, register: Register) -> events.Run:
    digests = replace(
        event.digests, suite=suite_digest(), contract=load_contract().digest(), register=register.digest()
    )
    return replace(event, suite=events.Suite(event.suite.name, __version__), digests=digests)


def _reason(change: Change, before: RequirementFacts | None, after: RequirementFacts | None, changes: Changes) -> str:
    """Say why the outcome of a requirement is another one now."""
    if after is None:
        return "retired: this suite does not test it"
    if before is None:
        if after.outcome in _JUDGED:
            return "new in this suite, and shown by the traffic of the run"
        return "new in this suite: it needs new traffic"
    rules = ", ".join(sorted(changes.rules.get(change.id, ())))
    if rules and after.outcome in _BROKEN and before.outcome not in _BROKEN:
        how = "the suite missed it" if before.outcome in _JUDGED else "stricter: it was not judged then"
        return f"{how} (rule {rules})"
    if rules and before.outcome in _BROKEN and after.outcome not in _BROKEN:
        return f"the suite accused wrongly (rule {rules})"
    if (before.level, before.basis) != (after.level, after.basis):
        was, now = (f"{entry.level}, {entry.basis}" for entry in (before, after))
        return f"the documents were read again: {was} then, {now} now"
    if rules:
        return f"the rule changed ({rules})"
    return "it needs new traffic: what it rests on is found out in another way now"
