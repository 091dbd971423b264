"""In what a case differs from the request that works: what can be put back, and the words for what is left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from conformance.fuzz.case import Case
from conformance.fuzz.hostile import kind_of


@dataclass(frozen=True)
class Part:
    """One place where a case differs; `kind` says how."""

    location: str
    name: str
    kind: str

    def __str__(self) -> str:
        """Return the part in words."""
        return f"{self.location} {self.name}: {self.kind}" if self.name else f"{self.location}: {self.kind}"


def parts(case: Case, base: Case) -> tuple[Part, ...]:
    """Return all places where a case differs from the request that works."""
    return tuple(dict.fromkeys(_parts(case, base)))


def _parts(case: Case, base: Case) -> Iterator[Part]:
    if case.method != base.method:
        yield Part("method", "", case.method)
    for location, mine, others in (
        ("path", case.path, base.path),
        ("query", case.query, base.query),
        ("header", case.headers, base.headers),
    ):
        if mine == others:
            continue
        for name in dict.fromkeys([*(key for key, _ in others), *(key for key, _ in mine)]):
            values = [value for key, value in mine if key == name]
            right = [value for key, value in others if key == name]
            if values != right:
                yield _part(location, name, values, known=bool(right))
    if case.raw_query != base.raw_query:
        yield Part("query", "", "oddly written")
    yield from _body_parts(case, base)


def _part(location: str, name: str, values: list[str], *, known: bool) -> Part:
    if not values:
        return Part(location, name, "missing")
    if len(values) > 1:
        return Part(location, name, "repeated")
    if not known and location == "query":
        return Part(location, "", f"an extra parameter {kind_of(values[0])}")
    return Part(location, name, kind_of(values[0]))


def _body_parts(case: Case, base: Case) -> Iterator[Part]:
    if case.body == base.body:
        return
    mine, right = case.body.value, base.body.value
    if case.body.kind != base.body.kind or not isinstance(mine, dict) or not isinstance(right, dict):
        if case.body.kind == "none":
            yield Part("body", "", "missing")
        else:
            told = [
                part.strip().removeprefix("body: ")
                for part in case.about.split(",")
                if part.strip().startswith("body: ")
            ]
            yield Part("body", "", told[0] if told else kind_of(mine))
        return
    for name in dict.fromkeys([*right, *mine]):
        if name not in mine:
            yield Part("body", name, "missing")
        elif name not in right:
            yield Part("body", "", f"an extra field {kind_of(mine[name])}")
        elif mine[name] != right[name] or type(mine[name]) is not type(right[name]):
            yield Part("body", name, kind_of(mine[name]))


def simpler(case: Case, base: Case) -> Iterator[Case]:
    """Yield cases that differ less: each place put back to what works, then long values cut in half."""
    if case.raw_query != base.raw_query:
        yield replace(case, raw_query=base.raw_query)
    if case.method != base.method:
        yield replace(case, method=base.method)
    for name in dict.fromkeys(key for key, _ in (*case.query, *base.query)):
        right = [value for key, value in base.query if key == name]
        if [value for key, value in case.query if key == name] != right:
            yield case.with_query(name, *right)
    for name in dict.fromkeys(key for key, _ in (*case.headers, *base.headers)):
        right = [value for key, value in base.headers if key == name]
        if [value for key, value in case.headers if key == name] != right:
            yield case.with_header(name, *right)
    if case.path != base.path:
        yield replace(case, path=base.path)
    if case.body != base.body:
        yield from _simpler_bodies(case, base)
    yield from _shorter(case, base)


def _simpler_bodies(case: Case, base: Case) -> Iterator[Case]:
    mine, right = case.body.value, base.body.value
    if case.body.kind != base.body.kind or not isinstance(mine, dict) or not isinstance(right, dict):
        yield replace(case, body=base.body)
        return
    for name in dict.fromkeys([*mine, *right]):
        if name not in right:
            yield case.without_field(name)
        elif name not in mine or mine[name] != right[name] or type(mine[name]) is not type(right[name]):
            yield case.with_field(name, right[name])


def _shorter(case: Case, base: Case) -> Iterator[Case]:
    for name, value in case.query:
        if len(value) > 1 and "⟦" not in value and (name, value) not in base.query:
            yield case.with_query(name, value[: len(value) // 2])
            yield case.with_query(name, value[len(value) // 2 :])
    if isinstance(case.body.value, dict):
        for name, item in case.body.value.items():
            if isinstance(item, (str, list)) and len(item) > 1 and "⟦" not in item:
                yield case.with_field(name, item[: len(item) // 2])
                yield case.with_field(name, item[len(item) // 2 :])
