"""JSON Schema validation with errors that a person can read: where, what was expected, what was there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import jsonschema_rs

from conformance.errors import ContractError
from conformance.model import Json, JsonObject

SHOWN_CHARACTERS = 60
MOST_VIOLATIONS = 20
_TYPE_NAMES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


@dataclass(frozen=True)
class Violation:
    """One place where a value breaks its schema.

    Attributes:
        path: the place as a JSON path, `$` for the whole value.
        expected: what would have been right.
        actual: what was there; secret values only by kind and length.
        keyword: the JSON Schema keyword that is broken.
    """

    path: str
    expected: str
    actual: str
    keyword: str

    def __str__(self) -> str:
        """Return all three in one line."""
        return f"{self.path}: expected {self.expected}, got {self.actual}"


class SchemaValidator:
    """A compiled schema (Draft 2020-12) whose references lead into its own document."""

    def __init__(
        self, schema: JsonObject, components: JsonObject, secrets: Iterable[str] = (), where: str = ""
    ) -> None:
        self._secrets = frozenset(secrets)
        try:
            self._compiled = jsonschema_rs.Draft202012Validator(
                {"allOf": [schema], "components": components}, validate_formats=False, offline=True
            )
        except (ValueError, jsonschema_rs.ReferencingError) as problem:
            raise ContractError(f"the schema cannot be compiled: {problem}", where=where) from None

    def accepts(self, value: Json) -> bool:
        """Tell whether a value keeps the schema."""
        try:
            return self._compiled.is_valid(value)
        except (ValueError, OverflowError):
            return self._compiled.is_valid(_plain(value))

    def violations(self, value: Json) -> tuple[Violation, ...]:
        """Return where a value breaks the schema, at most `MOST_VIOLATIONS`; empty where it keeps it."""
        if self.accepts(value):
            return ()
        try:
            errors = list(self._compiled.iter_errors(value))
        except (ValueError, OverflowError):
            errors = list(self._compiled.iter_errors(_plain(value)))
        found = dict.fromkeys(entry for error in errors for entry in self._violations(error))
        return tuple(found)[:MOST_VIOLATIONS]

    def _violations(self, error: jsonschema_rs.ValidationError) -> Iterator[Violation]:
        branch = _intended_branch(error)
        if branch is not None:
            for inner in branch:
                yield from self._violations(inner)
            return
        path, name = _json_path(error.instance_path), error.instance_path[-1] if error.instance_path else ""
        kind = error.kind
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
            yield Violation(path, f"the field {kind.property!r}", "nothing", kind.name)
            return
        yield Violation(path, _expected(error), self._shown(error.instance, str(name)), kind.name)

    def _shown(self, value: object, name: str) -> str:
        if isinstance(value, str):
            kind = f"a string of {len(value)} characters" if value else "an empty string"
            if name in self._secrets or not value:
                return kind
            text = json.dumps(value, ensure_ascii=True)
            return f"the string {text}" if len(text) <= SHOWN_CHARACTERS else kind
        if isinstance(value, dict):
            return "an object"
        if isinstance(value, list):
            return "a list"
        return json.dumps(value, default=str)[:SHOWN_CHARACTERS]


def _plain(value: Json) -> Json:
    """Return a value without what only Python's JSON can hold: lone surrogates, numbers beyond all bounds."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return 1.5e308 if value > 0 else -1.5e308
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key.encode("utf-8", "replace").decode("utf-8"): _plain(item) for key, item in value.items()}
    return value


def _json_path(parts: Sequence[str | int]) -> str:
    steps = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return "$" + "".join(steps)


def _contexts(error: jsonschema_rs.ValidationError) -> list[list[jsonschema_rs.ValidationError]]:
    kind = error.kind
    if isinstance(kind, (jsonschema_rs.ValidationErrorKind.AnyOf, jsonschema_rs.ValidationErrorKind.OneOfNotValid)):
        return [branch for branch in kind.context if branch]
    return []


def _intended_branch(error: jsonschema_rs.ValidationError) -> list[jsonschema_rs.ValidationError] | None:
    """Return the one alternative whose type fits the value, since its errors tell most; None if several or none."""
    fitting = [
        branch
        for branch in _contexts(error)
        if not any(inner.kind.name == "type" and inner.instance_path == error.instance_path for inner in branch)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _expected(error: jsonschema_rs.ValidationError) -> str:
    kind = error.kind
    alternatives = [_expected(inner) for branch in _contexts(error) for inner in branch]
    if alternatives:
        return " or ".join(dict.fromkeys(alternatives))
    value = kind.value
    match kind.name:
        case "type":
            types = [value] if isinstance(value, str) else value
            return " or ".join(_TYPE_NAMES.get(name, str(name)) for name in types)
        case "enum":
            return "one of " + ", ".join(json.dumps(item) for item in value)
        case "const":
            return json.dumps(value)
        case "pattern":
            return f"a string that matches {value}"
        case "minLength":
            return f"a string of {value} or more characters"
        case "minProperties":
            return f"an object of {value} or more fields"
        case "not":
            return f"a value other than {json.dumps(value)}"
        case _:
            return f"{kind.name} {json.dumps(value, default=str)}"
