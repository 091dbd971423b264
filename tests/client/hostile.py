"""A server of raw sockets that does everything an HTTP server must not."""

from __future__ import annotations

import gzip
import re
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Self

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def whole(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    head = b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\n"
    return head + b"".join(h + b"\r\n" for h in headers) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def gigabyte(conn: socket.socket) -> None:
    conn.sendall(OK + b"Content-Length: 1073741824\r\n\r\n")
    block = b"a" * 1_048_576
    for _ in range(1024):
        conn.sendall(block)


def endless(conn: socket.socket) -> None:
    conn.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    chunk = b"%x\r\n" % 65536 + b"[" * 65536 + b"\r\n"
    while True:
        conn.sendall(chunk)


def dripping_body(conn: socket.socket) -> None:
    conn.sendall(OK + b"Content-Length: 100000\r\n\r\n")
    while True:
        conn.sendall(b"1")
        time.sleep(0.2)


def dripping_headers(conn: socket.socket) -> None:
    conn.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        conn.sendall(b"a")
        time.sleep(0.2)


def continues_forever(conn: socket.socket) -> None:
    while True:
        conn.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
        time.sleep(0.1)


def silent(conn: socket.socket) -> None:
    conn.recv(65536)
    time.sleep(60)


@lru_cache(maxsize=1)
def bomb() -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    zeros = b"\0" * 1_048_576
    return b"".join(packer.compress(zeros) for _ in range(512)) + packer.flush()


def gzip_bomb(conn: socket.socket) -> None:
    conn.sendall(whole(bomb(), b"Content-Encoding: gzip"))


def cut_gzip(conn: socket.socket) -> None:
    conn.sendall(whole(gzip.compress(b'{"token":"x"}' * 1000)[:-20], b"Content-Encoding: gzip"))


def no_gzip(conn: socket.socket) -> None:
    conn.sendall(whole(b'{"token":"plain"}', b"Content-Encoding: gzip"))


def cut_off(conn: socket.socket) -> None:
    conn.sendall(OK + b'Content-Length: 500\r\n\r\n{"token":')


def long_length(conn: socket.socket) -> None:
    conn.sendall(OK + b"Content-Length: 99999999999999999999999\r\n\r\n{}")


def short_length(conn: socket.socket) -> None:
    conn.sendall(OK + b'Content-Length: 2\r\n\r\n{"token":{"token":"longer than two"}}')


def two_lengths(conn: socket.socket) -> None:
    conn.sendall(OK + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}")


def bad_chunks(conn: socket.socket) -> None:
    conn.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nnot a chunk\r\n0\r\n\r\n")


def not_http(conn: socket.socket) -> None:
    conn.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def invalid_utf8(conn: socket.socket) -> None:
    conn.sendall(whole(b'{"token":{"token":"\xff\xfe\x80"},"expiry":1}'))


def nul_bytes(conn: socket.socket) -> None:
    conn.sendall(whole(b'{"token":{"token":"a\x00b"},"expiry":\x00}'))


def deep(conn: socket.socket) -> None:
    conn.sendall(whole(b"[" * 10_000 + b"]" * 10_000))


def deep_objects(conn: socket.socket) -> None:
    conn.sendall(whole(b'{"token":' * 10_000 + b"1" + b"}" * 10_000))


def huge_number(conn: socket.socket) -> None:
    conn.sendall(whole(b'{"token":{"token":"t"},"expiry":' + b"9" * 100_000 + b"}"))


def huge_float(conn: socket.socket) -> None:
    conn.sendall(whole(b'{"token":{"token":"t"},"expiry":1e999999999}'))


def duplicate_keys(conn: socket.socket) -> None:
    conn.sendall(whole(b'{"expiry":1,"expiry":2,"token":{"token":"a","token":"b","resultCode":"0"}}'))


def scripts(conn: socket.socket) -> None:
    evil = b"<script>document.title='owned'</script><img src=x onerror=alert(1)>"
    body = (
        b'{"token":{"token":"'
        + evil
        + b'","resultCode":"'
        + evil
        + b'","requestId":"'
        + evil
        + b'"},"expiry":"'
        + evil
        + b'"}'
    )
    conn.sendall(whole(body, b"X-Evil: " + evil))


def many_headers(conn: socket.socket) -> None:
    conn.sendall(whole(b"{}", *(b"X-Header-%d: value" % n for n in range(10_000))))


def header_bytes(conn: socket.socket) -> None:
    conn.sendall(whole(b"{}", b"X-Odd: \xff\xfe\x80", b"Date: not a date", b"Retry-After: nan"))


def redirect_loop(conn: socket.socket) -> None:
    conn.sendall(whole(b"", b"Location: /api/authentication/v2/stbsignontokens", status=b"302 Found"))


def redirect_away(conn: socket.socket) -> None:
    conn.sendall(whole(b"", b"Location: http://127.0.0.1:9/steal", status=b"307 Temporary Redirect"))


def dropped(_conn: socket.socket) -> None:
    return


def reset(conn: socket.socket) -> None:
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def endless_retry_after(conn: socket.socket) -> None:
    conn.sendall(whole(b"{}", b"Retry-After: 0", status=b"429 Too Many Requests"))


def status_zero(conn: socket.socket) -> None:
    conn.sendall(b"HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n")


def status_999(conn: socket.socket) -> None:
    conn.sendall(whole(b"{}", status=b"999 Strange"))


BEHAVIOURS: dict[str, Callable[[socket.socket], None]] = {
    name: function
    for name, function in list(globals().items())
    if callable(function)
    and getattr(function, "__module__", "") == __name__
    and name not in ("whole", "bomb", "HostileServer")
}


class HostileServer:
    """Serves one behaviour to every request, after it has read the request's head.

    `unknown`: what a path that nobody has, with a name drawn by chance, is answered in its place.
    """

    def __init__(
        self,
        behaviour: Callable[[socket.socket], None],
        *,
        tls: ssl.SSLContext | None = None,
        unknown: bytes = b"",
    ) -> None:
        self._behaviour = behaviour
        self._unknown = unknown
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.requests: list[bytes] = []
        self._open = True

    @property
    def port(self) -> int:
        return self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._socket.close()

    def _accept(self) -> None:
        while self._open:
            try:
                conn, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn: socket.socket) -> None:
        try:
            with self._tls.wrap_socket(conn, server_side=True) if self._tls else conn as stream:
                head = b""
                while b"\r\n\r\n" not in head:
                    part = stream.recv(65536)
                    if not part:
                        return
                    head += part
                self.requests.append(head)
                if self._unknown and re.match(rb"\S+ \S*/[0-9a-f]{16}[ ?]", head):
                    stream.sendall(self._unknown)
                else:
                    self._behaviour(stream)
                if self._behaviour not in (dropped, reset):
                    stream.shutdown(socket.SHUT_WR)
                    stream.settimeout(0.2)
                    while stream.recv(65536):
                        pass
        except OSError:
            return
