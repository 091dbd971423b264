"""How good the suite is at finding faults.

`opentv-conformance selftest` measures the score (fixtures/detection.json); fixtures/faults.yaml says which fault of
the reference platform was planted against which requirement.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from conformance.errors import SuiteError
from conformance.report import views
from conformance.report.text import one_line
from conformance.report.views import Detection
from conformance.resources import fixtures

_UNKNOWN = Detection(False, "not measured", (), misses=False)


def _measured(path: Path | None = None) -> dict[str, Any]:
    """Return what `selftest --save` wrote; nothing where nobody measured."""
    try:
        measured = json.loads((path or fixtures() / "detection.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, SuiteError):
        return {}
    return measured if isinstance(measured, dict) and measured.get("faults") else {}


def score(path: Path | None = None) -> dict[str, int]:
    """Return the detection score as numbers; nothing where it was not measured."""
    measured = _measured(path)
    names = ("faults", "caught", "for_the_stated_reason", "false_alarms")
    return {name: int(measured.get(name, 0)) for name in names} if measured else {}


def detection(path: Path | None = None) -> Detection:
    """Return the suite's detection score, or that it was not measured."""
    measured = _measured(path)
    if not measured:
        return _UNKNOWN
    faults, caught = int(measured["faults"]), int(measured.get("caught", 0))
    alarms = int(measured.get("false_alarms", 0))
    how = measured.get("how") if isinstance(measured.get("how"), dict) else {}
    details = [
        views.Fact("for the stated reason", f"{int(measured.get('for_the_stated_reason', 0)):,} of {faults:,}"),
        views.Fact("false alarms", f"{alarms:,} on {int(measured.get('readings', 0)):,} conformant platforms"),
        views.Fact("measured", one_line(f"{measured.get('date', '')}, suite {measured.get('suite', '')}", 80)),
    ]
    if how:
        found_by = ", ".join(f"{int(number):,} by {name}" for name, number in sorted(how.items()))
        details.append(views.Fact("found", one_line(found_by)))
    return Detection(
        measured=True,
        headline=f"{caught:,} of {faults:,} planted faults found",
        details=tuple(details + _by_kind(measured.get("kinds") or measured.get("by_kind"))),
        misses=caught < faults or alarms > 0,
    )


def _by_kind(kinds: Any) -> list[views.Fact]:
    """Say how many were found of each kind of fault; `caught` and `caught for another reason` both count."""
    if not isinstance(kinds, dict):
        return []
    facts: list[views.Fact] = []
    for kind, row in kinds.items():
        if isinstance(row, dict):
            numbers = {str(word): int(number) for word, number in row.items()}
            faults = numbers.pop("faults", 0) or sum(numbers.values())
            caught = sum(number for word, number in numbers.items() if word.startswith("caught"))
            facts.append(views.Fact(one_line(str(kind).replace("_", " "), 60), f"{caught:,} of {faults:,}"))
    return facts


def planted_faults(path: Path | None = None) -> Mapping[str, tuple[str, ...]]:
    """Return, for each requirement, the faults of the reference platform that must break it; nothing if unreadable."""
    try:
        text = (path or fixtures() / "faults.yaml").read_text(encoding="utf-8")
        # libyaml reads the catalogue ten times as fast, where PyYAML was built with it.
        content = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
        entries = [(str(name), entry["requirements"]) for name, entry in content["faults"].items()]
    except (OSError, SuiteError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return {}
    planted: dict[str, list[str]] = {}
    for name, requirements in entries:
        for requirement in requirements:
            planted.setdefault(str(requirement), []).append(name)
    return {requirement: tuple(names) for requirement, names in planted.items()}
