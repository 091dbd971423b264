"""One request and its response, recorded whole, whoever made it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, urlsplit

from conformance.model.clock import http_date
from conformance.model.json_value import Json, parse_json

Headers = tuple[tuple[str, str], ...]
# How far a `Date` may be off because it has whole seconds.
_WHOLE_SECONDS_MS = 2_000.0


def header(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """Return the first value of a header, whatever its case, or None."""
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return None


@dataclass(frozen=True)
class Request:
    """What was sent. `url` is absolute; `body` is what went over the wire, in bytes.

    `body_known` is false where a capture did not keep the body: that is not an empty body.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    body_known: bool = True

    def header(self, name: str) -> str | None:
        """Return the first value of a header, whatever its case, or None."""
        return header(self.headers, name)

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The query parameters in order, decoded."""
        return tuple(parse_qsl(urlsplit(self.url).query, keep_blank_values=True, errors="replace"))


@dataclass(frozen=True)
class Response:
    """What came back.

    `body` is decoded from any content encoding and cut at the client's limit (`truncated` then). `body_known` is false
    where a capture did not keep the body, or only a part of it.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    truncated: bool = False
    body_known: bool = True

    def header(self, name: str) -> str | None:
        """Return the first value of a header, whatever its case, or None."""
        return header(self.headers, name)

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case; empty where there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @cached_property
    def json(self) -> Json:
        """The body as JSON.

        Raises:
            NotJson: the body is not JSON.
        """
        return parse_json(self.body)

    @cached_property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", errors="replace")


@dataclass(frozen=True)
class Exchange:
    """One request and what came of it.

    Attributes:
        id: `E00001` and on, unique in a run.
        service: hdm, adm, ias, sdp or mds.
        operation: the operationId of the contract.
        request: what was sent.
        response: what came back, None where nothing complete came.
        failure: what went wrong on the way (timeout, reset, malformed), empty where a response came.
        sent_at: milliseconds since 1970, by our clock.
        received_at: milliseconds since 1970, by our clock, when the answer was complete.
        made_by: the check, `fuzz`, `preflight`, `capture`.
        valid: the maker meant the request to succeed.
        tenant: the tenant id that the request was sent for, empty where none applies.
        foreign: why the answer is not the platform's but of something in front of it; empty where it is.
    """

    id: str
    service: str
    operation: str
    request: Request
    response: Response | None
    failure: str = ""
    sent_at: float = 0.0
    received_at: float = 0.0
    made_by: str = ""
    valid: bool = False
    tenant: str = ""
    foreign: str = ""

    @property
    def status(self) -> int:
        """The HTTP status, 0 where no response came."""
        return self.response.status if self.response else 0

    @property
    def succeeded(self) -> bool:
        """Whether the answer is a 2xx of the platform's own."""
        return 200 <= self.status < 300 and not self.foreign

    @property
    def answered(self) -> str:
        """What came of the request, in words: a status, nothing, or what something in front of the platform said."""
        if self.foreign:
            return self.foreign
        return f"answered {self.status}" if self.status else f"left without a response ({self.failure})"

    @property
    def elapsed_ms(self) -> float:
        """How long the answer took, in milliseconds."""
        return self.received_at - self.sent_at

    @property
    def server_time_ms(self) -> tuple[float, float]:
        """The target's clock at the answer, in milliseconds since 1970, and how far that may be off.

        The `Date` header counts where there is one (it has whole seconds); our clock else, which may
        differ from the target's by minutes. Where both differ, it may be that of a proxy: either may be right.
        """
        date = self.response.header("date") if self.response else None
        seconds = http_date(date) if date else None
        if seconds is None:
            return self.received_at, 300_000.0
        apart = abs(seconds * 1000 - self.received_at) if self.received_at else 0.0
        return seconds * 1000, _WHOLE_SECONDS_MS + (apart if apart > _WHOLE_SECONDS_MS else 0)
