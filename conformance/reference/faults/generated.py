"""Faults of form, made of the contract: each member of a documented answer missing, null, of another type or value.

The OpenAPI documents are read as data here, apart from the code that judges by them. A fault's name is the place and what
is wrong there, `dasSignOnByCasn.access_token.exp.missing`; what it breaks is the `x-requirement` of the nearest node.
Header and claims of a token are altered before it is signed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from conformance.documents import read_yaml
from conformance.errors import ContractError
from conformance.reference.faults.edits import Edit, drop, put
from conformance.reference.faults.fault import AnswerFilter, Fault, register
from conformance.reference.faults.making import HEADER, edit_within
from conformance.resources import specs

if TYPE_CHECKING:
    from conformance.reference.platform import Platform
    from conformance.reference.wire import Answer, Call

Place = tuple[str, ...]
Schema = dict[str, Any]
SERVICES = ("hdm", "adm", "ias", "sdp", "mds")
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}
# A value of another type, as a careless server writes it.
_MISTYPED = {"boolean": "true", "object": [], "array": {}, "integer": "7", "number": "7", "string": 7}
_WORDS = {
    "missing": "is missing",
    "wrong-type": "is of another type",
    "fraction": "is a fraction",
    "other-value": "has another value",
    "wrong-item": "holds a number",
    "wrong-member": "holds a member that is a number",
}
# Texts of which one keeps no pattern.
_MALFORMED = ("?", "")


class Node(NamedTuple):
    """A schema of the value at a place of an answer.

    `above` holds the ids of the schemas around it with their places, the nearest last. `advice`: it is part of an
    `x-should`; `alternative`: of several that the value may keep; `conditional`: it counts on a condition only; `named`:
    a condition speaks of the member.
    """

    place: Place
    schema: Schema
    above: tuple[tuple[Place, Any], ...] = ()
    advice: bool = False
    alternative: bool = False
    conditional: bool = False
    named: bool = False


class Defect(NamedTuple):
    """What is wrong at a place, the id that it breaks, and how it is brought about."""

    place: Place
    what: str
    requirement: str
    edit: Edit
    advice: bool = False


class Document:
    """An OpenAPI document, and what its answers can be wrong in."""

    def __init__(self, service: str) -> None:
        value = read_yaml(specs() / "openapi" / f"{service}.yaml", ContractError).value
        assert isinstance(value, dict)
        self._value: Schema = value

    def answers(self) -> Iterator[tuple[str, str, Schema]]:
        """Yield (operation, status, schema) of every answer of JSON."""
        for item in self._value["paths"].values():
            for operation in (entry for method, entry in item.items() if method in ("get", "put", "post")):
                for status, response in operation["responses"].items():
                    content = self._followed(response).get("content", {}).get("application/json")
                    # The platform has no failure of its own, and one of a service's two spellings is enough.
                    if content and status != "5XX" and "x-alternative-of" not in operation:
                        yield operation["operationId"], status, content["schema"]

    def nodes(self, node: Node) -> Iterator[Node]:
        """Yield every schema of a value, and of what is in it."""
        schema = node.schema
        if "x-requirement" in schema:
            node = node._replace(above=(*node.above, (node.place, schema["x-requirement"])))
        yield node
        if "$ref" in schema:
            yield from self.nodes(node._replace(schema=self._followed(schema)))
        for part in schema.get("oneOf", ()):
            yield from self.nodes(node._replace(schema=part, alternative=True))
        for part in schema.get("allOf", ()):
            yield from self.nodes(node._replace(schema=part))
        # Of two branches the first is an answer of the platform; the other is for what stands in front of it.
        branch = schema.get("then", schema.get("else"))
        if branch is not None:
            yield from self.nodes(node._replace(schema=branch, conditional=True))
        if "x-should" in schema:
            yield from self.nodes(node._replace(schema=schema["x-should"], advice=True))
        if "contentSchema" in schema:
            header, claims = self._followed(schema["contentSchema"])["prefixItems"]
            yield from self.nodes(Node((*node.place, HEADER), header))
            yield from self.nodes(Node(node.place, claims))
        for name, part in schema.get("properties", {}).items():
            own = Node((*node.place, name), part, node.above, node.advice, named=node.conditional)
            yield from self.nodes(own)

    def defects(self, node: Node, known: frozenset[str]) -> Iterator[Defect]:
        """Yield what can be wrong by one schema; `known` are the types that bind at its place."""
        schema, place, types = node.schema, node.place, self.types(node.schema)
        made = partial(self._made, node)
        for name in schema.get("required", ()):
            own = (*place, name), schema.get("properties", {}).get(name, {}).get("x-requirement", {})
            yield self._made(node._replace(place=own[0], above=(*node.above, own)), "required", "missing", drop)
        if not node.alternative and types:
            if "null" not in types and place:
                yield made("null", "null", put(None))
            if types & {"integer", "number"} and (not node.advice or "number" in known) and "number" not in types:
                yield made("type", "fraction", _fraction)
            if not node.advice or not known:
                yield made("type", "wrong-type", put(_other_type(types)))
        if schema.get("not") == {"type": "null"}:
            yield made("not", "null", put(None))
        if "const" in schema or "enum" in schema:
            yield made("const" if "const" in schema else "enum", "other-value", put("other"))
        if "pattern" in schema:
            for wrong in [text for text in _MALFORMED if not re.search(schema["pattern"], text)][:1]:
                yield made("pattern", "malformed" if wrong else "empty", put(wrong))
        if "minLength" in schema:
            yield made("minLength", "empty", put(""))
        for keyword, what, step in (
            ("exclusiveMinimum", "small", 0),
            ("minimum", "small", -1),
            ("maximum", "large", 1),
        ):
            if keyword in schema:
                yield made(keyword, f"too-{what}", put(schema[keyword] + step))
        if "contentEncoding" in (schema.get("x-requirement") or ()):
            yield made("contentEncoding", "not-base64", put("?"))
        items = schema.get("items", {})
        if items:
            advice = items.get("x-should", {}).get("x-requirement", "")
            defect = made("items", "wrong-item", _with_item)
            yield defect._replace(requirement=advice, advice=True) if advice else defect
        if isinstance(schema.get("additionalProperties"), dict):
            yield made("additionalProperties", "wrong-member", _with_member)

    def _made(self, node: Node, keyword: str, what: str, edit: Edit) -> Defect:
        return Defect(node.place, what, _requirement(node, keyword), edit, node.advice)

    def _followed(self, value: Schema) -> Schema:
        if "$ref" not in value:
            return value
        found: Any = self._value
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return dict(found)

    def types(self, schema: Schema) -> frozenset[str]:
        """Return the types of JSON that a schema takes; empty for any."""
        own = schema.get("type") or (_TYPES[type(schema["const"])] if "const" in schema else [])
        if own or "$ref" not in schema:
            parts = [self.types(part) for part in schema.get("oneOf", ())]
            return frozenset([own] if isinstance(own, str) else own).union(*parts)
        return self.types(self._followed(schema))


def _requirement(node: Node, keyword: str) -> str:
    """Return the id that the nearest schema gives for a keyword: its own, else that of `type`."""
    for place, ids in reversed(node.above):
        absent = keyword == "required" and len(place) >= len(node.place) - 1
        own = keyword if absent or place == node.place else "properties"
        found = ids if isinstance(ids, str) else ids.get(own) or ("" if absent else ids.get("type"))
        if found:
            return str(found)
    return ""


def _other_type(types: frozenset[str]) -> Any:
    given = {*_MISTYPED} - types - ({"integer"} if "number" in types else set())
    wanted = (_MISTYPED[name] for name in _MISTYPED if name in types)
    return next((value for value in (*wanted, True) if _TYPES.get(type(value), "object") in given), True)


def _fraction(parent: Schema, name: str) -> None:
    value = parent.get(name)
    parent[name] = 0.5 + (int(value) if isinstance(value, (int, float)) else 0)


def _with_item(parent: Schema, name: str) -> None:
    parent[name] = [*(parent.get(name) or ()), 7]


def _with_member(parent: Schema, name: str) -> None:
    parent[name] = {**(parent.get(name) or {}), "other": 7}


def _faults_of(document: Document, operation: str, status: str, schema: Schema) -> Iterator[Fault]:
    """Yield a fault for each place of an answer and what can be wrong there."""
    nodes = list(document.nodes(Node((), schema)))
    named = {node.place for node in nodes if node.named}
    found: defaultdict[tuple[Place, str], list[Defect]] = defaultdict(list)
    for node in nodes:
        types = (document.types(one.schema) for one in nodes if one.place == node.place and not one.advice)
        for defect in document.defects(node, frozenset[str]().union(*types)):
            if defect.requirement:
                found[defect.place, defect.what].append(defect)
    for (place, what), defects in found.items():
        # A member that the contract names on a condition is altered where it is, and no more.
        edit = defects[0].edit if place not in named else _where_present(defects[0].edit)
        binding = [one for one in defects if not one.advice]
        steps = place if status.startswith("2") else (status, *place)
        yield Fault(
            ".".join((operation, *steps, what)),
            "shape",
            f"{'.'.join(place) or 'The answer'} {_WORDS.get(what, f'is {what}'.replace('-', ' '))}.",
            (operation,),
            on_response=_altered(place, edit, status, creating=place[:-1] not in named),
            breaks=tuple(dict.fromkeys(one.requirement for one in binding or defects)),
        )


def _altered(place: Place, edit: Edit, status: str, *, creating: bool) -> AnswerFilter:
    def on_response(_call: Call, answer: Answer, platform: Platform) -> Answer:
        if re.fullmatch(status.replace("X", "."), str(answer.status)):
            if place:
                edit_within(answer.data, place, edit, platform, creating=creating)
            else:
                answer.data = [answer.data]
        return answer

    return on_response


def _where_present(edit: Edit) -> Edit:
    return lambda parent, name: edit(parent, name) if name in parent else None


for _service in SERVICES:
    _document = Document(_service)
    for _operation, _status, _schema in _document.answers():
        for _fault in _faults_of(_document, _operation, _status, _schema):
            register(_fault)
