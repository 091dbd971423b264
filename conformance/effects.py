"""What broken requirements mean for a viewer or an operator, read from specs/effects.yaml."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import cast

from conformance.documents import check_schema, read_yaml
from conformance.errors import RegisterError
from conformance.model import Effect, Requirement
from conformance.resources import specs

_RANGE = re.compile(r"(?P<prefix>[A-Z]{3}-)(?P<first>\d{3})\.\.(?P=prefix)(?P<last>\d{3})")


@lru_cache(maxsize=4)
def read_effects(folder: Path | None = None) -> tuple[tuple[str, Effect, str], ...]:
    """Read the file: each key (ids and ranges, separated by blanks) with its effect, and where it is.

    Raises:
        RegisterError: the file is unreadable or breaks its schema.
    """
    root = folder or specs()
    document = read_yaml(root / "effects.yaml", RegisterError)
    schema = json.loads((root / "schemas" / "effects.json").read_text(encoding="utf-8"))
    check_schema(document, schema, RegisterError)
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
            names = [entry.id for entry in requirements if _covers(part, entry.id)]
            if not names:
                raise RegisterError(f"no requirement has the id {part}", where=where)
            for name in names:
                if name in own:
                    raise RegisterError(f"{name} has two effects", where=where)
                own[name] = effect
    inherited = dict(_inherited(requirements, own))
    return {**inherited, **own}


def _covers(part: str, name: str) -> bool:
    """Tell whether an id, or a range of ids, covers a requirement."""
    span = _RANGE.fullmatch(part)
    if span is None:
        return part == name
    return name.startswith(span["prefix"]) and span["first"] <= name[len(span["prefix"]) :] <= span["last"]


def _inherited(requirements: Sequence[Requirement], own: Mapping[str, Effect]) -> Iterator[tuple[str, Effect]]:
    for entry in requirements:
        for _, sibling in entry.siblings:
            if sibling in own:
                yield entry.id, own[sibling]
                break
