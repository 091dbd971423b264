"""How much of a target can be tested with its target file, and what to add for the most."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from conformance.applicability import PERMISSION_TO_WRITE, lacking_lines, undeclared
from conformance.register import Register
from conformance.target import Target


@dataclass(frozen=True)
class Testable:
    """How many of the declared requirements a target file holds enough for.

    Attributes:
        now: how many can be tested with it.
        declared: how many there are.
        lacking: what the file lacks for a requirement -> how many lack just that.
    """

    now: int
    declared: int
    lacking: Counter[frozenset[str]]

    def gain(self, names: frozenset[str]) -> int:
        """Return how many more could be tested if the file had these."""
        return sum(number for lack, number in self.lacking.items() if lack <= names)

    @property
    def best(self) -> frozenset[str]:
        """What to add for the most requirements, each addition counted; empty if nothing is lacking."""
        return max(self.lacking, key=lambda names: (self.gain(names) / len(names), sorted(names)), default=frozenset())

    @property
    def sentence(self) -> str:
        """How much can be tested now, and what to add for more."""
        said = f"{self.now} of {self.declared} requirements can be tested now"
        if not self.best:
            return said
        names = " and ".join(f"`{name.partition('.')[2] or _WRITES}`" for name in sorted(self.best))
        return f"{said}; add {names} for +{self.gain(self.best)}"


_WRITES = "safety: {writes: allow}"


def testable(register: Register, target: Target) -> Testable:
    """Count what can be tested on a target, and group the rest by what the target file lacks."""
    declared = [entry for entry in register if not undeclared(entry, target.services, target.features)]
    lacking: Counter[frozenset[str]] = Counter()
    for entry in declared:
        names = frozenset(_whole(name, target) for name in lacking_lines(entry, target))
        if names:
            lacking[names] += 1
    return Testable(len(declared) - lacking.total(), len(declared), lacking)


def _whole(name: str, target: Target) -> str:
    """Return the subject in place of a key of it, where the file has nothing of the subject."""
    group, _, rest = name.partition(".")
    subject = rest.partition(".")[0]
    if name == PERMISSION_TO_WRITE or target.has_subject(subject):
        return name
    return f"{group}.{subject}"
