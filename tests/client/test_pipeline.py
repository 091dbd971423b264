from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from conformance.client import MAX_BODY_BYTES, Reply, Wire
from conformance.client.pipeline import NotSent, Pipeline
from conformance.errors import BudgetSpent
from conformance.target import HttpSettings

Serve = Callable[[bytes], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server that answers every request with the same bytes, and closes."""
    listeners: list[socket.socket] = []

    def start(answer: bytes, *, pause: float = 0.0, keep: bool = False) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def talk(connection: socket.socket) -> None:
            with connection:
                while request := connection.recv(65_536):
                    assert request.startswith((b"GET", b"POST"))
                    time.sleep(pause)
                    try:
                        connection.sendall(answer)
                    except OSError:
                        return
                    if not keep:
                        return

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/p"

    yield start
    for listener in listeners:
        listener.close()


def send(*wires: Wire, timeout: float = 2.0, connections: int = 2, guard: object = lambda *_: None) -> list[object]:
    with Pipeline(HttpSettings(timeout=timeout), guard=guard, connections=connections) as pipeline:
        return list(pipeline.send_all(("stbsignontokens", wire) for wire in wires))


def one(url: str, **how: object) -> Reply:
    (reply,) = send(Wire("GET", url), **how)
    assert isinstance(reply, Reply)
    return reply


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.0 200 OK\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\no\r\n1\r\nk\r\n0\r\nTrailer: x\r\n\r\n",
            b"ok",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"ok", mtime=0), b"ok"),
    ],
)
def test_answers_in_every_form_of_http(serve: Serve, answer: bytes, body: bytes) -> None:
    reply = one(serve(answer))
    assert reply.response is not None
    assert (reply.response.body, reply.failure) == (body, "")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", "reset"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", "reset"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok", "reset"),
        (b"SSH-2.0-OpenSSH\r\n", "malformed"),
        (b"HTTP/1.1 abc\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok", "malformed"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, x\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip", "malformed"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 50, "malformed"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 400_000, "malformed"),
    ],
)
def test_a_hostile_answer_is_a_failure_with_a_kind(serve: Serve, answer: bytes, kind: str) -> None:
    reply = one(serve(answer))
    assert (reply.response, reply.kind) == (None, kind)
    assert reply.failure


def test_a_body_without_end_is_cut(serve: Serve) -> None:
    reply = one(serve(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * (MAX_BODY_BYTES + 10)), timeout=20)
    assert reply.response is not None
    assert reply.response.truncated
    assert len(reply.response.body) == MAX_BODY_BYTES


def test_a_gzip_bomb_is_cut(serve: Serve) -> None:
    bomb = gzip.compress(b"\0" * (MAX_BODY_BYTES * 4))
    reply = one(serve(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + bomb), timeout=20)
    assert reply.response is not None
    assert (len(reply.response.body), reply.response.truncated) == (MAX_BODY_BYTES, True)


def test_a_slow_answer_ends_at_the_time_limit(serve: Serve) -> None:
    begun = time.monotonic()
    reply = one(serve(b"HTTP/1.1 200 OK\r\n\r\n", pause=5), timeout=0.3)
    assert (reply.kind, reply.failure) == ("timeout", "no complete answer within 0.3 s")
    assert time.monotonic() - begun < 3


def test_after_a_while_without_answers_the_rest_of_a_batch_is_not_sent(serve: Serve) -> None:
    url = serve(b"", pause=5)
    outcomes = send(*[Wire("GET", url)] * 20, timeout=0.2)
    assert sum(isinstance(one, NotSent) for one in outcomes) >= 14


def test_nobody_at_the_address() -> None:
    assert one("http://127.0.0.1:9/").kind == "connect"


@pytest.mark.parametrize(
    "wire",
    [
        Wire("GET", "http://127.0.0.1/ä"),
        Wire("GET", "ftp://127.0.0.1/"),
        Wire("GET", "http://127.0.0.1/", (("X", "a\r\nY: b"),)),
        Wire("GET", "http://127.0.0.1/", (("X Y", "a"),)),
        Wire("GET", "http://127.0.0.1:x/"),
    ],
)
def test_what_is_no_http_is_not_sent(wire: Wire) -> None:
    (reply,) = send(wire)
    assert isinstance(reply, Reply)
    assert reply.kind == "url"


def test_a_connection_that_the_server_closed_is_opened_again(serve: Serve) -> None:
    url = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    outcomes = send(*[Wire("GET", url)] * 6, connections=1)
    assert [one.response.status for one in outcomes] == [200] * 6


def test_outcomes_come_in_the_order_of_the_requests(serve: Serve) -> None:
    url = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", keep=True)
    wires = [Wire("GET", f"{url}?{number}") for number in range(300)]
    outcomes = send(*wires, connections=8)
    assert [one.request.url for one in outcomes] == [wire.url for wire in wires]


def test_the_guard_is_asked_before_every_request(serve: Serve) -> None:
    asked: list[tuple[str, str]] = []

    def guard(operation: str, method: str) -> None:
        asked.append((operation, method))
        if len(asked) > 2:
            raise BudgetSpent("enough")

    url = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    outcomes = send(*[Wire("GET", url)] * 4, connections=1, guard=guard)
    assert [isinstance(one, BudgetSpent) for one in outcomes] == [False, False, True, True]
    assert asked[0] == ("stbsignontokens", "GET")
