"""HAR 1.2 as browsers, proxies and API clients write it; read an entry at a time, whatever the size of the file.

What a tool left out is unknown, which is not the same as empty: a body that is not in the file, a header that an export
without sensitive data drops.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from datetime import datetime
from json import JSONDecodeError, JSONDecoder
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

import msgspec

from conformance.capture.entry import Entry, PassedOver
from conformance.errors import CaptureError
from conformance.model import Headers, NotJson, Request, Response, parse_json

_NO_BODY = frozenset({204, 304})
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
# Bytes that are read at once, and of one entry at most.
_PIECE, _LONGEST = 1 << 20, 1 << 27
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODE = JSONDecoder().raw_decode
TORN = "a line that is cut off, or is not JSON"
# What tools write for "no content type".
_NO_TYPE = frozenset({"", "x-unknown"})


class _Pair(msgspec.Struct):
    name: str = ""
    value: str | None = ""


class _PostData(msgspec.Struct):
    mimeType: str | None = ""  # noqa: N815 - HAR's names
    text: str | None = None
    encoding: str | None = None
    params: list[_Pair] | None = None


class _Request(msgspec.Struct):
    method: str
    url: str
    headers: list[_Pair] = []
    postData: _PostData | None = None  # noqa: N815
    bodySize: float | None = -1  # noqa: N815


class _Content(msgspec.Struct):
    size: float | None = -1
    mimeType: str | None = ""  # noqa: N815
    text: str | None = None
    encoding: str | None = None


class _Response(msgspec.Struct):
    status: int | None = 0
    headers: list[_Pair] = []
    content: _Content | None = None
    bodySize: float | None = -1  # noqa: N815
    error: str | None = msgspec.field(name="_error", default=None)


class _Entry(msgspec.Struct):
    request: _Request
    response: _Response | None = None
    startedDateTime: str | None = ""  # noqa: N815
    time: float | None = 0
    comment: str | None = ""
    messages: list[Any] | None = msgspec.field(name="_webSocketMessages", default=None)


def read_har(file: IO[bytes], name: str) -> Iterator[Entry | PassedOver]:
    """Yield the entries of a HAR file; what stands behind a place where the file was cut off is not there.

    Raises:
        CaptureError: the file is not HAR.
    """
    number = 0
    try:
        for found in _Reader(file).entries():
            number += 1
            yield entry_of(found, f"{name}, entry {number}")
    except (ValueError, RecursionError) as problem:
        if not number:
            # The lines below the first one show what is in the file.
            reason = str(problem).partition("\n")[0][:200]
            raise CaptureError(f"not a HAR file: {reason}", where=name, advice="Export it again as HAR 1.2.") from None
        yield PassedOver(f"{name}, behind entry {number}", "the file is cut off here, or is not JSON from here on")


class _Reader:
    """Reads a HAR file a piece at a time: as much of it is in memory as its longest entry, and one piece.

    The interpreter's own decoder is fast, and gives up what is nested without end.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._more = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._ended = False

    def entries(self) -> Iterator[object]:
        """Yield the items of `log.entries`, one at a time.

        Raises:
            ValueError: it is not JSON, or not text in UTF-8, or has no such list.
            RecursionError: it is nested without end.
        """
        if not (self._enter("{", "log") and self._enter("{", "entries")):
            raise ValueError("log.entries is missing")
        self._take("[")
        if self._next() == "]":
            return
        while True:
            yield self._value()
            if self._next() != ",":
                self._take("]")
                return
            self._at += 1

    def _enter(self, opening: str, wanted: str) -> bool:
        """Go into an object, to the value of a key; tell whether it has it."""
        self._take(opening)
        while self._next() != "}":
            key = self._value()
            self._take(":")
            if key == wanted:
                return True
            self._value()
            if self._next() == ",":
                self._at += 1
        return False

    def _value(self) -> object:
        self._next()
        size = _PIECE
        while True:
            try:
                value, end = _DECODE(self._text, self._at)
            except JSONDecodeError:
                if self._ended or size > _LONGEST:
                    raise
            else:
                # A number may go on behind what is read.
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            # An entry that is longer than a piece is looked at again when twice as much of it is there.
            self._read(size)
            size *= 2

    def _next(self) -> str:
        """Return the next character that is no white space; empty at the end of the file."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._read(_PIECE)

    def _take(self, character: str) -> None:
        if self._next() != character:
            raise ValueError(f"expected {character!r}, found {self._next() or 'the end of the file'!r}")
        self._at += 1

    def _read(self, size: int) -> None:
        piece = self._file.read(size)
        self._ended = not piece
        self._text = self._text[self._at :] + self._more.decode(piece, final=not piece)
        self._at = 0


def entry_on(line: bytes, where: str) -> Entry | PassedOver:
    """Return the entry on a line of a spool, or why it is passed over."""
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return PassedOver(where, TORN)
    return entry_of(found, where)


def entry_of(found: object, where: str) -> Entry | PassedOver:
    """Return an entry of HAR, as JSON gave it, or why it is passed over."""
    try:
        entry = msgspec.convert(found, _Entry, strict=False)
    except (msgspec.ValidationError, RecursionError) as problem:
        return PassedOver(where, f"not an entry of HAR 1.2: {problem}".replace("`", ""))
    if entry.messages is not None or entry.request.url.startswith(("ws:", "wss:")):
        return PassedOver(where, "a WebSocket")
    try:
        urlsplit(entry.request.url)
    except ValueError as problem:
        return PassedOver(where, f"request.url is not a URL: {problem}")
    sent_at = _moment(entry.startedDateTime)
    if sent_at is None:
        return PassedOver(where, "startedDateTime is missing, or not a date with its time")
    response, failure = _response(entry.response)
    if response is not None and response.status == 101:
        return PassedOver(where, "a WebSocket")
    return Entry(
        where=where,
        request=_request(entry.request),
        response=response,
        failure=failure or "",
        sent_at=sent_at,
        elapsed_ms=max(entry.time or 0.0, 0.0),
    )


def _moment(text: str | None) -> float | None:
    """Return a time in milliseconds since 1970; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if found.tzinfo is None:
        found = datetime.fromisoformat(f"{text}+00:00")
    return found.timestamp() * 1000


def _headers(pairs: list[_Pair]) -> Headers:
    """Return headers without HTTP/2's pseudo-headers."""
    return tuple((one.name, one.value or "") for one in pairs if one.name and not one.name.startswith(":"))


def _bytes(text: str, encoding: str | None) -> bytes:
    """Return a body in bytes: of base64 where it is that, and not only said to be."""
    if (encoding or "").lower() == "base64":
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            pass
    return text.encode("utf-8", "surrogatepass")


def _request(found: _Request) -> Request:
    post = found.postData
    body, known = b"", True
    if post is not None and post.text:
        body = _bytes(post.text, post.encoding)
    elif post is not None and post.params:
        body = urlencode([(one.name, one.value or "") for one in post.params]).encode()
    elif post is not None or found.method.upper() not in _BODILESS:
        known = found.bodySize == 0
    return Request(found.method.upper(), found.url, _headers(found.headers), body, known)


def _response(found: _Response | None) -> tuple[Response | None, str]:
    """Return the response, or None and why there is none."""
    if found is None or not found.status:
        return None, (found.error if found else None) or "no response: the request was aborted, or is not finished"
    content = found.content or _Content()
    headers = _headers(found.headers)
    media_type = (content.mimeType or "").strip()
    if not headers and media_type.lower() not in _NO_TYPE:
        # With headers there is none where none is named: the type is what the tool took the body for.
        headers = (("Content-Type", media_type),)
    if not headers:
        return None, "the capture holds no header of the response"
    if content.text:
        body = _bytes(content.text, content.encoding)
        return Response(found.status, headers, body, body_known=_whole(body, content.size)), ""
    empty = found.status in _NO_BODY or 0 in (content.size, found.bodySize)
    return Response(found.status, headers, b"", body_known=empty), ""


def _whole(body: bytes, size: float | None) -> bool:
    """Tell whether a body is whole: some tools cut long ones, and some count it in its compressed form."""
    if size is None or size <= len(body):
        return True
    try:
        parse_json(body)
    except NotJson:
        return False
    return True


def is_har(beginning: bytes) -> bool:
    """Tell whether a file that begins so is one JSON object with a log."""
    return beginning.lstrip(b" \t\r\n").startswith(b"{") and b'"log"' in beginning
