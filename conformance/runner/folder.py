"""The folder that a run writes."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from conformance.errors import UsageError

_RUNS = "conformance-results"


def new_folder(out: Path | None, name: str) -> Path:
    """Make the folder of a run, for its owner alone: `out`, or one that is named after the target and the time.

    Raises:
        UsageError: it cannot be made, or holds a run already.
    """
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "target"
    folder = out or _unused(Path(_RUNS) / f"{safe}-{stamp}")
    if (folder / "run.jsonl").exists():
        raise UsageError("the folder holds a run already", where=str(folder), advice="Name another folder with --out.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "run.jsonl").touch(mode=0o600)
    except OSError as problem:
        raise UsageError(f"--out cannot be written: {problem.strerror}", where=str(folder)) from None
    return folder


def _unused(folder: Path) -> Path:
    candidate, number = folder, 2
    while candidate.exists():
        candidate, number = folder.with_name(f"{folder.name}-{number}"), number + 1
    return candidate


def forget(folder: Path, *, whole: bool) -> None:
    """Take away the folder of a run that never began, or where it was there before only what the run wrote."""
    for path in folder.iterdir() if whole else (folder / "run.jsonl",):
        path.unlink(missing_ok=True)
    with suppress(OSError):  # what is not empty stays
        folder.rmdir()
        if whole:
            folder.parent.rmdir()
