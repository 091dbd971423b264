"""Violations: what a value breaks of a schema, which of them are reported, and the places that they name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from conformance.contract.schema_tree import ABSENT, TYPE
from conformance.model import Json

MOST_VIOLATIONS = 20
_MISTYPED = frozenset({TYPE, "anyOf", "oneOf"})
_BASE64 = re.compile(r"[A-Za-z0-9+/_\r\n-]+={0,2}\s*")


@dataclass(frozen=True)
class Violation:
    """One place where a value breaks its schema.

    Attributes:
        path: the place as a JSON path, `$` for the whole value.
        expected: what would have been right.
        actual: what was there; secret values only by kind and length.
        keyword: the JSON Schema keyword that is broken.
        cause: the defect without values that vary; equal causes are one defect.
        requirement: the id that the nearest node up the schema states, empty where none does.
        advice: the value only should be so (`x-should`).
        name: the field that is wrong or missing, empty for the whole value.
    """

    path: str
    expected: str
    actual: str
    keyword: str
    cause: str = ""
    requirement: str = ""
    advice: bool = False
    name: str = ""

    def __str__(self) -> str:
        """Return place, expected and actual in one line."""
        return f"{self.path}: expected {self.expected}, got {self.actual}"


@dataclass(frozen=True)
class Shape:
    """What the form of a value shows: the requirements that it was seen to keep, and its violations."""

    held: frozenset[str]
    violations: tuple[Violation, ...] = ()


def reported(violations: Sequence[Violation]) -> tuple[Violation, ...]:
    """Return the violations to report.

    Of a value of the wrong type that alone is reported, each requirement once a place, and equal causes once.
    """
    mistyped = {one.path: one for one in reversed(violations) if one.keyword in _MISTYPED and not one.advice}
    found: dict[tuple[str, str, str], Violation] = {}
    for one in violations:
        if one.keyword == ABSENT or mistyped.get(one.path, one) is one:
            found.setdefault((one.path, one.requirement, one.cause if one.keyword == ABSENT else ""), one)
    causes = {(one.requirement, one.cause): one for one in reversed(found.values())}
    return tuple(one for one in found.values() if causes[one.requirement, one.cause] is one)[:MOST_VIOLATIONS]


def is_base64(text: str) -> bool:
    """Tell whether a text is base64 in either alphabet, with or without padding and line breaks."""
    return bool(_BASE64.fullmatch(text)) and len(re.sub(r"[=\s]", "", text)) % 4 != 1


def inside(name: str, violation: Violation) -> Violation:
    """Return a violation in the parts of a token as one of the value that holds the token."""
    path = violation.path.replace("$[0]", f"$.{name}.header", 1).replace("$[1]", f"$.{name}", 1)
    cause = violation.cause.replace("[0]", f"{name}.header", 1).replace("[1]", name, 1)
    return replace(violation, path=path, cause=cause)


def plain(value: Json) -> Json:
    """Return a value without what only Python's JSON can hold: lone surrogates, numbers beyond all bounds."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return 1.5e308 if value > 0 else -1.5e308
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key.encode("utf-8", "replace").decode("utf-8"): plain(item) for key, item in value.items()}
    return value


def json_path(parts: Sequence[str | int]) -> str:
    """Return a place as a JSON path."""
    steps = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return "$" + "".join(steps)


def pointer(parts: Sequence[str | int]) -> str:
    """Return a place as a JSON pointer."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
