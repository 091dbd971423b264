"""One HTTP request, and an answer that cannot hurt us.

A target is not trusted: its body may be a gigabyte, endless, one byte a second, a gzip bomb, or lie about
its length. A request ends within the time limit, and no more than `MAX_BODY_BYTES` of a body are kept.
Redirects are never followed, so that credentials never reach another host; cookies are not kept, so that no
request can pass because of an earlier one.
"""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

import httpcore

from conformance.client.deadline import Deadline, DeadlineBackend
from conformance.errors import TargetFileError
from conformance.model import Request, Response, header
from conformance.target import HttpSettings

MAX_BODY_BYTES = 8 * 1024 * 1024
USER_AGENT = "opentv-conformance"
KEEPALIVE_S = 4.0
# What a file or command gives for `http.headers` is used this long: a gateway's token may end, a command takes time.
EXTRA_HEADERS_S = 20.0

DEFAULT_HEADERS = (("User-Agent", USER_AGENT), ("Accept", "*/*"), ("Accept-Encoding", "gzip"))

# Asked before every request with the operation (empty where there is none) and the method; refuses by raising.
Guard = Callable[[str, str], None]


@dataclass(frozen=True)
class Wire:
    """A request ready to be sent; `headers` and `body` hold plain values."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What came of a request; times in milliseconds since 1970. `failure` is empty where a response came.

    `kind` sorts a failure: connect, tls, timeout, reset, malformed, url.
    """

    request: Request
    response: Response | None
    failure: str
    kind: str
    sent_at: float
    received_at: float


class _Undecodable(Exception):
    """The body is not of the encoding that its header names."""


class _Decoder:
    """A content decoding that never makes more than it may keep."""

    def __init__(self, encoding: str) -> None:
        bits = {"gzip": 31, "x-gzip": 31, "deflate": 15}.get(encoding)
        self._inflate = zlib.decompressobj(bits) if bits else None
        self._fed = False

    def feed(self, data: bytes, room: int) -> bytes:
        if self._inflate is None:
            return data[: room + 1]
        self._fed = self._fed or bool(data)
        try:
            return self._inflate.decompress(data, room + 1)
        except zlib.error:
            raise _Undecodable from None

    def end(self) -> None:
        if self._inflate is not None and self._fed and not self._inflate.eof:
            raise _Undecodable


class ExtraHeaders:
    """`http.headers` of the target file, read again now and then where a file or command gives them."""

    def __init__(self, settings: HttpSettings) -> None:
        """Read them a first time.

        Raises:
            TargetFileError: a file or command gives none.
        """
        self._sources = settings.headers
        self._again = any(source.file or source.command for source in self._sources.values())
        self._read()

    def _read(self) -> None:
        own = tuple((name, source.read()) for name, source in self._sources.items())
        names = {name.lower() for name, _ in own}
        self._headers = (*own, *((name, value) for name, value in DEFAULT_HEADERS if name.lower() not in names))
        self._until = time.monotonic() + (EXTRA_HEADERS_S if self._again else float("inf"))

    def beside(self, headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return the headers of a request with these, and with the suite's own, where it has none of the name.

        Raises:
            TargetFileError: a file or command gives none any more.
        """
        if time.monotonic() > self._until:
            self._read()
        names = {name.lower() for name, _ in headers}
        return (*headers, *((name, value) for name, value in self._headers if name.lower() not in names))


class Client:
    """The only door to the network; may be shared by threads.

    Args:
        settings: `http` of the target file.
        guard: asked before every request; raises `Refused` where the run may not send it.
    """

    def __init__(self, settings: HttpSettings, *, guard: Guard | None = None) -> None:
        """Open a client.

        Raises:
            TargetFileError: `http.verify`, `http.client_cert` or `http.proxy` cannot be used.
        """
        self.timeout = settings.timeout
        self._guard = guard
        self._extra = ExtraHeaders(settings)
        self._deadline = Deadline()
        try:
            self._pool = _pool(settings, DeadlineBackend(self._deadline))
        except (OSError, ssl.SSLError, ValueError) as problem:
            raise TargetFileError(
                f"http: the TLS or proxy settings cannot be used: {problem}", where=settings.where
            ) from None
        limit = settings.timeout
        self._timeouts = {"connect": limit, "read": limit, "write": limit, "pool": limit}

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def send(self, wire: Wire, operation: str = "") -> Reply:
        """Send a request; never raises for anything that the target or the network does.

        Raises:
            Refused: the run may not send it (writes, limits).
        """
        if self._guard is not None:
            self._guard(operation, wire.method)
        return self._send(wire, self._extra.beside(wire.headers))

    def send_unguarded(self, wire: Wire) -> Reply:
        """Send a request that is no part of the test: the target file's own hook that enters or leaves a condition.

        It may go elsewhere: the target's own headers, which may hold a credential, stay away.
        """
        return self._send(wire, (*wire.headers, ("User-Agent", USER_AGENT)))

    def _send(self, wire: Wire, headers: tuple[tuple[str, str], ...]) -> Reply:
        sent = Request(wire.method, wire.url, headers, wire.body)
        started = time.time() * 1000
        begun = time.monotonic()
        self._deadline.at = begun + self.timeout
        response, kind, text = None, "", ""
        try:
            response = self._exchange(sent)
        except Exception as problem:  # noqa: BLE001 - every failure of a hostile target ends here, sorted
            kind, text = _sort(problem, self.timeout)
        finally:
            self._deadline.at = float("inf")
        return Reply(sent, response, text, kind, started, started + (time.monotonic() - begun) * 1000)

    def _exchange(self, request: Request) -> Response:
        fresh = False

        def trace(event: str, _info: object) -> None:
            nonlocal fresh
            fresh = fresh or event.startswith("connection.connect")

        try:
            return self._once(request, trace)
        except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError):
            # The server closed an idle connection just when it was used again: nobody's fault.
            if fresh:
                raise
            return self._once(request, trace)

    def _once(self, request: Request, trace: Callable[[str, object], None]) -> Response:
        headers = [(name.encode("latin-1", "replace"), _header_bytes(value)) for name, value in request.headers]
        content = request.body if request.body or request.method in ("POST", "PUT", "PATCH") else None
        extensions = {"timeout": self._timeouts, "trace": trace}
        with self._pool.stream(
            request.method, request.url, headers=headers, content=content, extensions=extensions
        ) as response:
            received = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in response.headers)
            encoding = (header(received, "content-encoding") or "").strip().lower()
            body, truncated = _read(response.iter_stream(), encoding)
        return Response(response.status, received, body, truncated)


def _header_bytes(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def _read(chunks: Iterable[bytes], encoding: str) -> tuple[bytes, bool]:
    decoder = _Decoder(encoding)
    kept = bytearray()
    received = 0
    for chunk in chunks:
        received += len(chunk)
        kept += decoder.feed(chunk, MAX_BODY_BYTES - len(kept))
        if len(kept) > MAX_BODY_BYTES or received > MAX_BODY_BYTES:
            return bytes(kept[:MAX_BODY_BYTES]), True
    decoder.end()
    return bytes(kept), False


def _pool(settings: HttpSettings, backend: DeadlineBackend) -> httpcore.ConnectionPool:
    context = tls_context(settings)
    if not settings.proxy:
        return httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=settings.connections,
            max_keepalive_connections=settings.connections,
            keepalive_expiry=KEEPALIVE_S,
            network_backend=backend,
        )
    parts = urlsplit(settings.proxy)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"a proxy is an http or https URL, not {parts.scheme or 'this'}")
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return httpcore.HTTPProxy(
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        proxy_auth=auth,
        ssl_context=context,
        max_connections=settings.connections,
        max_keepalive_connections=settings.connections,
        keepalive_expiry=KEEPALIVE_S,
        network_backend=backend,
    )


def tls_context(settings: HttpSettings) -> ssl.SSLContext:
    """Return how certificates are verified and which one is shown."""
    if settings.verify is False:  # loading the certificates of the system takes longer than a small run
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context = ssl.create_default_context(cafile=settings.verify if isinstance(settings.verify, str) else None)
    if settings.client_cert:
        context.load_cert_chain(*settings.client_cert)
    return context


def _sort(problem: Exception, timeout: float) -> tuple[str, str]:
    """Name a failure in words that do not differ from run to run."""
    text = str(problem)
    if isinstance(problem, (httpcore.ReadTimeout, httpcore.WriteTimeout)):
        return "timeout", f"no complete answer within {timeout:g} s"
    if isinstance(problem, (httpcore.ConnectTimeout, httpcore.PoolTimeout)):
        return "connect", f"no connection within {timeout:g} s"
    if isinstance(problem, httpcore.ConnectError):
        if "CERTIFICATE" in text or "SSL" in text or "TLS" in text:
            return "tls", f"TLS: {text}"
        return "connect", f"no connection: {text}"
    if isinstance(problem, (httpcore.ReadError, httpcore.WriteError)):
        return "reset", "the connection was reset before the answer was complete"
    if isinstance(problem, httpcore.RemoteProtocolError):
        if "without sending" in text or "incomplete" in text or "peer closed" in text:
            return "reset", "the connection was closed before the answer was complete"
        return "malformed", f"the answer is not HTTP: {text[:120]}"
    if isinstance(problem, _Undecodable):
        return "malformed", "the body is not of the content encoding that its header names"
    if isinstance(problem, httpcore.ProxyError):
        return "connect", f"the proxy refuses: {text[:120]}"
    if isinstance(problem, (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, ValueError)):
        return "url", f"the request cannot be sent: {text[:120]}"
    return "reset", f"{type(problem).__name__}: {text[:120]}"


__all__ = ["MAX_BODY_BYTES", "Client", "ExtraHeaders", "Guard", "Reply", "Wire", "tls_context"]
