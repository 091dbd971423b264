"""Reads one HTTP/1.1 answer from a stream that is not trusted: bounded, strict where it matters, never looping."""

from __future__ import annotations

import asyncio
import re
import zlib

from conformance.client.http import MAX_BODY_BYTES
from conformance.model import Response, header

MAX_HEAD_BYTES = 256 * 1024
MAX_INTERIM = 10
_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\r\n]*)?")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*([^\x00\r\n]*?)[ \t]*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?")
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Closed(Exception):
    """The connection ended before the answer did; `begun` where a part of it had come."""

    def __init__(self, begun: bool) -> None:
        super().__init__()
        self.begun = begun


class Malformed(Exception):
    """What came is not HTTP."""


class _Buffer:
    """What was read and not yet used."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self.data = bytearray()
        self.begun = False

    async def more(self) -> None:
        """Read some more.

        Raises:
            Closed: there is no more.
        """
        data = await self._reader.read(65_536)
        if not data:
            raise Closed(self.begun)
        self.begun = True
        self.data += data

    def take(self, count: int) -> bytes:
        taken = bytes(self.data[:count])
        del self.data[:count]
        return taken

    async def line(self) -> bytes:
        """Return a line without its end."""
        while (end := self.data.find(b"\n")) < 0:
            if len(self.data) > MAX_HEAD_BYTES:
                raise Malformed("the answer is not HTTP: a line without an end")
            await self.more()
        return self.take(end + 1).rstrip(b"\r\n")


async def read_answer(reader: asyncio.StreamReader, method: str) -> tuple[Response, bool]:
    """Return an answer, and whether the connection can be used again.

    Raises:
        Closed: the connection ended too soon.
        Malformed: the answer is not HTTP, or not of the encoding that it names.
    """
    buffer = _Buffer(reader)
    for _ in range(MAX_INTERIM):
        version, status, headers = await _head(buffer)
        if status >= 200 or status == 101:
            break
    else:
        raise Malformed("the answer is not HTTP: interim answers without end")
    coding = (header(headers, "transfer-encoding") or "").strip().lower()
    if method == "HEAD" or status in (204, 304):
        body, truncated, keep = b"", False, True
    elif coding:
        if coding != "chunked":
            raise Malformed(f"the answer is not HTTP: Transfer-Encoding {coding[:40]}")
        body, truncated, keep = await _chunked(buffer)
    else:
        body, truncated, keep = await _plain(buffer, _length(headers))
    body, cut = _decoded(body, (header(headers, "content-encoding") or "").strip().lower(), truncated)
    connection = (header(headers, "connection") or "").lower()
    keep = keep and not truncated and not buffer.data and version == 1 and "close" not in connection and status != 101
    return Response(status, headers, body, truncated or cut), keep


async def _head(buffer: _Buffer) -> tuple[int, int, tuple[tuple[str, str], ...]]:
    while (end := _END.search(buffer.data)) is None:
        if len(buffer.data) > MAX_HEAD_BYTES:
            raise Malformed("the answer is not HTTP: its head is too large")
        if buffer.begun and not b"HTTP/1."[: len(buffer.data)] == bytes(buffer.data[:7]):
            raise Malformed("the answer is not HTTP: it does not begin with HTTP/1")
        await buffer.more()
    lines = buffer.take(end.end())[: end.start()].split(b"\n")
    status = _STATUS.fullmatch(lines[0].rstrip(b"\r"))
    if status is None:
        raise Malformed("the answer is not HTTP: its status line is none")
    headers: list[tuple[str, str]] = []
    for raw in lines[1:]:
        line = raw.rstrip(b"\r")
        if line[:1] in (b" ", b"\t") and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {line.strip().decode('latin-1')}")
            continue
        match = _HEADER.fullmatch(line)
        if match is None:
            raise Malformed("the answer is not HTTP: a header line is none")
        headers.append((match.group(1).decode("latin-1"), match.group(2).decode("latin-1")))
    return int(status.group(1)), int(status.group(2)), tuple(headers)


def _length(headers: tuple[tuple[str, str], ...]) -> int | None:
    values = {part.strip() for name, value in headers if name.lower() == "content-length" for part in value.split(",")}
    if not values:
        return None
    if len(values) > 1 or not re.fullmatch(r"[0-9]{1,18}", next(iter(values))):
        raise Malformed("the answer is not HTTP: its Content-Length is none")
    return int(values.pop())


async def _plain(buffer: _Buffer, length: int | None) -> tuple[bytes, bool, bool]:
    wanted = MAX_BODY_BYTES + 1 if length is None else min(length, MAX_BODY_BYTES + 1)
    while len(buffer.data) < wanted:
        try:
            await buffer.more()
        except Closed:
            if length is None:
                return bytes(buffer.data), False, False
            raise
    if wanted > MAX_BODY_BYTES:
        return buffer.take(MAX_BODY_BYTES), True, False
    return buffer.take(wanted), False, True


async def _chunked(buffer: _Buffer) -> tuple[bytes, bool, bool]:
    body = bytearray()
    while True:
        size = _CHUNK.fullmatch(await buffer.line())
        if size is None:
            raise Malformed("the answer is not HTTP: a chunk has no size")
        length = int(size.group(1), 16)
        if length == 0:
            break
        if len(body) + length > MAX_BODY_BYTES:
            return bytes(body), True, False
        while len(buffer.data) < length:
            await buffer.more()
        body += buffer.take(length)
        if await buffer.line():
            raise Malformed("the answer is not HTTP: a chunk is longer than it says")
    for _ in range(1_000):
        if not await buffer.line():
            return bytes(body), False, True
    raise Malformed("the answer is not HTTP: trailers without end")


def _decoded(body: bytes, encoding: str, truncated: bool) -> tuple[bytes, bool]:
    """Return a body without its content encoding, and whether it was cut at the limit."""
    if encoding not in _WINDOW_BITS or not body:
        return body, False
    inflate = zlib.decompressobj(_WINDOW_BITS[encoding])
    try:
        plain = inflate.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error:
        raise Malformed("the body is not of the content encoding that its header names") from None
    if len(plain) > MAX_BODY_BYTES:
        return plain[:MAX_BODY_BYTES], True
    if not inflate.eof and not truncated:
        raise Malformed("the body is not of the content encoding that its header names")
    return plain, False
