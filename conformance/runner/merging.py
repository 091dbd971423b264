"""Makes one run of its parts: one stream, judged once, as any other run is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.redaction import Redactor
from conformance.register import Register, load_register
from conformance.report import Results, write_reports
from conformance.runner.folder import forget, new_folder
from conformance.stream import Parts, StreamWriter, events, read_run


@dataclass(frozen=True)
class Merged:
    """A merged run: its folder, its results, and how many parts were given a second time."""

    folder: Path
    results: Results
    repeated: int


def merge(
    folders: Sequence[Path],
    *,
    out: Path | None = None,
    partial: bool = False,
    reports: Callable[[Path, Register], Results] = write_reports,
) -> Merged:
    """Write the parts of a run into one folder, in whatever order they come, with all reports.

    Args:
        folders: those of the parts.
        out: the folder of the whole run.
        partial: judge what is there although parts are missing, were cut off or were given up.
        reports: writes the reports of a run folder, and returns its results.

    Raises:
        RunFolderError: a folder holds no run, or they are not parts of one run; nothing is written.
        UsageError: `out` cannot be written.
    """
    parts = Parts([read_run(folder) for folder in folders])
    register = load_register()
    written = new_folder(out, parts.target)
    try:
        # What is secret is redacted already, by each part with a key of its own.
        with StreamWriter(written / "run.jsonl", Redactor()) as stream:
            for event in parts.events(marked=True, partial=partial):
                if not isinstance(event, events.Torn):
                    stream.copy(event)
    except BaseException:
        forget(written, whole=out is None)
        raise
    return Merged(written, reports(written, register), parts.repeated)
