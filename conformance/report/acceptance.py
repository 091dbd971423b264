"""What a run is worth by the list of whoever decides: an acceptance profile, line by line."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from conformance.model import Verdict
from conformance.stream import events

# How much worse one exit code is than another: what was not tested is better than a breach, and that than no verdict.
_WORSE = (0, 4, 5, 1, 3, 2)
_MOST_NAMED = 6


class Met(StrEnum):
    """Whether a line of a profile is met; `open`: nothing in the run decides it."""

    YES = "met"
    NO = "not met"
    OPEN = "open"


@dataclass(frozen=True)
class Line:
    """A line of a profile: what it asks, whether it is met, and what was seen."""

    asks: str
    met: Met
    seen: str


@dataclass(frozen=True)
class Acceptance:
    """A run by a profile: each line that a run can answer, the verdict, and the exit code that stands for it."""

    profile: events.AcceptanceProfile
    lines: tuple[Line, ...]
    verdict: Verdict

    @property
    def exit_code(self) -> int:
        """What the verdict for the profile ends a command with."""
        return {Verdict.CONFORMANT: 0, Verdict.NONCONFORMANT: 1, Verdict.ERROR: 3}.get(self.verdict, 4)

    @property
    def head(self) -> str:
        """The verdict for the profile, in a sentence."""
        wrong = [line.asks for line in self.lines if line.met is Met.NO]
        missing = [line.asks for line in self.lines if line.met is Met.OPEN]
        name = self.profile.name
        if self.verdict is Verdict.ERROR:
            return f"No verdict by {name}: the run has none."
        if wrong:
            return f"Not acceptable by {name}: {listed(wrong)}."
        if missing:
            return f"Not decided by {name}: {listed(missing)}."
        return f"Acceptable by {name}: all {len(self.lines)} lines are met."


def worse(one: int, other: int) -> int:
    """Return the worse of two exit codes."""
    return max(one, other, key=lambda code: _WORSE.index(code) if code in _WORSE else len(_WORSE))


def listed(names: Collection[str]) -> str:
    """Return names as a sentence has them, the first few of many."""
    shown = list(names)[:_MOST_NAMED]
    rest = len(names) - len(shown)
    return (", ".join(shown) or "none") + (f" and {rest:,} more" if rest else "")
