"""Whatever a server does, a request ends in time and memory, as an answer or as a failure with a kind."""

from __future__ import annotations

import resource
import time
import tracemalloc

import pytest

from conformance.client import MAX_BODY_BYTES, Client, Wire
from conformance.client.pipeline import Pipeline
from conformance.model import NotJson
from conformance.target import HttpSettings
from tests.client.hostile import BEHAVIOURS, HostileServer

TIMEOUT = 1.5
FAILURES = {
    "dripping_body": "timeout",
    "dripping_headers": "timeout",
    "continues_forever": "timeout",
    "silent": "timeout",
    "cut_gzip": "malformed",
    "no_gzip": "malformed",
    "cut_off": "reset",
    "long_length": "malformed",
    "two_lengths": "malformed",
    "bad_chunks": "malformed",
    "not_http": "reset",
    "dropped": "reset",
    "reset": "reset",
    "many_headers": "malformed",
}


@pytest.fixture
def client():
    with Client(HttpSettings(timeout=TIMEOUT)) as found:
        yield found


@pytest.mark.parametrize("name", sorted(BEHAVIOURS))
def test_a_request_ends_in_time_and_memory_whatever_the_server_does(name, client):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with HostileServer(BEHAVIOURS[name]) as server:
        begun = time.monotonic()
        reply = client.send(Wire("GET", f"{server.url}/api/authentication/v2/stbsignontokens", body=b""))
        took = time.monotonic() - begun
    assert took < TIMEOUT + 1.5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024
    if name in FAILURES:
        assert reply.response is None
        assert reply.kind == FAILURES[name], reply.failure
        assert reply.failure
    elif reply.response is None:
        assert reply.kind in ("reset", "malformed", "timeout")
    else:
        assert len(reply.response.body) <= MAX_BODY_BYTES


@pytest.mark.parametrize("name", ["gigabyte", "endless", "gzip_bomb"])
def test_a_body_without_an_end_is_cut_and_says_so(name):
    with Client(HttpSettings(timeout=10)) as client, HostileServer(BEHAVIOURS[name]) as server:
        tracemalloc.start()
        reply = client.send(Wire("GET", server.url))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert reply.response is not None
    assert reply.response.truncated
    assert len(reply.response.body) == MAX_BODY_BYTES
    assert peak < 60 * 1024 * 1024


@pytest.mark.parametrize("name", ["redirect_loop", "redirect_away"])
def test_no_redirect_is_followed(name, client):
    with HostileServer(BEHAVIOURS[name]) as server:
        reply = client.send(Wire("GET", server.url, (("Authorization", "Bearer s3cret"),)))
    assert reply.response is not None
    assert reply.response.status in (302, 307)
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["deep", "deep_objects", "huge_number", "invalid_utf8", "nul_bytes"])
def test_json_that_no_honest_server_sends_is_no_json_and_no_crash(name, client):
    with HostileServer(BEHAVIOURS[name]) as server:
        reply = client.send(Wire("GET", server.url))
    assert reply.response is not None
    with pytest.raises(NotJson):
        _ = reply.response.json


def test_a_cookie_of_one_answer_is_not_sent_with_the_next_request(client):
    def cookie(conn):
        conn.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1\r\nContent-Length: 0\r\n\r\n")

    with HostileServer(cookie) as server:
        client.send(Wire("GET", server.url))
        client.send(Wire("GET", server.url))
    assert len(server.requests) == 2
    assert b"ookie" not in server.requests[1]


def test_a_connection_that_was_closed_while_idle_is_no_failure(client):
    def once(conn):
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with HostileServer(once) as server:
        for _ in range(5):
            assert client.send(Wire("GET", server.url)).response is not None


@pytest.mark.parametrize("name", sorted(BEHAVIOURS))
def test_the_pipeline_of_generated_cases_ends_likewise(name, client):
    settings = HttpSettings(timeout=TIMEOUT)
    with HostileServer(BEHAVIOURS[name]) as server:
        wire = Wire("GET", f"{server.url}/api/authentication/v2/stbsignontokens")
        begun = time.monotonic()
        with Pipeline(settings, guard=lambda operation, method: None, connections=2) as pipeline:
            replies = list(pipeline.send_all([("stbsignontokens", wire)] * 2))
        took = time.monotonic() - begun
        alone = client.send(wire)
    assert took < 2 * TIMEOUT + 2
    assert len(replies) == 2
    for reply in replies:
        assert (reply.response is None) == bool(reply.failure)
        if alone.response is not None and reply.response is not None:
            assert reply.response.status == alone.response.status
            assert len(reply.response.body) <= MAX_BODY_BYTES
