"""One request after the other: httpx, over a transport that a hostile target cannot hurt.

A target is not trusted: its body may be a gigabyte, endless, one byte a second, a gzip bomb, or lie about its length. A
request ends within the time limit, and no more than `MAX_BODY_BYTES` of a body are kept. Redirects are never followed,
so that credentials never reach another host; cookies are not kept, so that no request can pass because of an earlier
one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from http.cookiejar import CookieJar
from types import TracebackType
from typing import Self

import httpx

from conformance.client.connections import Connections
from conformance.client.decoding import MAX_BODY_BYTES
from conformance.client.headers import USER_AGENT, ExtraHeaders
from conformance.client.loop import Loop
from conformance.client.peers import Peer
from conformance.client.reading import Received
from conformance.client.wire import Outgoing, Place, Reply, Stopwatch, Wire, outgoing
from conformance.errors import Refused
from conformance.model import SYSTEM_CLOCK, Clock, Request
from conformance.target import HttpSettings

# httpx logs every URL, and a query may hold a secret.
logging.getLogger("httpx").setLevel(logging.WARNING)

# Asked before every request with the operation (empty where there is none) and the method. Returns how many seconds the
# request must wait (None: not at all); refuses by raising `Refused`.
Guard = Callable[[str, str], float | None]


class Transport(httpx.BaseTransport):
    """The door to the network: one time limit for a whole request, and a bounded body.

    The request target goes out as `extensions["target"]` has it, the method as `extensions["method"]`; headers exactly
    as they are given. `extensions["limit"]` are seconds in place of `http.timeout`.
    """

    def __init__(self, settings: HttpSettings, *, clock: Clock = SYSTEM_CLOCK) -> None:
        """Prepare the connections; none is opened.

        Raises:
            TargetFileError: `http.verify`, `http.client_cert` or `http.proxy` cannot be used.
        """
        self._connections = Connections(settings, most=settings.connections, clock=clock)
        self._loop = Loop("client")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response, with the body as it came.

        Raises:
            Failure: none came.
        """
        url, extensions = request.url, request.extensions
        place = Place(url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80))
        target = extensions.get("target", url.raw_path).decode("ascii")
        method = extensions.get("method", request.method)
        sent = Outgoing(place, method, target, request.headers.raw, request.read())
        received = self._loop.result(self._connections.deliver(sent, extensions.get("limit")))
        return httpx.Response(
            received.status,
            headers=received.headers,
            stream=httpx.ByteStream(received.body),
            extensions={"truncated": received.truncated},
        )

    @property
    def broken_off(self) -> int:
        """How many connections broke off when they were used again."""
        return self._connections.broken_off

    @property
    def peers(self) -> tuple[Peer, ...]:
        """Who took the TLS connections."""
        return self._connections.seen.all()

    def allow(self, most: int) -> None:
        """Open so many connections at once from now on."""
        self._connections.allow(most)

    def close(self) -> None:
        """Close the connections."""
        self._loop.result(self._connections.close())
        self._loop.end()


class _NoCookies(CookieJar):
    def extract_cookies(self, *_: object) -> None:
        """Keep none."""


class Client:
    """Sends one request after the other; may be shared by threads.

    Args:
        settings: `http` of the target file.
        guard: asked before every request; raises `Refused` where the run may not send it.
        transport: the door to the network; a scripted one in tests.
        clock: the clock that limits, waits and stamps go by.
    """

    def __init__(
        self,
        settings: HttpSettings,
        *,
        guard: Guard | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Open a client.

        Raises:
            TargetFileError: `http.verify`, `http.client_cert` or `http.proxy` cannot be used.
        """
        self.timeout = settings.timeout
        self.clock = clock
        self._guard = guard
        self._extra = ExtraHeaders(settings, clock)
        self._transport = transport or Transport(settings, clock=clock)
        self._http = httpx.Client(
            transport=self._transport,
            cookies=_NoCookies(),
            trust_env=False,
            event_hooks={"response": [_set_headers_aside]},
        )

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
        self._http.close()

    def allow(self, most: int) -> None:
        """Open so many connections at once from now on."""
        if isinstance(self._transport, Transport):
            self._transport.allow(most)

    @property
    def broken_off(self) -> int:
        """How many connections broke off when they were used again."""
        return self._transport.broken_off if isinstance(self._transport, Transport) else 0

    @property
    def peers(self) -> tuple[Peer, ...]:
        """Who took the TLS connections."""
        return self._transport.peers if isinstance(self._transport, Transport) else ()

    def send(self, wire: Wire, operation: str = "", *, limit: float | None = None) -> Reply:
        """Send a request; never raises for anything that the target or the network does.

        Args:
            wire: the request.
            operation: the operationId, for the guard; empty where there is none.
            limit: seconds for the whole request, in place of `http.timeout`.

        Raises:
            Refused: the run may not send it (writes, limits).
            TargetFileError: a file or command gives a header of `http.headers` no longer.
        """
        wait = self._guard(operation, wire.method) if self._guard is not None else None
        if wait:
            self.clock.sleep(wait)
        return self._send(wire, self._extra.beside(wire.headers), limit or self.timeout)

    def send_unguarded(self, wire: Wire) -> Reply:
        """Send a request that is no part of the test: the target file's own hook that enters or leaves a condition.

        It may go elsewhere: the target's own headers, which may hold a credential, stay away.
        """
        return self._send(wire, (*wire.headers, ("User-Agent", USER_AGENT)), self.timeout)

    def _send(self, wire: Wire, headers: tuple[tuple[str, str], ...], limit: float) -> Reply:
        sent = Request(wire.method, wire.url, headers, wire.body)
        stopwatch = Stopwatch(self.clock, limit)
        try:
            # To `Transport.handle_request`, or to the scripted one of a test.
            response = self._http.send(_of_httpx(outgoing(sent), limit), stream=True, auth=None, follow_redirects=False)
            seen = response.extensions
            came = Received(response.status_code, seen["headers"], response.read(), seen.get("truncated", False))
        except (httpx.TransportError, httpx.InvalidURL, ValueError) as problem:
            return stopwatch.reply(sent, problem)
        return stopwatch.reply(sent, came)


def _of_httpx(sent: Outgoing, limit: float) -> httpx.Request:
    """Return a request for our transport: httpx takes no URL of more than 64 KB; `target` says it all."""
    shown = sent.target if len(sent.target) < 60_000 else "/"
    return httpx.Request(
        sent.method,
        f"{sent.place.url}{shown}",
        headers=sent.headers,
        stream=httpx.ByteStream(sent.body),
        extensions={"target": sent.target.encode("ascii"), "method": sent.method, "limit": limit},
    )


def _set_headers_aside(response: httpx.Response) -> None:
    """Keep httpx from looking at headers of a hostile response: it raises where it cannot read a Location."""
    response.extensions["headers"] = response.headers.raw
    response.headers = httpx.Headers()


__all__ = ["MAX_BODY_BYTES", "Client", "Guard", "Refused", "Transport"]
