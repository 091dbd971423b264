"""Requests and answers as the services see them: parsed without ever raising anything but a Refusal."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

Json: TypeAlias = Any
"""Whatever `json.loads` returns."""

MAX_FIELDS = 2000
FORM_TYPE = "application/x-www-form-urlencoded"


class Refusal(Exception):
    """A request that is refused: an HTTP status, a message, and the platform's own code where it has one.

    `body` is the error body where a page prints one; without it the service writes its usual one.
    """

    def __init__(
        self, status: int, message: str, *, code: str = "", body: Json = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.body = body
        self.headers = headers or {}


@dataclass
class Call:
    """One request. Header names are lower-case; of a repeated name the first value counts.

    `connection` is the client's end of the connection that it came on.
    """

    operation: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    connection: str = ""

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of a form body; empty where the body is something else."""
        if not self.body or FORM_TYPE not in self.headers.get("content-type", FORM_TYPE).lower():
            return {}
        return parse_fields(self.body)

    @property
    def fields(self) -> dict[str, str]:
        """Query and form together, as HDM and SDP read them; the form wins."""
        return {**self.query, **self.form} if self.method == "POST" else self.query

    @property
    def declares_json(self) -> bool:
        """Whether the request says that its body is JSON."""
        return "json" in self.headers.get("content-type", "").lower()

    def json_object(self) -> dict[str, Json]:
        """The body as a JSON object.

        Raises:
            Refusal: 400 for anything else, be it mis-encoded, too deep, or a number of a million digits.
        """
        try:
            value = json.loads(self.body.decode("utf-8"), parse_constant=_refuse_constant)
            if b"\\u" in self.body:
                value = without_surrogates(value)
        except (ValueError, RecursionError):
            raise Refusal(400, "The body is not JSON.") from None
        if not isinstance(value, dict):
            raise Refusal(400, "The body is not a JSON object.")
        return value


@dataclass
class Answer:
    """One response, still as data: response filters and readings change it before it is written.

    `raw` replaces the JSON form of `data`. `delay` is waited before the first byte;
    `cut` leaves that many bytes off the end of the body while Content-Length still counts them.
    """

    status: int = 200
    data: Json = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    raw: bytes | None = None
    delay: float = 0.0
    cut: int = 0

    def content(self) -> bytes:
        """The body's bytes. Non-ASCII characters are escaped, so no string can break the encoding."""
        if self.raw is not None:
            return self.raw
        return b"" if self.data is None else json.dumps(self.data, separators=(",", ":")).encode("ascii")


def parse_fields(encoded: bytes) -> dict[str, str]:
    """Query or form text as a mapping; the first value of a repeated name counts, broken UTF-8 becomes U+FFFD."""
    try:
        pairs = parse_qsl(
            encoded.decode("latin-1"), keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS
        )
    except ValueError:
        raise Refusal(400, "The request has too many parameters.") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def without_surrogates(value: Json) -> Json:
    """The value with lone surrogates, which JSON can spell and UTF-8 cannot, replaced by question marks."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {without_surrogates(name): without_surrogates(item) for name, item in value.items()}
    return value


def reason(status: int) -> str:
    """The standard phrase of an HTTP status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
