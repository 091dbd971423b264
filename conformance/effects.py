"""What it means that requirements are broken: for a viewer or an operator (specs/effects.yaml), and for other
requirements (specs/consequences.yaml).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import cast

from conformance.documents import Document, read_checked
from conformance.errors import RegisterError
from conformance.model import Effect, Requirement, ids_in
from conformance.resources import specs


@lru_cache(maxsize=4)
def read_effects(folder: Path | None = None) -> tuple[tuple[str, Effect, str], ...]:
    """Read the file: each key (ids and ranges, separated by blanks) with its effect, and where it is.

    Raises:
        RegisterError: the file is unreadable or breaks its schema.
    """
    document = _document("effects", folder)
    entries = cast("dict[str, dict[str, str | dict[str, str]]]", document.value)["effects"]
    return tuple(
        (key, Effect(value) if isinstance(value, str) else Effect(**value), document.where(("effects", key)))
        for key, value in entries.items()
    )


def effects_of(requirements: Sequence[Requirement], folder: Path | None = None) -> Mapping[str, Effect]:
    """Return the effect of each requirement that has one: its own, or that of a member of its family.

    Raises:
        RegisterError: a key names no requirement, or one that another key names, too.
    """
    own: dict[str, Effect] = {}
    for key, effect, where in read_effects(folder):
        for part in key.split():
            for name in _names(part, requirements, where):
                if name in own:
                    raise RegisterError(f"{name} has two effects", where=where)
                own[name] = effect
    inherited = dict(_inherited(requirements, own))
    return {**inherited, **own}


def consequences_of(requirements: Sequence[Requirement], folder: Path | None = None) -> Mapping[str, tuple[str, ...]]:
    """Return, for each requirement, those that are broken because it is.

    Raises:
        RegisterError: the file is unreadable, breaks its schema, or an id in it is not in the register.
    """
    document = _document("consequences", folder)
    entries = cast("dict[str, dict[str, dict[str, list[str]]]]", document.value)["consequences"]
    found: dict[str, tuple[str, ...]] = {}
    for name, entry in entries.items():
        where = document.where(("consequences", name))
        _names(name, requirements, where)
        found[name] = tuple(one for part in entry["breaks"] for one in _names(part, requirements, where))
    return found


def _document(name: str, folder: Path | None) -> Document:
    """Read a file of the register, and check it by the schema of its name."""
    root = folder or specs()
    return read_checked(root / f"{name}.yaml", root / "schemas" / f"{name}.json", RegisterError)


def _names(part: str, requirements: Sequence[Requirement], where: str) -> list[str]:
    """Return the requirements that an id or a range of ids covers."""
    covered = set(ids_in(part))
    names = [entry.id for entry in requirements if entry.id in covered]
    if not names:
        raise RegisterError(f"no requirement has the id {part}", where=where)
    return names


def _inherited(requirements: Sequence[Requirement], own: Mapping[str, Effect]) -> Iterator[tuple[str, Effect]]:
    for entry in requirements:
        for _, sibling in entry.siblings:
            if sibling in own:
                yield entry.id, own[sibling]
                break
