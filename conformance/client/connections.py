"""The connections of a client: opened, used again, and given up; one engine for both lanes.

It runs in an event loop of its own thread. A request has one time limit, from the look-up of the host name to the last
byte. A connection on which anything came that nobody asked for (a 408 of a proxy that grew tired of waiting, the rest
of an earlier response) is not used again, and what came is nobody's response.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import select
import socket
import ssl
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import httpx

from conformance.client.failures import Failure, Kind, closed, failure_of
from conformance.client.reading import Received, ResponseReader
from conformance.client.tls import tls_context
from conformance.client.wire import Outgoing, Place, RawHeaders, place_of
from conformance.errors import TargetFileError
from conformance.model import SYSTEM_CLOCK, Clock
from conformance.target import HttpSettings


@dataclass(frozen=True)
class Timeouts:
    """How long things may take, in seconds.

    Attributes:
        request: a whole request, from the look-up of the host name to the last byte.
        idle: a connection without a request, before it is given up.
    """

    request: float
    idle: float = 4.0


@dataclass(frozen=True)
class _Proxy:
    place: Place
    headers: RawHeaders

    @classmethod
    def of(cls, url: str, where: str) -> _Proxy:
        try:
            place, parts = place_of(url), urlsplit(url)
        except ValueError as problem:
            raise TargetFileError(f"http.proxy: {problem}", where=where) from None
        user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}".encode()
        basic = [(b"Proxy-Authorization", b"Basic " + base64.b64encode(user))]
        return cls(place, basic if parts.username else [])


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
        self._proxy = _Proxy.of(settings.proxy, settings.where) if settings.proxy else None
        self._idle: defaultdict[Place, list[_Connection]] = defaultdict(list)
        self._slots = asyncio.Semaphore(most)
        # Connections that broke off when they were used again: now and then that is how they end.
        self.broken_off = 0

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
                raise failure_of(problem if connected else httpx.ConnectTimeout(""), limit) from None
        if received.status == 407 and self._proxy is not None and request.place.scheme == "http":
            raise _refused_by_proxy(407)
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
        except Failure as failure:
            if reader.begun and failure.kind is Kind.RESET:
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
            if received is not None and connection.usable:
                connection.since = self._clock.monotonic()
                self._idle[request.place].append(connection)
            else:
                connection.transport.abort()
        return received

    async def _open(self, place: Place) -> _Connection:
        there = self._proxy.place if self._proxy else place
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(_Connection, there.host, there.port)
        except OSError as problem:
            if self._proxy:
                raise Failure(Kind.PROXY, f"no connection to the proxy: {_why(problem)}") from None
            raise Failure(Kind.CONNECT, f"no connection: {_why(problem)}") from None
        try:
            if there.scheme == "https":
                await self._secure(connection, there.host)
            if self._proxy and place.scheme == "https":
                await self._tunnel(connection, place, self._proxy.headers)
                await self._secure(connection, place.host)
        except BaseException:
            connection.transport.abort()
            raise
        return connection

    async def _secure(self, connection: _Connection, host: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(connection.transport, connection, self._tls, server_hostname=host)
        except OSError as problem:
            if isinstance(problem, ssl.SSLError):
                raise failure_of(problem, self.timeouts.request) from None
            raise Failure(Kind.TLS, "TLS: the handshake was broken off") from None
        assert secured is not None
        connection.transport = secured

    @staticmethod
    async def _tunnel(connection: _Connection, place: Place, headers: RawHeaders) -> None:
        """Have the proxy connect to a place.

        Raises:
            Failure: it does not.
        """
        asked = Outgoing(place, "CONNECT", place.authority, [(b"Host", place.authority.encode()), *headers], b"")
        try:
            # Like HEAD, CONNECT is answered without a body.
            received = await connection.exchange(asked.content(proxy=None), ResponseReader("HEAD"))
        except (Failure, OSError) as problem:
            raise Failure(Kind.PROXY, f"the proxy did not answer CONNECT: {failure_of(problem, 0).text}") from None
        if received.status >= 300:
            raise _refused_by_proxy(received.status)
        connection.usable = True


def _refused_by_proxy(status: int) -> Failure:
    if status == 407:
        return Failure(Kind.PROXY, "the proxy wants a user and a password (407): http.proxy has none that it accepts")
    return Failure(Kind.PROXY, f"the proxy refused to connect to the target ({status})")


def _why(problem: OSError) -> str:
    """Return why nobody was reached, without addresses and ports."""
    if isinstance(problem, socket.gaierror):
        return "the host name is not known"
    number = problem.errno or next(iter(map(int, re.findall(r"\[Errno (\d+)\]", str(problem)))), 0)
    return os.strerror(number) if number else "the connection failed"
