"""The folder that a run writes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from conformance.errors import UsageError
from conformance.stream import AnyEvent, RunFolder, events

_RUNS = "conformance-results"
_PIECE = 1 << 16


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


@dataclass(frozen=True)
class Done:
    """What a run that goes on has done before.

    Attributes:
        blocks: how many blocks are complete, the run itself among them.
        seconds: how long they took.
        number: the highest number of an exchange.
    """

    blocks: int = 0
    seconds: float = 0.0
    number: int = 0

    @classmethod
    def of(cls, written: Iterator[AnyEvent]) -> Done:
        """Read the events of a run."""
        blocks, seconds, number = 0, 0.0, 0
        for event in written:
            if isinstance(event, events.Exchange):
                number = max(number, int(event.id[1:]))
            elif isinstance(event, events.Block):
                blocks, seconds = blocks + 1, seconds + event.seconds
        return cls(blocks, seconds, number)


def unfinished(out: Path | None) -> bool:
    """Tell whether a folder holds a run that was cut off; its last line is taken away if it was not written whole."""
    stream = (out or Path()) / "run.jsonl"
    if out is None or not stream.is_file() or not stream.stat().st_size:
        return False
    if any(isinstance(event, events.End) for event in RunFolder(out).events()):
        return False
    with stream.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        while size:
            start = max(0, size - _PIECE)
            file.seek(start)
            place = file.read(size - start).rfind(b"\n")
            if place >= 0:
                file.truncate(start + place + 1)
                break
            size = start
    return True


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
