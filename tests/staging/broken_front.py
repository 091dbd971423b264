"""A server in front of the reference platform that breaks its answers in one way, and counts what it is sent."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote_to_bytes, urlsplit

_ERROR = b'{"status":500,"error":"Internal Server Error"}'
SERVER_ERROR = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_ERROR), _ERROR)
)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MEGABYTE = b"a" * 1_048_576


@dataclass(frozen=True)
class Asked:
    """A request as it came: its number from 1, its first line's parts, its body."""

    number: int
    method: str
    path: str
    query: bytes
    headers: bytes
    body: bytes

    @property
    def non_ascii(self) -> bool:
        """Whether a value is not ASCII, once its escapes are taken away."""
        escaped = re.search(rb"\\u(?:0[1-9a-fA-F]|00[89a-fA-F]|[1-9a-fA-F])", self.body)
        return escaped is not None or not all(
            part.isascii() for part in (unquote_to_bytes(self.query), unquote_to_bytes(self.body), self.headers)
        )


class Broken(Exception):
    """The connection ends here."""


async def server_error(writer: asyncio.StreamWriter) -> None:
    writer.write(SERVER_ERROR)
    await writer.drain()


async def hang(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def reset(writer: asyncio.StreamWriter) -> None:
    found = writer.get_extra_info("socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    raise Broken


async def trickle(writer: asyncio.StreamWriter) -> None:
    writer.write(OK + b"Content-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"1")
        await writer.drain()
        await asyncio.sleep(1)


async def headers_by_byte(writer: asyncio.StreamWriter) -> None:
    for byte in OK + b"X-Long: " + b"a" * 100_000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.2)


async def endless_body(writer: asyncio.StreamWriter) -> None:
    writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + MEGABYTE[:65536] + b"\r\n")
        await writer.drain()


async def huge_body(writer: asyncio.StreamWriter) -> None:
    writer.write(OK + b"Content-Length: 1073741824\r\n\r\n")
    for _ in range(1024):
        writer.write(MEGABYTE)
        await writer.drain()


Act = Callable[[asyncio.StreamWriter], Awaitable[None]]


def never(asked: Asked, front: Front) -> bool:
    return False


def always(asked: Asked, front: Front) -> bool:
    return True


@dataclass
class Front:
    """Forwards to `upstream`, but does `act` where `when` says so.

    Attributes:
        upstream: the platform's URL.
        act: what happens to a broken request.
        when: whether a request is broken.
        refused: whether what the platform refuses is broken, too.
        generated: set by whoever runs the suite, once the generated cases begin.
        requests: what came, by path.
    """

    upstream: str
    act: Act = server_error
    when: Callable[[Asked, Front], bool] = never
    refused: Callable[[Front], bool] = lambda _front: False
    generated: bool = False
    requests: Counter[str] = field(default_factory=Counter)
    broken: int = 0

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._number = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def total(self) -> int:
        """How many requests came."""
        return self._number

    def target(self, document: dict[str, object]) -> dict[str, object]:
        """Return a platform's target file with this server's address in place of the platform's."""

        def moved(value: object) -> object:
            if isinstance(value, dict):
                return {key: moved(item) for key, item in value.items()}
            if isinstance(value, list):
                return [moved(item) for item in value]
            return value.replace(self.upstream, self.url) if isinstance(value, str) else value

        # What brings a condition about goes to the platform itself.
        return {key: value if key == "conditions" else moved(value) for key, value in document.items()}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, sock=self._socket, limit=1 << 20))
        self._loop.run_forever()
        server.close()
        for task in (tasks := asyncio.all_tasks(self._loop)):
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(self.upstream)
        behind: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        try:
            while True:
                head, body = await _message(reader)
                self._number += 1
                method, target = head.split(b" ", 2)[:2]
                path, _, query = target.partition(b"?")
                asked = Asked(self._number, method.decode(), path.decode("latin-1"), query, head, body)
                self.requests[asked.path] += 1
                if self.when(asked, self):
                    self.broken += 1
                    await self.act(writer)
                    continue
                if behind is None:
                    behind = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 20)
                behind[1].write(head + body)
                answer, content = await _message(behind[0], head_only=method == b"HEAD")
                if self.refused(self) and int(answer.split(b" ", 2)[1]) >= 400:
                    self.broken += 1
                    await self.act(writer)
                    continue
                writer.write(answer + content)
                await writer.drain()
                if b"\r\nconnection: close" in answer.lower():
                    return
        except (Broken, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            if behind is not None:
                behind[1].close()
            with contextlib.suppress(ConnectionError):
                writer.close()


async def _message(reader: asyncio.StreamReader, *, head_only: bool = False) -> tuple[bytes, bytes]:
    """Return a message's head with its empty line, and its body as it came."""
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    if head_only or head[9:12] in (b"204", b"304"):
        return head, b""
    length = re.search(rb"\r\ncontent-length: *(\d+)", lower)
    if length:
        return head, await reader.readexactly(int(length.group(1)))
    if b"\r\ntransfer-encoding: chunked" not in lower:
        return head, b""
    body = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        part = await reader.readexactly(size + 2)
        body += line + part
        if size == 0:
            return head, body
