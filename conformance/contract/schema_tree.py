"""Schemas as they are compiled: what constrains, what states a requirement, and nothing else.

`x-requirement` names the requirement that a node states, `x-should` a schema that its value should keep as well,
`x-form` what a pattern means. What JSON Schema leaves to the application, `contentSchema` and `contentEncoding`,
is noted under `x-content`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.model import Json, JsonObject

REQUIREMENT, ADVICE, CONTENT, FORM = "x-requirement", "x-should", "x-content", "x-form"
ABSENT, NULL, TYPE = "required", "null", "type"

_ANNOTATIONS = frozenset(
    {"title", "description", "default", "example", "examples", "format", "contentEncoding", "contentMediaType"}
)
_SCHEMAS = frozenset({"items", "additionalProperties", "not", "if", "then", "else"})
_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
ALTERNATIVES = (["anyOf"], ["oneOf"])
# Steps of an evaluation path that stay at the same value.
_IN_PLACE = frozenset({"$ref", "anyOf", "oneOf", "allOf", "then", "else"})

Ids = str | Mapping[str, str]
Steps = Sequence[str | int]


def compiled(schema: Json, base: str, *, advised: bool) -> Json:
    """Return a schema without annotations, its references made absolute; with `x-should` as constraints, or without."""
    if not isinstance(schema, dict):
        return schema
    made: JsonObject = {}
    for key, value in schema.items():
        if key in _SCHEMAS:
            made[key] = compiled(value, base, advised=advised)
        elif key in _LISTS and isinstance(value, list):
            made[key] = [compiled(item, base, advised=advised) for item in value]
        elif key == "properties" and isinstance(value, dict):
            made[key] = {name: compiled(item, base, advised=advised) for name, item in value.items()}
        elif key == "$ref":
            made[key] = f"{base}{value}"
        elif key == "contentSchema" and isinstance(value, dict):
            made[CONTENT] = {"schema": value["$ref"], REQUIREMENT: id_for(schema.get(REQUIREMENT), key)}
        elif key == "contentEncoding" and key in _keywords(schema.get(REQUIREMENT)):
            made[CONTENT] = {"encoding": value, REQUIREMENT: id_for(schema.get(REQUIREMENT), key)}
        elif key in (REQUIREMENT, FORM) or not (key in _ANNOTATIONS or key.startswith("x-")):
            made[key] = value
    if advised and isinstance(schema.get(ADVICE), dict):
        advice = compiled(schema[ADVICE], base, advised=True)
        assert isinstance(advice, dict)
        others = made.get("allOf", [])
        assert isinstance(others, list)
        made["allOf"] = [*others, {**advice, ADVICE: True}]
    return made


def id_for(ids: Json | Ids, keyword: str) -> str:
    """Return the id that a node's `x-requirement` gives for a keyword: its own, else that of `type`; empty for none."""
    if isinstance(ids, str):
        return ids
    if not isinstance(ids, Mapping):
        return ""
    found = ids.get(keyword)
    if found is None and keyword != ABSENT:
        found = ids.get(TYPE)
    return found if isinstance(found, str) else ""


def all_ids(ids: Json) -> frozenset[str]:
    """Return every id of an `x-requirement`."""
    if isinstance(ids, str):
        return frozenset({ids} if ids else ())
    return frozenset(map(str, ids.values())) if isinstance(ids, dict) else frozenset()


def requirement_nodes(value: Json, *, advice: bool = False) -> Iterator[tuple[Json, bool]]:
    """Yield every `x-requirement` of a document, and whether it belongs to an `x-should`."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == REQUIREMENT:
                yield item, advice
            else:
                yield from requirement_nodes(item, advice=advice or key == ADVICE)
    elif isinstance(value, list):
        for item in value:
            yield from requirement_nodes(item, advice=advice)


@dataclass(frozen=True)
class Found:
    """Where an evaluation path leads.

    Attributes:
        place: the names on the way, `*` for any other property, `[]` for an item.
        requirement: the nearest id up the tree, empty where no node on the way has one.
        advice: whether an `x-should` is on the way.
        form: the form of the value in words, where the schema gives it only as a pattern (`x-form`).
    """

    place: tuple[str, ...]
    requirement: str
    advice: bool
    form: str = ""


def find(schema: Json, components: Json, steps: Steps, *, absent: str = "", null: bool = False) -> Found:
    """Follow an evaluation path, which ends with the keyword that is broken.

    Args:
        schema: the compiled schema that was evaluated.
        components: the compiled schemas that its references lead to.
        steps: the evaluation path.
        absent: the property that is missing, where the keyword is `required`.
        null: the value is null, and of the wrong type.
    """
    node, place, advice = schema, list[str](), False
    passed: list[tuple[Json, int]] = []
    index = 0
    while index < len(steps) - 1:
        passed.append((node, index))
        advice = advice or (isinstance(node, dict) and node.get(ADVICE) is True)
        step = steps[index]
        index += 1
        if step == "$ref":
            assert isinstance(node, dict)
            assert isinstance(components, dict)
            node = components[str(node["$ref"]).rpartition("/")[2]]
            continue
        node = _child(node, step)
        if step == "additionalProperties":
            place.append("*")
        elif step == "items":
            place.append("[]")
        elif step in ("properties", *_LISTS):
            name = steps[index]
            index += 1
            node = _child(node, name)
            if step == "properties":
                place.append(str(name))
            elif step == "prefixItems":
                place.append(f"[{name}]")
    passed.append((node, index))
    advice = advice or (isinstance(node, dict) and node.get(ADVICE) is True)
    form = str(node.get(FORM, "")) if isinstance(node, dict) else ""
    if absent:
        own = _child(_child(node, "properties"), absent)
        requirement = id_for(own.get(REQUIREMENT), ABSENT) if isinstance(own, dict) else ""
        place.append(absent)
        if requirement:
            return Found(tuple(place), requirement, advice)
    for node, index in reversed(passed):
        if isinstance(node, dict) and REQUIREMENT in node:
            ids, keyword = node[REQUIREMENT], _keyword(steps[index:])
            own_null = null and all(step in _IN_PLACE or isinstance(step, int) for step in steps[index:-1])
            requirement = (id_for(ids, NULL) if own_null else "") or id_for(ids, keyword)
            if requirement:
                return Found(tuple(place), requirement, advice, form)
    return Found(tuple(place), "", advice, form)


def _keywords(ids: Json) -> frozenset[str]:
    return frozenset(ids) if isinstance(ids, dict) else frozenset()


def _child(node: Json, step: str | int) -> Json:
    if isinstance(node, dict):
        return node.get(str(step))
    return node[step] if isinstance(node, list) and isinstance(step, int) and step < len(node) else None


def _keyword(steps: Steps) -> str:
    """Return the first keyword that leads away from a node's value; the broken one where none does."""
    return next(
        (str(step) for step in steps[:-1] if not isinstance(step, int) and step not in _IN_PLACE), str(steps[-1])
    )
