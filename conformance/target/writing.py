"""A target file as text: what is known of a deployment, and everything else as comments that can be filled in.

What the comments say of a key is the published schema's description.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from conformance.model import Json
from conformance.target.mistakes import target_schema

WIDTH = 100
_SCHEMA_NAME = "target.json"
# Groups that a new user fills in; what else a target file may have is left to its documentation.
_GROUPS = ("services", "features", "subjects", "credentials", "safety")
_UNKNOWN = "…"
_HEADERS = ("http", "headers")
_NO_NOTES: Mapping[str, str] = MappingProxyType({})


def target_text(
    known: Mapping[str, Json], *, said: Sequence[str], notes: Mapping[str, str] = _NO_NOTES, explained: bool = True
) -> str:
    """Return a target file.

    Args:
        known: the file's keys and values, as far as they are known; at least `name`, `tenant` and `services`.
        said: what the first lines say of the file, one sentence each.
        notes: key with dots -> what is said of it in place of the schema's description.
        explained: every key has its description, not only those with a note.
    """
    lines = [f"# yaml-language-server: $schema={_SCHEMA_NAME}", f"# $schema: {_SCHEMA_NAME}", "#"]
    for sentence in (*said, _HINT):
        lines += [f"# {line}" for line in textwrap.wrap(sentence, WIDTH)]
    lines.append("version: 1")
    for name in ("name", "tenant"):
        lines += _comment(_said((name,), notes, explained=explained), "")
        lines.append(f"{name}: {_flow(known[name])}")
    for group in _GROUPS:
        lines += ["", *_group(group, known.get(group), notes, explained=explained)]
    for name in known:
        if name not in ("version", "name", "tenant", *_GROUPS):
            lines += ["", *_comment(_said((name,), notes, explained=explained), ""), *_given(name, known[name], "")]
    return "\n".join(lines) + "\n"


_HINT = (
    'A value may be text, "${NAME}" (an environment variable), {file: path} or {command: [program, argument]}. '
    "Keep secrets out of this file: name where they are. Lines that are commented out are optional."
)


def variable_of(place: Sequence[str]) -> str:
    """Return the name of the environment variable that is proposed for a value: OTV_USER_PASSWORD."""
    words = [re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", part) for part in place if part not in ("subjects", "credentials")]
    return "OTV_" + "_".join(words).upper()


def is_secret(place: Sequence[str]) -> bool:
    """Tell whether the schema calls the value of a key a secret; headers of a gateway are."""
    return tuple(place[:2]) == _HEADERS or "secret" in str(schema_of(place).get("description", "")).lower()


def schema_of(place: Sequence[str]) -> Mapping[str, Any]:
    """Return the schema of a key, references resolved; empty where it has none."""
    entry: Mapping[str, Any] = target_schema()
    for name in place:
        others = entry.get("additionalProperties")
        entry = _resolved(entry.get("properties", {}).get(name) or (others if isinstance(others, dict) else {}))
    return entry


def _resolved(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in entry:
        return entry
    return {**target_schema()["$defs"][entry["$ref"].rpartition("/")[2]], **entry}


def _said(place: Sequence[str], notes: Mapping[str, str], *, explained: bool) -> str:
    return notes.get(".".join(place)) or (str(schema_of(place)["description"]) if explained else "")


def _comment(text: str, indent: str) -> list[str]:
    return [f"{indent}# {line}" for line in textwrap.wrap(text, WIDTH - len(indent))]


def _group(name: str, given: Json, notes: Mapping[str, str], *, explained: bool) -> Iterator[str]:
    """Yield a group of the file: what is given as it is, what is not as comments."""
    values = given if isinstance(given, dict) else {}
    yield from _comment(_said((name,), notes, explained=explained), "")
    yield f"{name}:" if values else f"# {name}:"
    for key in schema_of((name,))["properties"]:
        place = (name, key)
        said = _said(place, notes, explained=explained)
        if key in values:
            yield from _comment(said, "  ")
            yield from _given(key, values[key], "  ")
        elif name != "safety":
            yield from (f"#   {line}" for line in (*textwrap.wrap(said, WIDTH - 4), *_forms(place, schema_of(place))))


def _given(key: str, value: Json, indent: str) -> Iterator[str]:
    """Yield a key with its value: members on lines of their own where there are more than two."""
    if not isinstance(value, dict) or len(value) <= 2:  # a URL, {file: …}, a user and a password
        yield f"{indent}{key}: {_flow(value)}"
        return
    yield f"{indent}{key}:"
    for name, one in value.items():
        yield from _given(name, one, f"{indent}  ")


def _forms(place: tuple[str, ...], entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield a key that is not given, in each of its forms."""
    members = entry.get("properties", {})
    if place == ("credentials", "crm"):
        for name, part in members.items():
            yield f"crm: {{{name}: {_blank((*place, name), _resolved(part))}}}"
    elif members or entry.get("type") in ("boolean", "array"):
        yield f"{place[-1]}: {_blank(place, entry)}"
    else:
        yield f'{place[-1]}: {{"<kid>": "${{{variable_of(place)}}}"}}'


def _blank(place: tuple[str, ...], entry: Mapping[str, Any]) -> str:
    """Return what is to be filled in for a key that is not given."""
    members = entry.get("properties")
    if members and "anyOf" not in entry:
        return (
            "{" + ", ".join(f"{name}: {_blank((*place, name), _resolved(one))}" for name, one in members.items()) + "}"
        )
    if entry.get("type") == "boolean":
        return "true"
    if entry.get("type") == "array":
        return f'["{_UNKNOWN}"]'
    return f'"${{{variable_of(place)}}}"' if is_secret(place) else f'"{_UNKNOWN}"'


def _flow(value: Json) -> str:
    """Return a value on one line: JSON but for the names of members, which need no quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_name(name)}: {_flow(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)


# Text that YAML can take for nothing else, written without quotes.
_PLAIN = re.compile(r"(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z][A-Za-z_-]*[A-Za-z]", re.IGNORECASE)


def _name(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", text) else json.dumps(text, ensure_ascii=False)
