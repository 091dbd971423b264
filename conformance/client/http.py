"""One HTTP request, and an answer that cannot hurt us.

A target is not trusted: its body may be a gigabyte, endless, one byte a second, a gzip bomb, or lie about
its length. A request ends within the time limit, and no more than `MAX_BODY_BYTES` of a body are kept.
Redirects are never followed, so that credentials never reach another host.
"""

from __future__ import annotations

import ssl
import time
import zlib
from dataclasses import dataclass
from types import TracebackType

import httpx

from conformance.errors import TargetFileError
from conformance.model import Request, Response, header
from conformance.target import HttpSettings

MAX_BODY_BYTES = 8 * 1024 * 1024
USER_AGENT = "opentv-conformance"


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


class _TooSlow(Exception):
    """The whole answer did not come within the time limit."""


class _Decoder:
    """A content decoding that never makes more than it may keep."""

    def __init__(self, encoding: str) -> None:
        self._gzip = {"gzip": 31, "x-gzip": 31, "deflate": 15}.get(encoding)
        self._inflate = zlib.decompressobj(self._gzip) if self._gzip else None

    def feed(self, data: bytes, room: int) -> bytes:
        if self._inflate is None:
            return data[: room + 1]
        return self._inflate.decompress(data, room + 1)


class Client:
    """Sends requests over kept connections; may be shared by threads."""

    def __init__(self, settings: HttpSettings, *, connections: int | None = None) -> None:
        """Open a client.

        Raises:
            TargetFileError: `http.verify` or `http.client_cert` names a file that cannot be used.
        """
        count = connections or settings.connections
        self.timeout = settings.timeout
        self._extra = tuple((name, source.read()) for name, source in settings.headers.items())
        try:
            self._client = httpx.Client(
                verify=_tls(settings),
                proxy=settings.proxy,
                timeout=httpx.Timeout(settings.timeout),
                limits=httpx.Limits(max_connections=count, max_keepalive_connections=count, keepalive_expiry=4.0),
                follow_redirects=False,
                trust_env=False,
            )
        except (OSError, ssl.SSLError, ValueError) as problem:
            raise TargetFileError(f"http: the TLS settings cannot be used: {problem}") from None

    def __enter__(self) -> Client:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def send(self, wire: Wire) -> Reply:
        """Send a request; never raises for anything that the target or the network does."""
        names = {name.lower() for name, _ in wire.headers}
        headers = [*wire.headers, *((n, v) for n, v in self._extra if n.lower() not in names)]
        defaults = (("User-Agent", USER_AGENT), ("Accept", "*/*"), ("Accept-Encoding", "gzip"))
        headers += [(name, value) for name, value in defaults if name.lower() not in names]
        started = time.time() * 1000
        begun = time.monotonic()
        sent = Request(wire.method, wire.url, tuple(headers), wire.body)
        try:
            response = self._exchange(sent, begun + self.timeout)
            return Reply(sent, response, "", "", started, started + (time.monotonic() - begun) * 1000)
        except Exception as problem:  # noqa: BLE001 - every failure of a hostile target ends here, sorted below
            kind, text = _sort(problem, self.timeout)
            return Reply(sent, None, text, kind, started, started + (time.monotonic() - begun) * 1000)

    def _exchange(self, request: Request, deadline: float) -> Response:
        raw = [(name.encode("latin-1", "replace"), _header_bytes(value)) for name, value in request.headers]
        built = self._client.build_request(request.method, request.url, headers=raw, content=request.body or None)
        if request.method in ("POST", "PUT", "PATCH") and not request.body:
            built.headers["Content-Length"] = "0"
        response = self._client.send(built, stream=True)
        try:
            headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in response.headers.raw)
            body, truncated = _read(response, deadline, (header(headers, "content-encoding") or "").strip().lower())
        finally:
            response.close()
        return Response(response.status_code, headers, body, truncated)


def _header_bytes(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def _read(response: httpx.Response, deadline: float, encoding: str) -> tuple[bytes, bool]:
    decoder = _Decoder(encoding)
    kept = bytearray()
    received = 0
    for chunk in response.iter_raw():
        received += len(chunk)
        kept += decoder.feed(chunk, MAX_BODY_BYTES - len(kept))
        if len(kept) > MAX_BODY_BYTES or received > MAX_BODY_BYTES:
            return bytes(kept[:MAX_BODY_BYTES]), True
        if time.monotonic() > deadline:
            raise _TooSlow
    return bytes(kept), False


def _tls(settings: HttpSettings) -> ssl.SSLContext | bool:
    if settings.verify is False:
        context = ssl.create_default_context()
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
    if isinstance(problem, (_TooSlow, httpx.ReadTimeout, httpx.WriteTimeout)):
        return "timeout", f"no complete answer within {timeout:g} s"
    if isinstance(problem, (httpx.ConnectTimeout, httpx.PoolTimeout)):
        return "connect", f"no connection within {timeout:g} s"
    if isinstance(problem, httpx.ConnectError):
        if "CERTIFICATE" in text or "SSL" in text or "TLS" in text:
            return "tls", f"TLS: {text}"
        return "connect", f"no connection: {text}"
    if isinstance(problem, httpx.ReadError | httpx.WriteError | httpx.CloseError):
        return "reset", "the connection was reset before the answer was complete"
    if isinstance(problem, httpx.RemoteProtocolError):
        if "without sending" in text or "incomplete" in text or "peer closed" in text:
            return "reset", "the connection was closed before the answer was complete"
        return "malformed", f"the answer is not HTTP: {text[:120]}"
    if isinstance(problem, zlib.error):
        return "malformed", "the body is not of the content encoding that its header names"
    if isinstance(problem, (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError)):
        return "url", f"the request cannot be sent: {text[:120]}"
    if isinstance(problem, httpx.ProxyError):
        return "connect", f"the proxy refuses: {text[:120]}"
    return "reset", f"{type(problem).__name__}: {text[:120]}"


__all__ = ["MAX_BODY_BYTES", "Client", "Reply", "Wire"]
