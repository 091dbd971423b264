"""Reads one HTTP/1 response from bytes that are not trusted: bounded, never looping, without any I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

import h11

from conformance.client.decoding import MAX_BODY_BYTES
from conformance.client.failures import Failure, Kind, closed, malformed
from conformance.client.tls import USE_HTTP1

MAX_HEAD_BYTES = 256 * 1024
MAX_INTERIM = 10
# Only whether the response has a body depends on the request.
_HOST = [("Host", "-")]
_ASKED = {head: h11.Request(method="HEAD" if head else "GET", target="/", headers=_HOST) for head in (True, False)}
_DONE = h11.EndOfMessage()
# The first bytes of an HTTP/2 frame: SETTINGS or GOAWAY of the connection (RFC 9113, 4.1).
_FRAME_BYTES = 9
_FRAME = re.compile(rb"...[\x04\x07].\x00\x00\x00\x00", re.DOTALL)
_TLS_RECORD = re.compile(rb"[\x14-\x17]\x03[\x00-\x04]")
# How either begins: the highest byte of a frame's length; a record's type.
_NOT_TEXT = frozenset({0x00, 0x14, 0x15, 0x16, 0x17})
_BARE_LF = re.compile(rb"[0-9A-Fa-f]+[ \t]*(;[^\r\n]*)?\n")
# What h11 says, and our words for it.
_WORDS = (
    ("Content-Length", "conflicting or malformed Content-Length"),
    ("Transfer-Encoding", "unsupported Transfer-Encoding"),
    ("chunk", "malformed chunk"),
    ("header line", "malformed header line"),
    ("continuation line", "malformed header line"),
    ("too long", f"a head of more than {MAX_HEAD_BYTES // 1024} KB"),
    ("SWITCH", "101 although no other protocol was asked for"),
    ("", "malformed status line"),
)


@dataclass(frozen=True)
class Received:
    """A response as it came: the body with its content encoding; `reusable` where the connection can be used again."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    truncated: bool = False
    reusable: bool = False


class ResponseReader:
    """Takes the bytes of one response as they come.

    Args:
        method: of the request; a response to HEAD has no body.
    """

    def __init__(self, method: str) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._h11.send(_ASKED[method == "HEAD"])
        self._h11.send(_DONE)
        self._start = b""
        self._interim = 0
        self._head: h11.Response | None = None
        self._body = bytearray()

    @property
    def status(self) -> int:
        """The status of the response, 0 while its head is not complete."""
        return self._head.status_code if self._head is not None else 0

    def feed(self, data: bytes) -> Received | None:
        """Take some bytes, or the end of the stream (`b""`); return the response once it is complete.

        Raises:
            Failure: the stream ended too soon, or is not an HTTP/1 response.
        """
        if len(self._start) < _FRAME_BYTES:
            self._start += data[: _FRAME_BYTES - len(self._start)]
            if not self._may_be_http(ended=not data):
                return None
        self._h11.receive_data(data)
        try:
            return self._read()
        except h11.RemoteProtocolError as problem:
            text = str(problem)
            if "peer" in text:
                raise closed() from None
            raise malformed(next(words for part, words in _WORDS if part in text)) from None

    def _may_be_http(self, *, ended: bool) -> bool:
        """Tell whether the first bytes are those of HTTP; False where more are needed to name what else they are."""
        start = self._start
        if not start:
            raise closed()
        if b"HTTP/"[: len(start)] == start[:5]:
            return True
        if start[0] in _NOT_TEXT and len(start) < _FRAME_BYTES and not ended:
            return False
        if _FRAME.match(start):
            text = "the server speaks HTTP/2 only: it answered with a frame of HTTP/2"
            raise Failure(Kind.HTTP2, text, USE_HTTP1)
        if _TLS_RECORD.match(start):
            raise malformed("the server answered with TLS; write https:// instead of http://")
        raise malformed("malformed status line")

    def _read(self) -> Received | None:
        while True:
            event = self._h11.next_event()
            if isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > MAX_BODY_BYTES:
                    return self._received(truncated=True)
            elif isinstance(event, h11.Response):
                self._head = event
            elif isinstance(event, h11.InformationalResponse):
                self._interim += 1
                if self._interim > MAX_INTERIM:
                    raise malformed(f"more than {MAX_INTERIM} interim responses")
            elif isinstance(event, h11.EndOfMessage):
                return self._received(truncated=False)
            else:
                if self._head is not None and _BARE_LF.match(self._h11.trailing_data[0]):
                    raise malformed("malformed chunk")
                return None

    def _received(self, *, truncated: bool) -> Received:
        assert self._head is not None
        reusable = not truncated and self._h11.their_state is h11.DONE and not self._h11.trailing_data[0]
        headers = self._head.headers.raw_items()
        return Received(self._head.status_code, headers, bytes(self._body[:MAX_BODY_BYTES]), truncated, reusable)
