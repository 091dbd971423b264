"""What could not be tested, grouped by what has to be added: a to-do list."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.model import Outcome, Requirement
from conformance.report.results import Results


@dataclass(frozen=True)
class ToDo:
    """Lines to add to the target file (or, without any, the reason), and the requirements that they unlock."""

    add: tuple[str, ...]
    reason: str
    requirements: tuple[Requirement, ...]

    @property
    def binding(self) -> int:
        """How many of the requirements are binding."""
        return sum(entry.binding for entry in self.requirements)


def todo_of(results: Results) -> tuple[ToDo, ...]:
    """Group the untested requirements by what they need; what unlocks the most comes first."""
    groups: dict[tuple[tuple[str, ...], str], list[Requirement]] = {}
    for result in results.results:
        if result.outcome is Outcome.COULD_NOT_TEST:
            key = (result.add, "" if result.add else result.why_untested)
            groups.setdefault(key, []).append(result.requirement)
    items = [ToDo(add, reason, tuple(members)) for (add, reason), members in groups.items()]
    return tuple(sorted(items, key=lambda item: (not item.add, -item.binding, -len(item.requirements))))
