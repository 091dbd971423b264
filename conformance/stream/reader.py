"""Reads a run folder back.

A stream that was cut off in the middle of a line is read up to that line. Where others wrote on after a process was
killed in the middle of one, the line is told as `torn`: what stood in it is lost, so that no verdict can be given.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import StreamError
from conformance.stream.events import Event


@dataclass(frozen=True)
class RunFolder:
    """A folder that a run wrote; `path` holds `run.jsonl`."""

    path: Path

    @property
    def stream(self) -> Path:
        """The file of the stream."""
        return self.path / "run.jsonl"

    def events(self) -> Iterator[Event]:
        """Yield the events in the order in which they were written.

        Raises:
            StreamError: there is no stream, or what is there is none.
        """
        try:
            with self.stream.open(encoding="utf-8", errors="replace") as lines:
                yield from _parse(lines, self.stream)
        except OSError as problem:
            raise StreamError(
                f"no run can be read: {problem.strerror or problem}",
                where=str(self.stream),
                advice="Name a folder that `opentv-conformance run` wrote.",
            ) from None


def _parse(lines: Iterator[str], path: Path) -> Iterator[Event]:
    broken = 0
    for number, line in enumerate(lines, 1):
        if broken == 1:
            raise StreamError("not a line of JSON", where=f"{path}:1")
        if broken:
            text = f"line {broken} of {path.name} was cut off when a process ended; what stood in it is lost"
            yield {"event": "torn", "at": 0, "text": text, "level": "warning"}
            broken = 0
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            broken = number
            continue
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            yield event
        else:
            raise StreamError("not an event", where=f"{path}:{number}")


def read_run(path: Path) -> RunFolder:
    """Return the run folder at a path.

    Raises:
        StreamError: there is no `run.jsonl` in it.
    """
    folder = RunFolder(path.parent if path.name == "run.jsonl" else path)
    if not folder.stream.is_file():
        raise StreamError(
            "no run.jsonl here", where=str(folder.path), advice="Name a folder that `opentv-conformance run` wrote."
        )
    return folder
