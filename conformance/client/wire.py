"""A request ready to be sent, what came of it, and its bytes on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlsplit

from conformance.client.decoding import decoded
from conformance.client.failures import Failure, failure_of
from conformance.client.reading import Received
from conformance.model import Clock, Request, Response

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})

# Of a body without an end nobody needs more than how it begins; many of them are under way at once.
KEPT_OF_ENDLESS_BYTES = 256 * 1024

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Wire:
    """A request ready to be sent; `headers` and `body` hold plain values."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def unshared(self) -> Wire:
        """Return the request with a wish for a connection of its own, which no later request uses."""
        return replace(self, headers=(*self.headers, ("Connection", "close")))


@dataclass(frozen=True)
class Reply:
    """What came of a request; times in milliseconds since 1970.

    `failure` is empty where a response came; `kind` sorts it (`conformance.client.Kind`).
    """

    request: Request
    response: Response | None
    failure: str
    kind: str
    sent_at: float
    received_at: float


class Place(NamedTuple):
    """Where a connection goes."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Host and port as a request names them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The place as a URL without a path."""
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True)
class Outgoing:
    """A request as it is written: to which place, with which target, headers and body."""

    place: Place
    method: str
    target: str
    headers: RawHeaders
    body: bytes

    def content(self, *, proxy: RawHeaders | None) -> bytes:
        """Return the bytes on the wire; through a proxy of http, with its absolute target and the proxy's headers."""
        target = self.target
        if proxy is not None:
            target = f"{self.place.url}{target}"
        lines = [f"{self.method} {target} HTTP/1.1".encode("ascii")]
        lines += [name + b": " + value for name, value in (*self.headers, *(proxy or ()))]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def place_of(url: str) -> Place:
    """Return where a URL leads.

    Raises:
        ValueError: it is not an http or https URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an http or https URL")
    return Place(parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))


def outgoing(request: Request) -> Outgoing:
    """Return a request as it is written; nothing but Host and Content-Length is added.

    Raises:
        ValueError: it cannot be written as HTTP.
    """
    if not request.url.isascii() or re.search(r"[\x00-\x20\x7f]", request.url):
        raise ValueError("the URL holds a space, a control character, or one beyond ASCII")
    parts = urlsplit(request.url)
    headers = [(name.encode("latin-1", "replace"), _bytes(value)) for name, value in request.headers]
    names = {name.lower() for name, _ in headers}
    if b"host" not in names:
        headers.insert(0, (b"Host", parts.netloc.rpartition("@")[2].encode("ascii")))
    if (request.body or request.method in _BODY_METHODS) and not names & _FRAMING:
        headers.append((b"Content-Length", b"%d" % len(request.body)))
    for name, value in headers:
        if not _TOKEN.fullmatch(name) or re.search(rb"[\x00\r\n]", value):
            raise ValueError(f"the header {name.decode('latin-1')[:40]!r} cannot be written")
    if not _TOKEN.fullmatch(request.method.encode()):
        raise ValueError("the method is not a token")
    target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    return Outgoing(place_of(request.url), request.method, target, headers, request.body)


def _bytes(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


class Stopwatch:
    """Times one request and makes its reply."""

    def __init__(self, clock: Clock, limit: float) -> None:
        self._clock = clock
        self._limit = limit
        self._sent_at = clock.wall() * 1000
        self._begun = clock.monotonic()

    def reply(self, request: Request, came: Received | Exception) -> Reply:
        """Return the reply: a response, decoded, or a failure, sorted.

        Raises:
            Exception: `came`, where no target or network can be the cause.
        """
        try:
            if isinstance(came, Exception):
                raise failure_of(came, self._limit)
            response, text, kind = _response(came), "", ""
        except Failure as failure:
            response, text, kind = None, failure.text, str(failure.kind)
        taken = (self._clock.monotonic() - self._begun) * 1000
        return Reply(request, response, text, kind, self._sent_at, self._sent_at + taken)


def _response(came: Received) -> Response:
    headers = tuple(_texts(came.headers))
    body, truncated = decoded(headers, came.body, truncated=came.truncated)
    return Response(came.status, headers, body[:KEPT_OF_ENDLESS_BYTES] if truncated else body, truncated)


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[str, str]]:
    for name, value in headers:
        yield bytes(name).decode("latin-1"), bytes(value).decode("latin-1")
