"""Documents checked by a JSON Schema, with every mistake in YAML's words: place, line, and what may be meant.

No message repeats a value: it may be a secret. Options of an `enum` are the schema's own.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import jsonschema

from conformance.documents.reading import Document, Place, read_yaml
from conformance.errors import ConformanceError, together

_Problem = jsonschema.ValidationError
_Kind = TypeVar("_Kind", bound=ConformanceError)


def _above(_: object, limit: float, instance: object, __: object) -> Iterator[_Problem]:
    """`exclusiveMinimum` that YAML's `.nan` and `.inf` do not pass either."""
    number = isinstance(instance, (int, float)) and not isinstance(instance, bool)
    if number and not (limit < cast("float", instance) < math.inf):
        yield _Problem("out of range")


# So many places of a key are worth naming.
MOST_PLACES = 3
_VALIDATOR = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator, {"exclusiveMinimum": _above}
)


def read_checked(path: Path, schema: Path, error: type[ConformanceError]) -> Document:
    """Read a YAML file that the JSON Schema in another file describes.

    Raises:
        error: as `read_yaml` and `check_schema`.
    """
    document = read_yaml(path, error)
    check_schema(document, json.loads(schema.read_text(encoding="utf-8")), error)
    return document


def check_schema(document: Document, schema: Mapping[str, Any], error: type[ConformanceError]) -> None:
    """Check a document by a JSON Schema.

    Raises:
        error: with every violation, each with file, line, and a suggestion for an unknown key.
    """
    mistakes = list(schema_mistakes(document, schema, error))
    if mistakes:
        raise together(mistakes)


def schema_mistakes(document: Document, schema: Mapping[str, Any], error: type[_Kind]) -> Iterator[_Kind]:
    """Yield the violations of a schema in the order of their lines."""
    problems = [_nearest(problem) for problem in _VALIDATOR(dict(schema)).iter_errors(document.value)]
    places = _places(schema) if problems else {}
    found = [said for problem in problems for said in _said(problem, places)]
    for place, message, advice in sorted(found, key=lambda one: document.lines.get(one[0], 0)):
        yield error(message, where=document.where(place), advice=advice)


def _nearest(problem: _Problem) -> _Problem:
    """Return the branch of an anyOf or oneOf that says most: the one for the kind of value that is given."""
    while problem.context:
        place = len(problem.absolute_path)
        fitting = [one for one in problem.context if one.validator != "type" or len(one.absolute_path) > place]
        if not fitting:
            return problem
        problem = max(fitting, key=lambda one: (len(one.absolute_path), one.validator == "additionalProperties"))
    return problem


def _places(schema: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """Return under which keys each key of a schema is known."""
    found: dict[str, list[str]] = {}

    def visit(node: Mapping[str, Any], place: str) -> None:
        reference = str(node.get("$ref", "")).rpartition("/")[2]
        node = schema.get("$defs", {}).get(reference, node)
        for branch in (node, *node.get("anyOf", ()), *node.get("oneOf", ())):
            for key, child in branch.get("properties", {}).items():
                found.setdefault(key, []).append(place)
                visit(child, f"{place}.{key}" if place else key)

    visit(schema, "")
    return found


def _advice(key: str, known: Sequence[str], places: Mapping[str, Sequence[str]]) -> str:
    """Return what may be meant by an unknown key: a key of another place, or one that is written nearly so."""
    if key in known:
        return f"Give {_either(known)}, not both."
    elsewhere = [place for place in dict.fromkeys(places.get(key, ())) if place]
    if 0 < len(elsewhere) <= MOST_PLACES:
        return f"It is a key of {_either(elsewhere)}: look at the indentation."
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(known)}."


def _said(problem: _Problem, places: Mapping[str, Sequence[str]]) -> Iterator[tuple[Place, str, str]]:
    """Yield place, message and advice of a violation: of unknown keys one for each."""
    place: Place = tuple(problem.absolute_path)
    name = ".".join(str(part) for part in place)
    wanted, instance = problem.validator_value, problem.instance
    known = list(cast("Mapping[str, Any]", problem.schema).get("properties", {}))
    if problem.validator == "additionalProperties" and isinstance(instance, dict):
        for key in instance:
            if key not in known:
                message = f"{name + ': ' if name else ''}unknown key {key[:80]!r}"
                yield (*place, key), message, _advice(key, _known(problem), places)
    elif problem.validator == "required" and isinstance(instance, dict):
        for key in cast("Sequence[str]", wanted):
            # Each missing key is a violation of its own: its message names it first. One that is misspelt is reported
            # as an unknown key.
            own = key not in instance and problem.message.startswith(repr(key))
            if own and not difflib.get_close_matches(key, [one for one in instance if one not in known], cutoff=0.5):
                yield place, f"{'.'.join([*map(str, place), key])} is missing", ""
    else:
        yield place, *_worded(problem, name or "the file")


def _known(problem: _Problem) -> list[str]:
    """Return the keys that a mapping may have: of the branches of an anyOf, those of each."""
    known = dict(cast("Mapping[str, Any]", problem.schema).get("properties", {}))
    parent = problem.parent
    if parent is not None and parent.validator in ("anyOf", "oneOf"):
        for branch in cast("Sequence[Mapping[str, Any]]", parent.validator_value):
            known |= branch.get("properties", {})
    return list(known)


def _worded(problem: _Problem, name: str) -> tuple[str, str]:
    wanted, instance = problem.validator_value, problem.instance
    if instance is None or (instance == "" and problem.validator in ("minLength", "pattern")):
        return f"{name} is empty", ""
    if problem.validator in ("anyOf", "oneOf"):
        return f"{name}: expected {_either(_types_of(problem))}, found {_found(instance)}", ""
    if problem.validator == "type":
        names = [wanted] if isinstance(wanted, str) else list(cast("Sequence[str]", wanted))
        return f"{name}: expected {_either([_TYPES[one] for one in names])}, found {_found(instance)}", ""
    if problem.validator == "enum":
        options = [str(option) for option in cast("Sequence[Any]", wanted)]
        near = difflib.get_close_matches(str(instance), options, n=1)
        return f"{name} must be {_either(options)}", f"Did you mean {near[0]!r}?" if near else ""
    said = _LIMITS.get(str(problem.validator))
    return f"{name} {said(wanted)}" if said else f"{name} is not as it must be ({problem.validator})", ""


def _types_of(problem: _Problem) -> list[str]:
    """Return what an anyOf would take, of each branch that asks for a type."""
    wanted = [one.validator_value for one in problem.context or () if one.validator == "type"]
    names = [name for value in wanted for name in ([value] if isinstance(value, str) else cast("list[str]", value))]
    return list(dict.fromkeys(_TYPES[name] for name in names if name != "null"))


def _either(options: Sequence[str]) -> str:
    """Return options as a sentence has them: `a, b or c`."""
    return f"{', '.join(options[:-1])} or {options[-1]}" if len(options) > 1 else "".join(options)


def _found(value: object) -> str:
    return _KINDS.get(type(value), "nothing")


_LIMITS: Mapping[str, Callable[[Any], str]] = {
    "const": lambda value: f"must be {value}",
    "minimum": lambda value: f"must be at least {value}",
    "maximum": lambda value: f"must be at most {value}",
    "exclusiveMinimum": lambda value: f"must be a number greater than {value}",
    "minLength": lambda value: f"must have at least {value} characters",
    "maxLength": lambda value: f"must have at most {value} characters",
    "minItems": lambda value: f"must have at least {value} item{'s' * (value != 1)}",
    "maxItems": lambda value: f"must have at most {value} items",
    "minProperties": lambda value: f"must have at least {value} key{'s' * (value != 1)}",
    "maxProperties": lambda value: f"must have at most {value} key{'s' * (value != 1)}",
    "pattern": lambda value: f"must match {value}",
}
_KINDS: Mapping[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a mapping",
}
_TYPES: Mapping[str, str] = {
    "string": "a string",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
