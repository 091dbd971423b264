"""A small gateway on the loopback interface: what passes through it, it answers itself, passes on, or changes."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any, Self
from urllib.parse import unquote_plus, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request; `path` has no query."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path if self.target.startswith("http") else self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def text(self) -> str:
        """All that a firewall reads: target and body, decoded."""
        plain = unquote_plus(self.target, errors="replace") + "\n" + unquote_plus(self.body.decode("utf-8", "replace"))
        try:
            return plain + "\n" + "\n".join(strings(json.loads(self.body)))
        except ValueError:
            return plain

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True)
class Answered:
    """An answer; `raw` is sent as it is, `silent` is none at all."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None
    reset: bool = False
    silent: bool = False


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, *strings(item))]
    return [text for item in value for text in strings(item)] if isinstance(value, list) else []


def page(status: int, title: str = "", text: str = "", *, headers: tuple[tuple[str, str], ...] = ()) -> Answered:
    """An HTML page."""
    body = f"<!DOCTYPE html>\n<html><head><title>{title or status}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    return Answered(status, body.encode(), (("Content-Type", "text/html; charset=utf-8"), *headers))


def json_page(status: int, value: Any) -> Answered:
    return Answered(status, json.dumps(value).encode(), (("Content-Type", "application/json"),))


def redirect(location: str, status: int = 302) -> Answered:
    return Answered(status, b"", (("Location", location), ("Content-Type", "text/html")))


def one_in(number: int, answer: Answered) -> Before:
    """Answer one request in so many, whatever its path."""
    numbers = iter(range(100_000))

    def before(asked: Asked) -> Answered | None:
        if "/control/" in asked.path:
            return None
        return answer if next(numbers) % number == number - 1 else None

    return before


Before = Callable[[Asked], "Answered | None"]
After = Callable[[Asked, Answered], Answered]


class Gateway:
    """Stands before a platform: `before` may answer itself, `after` may change the answer.

    More than `most` connections at once are reset, or refused with `busy`.
    """

    def __init__(
        self,
        upstream: str,
        before: Before | None = None,
        after: After | None = None,
        *,
        most: int | None = None,
        busy: bytes = b"",
    ) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 80)
        self.before: Before = before or (lambda _asked: None)
        self.after: After = after or (lambda _asked, answered: answered)
        self.asked: list[Asked] = []
        self._most, self._busy, self._open = most, busy, 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._closed = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        self._listener.close()

    def document(self, document: dict[str, Any], platform: str) -> dict[str, Any]:
        """The platform's target file, with the gateway's address in place of the platform's."""
        changed: dict[str, Any] = json.loads(json.dumps(document).replace(platform, self.url))
        return changed

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open += 1
                turned_away = self._most is not None and self._open > self._most
            serve = self._turn_away if turned_away else self._serve
            threading.Thread(target=self._counted, args=(serve, connection), daemon=True).start()

    def _counted(self, serve: Callable[[socket.socket], None], connection: socket.socket) -> None:
        try:
            serve(connection)
        finally:
            with self._lock:
                self._open -= 1

    def _turn_away(self, connection: socket.socket) -> None:
        with connection:
            if self._busy:
                connection.recv(65536)
                connection.sendall(self._busy)
            else:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _serve(self, connection: socket.socket) -> None:
        upstream: socket.socket | None = None
        with connection, connection.makefile("rb") as reader:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                while (asked := self._read(reader)) is not None:
                    self.asked.append(asked)
                    answered = self.before(asked)
                    if answered is None:
                        if upstream is None:
                            upstream = socket.create_connection(self._upstream)
                            upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        answered = self.after(asked, self._passed_on(upstream, asked))
                    if answered.reset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
                    if answered.silent:
                        while connection.recv(65536):
                            pass
                        return
                    connection.sendall(written(asked, answered))
                    if answered.raw is not None or asked.header("connection").lower() == "close":
                        return
            except OSError:
                return
            finally:
                if upstream is not None:
                    upstream.close()

    @staticmethod
    def _read(reader: Any) -> Asked | None:
        line = reader.readline().decode("latin-1")
        if not line.strip():
            return None
        if line.count(" ") < 2:
            return None
        method, target, _ = line.split(" ", 2)
        headers = []
        while (header := reader.readline().decode("latin-1").rstrip("\r\n")) != "":
            name, _, value = header.partition(":")
            headers.append((name, value.strip()))
        asked = Asked(method, target, tuple(headers), b"")
        length = int(asked.header("content-length") or 0)
        return Asked(method, target, tuple(headers), reader.read(length))

    @staticmethod
    def _passed_on(upstream: socket.socket, asked: Asked) -> Answered:
        target = asked.target
        if target.startswith("http"):  # as a forward proxy is asked
            target = "/" + target.split("/", 3)[-1]
        lines = [
            f"{asked.method} {target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in asked.headers if name != "Connection"),
        ]
        upstream.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + asked.body)
        response = HTTPResponse(upstream, method=asked.method)
        response.begin()
        dropped = ("transfer-encoding", "content-length", "connection")
        headers = tuple((name, value) for name, value in response.getheaders() if name.lower() not in dropped)
        return Answered(response.status, response.read(), headers)


def written(asked: Asked | None, answered: Answered) -> bytes:
    """The bytes of an answer."""
    if answered.raw is not None:
        return answered.raw
    lines = [f"HTTP/1.1 {answered.status} Whatever", *(f"{name}: {value}" for name, value in answered.headers)]
    if not any(name.lower() == "transfer-encoding" for name, _ in answered.headers):
        lines.append(f"Content-Length: {len(answered.body)}")
    body = b"" if asked is not None and asked.method == "HEAD" else answered.body
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body
