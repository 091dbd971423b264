"""What the parts of a target file say against each other, whatever the platform is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from conformance.documents import Document, Place
from conformance.errors import TargetFileError
from conformance.premises import load_premises
from conformance.target.forms import form_mistakes

Known = Mapping[Place, str]


def contradictions(document: Document, known: Known, today: date) -> Iterator[TargetFileError]:
    """Yield what cannot be true at once; `known` are the values of the file that could be had."""
    for place, message, advice in _all(document, known, today):
        yield TargetFileError(message, where=document.where(place), advice=advice)


def _all(document: Document, known: Known, today: date) -> Iterator[tuple[Place, str, str]]:
    yield from _not_different(document, known)
    yield from _channels(document, known)
    yield from form_mistakes(known)
    yield from _days(document, today)


def _not_different(document: Document, known: Known) -> Iterator[tuple[Place, str, str]]:
    for premise in load_premises():
        second = ("subjects", *premise.subject.split("."))
        for name, keys in premise.differs_from:
            first = ("subjects", *name.split("."))
            for one, two in [((*first, key), (*second, key)) for key in keys] or [(first, second)]:
                yield from _equal(
                    document, known, one, two, f"The file says that subjects.{premise.subject} {premise.it}."
                )


def _equal(document: Document, known: Known, one: Place, two: Place, advice: str) -> Iterator[tuple[Place, str, str]]:
    if one in known and two in known and known[one].casefold() == known[two].casefold():
        line = document.where(one).rpartition(":")[2]
        name, other = ".".join(map(str, two)), ".".join(map(str, one))
        yield two, f"{name} is the same as {other} (line {line})", advice


def _channels(document: Document, known: Known) -> Iterator[tuple[Place, str, str]]:
    start = ("subjects", "channels")
    inside = {text: place for place, text in known.items() if place[:3] == (*start, "in_home_only")}
    for place, text in known.items():
        if place[:3] == (*start, "everywhere") and text in inside:
            line = document.where(inside[text]).rpartition(":")[2]
            message = f"subjects.channels.everywhere has {text[:80]!r}, which is in in_home_only, too (line {line})"
            yield place, message, "A channel is seen everywhere, or only in the home."


def _days(document: Document, today: date) -> Iterator[tuple[Place, str, str]]:
    """Yield waivers whose last day is no day, and a vouching of tomorrow."""
    root: Mapping[str, Any] = document.value if isinstance(document.value, dict) else {}
    waivers = root.get("waivers")
    for index, waiver in enumerate(waivers if isinstance(waivers, list) else []):
        value = waiver.get("expires") if isinstance(waiver, dict) else None
        if value is not None and parse_day(value) is None:
            yield ("waivers", index, "expires"), "expires is not a date", "Write it as YYYY-MM-DD."
    vouched = root.get("subjects_vouched")
    on = vouched.get("on") if isinstance(vouched, dict) else None
    if on is not None:
        place, day = ("subjects_vouched", "on"), parse_day(on)
        if day is None:
            yield place, "subjects_vouched.on is not a date", "Write it as YYYY-MM-DD."
        elif day > today:
            yield place, f"subjects_vouched.on is in the future ({day})", ""


def parse_day(value: object) -> date | None:
    """Return a day of the file; None if it is not written as YYYY-MM-DD."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
