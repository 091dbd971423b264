"""Violations in words: what was expected, what was there, and the defect without values that vary."""

from __future__ import annotations

import json
from collections.abc import Sequence

import jsonschema_rs

from conformance.contract.schema_tree import FORM, TYPE
from conformance.model import json_kind

SHOWN_CHARACTERS = 60
_TYPE_NAMES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
_BLANK = "\\S"

Error = jsonschema_rs.ValidationError


def alternatives(error: Error) -> list[list[Error]]:
    """Return the errors of each alternative of an `anyOf` or `oneOf` of which none fits; empty for other keywords."""
    kind = error.kind
    if isinstance(kind, (jsonschema_rs.ValidationErrorKind.AnyOf, jsonschema_rs.ValidationErrorKind.OneOfNotValid)):
        return [branch for branch in kind.context if branch]
    return []


def expected_of(error: Error, form: str = "") -> str:
    """Say what would have been right; `form` is what a pattern means, in words."""
    inner = [expected_of(one) for branch in alternatives(error) for one in branch]
    if inner:
        return " or ".join(dict.fromkeys(inner))
    kind = error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        return f"the field {kind.property!r}"
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
            return "a string that is not empty" if value == _BLANK else form or f"a string that matches {value}"
        case "minLength":
            return "a string that is not empty" if value == 1 else f"a string of {value} or more characters"
        case "minProperties":
            return f"an object of {value} or more fields"
        case "minimum":
            return f"{value} or more"
        case "exclusiveMinimum":
            return f"more than {value}"
        case "maximum":
            return f"at most {value}"
        case "not":
            return f"a value other than {_excluded(value)}"
        case _:
            return f"{kind.name} {json.dumps(value, default=str)}"


def shown(value: object, *, secret: bool = False) -> str:
    """Say what was there; a secret, or a long text, only by kind and length."""
    if isinstance(value, str):
        kind = f"a string of {len(value)} characters" if value else "an empty string"
        if secret or not value:
            return kind
        text = json.dumps(value, ensure_ascii=True)
        return f"the string {text}" if len(text) <= SHOWN_CHARACTERS else kind
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return json.dumps(value, default=str)[:SHOWN_CHARACTERS]


def cause_of(place: Sequence[str], error: Error, *, absent: bool) -> str:
    """Name the defect without a value that differs from one response to the next."""
    name = ".".join(place).replace(".[", "[") or "the body"
    if absent:
        return f"{name} is missing"
    kind, value = error.kind, error.instance
    lacking = [one.kind for branch in alternatives(error) for one in branch]
    if lacking and isinstance(lacking[0], jsonschema_rs.ValidationErrorKind.Required):
        return f"{name}.{lacking[0].property} is missing"
    match kind.name:
        case "type" | "anyOf" | "oneOf":
            return f"{name} is {json_kind(value)}"
        case "const":
            return f"{name} is not {json.dumps(kind.value)}"
        case "enum":
            return f"{name} is not {' or '.join(json.dumps(item) for item in kind.value)}"
        case "minimum" | "exclusiveMinimum":
            return f"{name} is not {expected_of(error)}"
        case "maximum":
            return f"{name} is more than {kind.value}"
        case "not":
            by_type = isinstance(kind.value, dict) and TYPE in kind.value
            return f"{name} is {json_kind(value) if by_type else 'not allowed'}"
        case _:
            return f"{name} is empty" if isinstance(value, str) and not value.strip() else f"{name} has another form"


def _excluded(schema: object) -> str:
    if isinstance(schema, dict):
        if FORM in schema:
            return str(schema[FORM])
        if "pattern" in schema:
            return f"one that matches {schema['pattern']}"
        if TYPE in schema:
            return _TYPE_NAMES.get(str(schema[TYPE]), str(schema[TYPE]))
    return json.dumps(schema)
