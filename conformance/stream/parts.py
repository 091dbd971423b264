"""What the events of a run are made of."""

from __future__ import annotations

import base64
from datetime import date
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

SCHEMA_VERSION = 1
# Where a run has several parts, so many digits follow the number of the part in the id of an exchange.
DIGITS = 9

# The end of the year 9999.
LATEST = 253_402_300_799_000
Moment: TypeAlias = Annotated[float, Meta(ge=0, le=LATEST)]
ExitCode: TypeAlias = Annotated[int, Meta(ge=0, le=255)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53)]
Option: TypeAlias = bool | int | float | str | list[str] | None
Version: TypeAlias = Annotated[int, Meta(ge=1, le=SCHEMA_VERSION)]


class Event(Struct, frozen=True, kw_only=True, tag_field="event"):
    """A line of the stream; `at` is when the writer took it."""

    at: Annotated[int, Meta(ge=0, le=LATEST)] = 0


class Suite(Struct, frozen=True):
    """Which suite ran, and the edition of its register; 0: the stream was written before this key."""

    name: str
    version: str
    edition: Annotated[int, Meta(ge=0)] = 0


class Address(Struct, frozen=True, omit_defaults=True):
    """Where a service is."""

    url: str
    ssp_url: str = ""


class TargetFacts(Struct, frozen=True, kw_only=True):
    """What the target file declares; `writes`: whether requests may create or change something."""

    name: str = "target"
    tenant: str = ""
    services: dict[str, Address] = {}
    features: list[str] = []
    embedded: bool = False
    readings: dict[str, str] = {}
    writes: bool = True


class Part(Struct, frozen=True):
    """Which part of a run this stream is."""

    index: Annotated[int, Meta(ge=1)] = 1
    of: Annotated[int, Meta(ge=1)] = 1

    def __str__(self) -> str:
        """Return it in words: `part 2 of 5`."""
        return f"part {self.index} of {self.of}"


class Digests(Struct, frozen=True, kw_only=True):
    """SHA-256 of what decides a run: parts of one run agree in all of them."""

    suite: str = ""
    contract: str = ""
    register: str = ""
    plan: str = ""
    target: str = ""
    options: str = ""


class Lack(Struct, frozen=True):
    """What the target file lacks to test a requirement, and the lines to add."""

    reason: str
    add: list[str] = []


class Waiver(Struct, frozen=True, kw_only=True):
    """A waiver of the target file; it holds to the end of the day `expires`, in UTC."""

    id: str
    reason: str
    owner: str
    link: str = ""
    expires: date


class Body(Struct, frozen=True, kw_only=True):
    """The body of a message, in text or, where it is not UTF-8, in base64; `size` is its size in bytes.

    `cut`: only the beginning of the body, the URL or a header is kept here, or only the first of the headers.
    """

    body: str = ""
    body_base64: str = ""
    size: Count = 0
    cut: bool = False

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced, and base64 that cannot be decoded stays as it is."""
        return self.raw.decode("utf-8", "replace") if self.body_base64 else self.body

    @property
    def raw(self) -> bytes:
        """The body in bytes."""
        if not self.body_base64:
            return self.body.encode("utf-8", "replace")
        try:
            return base64.b64decode(self.body_base64)
        except ValueError:
            return self.body_base64.encode("utf-8", "replace")


class Request(Body, frozen=True, kw_only=True):
    """What was sent."""

    method: str
    url: str
    headers: list[tuple[str, str]] = []


class Response(Body, frozen=True, kw_only=True):
    """What came back; `truncated`: the client cut the body at its limit."""

    status: Annotated[int, Meta(ge=0, le=999)]
    headers: list[tuple[str, str]] = []
    truncated: bool = False


class Evaluated(Struct, frozen=True, kw_only=True):
    """How often exchanges kept and broke a requirement, and the rules that judged them."""

    held: Count = 0
    broken: Count = 0
    by: list[str] = []


class CauseCount(Struct, frozen=True, kw_only=True):
    """How often a cause was seen, however few findings were kept of it."""

    requirement: str
    cause: str
    repeats: Count


def process_of(exchange: str) -> str:
    """Return the letter of the process that an exchange is of, with the number of its part where there are several."""
    return exchange[:1] if len(exchange) <= 1 + DIGITS else exchange[:-DIGITS]
