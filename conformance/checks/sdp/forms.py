"""The form of an answer: how its fields are spelled, and of which JSON types they are."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Json, JsonObject, json_kind

MAX_DEPTH = 6


def form(value: JsonObject) -> dict[str, tuple[str, str]]:
    """Return each field's place in lower case -> its spelling and JSON type. A null tells no type."""
    return dict(_fields(value, "", MAX_DEPTH))


def _fields(value: Json, place: str, depth: int) -> Iterator[tuple[str, tuple[str, str]]]:
    if not isinstance(value, dict) or not depth:
        return
    for name, item in value.items():
        own = f"{place}.{name}" if place else name
        yield own.lower(), (name, "" if item is None else json_kind(item))
        yield from _fields(item, own, depth - 1)


def differences(first: JsonObject, second: JsonObject) -> list[str]:
    """Return how two answers differ in the fields that both have: another spelling, another type."""
    found = []
    one, other = form(first), form(second)
    for place in sorted(one.keys() & other.keys()):
        (name, type_), (other_name, other_type) = one[place], other[place]
        if name != other_name:
            found.append(f"{name} is spelled {other_name}")
        elif type_ and other_type and type_ != other_type:
            found.append(f"{name} is {type_}, then {other_type}")
    return found
