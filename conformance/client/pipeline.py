"""Many requests over a few connections, in asyncio: ten times as fast as one request after the other.

The same promises as the client's: a request ends within the time limit, no more than `MAX_BODY_BYTES` of a body are
kept, redirects are not followed, and nothing that a target answers raises.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
import time
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from conformance.client.answer import Closed, Malformed, read_answer
from conformance.client.http import ExtraHeaders, Guard, Reply, Wire, tls_context
from conformance.errors import Refused
from conformance.model import Request, Response
from conformance.target import HttpSettings

BATCH = 96
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})

T = TypeVar("T")
Outcome = Reply | Refused


class NotSent(Refused):
    """The suite did not send a request, because those before it were not answered."""


class _Unsendable(Exception):
    """The request cannot be written as HTTP."""


class Pipeline:
    """Sends requests over `connections` connections; knows no proxy.

    Args:
        settings: `http` of the target file.
        guard: asked before every request; raises `Refused` where the run may not send it.
        connections: how many at once.
    """

    def __init__(self, settings: HttpSettings, *, guard: Guard, connections: int) -> None:
        """Start the loop.

        Raises:
            OSError, ssl.SSLError: the TLS settings cannot be used; a client with the same has said so before.
        """
        self._timeout = settings.timeout
        self._guard = guard
        self._extra = ExtraHeaders(settings)
        self._tls = tls_context(settings)
        self._lines = [_Line(self._tls, settings.timeout) for _ in range(max(connections, 1))]
        self._unanswered = 0
        self._turn = asyncio.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pipeline", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Return the pipeline."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections, and end the loop."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def send_all(self, requests: Iterable[tuple[str, Wire]], *, batch_size: int = BATCH) -> Iterator[Outcome]:
        """Send requests (operation, request); yield what came of each, in their order.

        While one batch is looked at, the next is under way. When nothing is answered any more, the rest of a batch is
        not sent.
        """
        waiting = None
        for batch in _batches(requests, batch_size):
            sent = asyncio.run_coroutine_threadsafe(self._batch(batch), self._loop)
            if waiting is not None:
                yield from waiting.result()
            waiting = sent
        if waiting is not None:
            yield from waiting.result()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _close(self) -> None:
        for line in self._lines:
            line.close()

    async def _batch(self, batch: Sequence[tuple[str, Wire]]) -> list[Outcome]:
        found: list[Outcome | None] = [None] * len(batch)
        numbers = iter(range(len(batch)))

        async def work(line: _Line) -> None:
            for number in numbers:
                operation, wire = batch[number]
                found[number] = await self._one(line, operation, wire)

        # The batch before may still be under way on the same connections.
        async with self._turn:
            self._unanswered = 0
            await asyncio.gather(*(work(line) for line in self._lines))
        return [outcome for outcome in found if outcome is not None]

    async def _one(self, line: _Line, operation: str, wire: Wire) -> Outcome:
        if self._unanswered >= 2 * len(self._lines):
            return NotSent("the target has not answered for a while")
        try:
            self._guard(operation, wire.method)
        except Refused as refusal:
            return refusal
        sent = Request(wire.method, wire.url, self._extra.beside(wire.headers), wire.body)
        started, begun = time.time() * 1000, time.monotonic()
        response, kind, text = None, "", ""
        try:
            response = await line.exchange(sent)
        except Exception as problem:  # noqa: BLE001 - every failure of a hostile target ends here, sorted
            line.close()
            kind, text = _sort(problem, self._timeout)
        self._unanswered = 0 if response is not None else self._unanswered + (kind == "timeout")
        return Reply(sent, response, text, kind, started, started + (time.monotonic() - begun) * 1000)


class _Line:
    """One connection, opened when it is needed, and anew where the server has closed it or goes elsewhere."""

    def __init__(self, tls: ssl.SSLContext, timeout: float) -> None:
        self._tls = tls
        self._limit = timeout
        self._place: tuple[str, str, int] | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
        self._streams = None

    async def exchange(self, request: Request) -> Response:
        place, content = _written(request)
        async with asyncio.timeout(self._limit):
            if self._streams is not None and self._place == place:
                try:
                    return await self._once(request, content)
                except (Closed, ConnectionError) as problem:
                    # The server closed an idle connection just when it was used again: nobody's fault.
                    if isinstance(problem, Closed) and problem.begun:
                        raise
            self.close()
            await self._open(place)
            return await self._once(request, content)

    async def _open(self, place: tuple[str, str, int]) -> None:
        scheme, host, port = place
        tls = self._tls if scheme == "https" else None
        try:
            self._streams = await asyncio.open_connection(host, port, ssl=tls, limit=1 << 18)
        except ssl.SSLError:
            raise
        except OSError as problem:
            raise _NoConnection(problem.strerror or str(problem)) from None
        self._place = place

    async def _once(self, request: Request, content: bytes) -> Response:
        assert self._streams is not None
        reader, writer = self._streams
        writer.write(content)
        response, keep = await read_answer(reader, request.method)
        if not keep:
            self.close()
        return response


class _NoConnection(Exception):
    """There is nobody at the address."""


def _written(request: Request) -> tuple[tuple[str, str, int], bytes]:
    """Return where a request goes, and its bytes."""
    try:
        parts = urlsplit(request.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}".encode("ascii")
    except ValueError as problem:
        raise _Unsendable(str(problem)) from None
    if not parts.hostname or parts.scheme not in ("http", "https") or re.search(rb"[\x00-\x20\x7f]", target):
        raise _Unsendable("the URL is not one")
    lines = [request.method.encode("ascii", "replace") + b" " + target + b" HTTP/1.1"]
    names = {name.lower() for name, _ in request.headers}
    headers = list(request.headers)
    if "host" not in names:
        headers.insert(0, ("Host", parts.netloc.rpartition("@")[2]))
    if (request.body or request.method in _BODY_METHODS) and "content-length" not in names:
        headers.append(("Content-Length", str(len(request.body))))
    for name, value in headers:
        raw_name, raw = name.encode("latin-1", "replace"), _header_bytes(value)
        if not _TOKEN.fullmatch(raw_name) or re.search(rb"[\x00\r\n]", raw):
            raise _Unsendable(f"the header {name[:40]!r} cannot be written")
        lines.append(raw_name + b": " + raw.strip(b" \t"))
    place = (parts.scheme, parts.hostname, port)
    return place, b"\r\n".join(lines) + b"\r\n\r\n" + request.body


def _header_bytes(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def _batches(requests: Iterable[tuple[str, Wire]], size: int) -> Iterator[list[tuple[str, Wire]]]:
    batch: list[tuple[str, Wire]] = []
    for request in requests:
        batch.append(request)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _sort(problem: Exception, timeout: float) -> tuple[str, str]:
    """Name a failure in words that do not differ from run to run; the same words as the client's."""
    if isinstance(problem, TimeoutError):
        return "timeout", f"no complete answer within {timeout:g} s"
    if isinstance(problem, ssl.SSLError):
        return "tls", f"TLS: {problem}"
    if isinstance(problem, _NoConnection):
        return "connect", f"no connection: {problem}"
    if isinstance(problem, Closed):
        return "reset", "the connection was closed before the answer was complete"
    if isinstance(problem, OSError):
        return "reset", "the connection was reset before the answer was complete"
    if isinstance(problem, Malformed):
        return "malformed", str(problem)
    if isinstance(problem, (_Unsendable, ValueError)):
        return "url", f"the request cannot be sent: {str(problem)[:120]}"
    return "reset", f"{type(problem).__name__}: {str(problem)[:120]}"
