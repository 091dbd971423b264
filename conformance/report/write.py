"""A run folder to all its reports."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from conformance.errors import RunFolderError, StreamError
from conformance.register import Register
from conformance.report.evidence import gather
from conformance.report.fold import results_of
from conformance.report.formats import FORMATS
from conformance.report.load_numbers import crossed
from conformance.report.results import Results
from conformance.stream import events, read_run


def write_reports(folder: Path, register: Register, profile: events.AcceptanceProfile | None = None) -> Results:
    """Write every format beside `run.jsonl`, for its owner alone; `profile` in place of that of the stream.

    Raises:
        RunFolderError: the stream cannot be read, or something else has the name of a report.
        StreamError: the folder cannot be written.
    """
    run = read_run(folder)
    results = results_of(run, register, profile)
    for one in FORMATS:
        _refuse(run.path / one.file)
    shown = frozenset((*(finding.exchange for finding in results.findings), *crossed(results.crossings)))
    evidence = gather(run, shown, captured=results.captured)
    for one in FORMATS:
        _write(run.path / one.file, one.write(results, evidence, register))
    return results


def _refuse(path: Path) -> None:
    """Refuse to write over what is not a plain file of its own: a link leads elsewhere, a pipe has no end."""
    try:
        found = path.lstat()
    except OSError:
        return
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        raise RunFolderError(
            "not a plain file of its own: no report is written over it",
            where=str(path),
            advice="Remove it, or copy run.jsonl into a folder of its own.",
        )


def _write(path: Path, pieces: Iterable[str]) -> None:
    """Write a report beside its place, then put it there whole."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(opened, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.writelines(pieces)
        part.replace(path)
    except OSError as problem:
        part.unlink(missing_ok=True)
        raise StreamError(f"a report cannot be written: {problem.strerror or problem}", where=str(path)) from None
