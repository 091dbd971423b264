"""JSON from a target that is not trusted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"

MAX_DEPTH = 200


class NotJson(ValueError):
    """A body that is not JSON, or JSON that no honest server sends (10,000 nested arrays)."""


def _number(text: str) -> int:
    # Python refuses to convert integers of more than 4,300 digits; a target's huge number is not a crash of ours.
    if len(text) > 400:
        raise NotJson(f"a number of {len(text)} digits")
    return int(text)


def _constant(text: str) -> Json:
    raise NotJson(f"{text} is not JSON")


def parse_json(body: bytes) -> Json:
    """Parse a body strictly (RFC 8259), with a byte order mark allowed.

    Raises:
        NotJson: not UTF-8, not JSON, `NaN`, or nested more than `MAX_DEPTH` deep.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8: {error.reason} at byte {error.start}") from None
    try:
        value: Json = json.loads(text, parse_int=_number, parse_constant=_constant)
    except RecursionError:
        raise NotJson("nested too deep") from None
    except NotJson:
        raise
    except ValueError as error:
        raise NotJson(str(error)) from None
    _limit_depth(value)
    return value


def leaves(value: Json, name: str = "") -> Iterator[tuple[str, Json]]:
    """Yield what is neither list nor object in a value, each with the name of the member that holds it."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, key)
    elif isinstance(value, list):
        for child in value:
            yield from leaves(child, name)
    else:
        yield name, value


def _limit_depth(value: Json) -> None:
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, (list, dict))
            for child in (parent if isinstance(parent, list) else parent.values())
        ]
        if not level:
            return
    raise NotJson(f"nested more than {MAX_DEPTH} deep")


def json_kind(value: object) -> str:
    """Name the JSON type of a value, as a finding says it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, float) and not value.is_integer():
        return "a number with a fraction"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string" if value else "an empty string"
    return "a list" if isinstance(value, list) else "an object"
