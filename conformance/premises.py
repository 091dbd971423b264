"""The premises of the register, read from specs/premises.yaml."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from conformance.documents import read_checked
from conformance.errors import RegisterError
from conformance.model import Premise
from conformance.resources import specs


@lru_cache(maxsize=4)
def load_premises(folder: Path | None = None) -> tuple[Premise, ...]:
    """Load the premises, in the order in which preflight proves them.

    Raises:
        RegisterError: the file is unreadable, breaks its schema, or an id occurs twice.
    """
    root = folder or specs()
    document = read_checked(root / "premises.yaml", root / "schemas" / "premises.json", RegisterError)
    entries: list[dict[str, Any]] = cast("dict[str, Any]", document.value)["premises"]
    found: dict[str, Premise] = {}
    for index, entry in enumerate(entries):
        if entry["id"] in found:
            raise RegisterError(f"the premise {entry['id']!r} occurs twice", where=document.where(("premises", index)))
        differs = tuple((name, tuple(keys)) for name, keys in entry.pop("differs_from", {}).items())
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
        }
        found[entry["id"]] = Premise(**values, differs_from=differs)
    return tuple(found.values())
