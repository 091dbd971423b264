"""What is wrong with a request, judged by the bytes that go over the wire, whatever the case was meant to be.

Only what the documents say must be refused is a flaw that counts (`sure`); where a page is silent, or a lenient reading
of the bytes is thinkable (repeated parameters, white space, other cases), the request is left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conformance.client import Wire
from conformance.contract import Contract, Operation, Parameter, Refusal, Variant
from conformance.fuzz.likeness import alike, as_plain_text, shape, texts
from conformance.model import Json, NotJson, header, parse_json
from conformance.session.encoding import query_pairs

Place = tuple[str, str]
PROVISIONS = "dynamic_provisioning"


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong.

    Attributes:
        kind: missing, empty, null, type, value, unknown, broken.
        location: query, header, body.
        name: of the parameter; `body` for the body as a whole.
        statuses: the documented statuses of the refusal; empty where any 4xx will do.
        sure: the documents say that such a request is refused.
        exact: nothing else is odd about the value, so that the documented status is due.
    """

    kind: str
    location: str
    name: str
    statuses: tuple[int, ...] = ()
    sure: bool = True
    exact: bool = False

    def __str__(self) -> str:
        """Return the flaw in words."""
        return f"{self.location} {self.name}: {self.kind}"


@dataclass(frozen=True)
class Assessment:
    """Everything that is wrong with a request; `doubt` says why a lenient server may see it otherwise."""

    flaws: tuple[Flaw, ...] = ()
    doubt: str = ""
    variant: str = ""

    @property
    def refused(self) -> bool:
        """Whether the documents say that the request is refused."""
        return not self.doubt and any(flaw.sure for flaw in self.flaws)


@dataclass(frozen=True)
class Truth:
    """The values that make a request work, by place, and how this target names and authorises things.

    Attributes:
        values: (location, name) of the contract -> what works on this target.
        names: name of the contract -> name on this target.
        authorisation: the header's name and the value that works; the bare credential where it has a prefix.
        features: what the target declares.
        silent: places that this target need not look at, by a reading.
        variants: the variants of the operation that this target was seen to have; None for all that it declares.
    """

    values: Mapping[Place, Json] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    authorisation: tuple[str, str] = ("Authorization", "")
    features: frozenset[str] = frozenset()
    silent: frozenset[Place] = frozenset()
    variants: frozenset[str] | None = None


class _Doubt(Exception):
    """The request can be understood in more than one way."""


def assess(contract: Contract, operation: Operation, wire: Wire, truth: Truth) -> Assessment:
    """Return what is wrong with a request."""
    try:
        fields = _Fields(operation, wire, truth)
        variant = _variant(operation, fields, truth)
        flaws = [*_authorisation(contract, operation, wire, truth), *fields.flaws]
        for entry in (*operation.parameters, *(operation.fields if fields.body_read else ())):
            if entry.location != "path":
                flaws += _parameter(contract, operation, entry, fields, variant, truth)
        return Assessment(tuple(flaws), "", variant.name if variant else "")
    except _Doubt as doubt:
        return Assessment((), str(doubt))


class _Fields:
    """What stands where in a request."""

    def __init__(self, operation: Operation, wire: Wire, truth: Truth) -> None:
        query = urlsplit(wire.url).query
        self.values: dict[Place, list[Json]] = {}
        self.flaws: list[Flaw] = []
        self.body_read = False
        for name, text in query_pairs(query):
            self.values.setdefault(("query", name), []).append(text)
        for name, text in wire.headers:
            self.values.setdefault(("header", name.lower()), []).append(text)
        if operation.body is not None:
            self._read_body(operation, wire)
        known = {truth.names.get(entry.name, entry.name) for entry in (*operation.parameters, *operation.fields)}
        folded = {name.casefold() for name in known}
        for location, name in self.values:
            if location != "header" and name not in known and name.casefold() in folded:
                raise _Doubt("a name in another case")

    def _read_body(self, operation: Operation, wire: Wire) -> None:
        assert operation.body is not None
        media_type = operation.body.media_types[0].name
        given = header(wire.headers, "content-type")
        if not wire.body:
            self.flaws.append(Flaw("missing", "body", "body"))
            return
        if (given or "").strip().lower() not in (media_type, f"{media_type}; charset=utf-8"):
            raise _Doubt("another Content-Type")
        if media_type.endswith("urlencoded"):
            text = wire.body.decode("utf-8", "surrogateescape")
            for name, value in query_pairs(text):
                self.values.setdefault(("body", name), []).append(value)
            self.body_read = True
            return
        content = self._json(wire.body)
        if content is None:
            self.flaws.append(Flaw("broken", "body", "body"))
        elif isinstance(content[0], dict):
            self.body_read = True
            for name, item in content[0].items():
                self.values.setdefault(("body", name), []).append(item)
        else:
            self.flaws.append(Flaw("type", "body", "body"))

    @staticmethod
    def _json(body: bytes) -> tuple[Json] | None:
        """Return the value, None for what no parser can take."""
        if body.startswith(b"\xef\xbb\xbf") or b"\x00" in body:
            raise _Doubt("another encoding than UTF-8")
        try:
            value = parse_json(body)
        except NotJson:
            # What some lenient parser may take is no flaw; what lacks its end nobody can take.
            if body.strip() and body.rstrip()[-1:] not in (b"}", b"]", b"x"):
                return None
            raise _Doubt("JSON that a lenient parser may take") from None
        if _repeats(body):
            raise _Doubt("a repeated field")
        return (value,)

    def of(self, entry: Parameter, truth: Truth) -> list[Json]:
        name = truth.names.get(entry.name, entry.name)
        return self.values.get((entry.location, name.lower() if entry.location == "header" else name), [])


def _repeats(body: bytes) -> bool:
    found = False

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal found
        found = found or len({name for name, _ in items}) < len(items)
        return dict(items)

    json.loads(body, object_pairs_hook=pairs)
    return found


def _variant(operation: Operation, fields: _Fields, truth: Truth) -> Variant | None:
    """Return the documented combination of parameters that a request is, or comes nearest to."""
    present = {entry.name for entry in operation.parameters if entry.location == "query" and fields.of(entry, truth)}

    def distance(one: Variant) -> tuple[int, int]:
        known = {*one.required, *one.optional}
        return len(set(one.required) - present) + len(present - known), -len(one.required)

    return min(_usable(operation, truth), key=distance, default=None)


def _usable(operation: Operation, truth: Truth) -> list[Variant]:
    if truth.variants is not None:
        return [one for one in operation.variants if one.name in truth.variants]
    return [one for one in operation.variants if not one.feature or one.feature in truth.features]


def _parameter(
    contract: Contract, operation: Operation, entry: Parameter, fields: _Fields, variant: Variant | None, truth: Truth
) -> Iterable[Flaw]:
    values = fields.of(entry, truth)
    required = entry.required
    if variant is not None and entry.location == "query":
        required = entry.name in variant.required
        # What another variant takes as an addition may be looked at or not.
        if required and any(entry.name in one.optional for one in _usable(operation, truth) if one is not variant):
            required = False
    if not values:
        return [_missing(entry, fields, truth)] if required else []
    if len(values) > 1:
        raise _Doubt("a repeated parameter")
    value = values[0]
    right = truth.values.get((entry.location, entry.name))
    if not required or (right is not None and value == right):
        return []
    if value is None or (isinstance(value, str) and not value.strip()):  # who trims sees nothing of a blank one
        return _empty(contract, operation, entry, value, truth)
    if not contract.parameter_validator(operation.operation_id, entry).accepts(value):
        return [_invalid(entry, value, truth)]
    return _unknown(entry, value, truth)


def _missing(entry: Parameter, fields: _Fields, truth: Truth) -> Flaw:
    refusal = entry.missing
    sure = not refusal.may_accept and (entry.location, entry.name) not in truth.silent
    for name, value in entry.may_be_missing_with.items():
        # What is of another type, a lenient reader may take for that value.
        if any(one == value or type(one) is not type(value) for one in fields.values.get(("body", name), [])):
            sure = False
    return Flaw("missing", entry.location, entry.name, refusal.statuses, sure, exact=True)


def _empty(contract: Contract, operation: Operation, entry: Parameter, value: Json, truth: Truth) -> Iterable[Flaw]:
    refusals = (entry.missing, entry.invalid, entry.unknown)
    valid = value is None and contract.parameter_validator(operation.operation_id, entry).accepts(value)
    sure = not valid and not any(refusal.may_accept for refusal in refusals)
    sure = sure and entry.required and (entry.location, entry.name) not in truth.silent
    return [Flaw("null" if value is None else "empty", entry.location, entry.name, (), sure)]


def _invalid(entry: Parameter, value: Json, truth: Truth) -> Flaw:
    refusal = entry.invalid
    right = truth.values.get((entry.location, entry.name))
    if right is not None and not isinstance(value, (dict, list)) and alike(as_plain_text(value), as_plain_text(right)):
        raise _Doubt("the right value in another type")
    if isinstance(value, (dict, list)) and right is not None and as_plain_text(right) in texts(value):
        raise _Doubt("the right value inside another")
    kind = "value" if isinstance(value, str) and entry.schema.get("type") in (None, "string") else "type"
    sure = refusal.documented and not refusal.may_accept
    # `true` as text or number is taken by lenient parsers of JSON; a page that gives a status has decided.
    return Flaw(kind, entry.location, entry.name, refusal.statuses, sure, exact=True)


def _unknown(entry: Parameter, value: Json, truth: Truth) -> Iterable[Flaw]:
    right = truth.values.get((entry.location, entry.name))
    if right is None or value == right or not isinstance(value, str) or not isinstance(right, str):
        return []
    if alike(value, right) or right in value:
        raise _Doubt("the right value, a little changed")
    refusal = entry.unknown
    lively = entry.from_target.startswith("live.") and entry.from_target.endswith("_token")
    sure = (lively and not refusal.documented) or (refusal.documented and not refusal.may_accept)
    statuses = tuple(status for status in refusal.statuses if status >= 400)
    # A success stands among them where a platform may provision what it does not know.
    if (entry.location, entry.name) in truth.silent or (statuses != refusal.statuses and PROVISIONS in truth.features):
        sure = False
    well_formed = shape(value) == shape(right) or bool(
        entry.name == "username" and re.fullmatch(r"[A-Za-z0-9@._-]{1,100}", value)
    )
    return [Flaw("unknown", entry.location, entry.name, statuses, sure, exact=well_formed)]


def _authorisation(contract: Contract, operation: Operation, wire: Wire, truth: Truth) -> Iterable[Flaw]:
    if not operation.security or not truth.authorisation[1]:
        return []
    name, right = truth.authorisation
    values = [value for key, value in wire.headers if key.lower() == name.lower()]
    open_to_all = "" in operation.security
    scheme = contract.scheme(operation.service, next(one for one in operation.security if one))
    if not values:
        return [Flaw("missing", "header", "Authorization", scheme.missing.statuses, not open_to_all, exact=True)]
    if len(values) > 1:
        raise _Doubt("a repeated header")
    if values[0] == right:
        return []
    if not values[0].strip():
        return [Flaw("empty", "header", "Authorization", (), not open_to_all)]
    if _bare(values[0]) == _bare(right):
        raise _Doubt("the right credential in another form")
    token = re.fullmatch(r"(?:Bearer )?[A-Za-z0-9._-]{20,3000}", values[0]) is not None
    return [Flaw("unknown", "header", "Authorization", scheme.invalid.statuses, not open_to_all, exact=token)]


def _bare(value: str) -> str:
    kind, _, rest = value.strip().partition(" ")
    return rest.strip() if kind.lower() in ("bearer", "basic") else value.strip()


__all__ = ["Assessment", "Flaw", "Refusal", "Truth", "assess"]
