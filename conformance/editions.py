"""The editions of the register, read from specs/editions: what each added, retired and changed, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from conformance.documents import Document, read_checked
from conformance.errors import RegisterError
from conformance.model import ids_in
from conformance.resources import specs

KINDS = ("added", "retired", "changed")


@dataclass(frozen=True)
class EditionChange:
    """What an edition did to a requirement: `kind` is added, retired or changed.

    `was` is its level and basis in the edition before, where one of them changed; `successor` took the place of a
    retired one.
    """

    edition: int
    kind: str
    why: str
    was: tuple[str, str] | None = None
    successor: str = ""

    def __str__(self) -> str:
        """Return it as a sentence: `changed in edition 2 (was must, stated): …`."""
        was = f" (was {', '.join(self.was)})" if self.was else ""
        successor = f" ({self.successor} took its place)" if self.successor else ""
        return f"{self.kind} in edition {self.edition}{was}{successor}: {self.why}"


@dataclass(frozen=True)
class Edition:
    """An edition of the register; `levels` is the digest of its levels and bases, empty while it is the last one."""

    number: int
    date: str
    summary: str
    changes: Mapping[str, EditionChange] = field(default_factory=dict)
    levels: str = ""


@lru_cache(maxsize=4)
def load_editions(folder: Path | None = None) -> tuple[Edition, ...]:
    """Load the editions, the first one first.

    Raises:
        RegisterError: a file is unreadable, breaks its schema, is not named after its number, leaves one out, or speaks
            of a requirement that its edition does not have.
    """
    root = folder or specs()
    found: list[Edition] = []
    known: set[str] = set()
    schema = root / "schemas" / "editions.json"
    for path in sorted((root / "editions").glob("*.yaml"), key=lambda one: (len(one.name), one.name)):
        document = read_checked(path, schema, RegisterError)
        content = cast("dict[str, Any]", document.value)
        number = len(found) + 1
        if content["edition"] != number or path.stem != str(number):
            raise RegisterError(f"expected edition {number}", where=document.where(("edition",)))
        changes = dict(_changes(document, content, known))
        known |= {name for name, change in changes.items() if change.kind == "added"}
        known -= {name for name, change in changes.items() if change.kind == "retired"}
        found.append(Edition(number, content["date"], content["summary"], changes, content.get("levels", "")))
    if not found:
        raise RegisterError("no edition of the register is given", where=str(root / "editions"))
    return tuple(found)


def _changes(document: Document, content: Mapping[str, Any], known: set[str]) -> Iterator[tuple[str, EditionChange]]:
    seen: set[str] = set()
    for kind in KINDS:
        for index, entry in enumerate(content.get(kind, ())):
            where = document.where((kind, index))
            was = tuple(entry["was"]) if "was" in entry else None
            change = EditionChange(content["edition"], kind, entry["why"], was, entry.get("successor", ""))
            for name in ids_in(entry["ids"]):
                if name in seen:
                    raise RegisterError(f"{name} is named twice", where=where)
                # What was retired before the first edition is in none.
                if (name in known) == (kind == "added") and (kind, content["edition"]) != ("retired", 1):
                    before = "has it already" if kind == "added" else "does not have it"
                    raise RegisterError(f"{name} cannot be {kind}: the edition before {before}", where=where)
                seen.add(name)
                yield name, change


def members(editions: Sequence[Edition]) -> frozenset[str]:
    """Return the ids that the last of some editions, from the first one on, has."""
    kinds = {name: change.kind for edition in editions for name, change in edition.changes.items()}
    return frozenset(name for name, kind in kinds.items() if kind != "retired")
