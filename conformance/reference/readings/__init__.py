"""The readings that the platform can answer in: {reading id: {option: one line, with its source}}.

The first option of a reading is what the platform does unless told otherwise. Every reading can be switched alone, and
all can be combined. The names in brackets are keys of specs/sources.yaml with a section, or readings of the register.
"""

from __future__ import annotations

import difflib
from types import MappingProxyType
from typing import TYPE_CHECKING

from conformance.reference.readings import adm, hdm, ias, mds, sdp, wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CATALOGUE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {**wire.READINGS, **hdm.READINGS, **ias.READINGS, **adm.READINGS, **sdp.READINGS, **mds.READINGS}
)


class UnknownReading(ValueError):
    """A reading, or an option of one, that the catalogue does not have."""


def default_option(reading: str) -> str:
    """The option that holds unless settings say otherwise."""
    return next(iter(CATALOGUE[reading]))


def check_readings(readings: Mapping[str, str]) -> None:
    """Refuses what the catalogue does not have, with a suggestion.

    Raises:
        UnknownReading: for the first such id or option.
    """
    for reading, option in readings.items():
        if reading not in CATALOGUE:
            raise UnknownReading(f"There is no reading {reading!r}.{_suggestion(reading, CATALOGUE)}")
        if option not in CATALOGUE[reading]:
            known = ", ".join(CATALOGUE[reading])
            raise UnknownReading(f"The reading {reading} has no option {option!r}; it has {known}.")


def chosen_readings(texts: Iterable[str]) -> dict[str, str]:
    """Readings as a command line gives them, each as ID=OPTION.

    Raises:
        UnknownReading: a text has another form, or two name different options of one reading.
    """
    chosen: dict[str, str] = {}
    for text in texts:
        reading, sign, option = text.partition("=")
        if not sign:
            raise UnknownReading(f"The reading {text!r} is not ID=OPTION.")
        if chosen.setdefault(reading, option) != option:
            raise UnknownReading(f"The reading {reading} is given twice, as {chosen[reading]!r} and as {option!r}.")
    return chosen


def _suggestion(word: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
