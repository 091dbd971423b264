"""Acceptance profiles: the file in which whoever decides says what he asks (specs/schemas/profile.json)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from conformance.documents import Document, check_schema, parse_yaml, read_bytes
from conformance.errors import ConformanceError, ProfileError, UsageError
from conformance.register import Register
from conformance.resources import schema_files
from conformance.stream import events

_SECONDS = {"m": 60, "h": 3600, "d": 86_400}


def load_profile(path: Path, register: Register) -> events.AcceptanceProfile:
    """Load an acceptance profile.

    Raises:
        ProfileError: it cannot be read, breaks its schema, or names what the register does not have.
    """
    content = read_bytes(path, ProfileError)
    document = parse_yaml(path, content, ProfileError)
    check_schema(document, json.loads(schema_files()["profile"].read_text(encoding="utf-8")), ProfileError)
    root = cast("dict[str, Any]", document.value)
    asked, limits, target = (root.get(name) or {} for name in ("requirements", "limits", "target"))
    for place, names in (("binding", asked.get("binding", ())), ("shoulds", asked.get("shoulds", ()))):
        _known(document, register, names, "requirements", place, beginnings=place == "binding")
    _known(document, register, limits.get("waivers", ()), "limits", "waivers")
    for name, option in (root.get("readings") or {}).items():
        _reading(document, register, name, option)
    return events.AcceptanceProfile(
        name=root["name"],
        sha256=hashlib.sha256(content).hexdigest(),
        binding=asked.get("binding"),
        shoulds=asked.get("shoulds", []),
        readings=root.get("readings") or {},
        services=root.get("services") or [],
        features=root.get("features") or [],
        hosts=target.get("hosts") or {},
        keys=target.get("keys") or [],
        max_age_s=parse_age(limits["max_age"]) if "max_age" in limits else None,
        cases=limits.get("cases", 0),
        edition=limits.get("edition", 0),
        waived=limits.get("waivers"),
        challenge=root.get("challenge", False),
        signed=root.get("signed", False),
    )


def parse_age(text: str) -> int:
    """Return an age as `30d`, `12h` or `90m` in seconds.

    Raises:
        UsageError: it is none.
    """
    found = re.fullmatch(r"([1-9][0-9]{0,4})([dhm])", text)
    if found is None:
        raise UsageError(f"{text!r} is not an age", advice="Write it as 30d, 12h or 90m.")
    return int(found[1]) * _SECONDS[found[2]]


def _known(document: Document, register: Register, names: Iterable[str], *place: str, beginnings: bool = False) -> None:
    for number, name in enumerate(names):
        if name in register or (beginnings and any(entry.id.startswith(name) for entry in register)):
            continue
        try:
            register[name]
        except ConformanceError as problem:
            raise ProfileError(problem.message, where=document.where((*place, number)), advice=problem.advice) from None


def _reading(document: Document, register: Register, name: str, option: str) -> None:
    try:
        options = [one.id for one in register.reading(name).options]
    except ConformanceError as problem:
        raise ProfileError(problem.message, where=document.where(("readings", name)), advice=problem.advice) from None
    if option not in options:
        raise ProfileError(
            f"the reading {name} has no option {option!r}",
            where=document.where(("readings", name)),
            advice=f"Known: {', '.join(options)}.",
        )
