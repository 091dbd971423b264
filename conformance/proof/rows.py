"""What a verification says: a row for each thing that was looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Whether a thing is as it must be; `undetermined`: nothing that was given or recorded decides it."""

    VERIFIED = "verified"
    FAILED = "failed"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Row:
    """A thing that was looked at, its state, and what was seen."""

    what: str
    state: State
    said: str


_MOST = 5
# What somebody else wrote may be long.
_MOST_CHARS = 600


def verified(what: str, said: str) -> Row:
    """Return the row of a thing that is as it must be."""
    return Row(what, State.VERIFIED, said[:_MOST_CHARS])


def failed(what: str, said: str) -> Row:
    """Return the row of a thing that is not as it must be."""
    return Row(what, State.FAILED, said[:_MOST_CHARS])


def undetermined(what: str, said: str) -> Row:
    """Return the row of a thing that nothing decides."""
    return Row(what, State.UNDETERMINED, said[:_MOST_CHARS])


def judged(what: str, wrong: Collection[str], right: str) -> Row:
    """Return the row of a thing with all that is wrong about it, the first few in words."""
    return failed(what, some(wrong)) if wrong else verified(what, right)


def some(texts: Iterable[str]) -> str:
    """Return texts as one, the first few and how many more there are."""
    found = list(texts)
    more = f"; and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return "; ".join(found[:_MOST]) + more


def state_of(rows: Iterable[Row]) -> State:
    """Return the state of all rows together: failed where one is, else undetermined where one is."""
    states = {row.state for row in rows}
    for state in (State.FAILED, State.UNDETERMINED):
        if state in states:
            return state
    return State.VERIFIED
