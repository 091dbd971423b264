"""fixtures/faults.yaml: fault -> the requirements that must fail (or, where none of them binds, warn), and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from conformance.documents import check_schema, read_yaml
from conformance.errors import RegisterError
from conformance.reference.faults import catalogue
from conformance.register import load_register
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

    An entry whose name ends in `*` speaks of all faults whose names begin so. A fault that is another one on some
    occasions breaks what that one breaks. Both only where the fault has no entry of its own.

    Raises:
        RegisterError: it cannot be read; with file and line.
    """
    document = read_yaml(path or fixtures() / "faults.yaml", RegisterError)
    check_schema(document, _SCHEMA, RegisterError)
    entries = cast("dict[str, Any]", document.value)["faults"]
    own = {
        name: ExpectedFault(name, tuple(entry["requirements"]), " ".join(entry["why"].split()))
        for name, entry in entries.items()
    }
    families = {name.removesuffix("*"): entry for name, entry in own.items() if name.endswith("*")}
    found = {name: entry for name, entry in own.items() if not name.endswith("*")}
    register = load_register()
    for name, fault in catalogue().items():
        longest = max((start for start in families if name.startswith(start)), key=len, default="")
        known = own.get(name) or (families[longest] if longest else None) or own.get(fault.base)
        if known is None and fault.breaks:
            ids = tuple(register.for_operation(one, fault.operations[0]) for one in fault.breaks)
            known = ExpectedFault(name, ids, f"the contract says so of {fault.summary.partition(' ')[0]}")
        if known is not None:
            found[name] = replace(known, name=name)
    return found
