"""Where a requirement is stated, judged, checked and broken on purpose: file and line, found by its literal id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import conformance.rules
from conformance.model import Requirement
from conformance.resources import checks, fixtures, specs
from conformance.selftest import load_faults


def places_of(entry: Requirement) -> Iterator[tuple[str, str]]:
    """Yield (label, `file:line`) for every place that names a requirement, one row a place.

    A family of requirements is named by the id of any of its siblings.
    """
    names = frozenset({entry.id, *(name for _, name in entry.siblings)})
    for label, folder, pattern in (
        ("stated", specs() / "requirements", "*.yaml"),
        ("shape", specs() / "openapi", "*.yaml"),
        ("rule", Path(conformance.rules.__path__[0]), "*.py"),
        ("check", checks(), "*.py"),
    ):
        for path in sorted(folder.rglob(pattern)):
            for number in _lines(path, names):
                yield label, f"{_shown(path)}:{number}"
    faults = [fault.name for fault in load_faults().values() if names.intersection(fault.requirements)]
    where = {line.strip().partition(":")[0]: number for number, line in enumerate(_text(_faults()), 1)}
    for name in faults:
        made = name not in where
        yield "fault", f"{name} ({'made of the shape' if made else f'{_shown(_faults())}:{where[name]}'})"


def _faults() -> Path:
    return fixtures() / "faults.yaml"


def _text(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _lines(path: Path, names: frozenset[str]) -> Iterator[int]:
    for number, line in enumerate(_text(path), 1):
        if any(name in line for name in names):
            yield number


def _shown(path: Path) -> str:
    """Return a path as the source tree has it, wherever the suite is installed."""
    parts = path.parts
    for root in ("specs", "fixtures", "conformance"):
        if root in parts:
            return "/".join(parts[len(parts) - 1 - parts[::-1].index(root) :])
    return str(path)
