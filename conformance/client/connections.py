"""The connections of a client: opened, used again, and given up; one engine for both lanes.

It runs in an event loop of its own thread. A request has one time limit, from the look-up of the host name to the last
byte. A connection on which anything came that nobody asked for (a 408 of a proxy that grew tired of waiting, the rest
of an earlier response) is not used again, and what came is nobody's response.
"""

from __future__ import annotations

import asyncio
import os
import re
import select
import socket
import ssl
from collections import defaultdict
from dataclasses import dataclass

from conformance.client import proxy
from conformance.client.failures import UNREACHED, Failure, Kind, closed, failure_of
from conformance.client.peers import PeersSeen
from conformance.client.proxy import Proxy
from conformance.client.reading import Received, ResponseReader
from conformance.client.tls import tls_context
from conformance.client.wire import Outgoing, Place
from conformance.model import SYSTEM_CLOCK, Clock
from conformance.target import HttpSettings

# How long a server is listened to after the handshake, beside two times what connecting took.
LISTEN_S = 0.25


@dataclass(frozen=True)
class Timeouts:
    """How long things may take, in seconds.

    Attributes:
        request: a whole request, from the look-up of the host name to the last byte.
        idle: a connection without a request, before it is given up.
    """

    request: float
    idle: float = 4.0


class _Connection(asyncio.Protocol):
    """One connection; `usable` until anything comes that is not part of a response that is waited for."""

    def __init__(self) -> None:
        self.usable = True
        self.since = 0.0
        self._reader: ResponseReader | None = None
        self._found: asyncio.Future[Received] | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._take(data)

    def eof_received(self) -> None:
        self._take(b"")

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        if exc is not None and self._found is not None and not self._found.done():
            self._found.set_exception(exc)
        else:
            self._take(b"")

    def _take(self, data: bytes) -> None:
        if self._found is None or self._found.done() or self._reader is None:
            self.usable = False
            return
        try:
            received = self._reader.feed(data)
        except Failure as failure:
            self.usable = False
            self._found.set_exception(failure)
            return
        if received is not None:
            self.usable = self.usable and received.reusable and bool(data)
            self._found.set_result(received)

    def idle(self) -> bool:
        """Tell whether nothing has come since the last response, not even as far as the socket."""
        if not self.usable or self.transport.is_closing():
            return False
        waiting = select.poll()
        waiting.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not waiting.poll(0)

    async def exchange(self, content: bytes, reader: ResponseReader) -> Received:
        """Send a request and return its response.

        Raises:
            Failure, OSError: none came.
        """
        if self.transport.is_closing():
            raise closed()
        self._reader = reader
        self._found = asyncio.get_running_loop().create_future()
        self.transport.write(content)
        return await self._found


class Connections:
    """The connections to a target, or to its proxy; used in one event loop.

    Args:
        settings: `http` of the target file.
        most: how many at once.
        clock: the clock by which idle connections age.

    Raises:
        TargetFileError: `http.verify`, `http.client_cert` or `http.proxy` cannot be used.
    """

    def __init__(self, settings: HttpSettings, *, most: int, clock: Clock = SYSTEM_CLOCK) -> None:
        self.timeouts = Timeouts(settings.timeout)
        self._clock = clock
        self._tls = tls_context(settings)
        self._proxy = Proxy.of(settings.proxy, settings.where) if settings.proxy else None
        self._idle: defaultdict[Place, list[_Connection]] = defaultdict(list)
        self._slots = asyncio.Semaphore(most)
        # Connections that broke off when they were used again: now and then that is how they end.
        self.broken_off = 0
        self.seen = PeersSeen(clock)

    def allow(self, most: int) -> None:
        """Open so many connections at once from now on."""
        self._slots = asyncio.Semaphore(most)

    async def close(self) -> None:
        """Close the connections that are idle."""
        for connections in self._idle.values():
            for connection in connections:
                connection.transport.abort()
        self._idle.clear()

    async def deliver(self, request: Outgoing, limit: float | None = None) -> Received:
        """Send a request; return its response. `limit` are seconds in place of `http.timeout`.

        Raises:
            Failure: none came.
        """
        limit = limit or self.timeouts.request
        connected = True
        async with self._slots:
            try:
                async with asyncio.timeout(limit):
                    kept = self._kept(request.place)
                    received = await self._again(kept, request) if kept is not None else None
                    if received is None:
                        connected = False
                        fresh = await self._open(request.place)
                        connected = True
                        received = await self._once(fresh, request, ResponseReader(request.method))
            except TimeoutError as problem:
                if connected:
                    raise failure_of(problem, limit) from None
                raise self._unconnected(request.place, limit) from None
        if received.status == 407 and self._proxy is not None and request.place.scheme == "http":
            raise proxy.refused(407)
        return received

    def _kept(self, place: Place) -> _Connection | None:
        """Return an idle connection to a place on which nothing is waiting."""
        connections = self._idle[place]
        while connections:
            connection = connections.pop()
            if self._clock.monotonic() - connection.since < self.timeouts.idle and connection.idle():
                return connection
            connection.transport.abort()
        return None

    async def _again(self, connection: _Connection, request: Outgoing) -> Received | None:
        """Send a request over a connection that was used before; None where that was too late.

        The server may give up an idle connection just when it is used again, in silence or with a 408 (HAProxy): that
        is nobody's fault, and no response to this request.
        """
        reader = ResponseReader(request.method)
        try:
            received = await self._once(connection, request, reader)
        except Failure:
            if reader.status not in (0, 408):
                raise
            self.broken_off += 1
            return None
        return None if received.status == 408 else received

    async def _once(self, connection: _Connection, request: Outgoing, reader: ResponseReader) -> Received:
        through = self._proxy if request.place.scheme == "http" else None
        content = request.content(proxy=through.headers if through else None)
        received = None
        try:
            received = await connection.exchange(content, reader)
        except OSError as problem:
            raise failure_of(problem, self.timeouts.request) from None
        finally:
            if received is not None and connection.usable and received.status not in UNREACHED:
                # A balancer says that a node is away: the next connection may lead to another node.
                connection.since = self._clock.monotonic()
                self._idle[request.place].append(connection)
            else:
                connection.transport.abort()
        return received

    async def reach(self, place: Place) -> None:
        """Connect to a place, and listen a moment for what its server says unasked.

        In TLS 1.3 a server looks at the client's certificate when the client is through with the handshake: what it
        thinks of it comes afterwards. A server of HTTP/2 sends its first frame.

        Raises:
            Failure: nobody is there, or a client as this one is not welcome.
        """
        limit, begun = self.timeouts.request, self._clock.monotonic()
        try:
            async with asyncio.timeout(limit):
                connection = await self._open(place)
        except TimeoutError:
            raise self._unconnected(place, limit) from None
        patience = LISTEN_S + 2 * (self._clock.monotonic() - begun) if place.scheme == "https" else 0.0
        try:
            async with asyncio.timeout(min(limit, patience)):
                await connection.exchange(b"", ResponseReader("GET"))
        except (Failure, OSError) as problem:
            failure = failure_of(problem, limit)
            if failure.kind in (Kind.TLS, Kind.HTTP2):
                raise failure from None
        finally:
            connection.transport.abort()

    async def _open(self, place: Place) -> _Connection:
        there = self._proxy.place if self._proxy else place
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(_Connection, there.host, there.port)
        except OSError as problem:
            raise self._unconnected(place, problem) from None
        try:
            if there.scheme == "https":
                await self._secure(connection, there.host)
            if self._proxy and place.scheme == "https":
                await self._tunnel(connection, place, self._proxy)
                await self._secure(connection, place.host)
            if place.scheme == "https":
                self.seen.note(place, connection.transport)
        except BaseException:
            connection.transport.abort()
            raise
        return connection

    def _unconnected(self, place: Place, why: OSError | float) -> Failure:
        """Return the failure of a place that nobody connects to: an error, or so many seconds went by."""
        kind, there, what = Kind.CONNECT, place, ""
        if self._proxy:
            kind, there, what = Kind.PROXY, self._proxy.place, "the proxy "
        if isinstance(why, socket.gaierror):
            text, advice = (
                f"the host name {there.host} is not known",
                "Check its spelling, and the DNS of this machine.",
            )
            return Failure(kind, text, advice)
        to = f"no connection to {what}{there.host} port {there.port}"
        if isinstance(why, float | int):
            return Failure(kind, f"{to} within {why:g} s", "Is a firewall between? Is the port right?")
        # Where a host has several addresses, asyncio joins the errors of all into one text.
        numbers = [why.errno] if why.errno else [int(one) for one in re.findall(r"\[Errno (\d+)\]", str(why))]
        reason = os.strerror(numbers[0]) if numbers else "it failed"
        return Failure(kind, f"{to}: {reason}", "Is it running, and the port right?")

    async def _secure(self, connection: _Connection, host: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(connection.transport, connection, self._tls, server_hostname=host)
        except OSError as problem:
            if isinstance(problem, ssl.SSLError):
                raise failure_of(problem, self.timeouts.request) from None
            text = "the connection was closed during the TLS handshake"
            raise Failure(Kind.RESET, text, "Does this port speak TLS?") from None
        assert secured is not None
        connection.transport = secured

    async def _tunnel(self, connection: _Connection, place: Place, by: Proxy) -> None:
        """Have the proxy connect to a place.

        Raises:
            Failure: it does not.
        """
        try:
            # Like HEAD, CONNECT is answered without a body.
            received = await connection.exchange(by.connect(place), ResponseReader("HEAD"))
        except (Failure, OSError) as problem:
            text = failure_of(problem, self.timeouts.request).text
            raise Failure(
                Kind.PROXY, f"the proxy did not answer CONNECT: {text}", "Is http.proxy an HTTP proxy?"
            ) from None
        if received.status >= 300:
            raise proxy.refused(received.status)
        connection.usable = True
