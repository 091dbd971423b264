"""The contract's facts: operations and what they take, answer and lead to.

Everything here is read from specs/openapi; its README explains the extensions that these fields hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.model import Json, JsonObject, Source


@dataclass(frozen=True)
class Refusal:
    """How a request with one thing wrong may be answered.

    Attributes:
        statuses: the documented statuses of the refusal; empty where none is, so that any 4xx is right.
        may_accept: the documents do not say that it is refused, so that any answer but a 5xx is right.
        documented: the document says one of the two; otherwise this is only what refusing means.
    """

    statuses: tuple[int, ...] = ()
    may_accept: bool = False
    documented: bool = False

    def allows(self, status: int) -> bool:
        """Tell whether a status is right."""
        if self.may_accept:
            return 200 <= status < 500
        return status in self.statuses if self.statuses else 400 <= status < 500


@dataclass(frozen=True)
class Parameter:
    """A parameter, or a property of a request body.

    Attributes:
        location: query, header, path or body.
        schema: its schema, whose references lead into the same document.
        from_target: where the value comes from that makes a request work; empty where any will do.
        secret: the value never reaches a log or a report.
        alternative_name: the name that another reading (`reading`) gives it.
        missing: how a request without it may be answered.
        unknown: the same for a well-formed value that belongs to nobody.
        invalid: the same for a value that breaks the schema.
        may_be_missing_with: values of other fields with which a request without this one may be accepted.
        example: the document's own value, None where it gives none.
    """

    name: str
    location: str
    required: bool
    schema: JsonObject = field(hash=False)
    description: str = ""
    from_target: str = ""
    secret: bool = False
    alternative_name: str = ""
    reading: str = ""
    missing: Refusal = Refusal()
    unknown: Refusal = Refusal()
    invalid: Refusal = Refusal()
    may_be_missing_with: Mapping[str, Json] = field(default_factory=dict, hash=False)
    example: Json = field(default=None, hash=False)


@dataclass(frozen=True)
class MediaType:
    """One form of a body: its schema, its properties where it is a request's, its documented examples."""

    name: str
    schema: JsonObject = field(hash=False)
    fields: tuple[Parameter, ...] = ()
    examples: Mapping[str, Json] = field(default_factory=dict, hash=False)

    @property
    def required_fields(self) -> tuple[str, ...]:
        """The names of the mandatory properties."""
        return tuple(entry.name for entry in self.fields if entry.required)


@dataclass(frozen=True)
class RequestBody:
    """The body of a request."""

    required: bool
    media_types: tuple[MediaType, ...]


@dataclass(frozen=True)
class ResponseHeader:
    """A header of a response."""

    name: str
    required: bool
    schema: JsonObject = field(hash=False)
    description: str = ""


@dataclass(frozen=True)
class Link:
    """What an answer gives to a later request.

    `parameters` and `body` hold OpenAPI runtime expressions; `authorization` is the one of the token, if any.
    """

    name: str
    operation: str
    description: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    body: Json = field(default=None, hash=False)
    authorization: str = ""


@dataclass(frozen=True)
class ResponseSpec:
    """A documented response: `status` is a number as text, or a range such as `4XX`.

    `only_under` lists the conditions of a target under which alone the status is right. `requirement` has the id of
    what a response of this kind states: of its `status`, of the media type of its `content`.
    """

    status: str
    description: str
    media_types: tuple[MediaType, ...] = ()
    headers: tuple[ResponseHeader, ...] = ()
    links: tuple[Link, ...] = ()
    only_under: tuple[str, ...] = ()
    requirement: Mapping[str, str] = field(default_factory=dict, hash=False)

    def covers(self, status: int) -> bool:
        """Tell whether a status is this response's."""
        return self.status == str(status) or (self.status[1:].upper() == "XX" and self.status[0] == str(status)[0])


@dataclass(frozen=True)
class Variant:
    """A documented combination of parameters; `feature` is what the target must declare for it."""

    name: str
    summary: str
    source: Source
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    feature: str = ""


@dataclass(frozen=True)
class SecurityScheme:
    """How a request proves who sends it: `kind` is bearer, basic or apiKey, sent in the header `header`."""

    name: str
    kind: str
    header: str = "Authorization"
    from_target: str = ""
    missing: Refusal = Refusal()
    invalid: Refusal = Refusal()


@dataclass(frozen=True)
class Operation:
    """One operation of a service.

    Attributes:
        path: the path to send, continuing `base`.
        base: the target file's URL that the path continues, for example `adm.ssp_url`.
        key: the path as it stands in the OpenAPI document.
        alternative_paths: paths that a deployment may have instead.
        alternative_of: the operation of which this one is another spelling; empty for most.
        tolerated: statuses that the platform's gate, or a refusal without a documented status, may give.
            What HTTP itself may give is in `Transport`.
        security: the schemes, any one of which will do; an empty name stands for none.
        requirement: the id of the statement that only documented or tolerated statuses are answered.
    """

    operation_id: str
    service: str
    method: str
    path: str
    base: str
    key: str
    summary: str
    source: Source
    parameters: tuple[Parameter, ...] = ()
    body: RequestBody | None = None
    responses: tuple[ResponseSpec, ...] = ()
    tolerated: frozenset[int] = frozenset()
    security: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    alternative_paths: tuple[str, ...] = ()
    alternative_of: str = ""
    reading: str = ""
    feature: str = ""
    writes: bool = False
    requirement: str = ""

    @property
    def documented(self) -> frozenset[int]:
        """The documented statuses that are single numbers."""
        return frozenset(int(entry.status) for entry in self.responses if entry.status.isdigit())

    @property
    def fields(self) -> tuple[Parameter, ...]:
        """The properties of the body, of its first form."""
        return self.body.media_types[0].fields if self.body else ()

    def response(self, status: int) -> ResponseSpec | None:
        """Return the documented response of a status: its own, else its range's, else None."""
        fitting = [entry for entry in self.responses if entry.covers(status)]
        return min(fitting, key=lambda entry: not entry.status.isdigit()) if fitting else None

    def allows(self, status: int) -> bool:
        """Tell whether a status is documented or tolerated."""
        return status in self.tolerated or self.response(status) is not None

    def gives_failure(self, status: int) -> bool:
        """Tell whether a status is a 5xx that the document gives: for an outage of something behind the platform."""
        return status >= 500 and self.response(status) is not None

    def parameter(self, name: str, location: str = "") -> Parameter | None:
        """Return the parameter or property of a name (or alternative name), or None."""
        for entry in (*self.parameters, *self.fields):
            names = (entry.name, entry.alternative_name)
            if name and name in names and location in ("", entry.location):
                return entry
        return None
