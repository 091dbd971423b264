"""YAML files at the edge: read safely, with a line number for every key, checked by a JSON Schema."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import jsonschema
import yaml

from conformance.errors import ConformanceError
from conformance.model import Json

Lines = dict[tuple[str | int, ...], int]


@dataclass(frozen=True)
class Document:
    """A YAML file: its value, the line on which each key or item begins, and each scalar as it is written.

    YAML reads `012`, `10:20:30` and `yes` as 10, 37230 and true: an identifier or a password is none of these.
    """

    path: Path
    value: Json
    lines: Lines = field(default_factory=dict, repr=False)
    texts: Mapping[tuple[str | int, ...], str] = field(default_factory=dict, repr=False)

    def where(self, location: Sequence[str | int] = ()) -> str:
        """Return `file:line` of a place in the document, or of its nearest parent that has a line."""
        place = tuple(location)
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.path}:{self.lines.get(place, 1)}"


# libyaml's safe loader where PyYAML has it: ten times faster.
_Safe: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVERS = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in _Safe.yaml_implicit_resolvers.items()
}
# A day stays the text that it is: JSON has no dates.
_Loader: type[yaml.SafeLoader] = type("_Loader", (_Safe,), {"yaml_implicit_resolvers": _RESOLVERS})


def _walk(node: yaml.Node, place: tuple[str | int, ...], lines: Lines, texts: dict[tuple[str | int, ...], str]) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {name!r} stands twice", problem_mark=key.start_mark)
            seen.add(name)
            lines[(*place, name)] = key.start_mark.line + 1
            _walk(value, (*place, name), lines, texts)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*place, index), lines, texts)
    elif isinstance(node, yaml.ScalarNode):
        texts[place] = node.value


def read_yaml(path: Path, error: type[ConformanceError]) -> Document:
    """Read a YAML file.

    Raises:
        error: the file is missing, not UTF-8, not YAML, or holds a key twice; with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error("no such file", where=str(path), advice=_neighbours(path)) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise error(f"cannot be read: {problem}", where=str(path)) from None
    lines: Lines = {}
    texts: dict[tuple[str | int, ...], str] = {}
    try:
        value = _load(text, lines, texts)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise error(f"not YAML: {problem.problem or problem}", where=where) from None
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        raise error(f"not YAML: {problem}", where=str(path)) from None
    return Document(path, value, lines, texts)


def _load(text: str, lines: Lines, texts: dict[tuple[str | int, ...], str]) -> Json:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _walk(node, (), lines, texts)
        value: Json = loader.construct_document(node)
        return value
    finally:
        loader.dispose()


def _neighbours(path: Path) -> str:
    folder = path.parent if path.parent.is_dir() else Path()
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"Did you mean {folder / near[0]}?" if near else ""


def check_schema(document: Document, schema: Mapping[str, Any], error: type[ConformanceError]) -> None:
    """Check a document by a JSON Schema.

    Raises:
        error: the first violation in the file, with file, line, and a suggestion for an unknown key.
    """
    validator = jsonschema.Draft202012Validator(dict(schema))
    problems = list(validator.iter_errors(document.value))
    if not problems:
        return
    problem = min(
        (_deepest(entry) for entry in problems),
        # A misspelt key says more than the missing one that it was to be.
        key=lambda entry: (entry.validator == "required", document.lines.get(tuple(entry.absolute_path), 10**6)),
    )
    place = list(problem.absolute_path)
    message, advice = problem.message, ""
    if problem.validator == "additionalProperties" and isinstance(problem.instance, dict):
        known = list(cast("Mapping[str, Any]", problem.schema).get("properties", {}))
        unknown = [key for key in problem.instance if key not in known]
        name = unknown[0] if unknown else "?"
        message = f"unknown key {name!r}"
        near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
        advice = f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(known)}."
        place.append(str(name))
    elif problem.validator == "required":
        message = f"{problem.message} here"
    elif problem.validator != "enum":
        # jsonschema's own words repeat the value, which may be a secret.
        message = _without_value(problem)
    elif problem.validator == "enum":
        options = [str(option) for option in cast("Sequence[Any]", problem.validator_value)]
        near = difflib.get_close_matches(str(problem.instance), options, n=1)
        advice = f"Did you mean {near[0]!r}?" if near else ""
    dotted = ".".join(str(part) for part in place)
    raise error(f"{dotted}: {message}" if dotted else message, where=document.where(place), advice=advice)


def _without_value(problem: jsonschema.ValidationError) -> str:
    """Say what is wrong without the value."""
    kind, wanted = _KINDS.get(type(problem.instance), "nothing"), problem.validator_value
    if problem.validator == "type":
        names = [wanted] if isinstance(wanted, str) else list(cast("Sequence[str]", wanted))
        return f"{kind} stands where {' or '.join(_TYPES.get(name, name) for name in names)} is expected"
    return f"{kind} breaks {problem.validator}: {wanted}" if not isinstance(wanted, dict) else f"{kind} does not fit"


_KINDS: Mapping[type, str] = {
    str: "a text",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a mapping",
}
_TYPES = {"string": "a text", "object": "a mapping", "array": "a list", "null": "null", "integer": "a whole number"} | {
    name: f"a {name}" for name in ("number", "boolean")
}


def _deepest(problem: jsonschema.ValidationError) -> jsonschema.ValidationError:
    """Return the branch of an anyOf or oneOf that came furthest, since its message helps most."""
    while problem.context:
        problem = max(problem.context, key=lambda entry: (len(entry.absolute_path), entry.validator != "type"))
    return problem
