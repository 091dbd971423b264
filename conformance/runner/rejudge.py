"""Judges a stored run by the rules of this suite: which verdicts change, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from conformance import __version__
from conformance.capture import Changes, Rejudged
from conformance.contract import load_contract
from conformance.editions import EditionChange
from conformance.errors import RunFolderError
from conformance.redaction import Redactor
from conformance.register import Register, load_register
from conformance.report import Difference, Results, compared, report_in, write_reports
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


def rejudge(
    folder: Path,
    *,
    out: Path | None = None,
    versions: Mapping[str, str] | None = None,
    reports: Callable[[Path, Register], Results] = write_reports,
) -> Rejudgement:
    """Judge a stored run by the rules of this suite, and write it to a folder of its own, with all reports.

    Args:
        folder: of the run.
        out: the folder for the run as it is judged now.
        versions: of the rules of this suite, where they are not what their code says (for tests).
        reports: writes the reports of a run folder, and returns its results.

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
    results = reports(written, register)
    sides = report_in(folder), report_in(written)
    found = compared(*sides)
    before, after = ({entry.id: entry for entry in one.requirements} for one in sides)
    reasons = {
        change.id: _reason(
            before.get(change.id),
            after.get(change.id),
            sorted(made.changes.rules.get(change.id, ())),
            register.history(change.id, since=opening.suite.edition or 1),
        )
        for kind, changes in found.changes.items()
        if kind not in ("still", "left_out")
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
    return replace(event, suite=events.Suite(event.suite.name, __version__, register.edition), digests=digests)


def _reason(
    before: RequirementFacts | None,
    after: RequirementFacts | None,
    rules: Sequence[str],
    history: Sequence[EditionChange],
) -> str:
    """Say why the outcome of a requirement is another one now.

    Args:
        before: what the run said of it, None where its suite did not have it.
        after: what this suite says of it, None where it does not have it.
        rules: those that judge it otherwise than then.
        history: what the editions since the run did to it.
    """
    if before is not None:
        # What a run of an unknown edition had already is no reason.
        history = [one for one in history if one.was in (None, (before.level, before.basis))]
    said = "; ".join(str(one) for one in history)
    if after is None:
        return said or "retired: this suite does not test it"
    if before is None:
        shown = "shown by the traffic of the run" if after.outcome in _JUDGED else "it needs new traffic"
        return f"new in this suite: {shown}{f' ({said})' if said else ''}"
    if said:
        return f"the documents were read again: {said}"
    if (before.level, before.basis) != (after.level, after.basis):
        was, now = (f"{entry.level}, {entry.basis}" for entry in (before, after))
        return f"the documents were read again: {was} then, {now} now"
    if not rules:
        return "it needs new traffic: what it rests on is found out in another way now"
    named = f"rule {', '.join(rules)}"
    if after.outcome in _BROKEN and before.outcome not in _BROKEN:
        how = "the suite missed it" if before.outcome in _JUDGED else "stricter: it was not judged then"
        return f"{how} ({named})"
    if before.outcome in _BROKEN and after.outcome not in _BROKEN:
        return f"the suite accused wrongly ({named})"
    return f"the {named} judges otherwise now"
