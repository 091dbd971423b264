"""The request of an operation that works: what is mandatory, filled from the target, and nothing unusual."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.contract import Contract, Operation, Parameter, Variant
from conformance.fuzz.case import AUTHORISED, NO_BODY, Body, Case, placeholder
from conformance.model import Json

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def fuzzed(contract: Contract) -> tuple[Operation, ...]:
    """Return the operations that are fuzzed: not other spellings, nor Keycloak's, which would lock out operators."""
    return tuple(entry for entry in contract if not entry.alternative_of and entry.operation_id != "keycloakToken")


def templates(operation: Operation) -> Iterator[Case]:
    """Yield the request that works, one for each variant of the operation."""
    for variant in operation.variants or (None,):
        yield template(operation, variant)


def template(operation: Operation, variant: Variant | None = None) -> Case:
    """Return the request of an operation that works, in one of its variants."""
    case = Case(operation.operation_id, "base", f"as documented ({variant.name})" if variant else "as documented")
    for entry in operation.parameters:
        if _belongs(entry, operation, variant):
            case = case.having(entry.location, entry.name, good_value(entry))
    if operation.security:
        case = case.with_header("Authorization", AUTHORISED)
    body = good_body(operation)
    if body.kind != "none":
        case = case.with_header("Content-Type", FORM if body.kind == "form" else JSON)
    return Case(
        case.operation, case.phase, case.about, path=case.path, query=case.query, headers=case.headers, body=body
    )


def _belongs(entry: Parameter, operation: Operation, variant: Variant | None) -> bool:
    if variant is not None and entry.location == "query":
        return entry.name in variant.required
    return entry.required or bool(entry.from_target and not operation.variants) or entry.name == "x-correlation-id"


def good_body(operation: Operation) -> Body:
    """Return the body that works."""
    if operation.body is None:
        return NO_BODY
    form = operation.body.media_types[0].name == FORM
    value: dict[str, Json] = {entry.name: good_value(entry) for entry in operation.fields if entry.required}
    return Body("form" if form else "json", value)


def good_value(entry: Parameter) -> Json:
    """Return a value that works: the target's where the contract says so, else the first that the schema allows."""
    if entry.from_target:
        return placeholder(entry.from_target)
    schema = entry.schema
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    enum = schema.get("enum")
    if isinstance(enum, list) and enum:
        return enum[0]
    if entry.example is not None:
        return entry.example
    by_type: dict[str, Json] = {"boolean": True, "integer": 1, "number": 1, "array": [], "object": {}}
    kind = schema.get("type")
    return by_type.get(kind, "x") if isinstance(kind, str) else "x"
