"""A connection is used again only where nothing came that nobody asked for; a time limit holds for a whole request."""

from __future__ import annotations

import re
import socket
import threading
import time

import pytest

from conformance.client import Client, Wire
from conformance.client.reach import reach
from conformance.target import HttpSettings
from tests.client.lanes import LANES, TurnedClock, send

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
STALE_408 = b"HTTP/1.1 408 Request Time-out\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
# As HAProxy sends it: it ends with the connection, and that may end by a reset.
HAPROXYS_408 = b"HTTP/1.0 408 Request Time-out\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n<html>"


class Scripted:
    """A server of which each connection follows a script: `talk(connection, its number, its read)`."""

    def __init__(self, talk):
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.requests = []
        self.connections = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/p"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection, number):
        def read():
            request = connection.recv(65_536)
            if request:
                self.requests.append((number, request))
            return request

        try:
            with connection:
                self._talk(connection, number, read)
        except OSError:
            return


def after_the_first(last_words, *, early):
    """Answer one request on the first connection and then say something unasked: at once, or instead of an answer."""

    def talk(connection, number, read):
        if number == 1:
            read()
            connection.sendall(OK)
            if not early:
                read()
            connection.sendall(last_words)
            return
        while read():
            connection.sendall(OK)

    return talk


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("words", [STALE_408, HAPROXYS_408, b"", b"garbage of an earlier response", b"\r\n"])
def test_what_comes_on_an_idle_connection_is_nobodys_response(lane, words, early):
    with Scripted(after_the_first(words, early=early)) as server:
        replies = send(lane, [Wire("GET", f"{server.url}?{number}") for number in range(3)])
    assert [reply.response.status if reply.response else reply.failure for reply in replies] == [200, 200, 200]
    assert server.connections == 2


@pytest.mark.parametrize("lane", LANES)
def test_a_408_to_the_first_request_of_a_connection_is_the_servers_response(lane):
    def talk(connection, number, read):
        while read():
            connection.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")

    with Scripted(talk) as server:
        replies = send(lane, [Wire("GET", server.url)] * 2)
    assert [reply.response.status for reply in replies] == [408, 408]


@pytest.mark.parametrize("lane", LANES)
def test_a_response_that_is_cut_off_on_a_connection_used_before_is_a_failure(lane):
    def talk(connection, number, read):
        read()
        connection.sendall(OK)
        if read():
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf")

    with Scripted(talk) as server:
        replies = send(lane, [Wire("GET", server.url)] * 2)
    assert [reply.kind for reply in replies] == ["", "reset"]


@pytest.mark.parametrize("lane", LANES)
def test_connections_are_used_again(lane):
    def talk(connection, number, read):
        while read():
            connection.sendall(OK)

    with Scripted(talk) as server:
        replies = send(lane, [Wire("GET", server.url)] * 20)
    assert [reply.response.body for reply in replies] == [b"ok"] * 20
    assert server.connections == 1


def test_a_connection_that_was_idle_for_long_is_not_used_again():
    def talk(connection, number, read):
        while read():
            connection.sendall(OK)

    clock = TurnedClock()
    with Scripted(talk) as server, Client(HttpSettings(timeout=2), clock=clock) as client:
        for _ in range(3):
            client.send(Wire("GET", server.url))
            clock.now += 5
    assert server.connections == 3


@pytest.mark.parametrize("lane", LANES)
def test_no_connection_in_time_is_a_failure_to_connect(lane):
    """The queue of a listener that accepts nobody is full: the next one waits for ever."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        place = listener.getsockname()
        queued = [socket.socket() for _ in range(4)]
        for one in queued:
            one.setblocking(False)
            one.connect_ex(place)
        (reply,) = send(lane, [Wire("GET", f"http://127.0.0.1:{place[1]}/")], timeout=0.4)
        found = reach(f"http://127.0.0.1:{place[1]}", HttpSettings(timeout=0.4))
        for one in queued:
            one.close()
    assert (reply.kind, reply.failure) == ("connect", f"no connection to 127.0.0.1 port {place[1]} within 0.4 s")
    assert (found.stage, found.message) == (reply.kind, reply.failure)
    assert "firewall" in found.advice


@pytest.mark.parametrize("lane", LANES)
def test_nobody_at_the_address_is_a_failure_to_connect(lane):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    replies = send(lane, [Wire("GET", f"http://127.0.0.1:{port}/"), Wire("GET", "http://no-such-host.invalid/")])
    assert [(reply.kind, reply.failure) for reply in replies] == [
        ("connect", f"no connection to 127.0.0.1 port {port}: Connection refused"),
        ("connect", "the host name no-such-host.invalid is not known"),
    ]


@pytest.mark.parametrize("lane", LANES)
def test_a_response_that_comes_byte_by_byte_ends_at_the_time_limit(lane):
    def talk(connection, number, read):
        read()
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1_000:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    with Scripted(talk) as server:
        begun = time.monotonic()
        (reply,) = send(lane, [Wire("GET", server.url)], timeout=0.4)
        took = time.monotonic() - begun
    assert (reply.kind, reply.failure) == ("timeout", "no complete response within 0.4 s")
    assert took < 2


@pytest.mark.parametrize("lane", LANES)
def test_headers_and_targets_go_out_as_they_are_given(lane):
    def talk(connection, number, read):
        while read():
            connection.sendall(OK)

    wire = Wire(
        "get",
        "/p?a=%7e&b={x}|'\"<>&c=%zz&d=%C3%A4",
        (("x-Odd", " two  spaces "), ("X-ODD", "twice"), ("User-Agent", "me"), ("Accept", "a/b"), ("X-Ä", "ä€")),
    )
    with Scripted(talk) as server:
        wires = [Wire(wire.method, server.url[:-2] + wire.url, wire.headers[:-1])]
        (reply,) = send(lane, wires)
    assert reply.response is not None, reply.failure
    ((_, request),) = server.requests
    host = server.url[7:-2].encode()
    sent, _, trace = request.partition(b"traceparent: ")
    assert re.fullmatch(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-01\r\n\r\n", trace)
    assert sent == (
        b"get /p?a=%7e&b={x}|'\"<>&c=%zz&d=%C3%A4 HTTP/1.1\r\nHost: " + host + b"\r\n"
        b"x-Odd:  two  spaces \r\nX-ODD: twice\r\nUser-Agent: me\r\nAccept: a/b\r\nAccept-Encoding: gzip\r\n"
    )


@pytest.mark.parametrize("lane", LANES)
def test_each_request_has_a_trace_id_of_its_own_but_where_it_brings_one(lane):
    def talk(connection, number, read):
        while read():
            connection.sendall(OK)

    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with Scripted(talk) as server:
        send(
            lane, [Wire("GET", server.url), Wire("GET", server.url), Wire("GET", server.url, (("Traceparent", given),))]
        )
    traces = [re.findall(rb"(?i)traceparent: (\S+)", request) for _, request in server.requests]
    assert [len(found) for found in traces] == [1, 1, 1]
    assert len({found[0] for found in traces}) == 3
    assert [given.encode()] in traces


@pytest.mark.parametrize("lane", LANES)
def test_a_very_long_target_goes_out_whole(lane):
    def talk(connection, number, read):
        request = b""
        while b"\r\n\r\n" not in request:
            request += read()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % 6 + b"%6d" % request.index(b" HTTP"))

    with Scripted(talk) as server:
        (reply,) = send(lane, [Wire("GET", f"{server.url}?{'a' * 100_000}")])
    assert reply.response is not None, reply.failure
    assert reply.response.body == b"100007"


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize(
    "wire",
    [
        Wire("GET", "http://127.0.0.1/ä"),
        Wire("GET", "http://127.0.0.1/a b"),
        Wire("GET", "http://127.0.0.1/a\tb"),
        Wire("GET", "ftp://127.0.0.1/"),
        Wire("GET", "http:///p"),
        Wire("GET", "http://[::1/"),
        Wire("G T", "http://127.0.0.1/"),
        Wire("GET", "http://127.0.0.1/", (("X", "a\r\nY: b"),)),
        Wire("GET", "http://127.0.0.1/", (("X Y", "a"),)),
        Wire("GET", "http://127.0.0.1:x/"),
        Wire("GET", "http://127.0.0.1:99999/"),
    ],
)
def test_what_cannot_be_written_as_http_is_not_sent(lane, wire):
    (reply,) = send(lane, [wire])
    assert (reply.response, reply.kind) == (None, "url")
    assert reply.failure.startswith("the request cannot be sent: ")


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize(("status", "connections"), [(502, 2), (503, 2), (504, 2), (500, 1), (404, 1)])
def test_after_a_balancer_lost_its_node_the_next_request_has_a_new_connection(lane, status, connections):
    def talk(connection, number, read):
        answer = f"HTTP/1.1 {status} Away\r\nContent-Length: 0\r\n\r\n".encode() if number == 1 else OK
        while read():
            connection.sendall(answer)

    with Scripted(talk) as server:
        replies = send(lane, [Wire("GET", server.url)] * 2)
        assert server.connections == connections
    assert [reply.response.status for reply in replies] == [status, 200 if connections == 2 else status]
