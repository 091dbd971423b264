"""Live progress: follows the stream while others write it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Self

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from conformance.stream import events
from conformance.terminal import clean

# What a control shows that the run waits for, and how much of it is shown.
_WAITS = ("throttled", "blocked", "down")
_LONGEST = 80


class LiveProgress:
    """Shows what the run is doing: a bar on a terminal, a line a phase elsewhere."""

    def __init__(self, stream: Path, console: Console) -> None:
        self._path = stream
        self._position = 0
        self._console = console
        self._counts: Counter[str] = Counter()
        self._waits_for = ""
        self._task: TaskID | None = None
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<28}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[facts]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        """Start showing."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop showing."""
        self._progress.stop()

    def phase(self, title: str, total: int | None = None) -> None:
        """Begin a phase of the run; `total` steps, if that is known."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(title, total=total, facts="")
        if not self._console.is_terminal:
            self._console.print(f"· {title}", highlight=False)

    def step(self, done: int, total: int, facts: str = "") -> None:
        """Show how far the phase is."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total, facts=facts or self._facts())

    def poll(self) -> None:
        """Read what was written since the last call."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._position)
                for line in stream:
                    if not line.endswith(b"\n"):
                        break
                    self._position += len(line)
                    self._count(line)
        except OSError:
            return
        if self._task is not None:
            total = self._counts["collected"] or None
            self._progress.update(self._task, completed=self._counts["check"], total=total, facts=self._facts())

    def _count(self, line: bytes) -> None:
        kind = line[:40].split(b'"')[3].decode("ascii", "replace") if line.startswith(b'{"event": "') else ""
        self._counts[kind] += 1
        if kind == "collected":
            self._counts["collected"] = msgspec.json.decode(line, type=events.Collected).checks
        elif kind == "control":
            told = msgspec.json.decode(line, type=events.Control)
            if told.verdict in _WAITS:
                self._wait_for(told)

    def _wait_for(self, told: events.Control) -> None:
        """Say what the run waits for: beside the bar, elsewhere once for an operation."""
        self._waits_for = f"; waits: {told.operation} {told.verdict}, {clean(told.note)[:_LONGEST]}"
        key = f"{told.operation} {told.verdict}"
        self._counts[key] += 1
        if self._counts[key] == 1 and not self._console.is_terminal:
            self._console.print(self._waits_for.replace("; ", "  ", 1), highlight=False, markup=False)

    def _facts(self) -> str:
        return f"{self._counts['exchange']} requests, {self._counts['finding']} findings{self._waits_for}"
