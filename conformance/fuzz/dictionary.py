"""The suite's own cases: what is missing, hostile values, authorisation, frames of HTTP and JSON, pairs, and mixes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from conformance.contract import Operation, Parameter
from conformance.fuzz import hostile
from conformance.fuzz.bodies import odd_bodies
from conformance.fuzz.case import AUTHORISED, Body, Case, placeholder
from conformance.fuzz.pairs import covering_rows
from conformance.fuzz.template import FORM, JSON, template, templates
from conformance.model import Json

OTHER_METHODS = ("PUT", "PATCH", "DELETE", "POST", "GET")
EXTRA_FIELDS: tuple[tuple[str, Json], ...] = (
    ("x", None),
    ("", 1),
    ("__proto__", {"admin": True}),
    ("$where", "1"),
    ("𝔘", "👩"),
    ("x", [1 for _ in range(5_000)]),
)


def parameters(operation: Operation, case: Case) -> list[Parameter]:
    """Return what a case can be wrong in: parameters and fields that stand in it."""
    entries = [entry for entry in operation.parameters if entry.location != "path"]
    return [
        entry
        for entry in (*entries, *operation.fields)
        if entry.required or case.value(entry.location, entry.name) is not None
    ]


def poisoned(operation: Operation, case: Case) -> Case:
    """Return a case without its last mandatory argument, so that it must be refused and creates nothing."""
    if isinstance(case.body.value, dict):
        names = [entry.name for entry in operation.fields if entry.required and entry.name in case.body.value]
        if names:
            return case.without_field(names[-1])
    return case.with_header("nv-tenant-id")


def creates_nothing(operation: Operation, case: Case) -> bool:
    """Tell whether a body that is text lacks a mandatory argument, however it is read."""
    names = [entry.name for entry in operation.fields if entry.required]
    return case.body.kind == "text" and any(name not in str(case.body.value) for name in names)


def changed(case: Case, phase: str, entry: Parameter, value: Json, kind: str = "") -> Case:
    """Return a case with one value changed."""
    about = f"{entry.location} {entry.name}: {kind or hostile.kind_of(value)}"
    return replace(case.having(entry.location, entry.name, value), phase=phase, about=about)


def essential(operation: Operation) -> Iterator[Case]:
    """Yield what every plan has, whatever its size: each thing missing, empty or somebody else's; other methods."""
    for base in templates(operation):
        yield base
        for entry in parameters(operation, base):
            yield replace(
                base.lacking(entry.location, entry.name),
                phase="dictionary",
                about=f"{entry.location} {entry.name}: missing",
            )
            yield changed(base, "dictionary", entry, "")
            if entry.from_target:
                yield changed(base, "dictionary", entry, placeholder(entry.from_target, "other"), "somebody else's")
    base = template(operation, operation.variants[-1] if operation.variants else None)
    if operation.body is not None:
        for entry in operation.fields:
            yield changed(base, "dictionary", entry, None)
            if isinstance(entry.schema.get("enum"), list):
                yield changed(base, "dictionary", entry, "NONSUCH")
        yield replace(base, phase="frame", about="body: missing", body=Body())
    yield from _authorisations(operation, base)
    for method in OTHER_METHODS:
        if method != operation.method:
            yield replace(base, phase="frame", about=f"method {method}", method=method)


def _authorisations(operation: Operation, base: Case) -> Iterator[Case]:
    if base.value("header", "Authorization") is None:
        return
    basic = "basic" in operation.security
    if basic:
        values = {
            "missing": (),
            "an unknown user": ("Basic ⟦credentials.sdp|nobody⟧",),
            "not base64": ("Basic %%%",),
            "empty": ("",),
            "a scheme alone": ("Basic",),
            "another scheme": ("Bearer abc.def.ghi",),
            "without a colon": ("Basic bm9ib2R5",),
        }
    else:
        token = "live.crm_token" if "crmToken" in operation.security else "live.ias_token"
        values = {
            "missing": (),
            "made up": (f"Bearer {placeholder(token, 'other')}",),
            "altered": (f"Bearer {placeholder(token, 'altered')}",),
            "with another signature": (f"Bearer {placeholder(token, 'resigned')}",),
            "unsigned": (f"Bearer {placeholder(token, 'unsigned')}",),
            "cut short": (f"Bearer {placeholder(token, 'cut')}",),
            "empty": ("",),
            "a scheme alone": ("Bearer",),
            "another scheme": ("Basic bm9ib2R5Om5vYm9keQ==",),
            "of 5,000 characters or more": ("Bearer " + "a" * hostile.LONGER,),
            "with three empty parts": ("Bearer ..",),
            "with parts that are not base64": ("Bearer !.!.!",),
            "with JSON that is no object": ("Bearer W10.W10.W10",),
        }
    for kind, given in values.items():
        about = f"header Authorization: {kind}"
        yield replace(base.with_header("Authorization", *given), phase="dictionary", about=about)


def hostile_values(operation: Operation) -> Iterator[Case]:
    """Yield each hostile value in each place, everything else being right."""
    for base in templates(operation):
        for entry in parameters(operation, base):
            yield from _hostile_values_of(base, entry)
        # What is optional and unset in the template: its values too.
        set_already = {(entry.location, entry.name) for entry in parameters(operation, base)}
        for entry in (*operation.parameters, *operation.fields):
            if (entry.location, entry.name) not in set_already and not operation.variants:
                yield from _hostile_values_of(base, entry)


def _hostile_values_of(base: Case, entry: Parameter) -> Iterator[Case]:
    if entry.name == "x-correlation-id":
        for text in hostile.CORRELATION_IDS:
            yield changed(base, "dictionary", entry, text)
        return
    for text in hostile.TEXTS:
        if entry.location != "header" or _header_text(text):
            yield changed(base, "dictionary", entry, text)
    if entry.location == "body" and base.body.kind == "json":
        for value in hostile.JSON_VALUES:
            yield changed(base, "dictionary", entry, value)
    if entry.from_target and entry.location != "path":
        right = placeholder(entry.from_target)
        for text, kind in (
            (f"{right}\x00", "right, with a NUL behind it"),
            (f"{right}'", "right, with a quote behind it"),
        ):
            if entry.location != "header":
                yield changed(base, "dictionary", entry, text, kind)
        if entry.location == "query":
            repeated = base.with_query(entry.name, right, "x")
            yield replace(repeated, phase="dictionary", about=f"query {entry.name}: repeated")
            yield replace(
                base.with_query(entry.name, "x", right), phase="dictionary", about=f"query {entry.name}: repeated"
            )
            yield replace(
                base.with_query(entry.name, right, right), phase="dictionary", about=f"query {entry.name}: twice"
            )


def _header_text(text: str) -> bool:
    return not any(character in text for character in "\r\n\x00") and len(text) <= hostile.LONGER


def frames(operation: Operation) -> Iterator[Case]:
    """Yield oddities of HTTP and JSON around the request that works."""
    base = template(operation, operation.variants[-1] if operation.variants else None)

    def framed(case: Case, about: str) -> Case:
        return replace(case, phase="frame", about=about)

    if operation.body is not None:
        for media_type in hostile.CONTENT_TYPES:
            yield framed(base.with_header("Content-Type", media_type), f"header Content-Type: {media_type or 'empty'}")
        yield framed(base.with_header("Content-Type"), "header Content-Type: missing")
        written = poisoned(operation, base) if operation.writes else base
        yield from (framed(replace(base, body=body), f"body: {about}") for about, body in odd_bodies(written))
    for accept in hostile.ACCEPTS:
        yield framed(base.with_header("Accept", accept), "header Accept: odd")
    for name, value in hostile.EXTRA_PARAMETERS:
        yield framed(base.with_query(name, *(v for key, v in base.query if key == name), value), "an extra parameter")
    for raw in hostile.RAW_QUERIES:
        yield framed(replace(base, raw_query=raw), "an oddly written query")
    for name, value in (("X-Forwarded-For", "127.0.0.1"), ("X-HTTP-Method-Override", "DELETE"), ("Range", "bytes=0-0")):
        yield framed(base.with_header(name, value), f"header {name}")
    for value in ("", "a" * 4_000, "ü", "a=b; $Version=1; \x7f"):
        yield framed(base.with_header("Cookie", value), "header Cookie: odd")
    if operation.body is None:
        yield framed(replace(base, body=Body("text", "{}")).with_header("Content-Type", JSON), "an unexpected body")
        yield framed(replace(base, body=Body("text", "x" * 100_000)), "an unexpected body")
        return
    for name, value in (("x", "y"), ("__proto__", "z")) if base.body.kind == "form" else ():
        yield framed(base.with_field(name, value), "an extra field")
    if base.body.kind == "json":
        for name, item in EXTRA_FIELDS:
            yield framed(base.with_field(name, item), "an extra field")


def pairs(operation: Operation, rng: random.Random) -> Iterator[Case]:
    """Yield requests in which each two conditions of each two parameters meet."""
    base = template(operation, operation.variants[-1] if operation.variants else None)
    entries = {f"{entry.location} {entry.name}": entry for entry in parameters(operation, base)}
    if len(entries) < 2:
        return
    conditions = ("right", "missing", "empty", "other", "hostile")
    for row in covering_rows(dict.fromkeys(entries, conditions), rng):
        case, told = base, []
        for name, condition in row.items():
            if condition != "right":
                case = _in_condition(case, entries[name], condition, rng)
                told.append(f"{name}: {condition}")
        yield replace(case, phase="pairs", about=", ".join(told) or "as documented")


def _in_condition(case: Case, entry: Parameter, condition: str, rng: random.Random) -> Case:
    if condition == "missing":
        return case.lacking(entry.location, entry.name)
    if condition == "empty":
        return case.having(entry.location, entry.name, "")
    if condition == "other" and entry.from_target:
        return case.having(entry.location, entry.name, placeholder(entry.from_target, "other"))
    return case.having(entry.location, entry.name, _hostile(case, entry, rng))


def _hostile(case: Case, entry: Parameter, rng: random.Random) -> Json:
    if entry.location == "body" and case.body.kind == "json" and rng.random() < 0.4:
        return rng.choice(hostile.JSON_VALUES)
    return rng.choice([text for text in hostile.TEXTS if entry.location != "header" or _header_text(text)])


def mixes(operation: Operation, rng: random.Random) -> Iterator[Case]:
    """Yield requests with several things wrong at once, without end."""
    bases = list(templates(operation))
    while True:
        base = rng.choice(bases)
        entries = parameters(operation, base)
        case, told = base, []
        for entry in rng.sample(entries, min(len(entries), rng.randint(2, 4))):
            condition = rng.choice(("missing", "empty", "other", "hostile", "hostile"))
            case = _in_condition(case, entry, condition, rng)
            told.append(f"{entry.location} {entry.name}: {condition}")
        if len(entries) < 2 or rng.random() < 0.2:
            name, value = f"x{rng.randrange(100)}", rng.choice(hostile.TEXTS)
            case = case.with_query(name, value)
            told.append("an extra parameter")
        if rng.random() < 0.1 and case.value("header", "Authorization") == AUTHORISED:
            case = case.with_header("Authorization")
            told.append("header Authorization: missing")
        yield replace(case, phase="mix", about=", ".join(told))


__all__ = ["FORM", "essential", "frames", "hostile_values", "mixes", "pairs", "poisoned"]
