"""The reference platform judges its callers: what an app sends to it, and how it goes on after a refusal."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.capture import Entry, Listener
from conformance.documents import Document
from conformance.model import Request, Response
from conformance.reference.server import RunningPlatform
from conformance.runner.judge import Traffic, judge_traffic
from conformance.runner.run import RunEnded
from conformance.target import target_from_document

_LOOK_S = 0.2


class Tap:
    """An ASGI app around another one: hands on each exchange, whole, once its response was sent."""

    def __init__(self, app: ASGIApp, take: Callable[[Entry], None]) -> None:
        """Hand each exchange to `take`."""
        self._app = app
        self._take = take
        self._count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and keep a copy."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.time()
        sent, came = bytearray(), bytearray()
        start: list[Message] = []

        async def received() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                sent.extend(message.get("body", b""))
            return message

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append(message)
            elif message["type"] == "http.response.body":
                came.extend(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, received, sending)
        finally:
            self._count += 1
            self._take(_entry(scope, bytes(sent), start, bytes(came), begun, f"request {self._count}"))


def _entry(scope: Scope, sent: bytes, start: list[Message], came: bytes, begun: float, where: str) -> Entry:
    host, port = scope["server"]
    path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    headers = _headers(scope["headers"])
    url = f"{scope['scheme']}://{host}:{port}{path}{'?' if query else ''}{query}"
    response = Response(start[0]["status"], _headers(start[0]["headers"]), came) if start else None
    if response is not None and response.header("content-encoding"):
        response = Response(response.status, response.headers, b"", body_known=False)
    return Entry(
        where=where,
        request=Request(scope["method"], url, headers, sent),
        response=response,
        failure="" if start else "no response",
        sent_at=begun * 1000,
        elapsed_ms=(time.time() - begun) * 1000,
    )


def _headers(pairs: list[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs)


class Callers:
    """The exchanges of a platform's callers, judged while it serves."""

    def __init__(self) -> None:
        self._exchanges: queue.SimpleQueue[Entry] = queue.SimpleQueue()

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return the platform's app with a tap around it."""
        return Tap(app, self._exchanges.put)

    def judge(
        self, platform: RunningPlatform, *, out: Path | None, listener: Listener | None, stop: threading.Event
    ) -> RunEnded:
        """Judge what callers send until `stop` is set; the run folder is that of `judge`.

        Raises:
            UsageError: `out` cannot be written.
        """
        document = Document(Path("reference-platform"), platform.target_document())
        target = target_from_document(document, embedded=True)
        traffic = Traffic(f"requests to {platform.url}", self._entries(stop))
        return judge_traffic((traffic,), target=target, out=out, listener=listener)

    def _entries(self, stop: threading.Event) -> Iterator[Entry]:
        while True:
            over = stop.is_set()
            while not self._exchanges.empty():
                yield self._exchanges.get()
            if over:
                return
            stop.wait(_LOOK_S)
