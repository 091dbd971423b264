"""fixtures/faults.yaml: fault -> the requirements that must fail (or, where none of them binds, warn), and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from conformance.documents import check_schema, read_yaml
from conformance.errors import RegisterError
from conformance.resources import fixtures

_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["faults"],
    "additionalProperties": False,
    "properties": {
        "faults": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["requirements", "why"],
                "additionalProperties": False,
                "properties": {
                    "requirements": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    "why": {"type": "string", "minLength": 1},
                },
            },
        }
    },
}


@dataclass(frozen=True)
class ExpectedFault:
    """A fault, and the requirements of which one must fail for the stated reason: or warn, where none of them binds."""

    name: str
    requirements: tuple[str, ...]
    why: str


def load_faults(path: Path | None = None) -> dict[str, ExpectedFault]:
    """Load the catalogue.

    Raises:
        RegisterError: it cannot be read; with file and line.
    """
    document = read_yaml(path or fixtures() / "faults.yaml", RegisterError)
    check_schema(document, _SCHEMA, RegisterError)
    entries = cast("dict[str, Any]", document.value)["faults"]
    return {
        name: ExpectedFault(name, tuple(entry["requirements"]), " ".join(entry["why"].split()))
        for name, entry in entries.items()
    }
