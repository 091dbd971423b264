"""Reads a run folder back, typed: what is there is an event of its kind, or one message with file, line and key.

A stream that was cut off in the middle of a line is read up to that line. Where others wrote on after a process was
killed in the middle of one, the line is reported as `torn`: what stood in it is lost, so that no verdict can be given.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec.structs import replace

from conformance.errors import RunFolderError
from conformance.redaction.masks import unmarked_line
from conformance.stream.events import AnyEvent, Exchange, Torn, Written
from conformance.stream.parts import Body

_DECODE = msgspec.json.Decoder(Written).decode
# A kind of event that this suite does not know: another version wrote it, and what it knows is read.
_UNKNOWN = re.compile(r"Invalid value '.*' - at `\$\.event`\Z", re.DOTALL)
# msgspec's message: what is wrong, and the key.
_MESSAGE = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<key>.*)`)?\Z", re.DOTALL)


class EventSource(Protocol):
    """Whatever yields the events of a run: its folder, or those of its parts."""

    def events(self) -> Iterator[AnyEvent]:
        """Yield the events in their order."""


@dataclass(frozen=True)
class RunFolder:
    """A folder that a run wrote; `path` holds `run.jsonl`."""

    path: Path

    @property
    def stream(self) -> Path:
        """The file of the stream."""
        return self.path / "run.jsonl"

    def events(self, *, marked: bool = False) -> Iterator[AnyEvent]:
        """Yield the events in the order in which they were written; `***` stands for a secret.

        Args:
            marked: leave a secret's kind, length and fingerprint behind `***`: equal secrets have equal ones.

        Raises:
            RunFolderError: there is no stream, or a line is not an event; with file, line and key.
        """
        yield from (event for _, event in self.numbered(marked=marked))

    def numbered(self, *, marked: bool = False) -> Iterator[tuple[int, AnyEvent]]:
        """Yield the events, each with the number of its line.

        Raises:
            RunFolderError: as `events`.
        """
        try:
            with self.stream.open("rb") as lines:
                yield from _parse(lines, self.stream, marked=marked)
        except OSError as problem:
            raise RunFolderError(
                f"the run cannot be read: {problem.strerror or problem}",
                where=str(self.stream),
                advice="Name a folder that `opentv-conformance run` wrote.",
            ) from None


def _parse(lines: Iterable[bytes], path: Path, *, marked: bool) -> Iterator[tuple[int, AnyEvent]]:
    broken = 0
    for number, line in enumerate(lines, 1):
        if broken == 1:
            raise RunFolderError("not a line of JSON", where=f"{path}:1")
        if broken:
            text = f"line {broken} of {path.name} was cut off when a process ended; what stood in it is lost"
            yield broken, Torn(text=text)
            broken = 0
        if not line.strip():
            continue
        try:
            yield number, _DECODE(line) if marked else _without_marks(_DECODE(unmarked_line(line)))
        except msgspec.ValidationError as problem:
            if _UNKNOWN.match(str(problem)):
                continue
            raise RunFolderError(
                violation(str(problem)),
                where=f"{path}:{number}",
                advice="It was changed after the run, or a newer suite wrote it: install that suite, or run again.",
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            broken = number


def _without_marks(event: AnyEvent) -> AnyEvent:
    """Return an event without the marks of secrets in bodies of bytes, which no search of the line finds."""
    if not isinstance(event, Exchange):
        return event
    request, response = event.request, event.response
    if request.body_base64:
        event = replace(event, request=replace(request, body_base64=_unmarked_base64(request)))
    if response is not None and response.body_base64:
        event = replace(event, response=replace(response, body_base64=_unmarked_base64(response)))
    return event


def _unmarked_base64(body: Body) -> str:
    raw = body.raw
    return base64.b64encode(unmarked_line(raw)).decode("ascii") if b"***<" in raw else body.body_base64


def violation(message: str) -> str:
    """Return msgspec's message in words: the key first, then what is wrong."""
    found = _MESSAGE.match(message)
    what, key = (found["what"], found["key"]) if found else (message, None)
    what = what[:1].lower() + what[1:].replace("`", "")
    return f"{key}: {what}" if key else what


def read_run(path: Path) -> RunFolder:
    """Return the run folder at a path.

    Raises:
        RunFolderError: there is no `run.jsonl` in it.
    """
    folder = RunFolder(path.parent if path.name == "run.jsonl" else path)
    if not folder.stream.is_file():
        raise RunFolderError(
            "no run.jsonl here", where=str(folder.path), advice="Name a folder that `opentv-conformance run` wrote."
        )
    return folder
