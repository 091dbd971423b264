"""Reads the parts of one run as if they were one stream.

Parts are of one run where suite, contract, register, plan, target and options agree. An exchange of a part keeps its
letter and its number, between which the number of the part stands; a run of one part is read as it is.
"""

from __future__ import annotations

import filecmp
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from msgspec.structs import asdict, replace

from conformance.errors import RunFolderError
from conformance.stream import events
from conformance.stream.events import AnyEvent
from conformance.stream.parts import DIGITS
from conformance.stream.reader import RunFolder

# Where a text names an exchange.
_NAMED = re.compile(r"\b(exchange )([A-Z]\d+)\b")
# What every part sees for itself, and is told once.
_OF_EACH_PART = (events.Premise, events.Note, events.AcceptanceProfile)
_ADVICE = "Merge the parts of one run: the same suite, target file and options, each part once."


@dataclass(frozen=True)
class _Member:
    """A part; `gap` says why it is not whole, empty where it is; `profile` is the digest of its acceptance profile."""

    folder: RunFolder
    opening: events.Run
    gap: str
    profile: str = "none"
    ended: int = 0

    @property
    def where(self) -> str:
        return f"{self.folder.stream}:1"


class Parts:
    """The parts of a run, in any order.

    Raises:
        RunFolderError: they cannot be read, are not of one run, or two that differ are the same part of it.
    """

    def __init__(self, folders: Sequence[RunFolder]) -> None:
        members = sorted((_opened(folder) for folder in folders), key=lambda one: one.opening.part.index)
        self._members: list[_Member] = []
        for one in members:
            if self._members:
                _agree(self._members[0], one)
            if self._members and self._members[-1].opening.part.index == one.opening.part.index:
                _same(self._members[-1], one)
            else:
                self._members.append(one)
        self.repeated = len(members) - len(self._members)

    @property
    def target(self) -> str:
        """The name of the target."""
        return self._members[0].opening.target.name

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers of the parts that are not there."""
        there = {one.opening.part.index for one in self._members}
        return tuple(index for index in range(1, self._members[0].opening.part.of + 1) if index not in there)

    @property
    def gaps(self) -> tuple[str, ...]:
        """What there is not of the run, in words: parts that are missing, were cut off, or were given up."""
        of = self._members[0].opening.part.of
        missing = [f"part {index} of {of} is missing" for index in self.missing]
        return (*missing, *(one.gap for one in self._members if one.gap))

    @property
    def _at_once(self) -> bool:
        """Whether a part began before another one had ended."""
        spans = sorted((one.opening.at, one.ended) for one in self._members)
        return any(begun <= ended for (_, ended), (begun, _) in pairwise(spans))

    def events(self, *, marked: bool = False, partial: bool = False) -> Iterator[AnyEvent]:
        """Yield the events of all parts, with one opening line; the closing line only where no part lacks its own.

        Args:
            marked: as `RunFolder.events`.
            partial: yield a closing line in spite of gaps, which the opening line names.

        Raises:
            RunFolderError: a line is not an event.
        """
        first, gaps = self._members[0].opening, list(self.gaps)
        if first.part.of == 1 and not gaps:
            yield from self._members[0].folder.events(marked=marked)
            return
        yield replace(
            first, part=events.Part(), gaps=gaps, at_once=self._at_once, at=min(one.opening.at for one in self._members)
        )
        for gap in gaps:
            yield events.Note(at=first.at, text=gap, level="warning")
        ends: list[events.End] = []
        told: set[str] = set()
        last = first.at
        for one in self._members:
            for event in one.folder.events(marked=marked):
                last = max(last, event.at)
                if isinstance(event, events.End):
                    ends.append(event)
                elif isinstance(event, _OF_EACH_PART):
                    said = repr(replace(event, at=0))
                    if said not in told:
                        told.add(said)
                        yield event
                elif first.part.of == 1 and not isinstance(event, events.Run):
                    yield event
                elif not isinstance(event, events.Run):
                    yield _numbered(event, one.opening.part.index)
        if partial and gaps:
            yield events.End(at=last)
        elif len(ends) == first.part.of:
            yield events.End(
                at=max(end.at for end in ends),
                aborted=any(end.aborted for end in ends),
                exit_code=max(end.exit_code for end in ends),
                message=next((end.message for end in ends if end.message), ""),
            )


def _opened(folder: RunFolder) -> _Member:
    """Read a part to its end: what it is, and whether it is whole."""
    opening: AnyEvent | None = None
    end: events.End | None = None
    torn, profile, last = "", "none", 0
    for event in folder.events():
        opening, last = opening or event, max(last, event.at)
        if isinstance(event, events.Torn):
            torn = f"is damaged: {event.text}"
        if isinstance(event, events.AcceptanceProfile):
            profile = event.sha256
        if not isinstance(event, events.Digest):
            end = event if isinstance(event, events.End) else None
    if not isinstance(opening, events.Run):
        raise RunFolderError("the opening line is missing", where=f"{folder.stream}:1", advice=_ADVICE)
    gap = torn or ("was cut off" if end is None else f"was given up: {end.message}" if end.aborted else "")
    part = opening.part
    return _Member(folder, opening, f"part {part.index} of {part.of} {gap}" if gap else "", profile, last)


def differences(one: events.Run, other: events.Run) -> Iterator[tuple[str, object, object]]:
    """Yield in what two opening lines differ that are of the same run: what it is, and both values."""
    pairs: list[tuple[str, object, object]] = [("the number of parts", one.part.of, other.part.of)]
    pairs.append(("the suite's version", one.suite.version, other.suite.version))
    pairs.append(("what is selected", one.selected, other.selected))
    digests = asdict(other.digests)
    pairs += [(f"the digest of the {name}", value, digests[name]) for name, value in asdict(one.digests).items()]
    yield from (pair for pair in pairs if pair[1] != pair[2])


def _agree(one: _Member, other: _Member) -> None:
    pairs = list(differences(one.opening, other.opening))
    if one.profile != other.profile:
        pairs.append(("the acceptance profile", one.profile, other.profile))
    for what, left, right in pairs:
        message = f"not parts of one run: {what} is {left} in {one.where} and {right} here"
        raise RunFolderError(message, where=other.where, advice=_ADVICE)


def _same(one: _Member, other: _Member) -> None:
    if not filecmp.cmp(one.folder.stream, other.folder.stream, shallow=False):
        index = other.opening.part.index
        raise RunFolderError(f"another part {index} than {one.where}", where=other.where, advice=_ADVICE)


def _numbered(event: AnyEvent, index: int) -> AnyEvent:
    """Return an event in which the exchanges of a part are told from those of others."""
    changed: dict[str, Any] = {}
    if isinstance(event, events.Exchange):
        return replace(event, id=_renamed(event.id, index))
    if isinstance(event, events.Counts):
        return replace(event, process=f"{event.process}{index}")
    for name, value in asdict(event).items():
        if isinstance(value, str) and value:
            new = _renamed(value, index) if name in ("exchange", "other") else _in_text(value, index)
            if new != value:
                changed[name] = new
    return replace(event, **changed) if changed else event


def _in_text(text: str, index: int) -> str:
    return _NAMED.sub(lambda found: found[1] + _renamed(found[2], index), text)


def _renamed(exchange: str, index: int) -> str:
    return f"{exchange[:1]}{index}{exchange[1:].rjust(DIGITS, '0')}" if exchange else ""
