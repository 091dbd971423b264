"""Where the specification states a requirement: file and line of specs/openapi."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from conformance.model import Requirement
from conformance.resources import specs

_ID = re.compile(r"\b[A-Z]{3}-\d{3}\b")
_OPERATION = re.compile(r"^\s+operationId: (\w+)$")


@dataclass(frozen=True)
class Line:
    """A line of a file of the source tree, counted from 1."""

    file: str
    number: int


def line_of(entry: Requirement) -> Line | None:
    """Return the line of the schema that is a requirement, or else of its operation; None where neither is found."""
    ids, operations = _index(specs() / "openapi")
    siblings = (name for _, name in entry.siblings)
    found = next((ids[name] for name in (entry.id, *siblings) if name in ids), None)
    return found or operations.get(entry.operation)


@lru_cache(maxsize=2)
def _index(folder: Path) -> tuple[Mapping[str, Line], Mapping[str, Line]]:
    """Return the lines of requirement ids and of operations."""
    ids: dict[str, Line] = {}
    operations: dict[str, Line] = {}
    for path in sorted(folder.glob("*.yaml")):
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            line = Line(f"specs/openapi/{path.name}", number)
            for name in _ID.findall(text):
                ids.setdefault(name, line)
            if operation := _OPERATION.match(text):
                operations.setdefault(operation[1], line)
    return ids, operations
