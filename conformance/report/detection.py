"""How good the suite is at finding faults, as `opentv-conformance selftest` measured it (fixtures/detection.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conformance.errors import SuiteError
from conformance.report.text import one_line
from conformance.report.views import Detection, FactView
from conformance.resources import fixtures

_UNKNOWN = Detection(False, "not measured", (), misses=False)


def detection(path: Path | None = None) -> Detection:
    """Return the suite's detection score, or that it was not measured."""
    try:
        measured = json.loads((path or fixtures() / "detection.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, SuiteError):
        return _UNKNOWN
    if not isinstance(measured, dict) or not measured.get("faults"):
        return _UNKNOWN
    faults, caught = int(measured["faults"]), int(measured.get("caught", 0))
    alarms = int(measured.get("false_alarms", 0))
    details = [
        FactView("for the stated reason", f"{int(measured.get('for_the_stated_reason', 0)):,} of {faults:,}"),
        FactView("false alarms", f"{alarms:,} on {int(measured.get('readings', 0)):,} conformant platforms"),
        FactView("measured", one_line(f"{measured.get('date', '')}, suite {measured.get('suite', '')}", 80)),
    ]
    return Detection(
        measured=True,
        headline=f"{caught:,} of {faults:,} planted faults found",
        details=tuple(details + _by_kind(measured.get("kinds") or measured.get("by_kind"))),
        misses=caught < faults or alarms > 0,
    )


def _by_kind(kinds: Any) -> list[FactView]:
    """Say how many were found of each kind of fault; `caught` and `caught for another reason` both count."""
    if not isinstance(kinds, dict):
        return []
    facts: list[FactView] = []
    for kind, row in kinds.items():
        if isinstance(row, dict):
            numbers = {str(word): int(number) for word, number in row.items()}
            faults = numbers.pop("faults", 0) or sum(numbers.values())
            caught = sum(number for word, number in numbers.items() if word.startswith("caught"))
            facts.append(FactView(one_line(str(kind).replace("_", " "), 60), f"{caught:,} of {faults:,}"))
    return facts
