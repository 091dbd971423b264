"""JSON Schema validation with errors that a person can read, each with the requirement that its node states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import NamedTuple, cast

import jsonschema_rs

from conformance.contract.schema_tree import (
    ABSENT,
    ALTERNATIVES,
    CONTENT,
    REQUIREMENT,
    TYPE,
    all_ids,
    compiled,
    find,
    id_for,
)
from conformance.contract.violations import Shape, Violation, inside, is_base64, json_path, plain, pointer, reported
from conformance.contract.words import alternatives, cause_of, expected_of, shown
from conformance.errors import ContractError
from conformance.model import Json, JsonObject
from conformance.opentv.tokens import NotJwt, parse_jwt

MOST_ERRORS = 200
SCHEMA, ENCODING = "contentSchema", "contentEncoding"
Error = jsonschema_rs.ValidationError


class Compiled(NamedTuple):
    """A compiled schema, and the trees that its evaluation paths lead through."""

    validator: jsonschema_rs.Draft202012Validator
    tree: JsonObject
    named: JsonObject


class _Broken(NamedTuple):
    """A violation with the JSON pointer of its value, and its evaluation path."""

    violation: Violation
    place: str
    steps: str


class Schemas:
    """The named schemas of one document, compiled once: as they are, and with `x-should` as constraints."""

    def __init__(self, name: str, schemas: JsonObject, secrets: Iterable[str], where: str) -> None:
        self.secrets = frozenset(secrets)
        self._where = where
        self._base = f"urn:opentv:{name}"
        self._schemas = schemas
        self._validators: dict[str, SchemaValidator] = {}

    def compiled(self, schema: JsonObject, *, advised: bool) -> Compiled:
        """Compile a schema whose references lead to the named ones.

        Raises:
            ContractError: it is not a schema.
        """
        registry, named = self._advised if advised else self._plain
        tree = compiled(schema, self._base, advised=advised)
        assert isinstance(tree, dict)
        try:
            made = jsonschema_rs.Draft202012Validator(tree, registry=registry, validate_formats=False, offline=True)
        except (ValueError, jsonschema_rs.ReferencingError) as problem:
            raise ContractError(f"the schema cannot be compiled: {problem}", where=self._where) from None
        return Compiled(made, tree, named)

    def named(self, reference: str) -> SchemaValidator:
        """Return the validator of a named schema, for example `#/components/schemas/AccessClaims`."""
        if reference not in self._validators:
            self._validators[reference] = SchemaValidator({"$ref": reference}, self)
        return self._validators[reference]

    @cached_property
    def _plain(self) -> tuple[jsonschema_rs.Registry, JsonObject]:
        return self._registry(advised=False)

    @cached_property
    def _advised(self) -> tuple[jsonschema_rs.Registry, JsonObject]:
        return self._registry(advised=True)

    def _registry(self, *, advised: bool) -> tuple[jsonschema_rs.Registry, JsonObject]:
        trees = {name: compiled(schema, self._base, advised=advised) for name, schema in self._schemas.items()}
        resource = {"components": {"schemas": trees}}
        return jsonschema_rs.Registry([(self._base, resource)], draft=jsonschema_rs.Draft202012), trees


class SchemaValidator:
    """A compiled schema (Draft 2020-12) whose references lead into its own document."""

    def __init__(self, schema: JsonObject, schemas: Schemas) -> None:
        self._schemas = schemas
        self._schema = schema
        self._plain = schemas.compiled(schema, advised=False)

    @cached_property
    def _advised(self) -> Compiled:
        return self._schemas.compiled(self._schema, advised=True)

    @cached_property
    def requirement(self) -> str:
        """The id of what the whole value must be, empty where the schema states nothing of it."""
        steps = ["$ref", TYPE] if "$ref" in self._schema else [TYPE]
        return find(self._plain.tree, self._plain.named, steps).requirement

    def accepts(self, value: Json) -> bool:
        """Tell whether a value keeps the schema; what is inside a token is not looked at."""
        try:
            return self._plain.validator.is_valid(value)
        except (ValueError, OverflowError):
            return self._plain.validator.is_valid(plain(value))

    def violations(self, value: Json) -> tuple[Violation, ...]:
        """Return where a value breaks the schema, at most `MOST_VIOLATIONS`; empty where it keeps it."""
        return tuple(one for one in self.judge(value).violations if not one.advice)

    def judge(self, value: Json) -> Shape:
        """Return what a value, and the tokens in it, show of the requirements that the schema states."""
        try:
            evaluation = self._advised.validator.evaluate(value)
        except (ValueError, OverflowError):
            value = plain(value)
            evaluation = self._advised.validator.evaluate(value)
        if evaluation.valid:
            broken: list[_Broken] = []
            notes = _noted(evaluation)
        else:
            broken = [*self._broken(value, self._plain)]
            broken += [one for one in self._broken(value, self._advised) if one.violation.advice]
            notes = list(_reached(evaluation, broken))
        held: set[str] = set()
        violations = [one.violation for one in sorted(broken, key=lambda one: one.steps.count("/"))]
        for note, place in notes:
            ids = note.get(REQUIREMENT)
            if isinstance(ids, str):
                held.add(ids)
            elif ids:
                held |= all_ids(ids)
            content = note.get(CONTENT)
            if isinstance(content, dict):
                shape = self._content(value, place, content)
                held |= shape.held
                violations += shape.violations
        told = reported(violations)
        return Shape(frozenset(held - {"", *(one.requirement for one in told)}), told)

    def _content(self, value: Json, place: str, content: JsonObject) -> Shape:
        """Judge what a string at a place of the value holds: header and claims of a compact JWT, or encoded bytes."""
        parts = [part.replace("~1", "/").replace("~0", "~") for part in place.split("/")[1:]]
        for part in parts:
            value = value[part] if isinstance(value, dict) else None
        name, text, requirement = ".".join(parts), str(value), str(content[REQUIREMENT])
        if "encoding" in content:
            if is_base64(text) or not text.strip():
                return Shape(frozenset())
            wrong = Violation(f"$.{name}", "base64", "other characters", ENCODING, f"{name} is not base64", requirement)
            return Shape(frozenset(), (wrong,))
        try:
            jwt = parse_jwt(text)
        except NotJwt as problem:
            expected = "a compact JWT: three segments of base64url, the first two JSON objects"
            cause = f"{name} is not a token: {problem}"
            return Shape(frozenset(), (Violation(f"$.{name}", expected, str(problem), SCHEMA, cause, requirement),))
        shape = self._schemas.named(str(content["schema"])).judge([jwt.header, jwt.claims])
        return replace(shape, violations=tuple(inside(name, one) for one in shape.violations))

    def _broken(self, value: Json, compiled: Compiled) -> Iterator[_Broken]:
        for error in islice(compiled.validator.iter_errors(value), MOST_ERRORS):
            yield from self._flattened(error, compiled)

    def _flattened(self, error: Error, compiled: Compiled) -> Iterator[_Broken]:
        branch = _intended_branch(error)
        if branch is not None:
            for inner in branch:
                yield from self._flattened(inner, compiled)
            return
        kind, parts = error.kind, error.instance_path
        absent = kind.property if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required) else ""
        null = error.instance is None
        found = find(compiled.tree, compiled.named, error.evaluation_path, absent=absent, null=null)
        secret = bool(parts) and str(parts[-1]) in self._schemas.secrets
        violation = Violation(
            path=json_path(parts),
            expected=expected_of(error, found.form),
            actual="nothing" if absent else shown(error.instance, secret=secret),
            keyword=kind.name,
            cause=cause_of(found.place, error, absent=bool(absent)),
            requirement=found.requirement,
            advice=found.advice,
            name=found.place[-1] if found.place else "",
        )
        yield _Broken(violation, pointer(parts), f"{pointer(error.evaluation_path)}/")


def _noted(evaluation: jsonschema_rs.Evaluation) -> list[tuple[JsonObject, str]]:
    """Return what the nodes that a value kept note of it, and where; not their lists of properties."""
    return [
        (cast("JsonObject", unit["annotations"]), unit["instanceLocation"])
        for unit in evaluation.annotations()
        if isinstance(unit["annotations"], dict)
    ]


def _reached(evaluation: jsonschema_rs.Evaluation, broken: list[_Broken]) -> Iterator[tuple[JsonObject, str]]:
    """Yield the annotations of what was reached of a value that breaks something, and where.

    An alternative that was not meant shows nothing; of a value that itself is wrong, only its presence is shown.
    """
    units = evaluation.list()["details"]
    dead = tuple(
        path
        for path in (f"{unit['evaluationPath']}/" for unit in units if not unit["valid"])
        if path.split("/")[-3:-2] in ALTERNATIVES and not any(one.steps.startswith(path) for one in broken)
    )
    wrong = {one.place for one in broken if not one.violation.advice and one.violation.keyword != ABSENT}
    for unit in units:
        found, place = unit.get("annotations") or unit.get("droppedAnnotations"), unit["instanceLocation"]
        if not isinstance(found, dict) or f"{unit['evaluationPath']}/".startswith(dead):
            continue
        note = cast("JsonObject", found)
        if place not in wrong:
            yield note, place
        else:
            yield {**note, REQUIREMENT: id_for(note.get(REQUIREMENT), ABSENT)}, place


def _intended_branch(error: Error) -> list[Error] | None:
    """Return the one alternative whose type fits the value, since its errors tell most; None if several or none."""
    fitting = [
        branch
        for branch in alternatives(error)
        if not any(inner.kind.name == TYPE and inner.instance_path == error.instance_path for inner in branch)
    ]
    return fitting[0] if len(fitting) == 1 else None
