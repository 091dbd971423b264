"""Whatever a server does, a request ends in time and memory, as an answer or as a failure with a kind."""

from __future__ import annotations

import resource
import time
import tracemalloc

import pytest

from conformance.client import MAX_BODY_BYTES, Wire
from conformance.client.wire import KEPT_OF_ENDLESS_BYTES
from conformance.model import NotJson
from tests.client.hostile import BEHAVIOURS, HostileServer
from tests.client.lanes import LANES, send

TIMEOUT = 1.5
FAILURES = {
    "dripping_body": "timeout",
    "dripping_headers": "timeout",
    "continues_forever": "malformed",
    "silent": "timeout",
    "cut_gzip": "encoding",
    "no_gzip": "encoding",
    "cut_off": "reset",
    "long_length": "malformed",
    "two_lengths": "malformed",
    "bad_chunks": "malformed",
    "not_http": "malformed",
    "dropped": "reset",
    "reset": "reset",
    "status_zero": "malformed",
}
HUGE = ("gigabyte", "endless", "gzip_bomb")


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("name", sorted(BEHAVIOURS))
def test_a_request_ends_in_time_and_memory_whatever_the_server_does(name, lane):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with HostileServer(BEHAVIOURS[name]) as server:
        begun = time.monotonic()
        (reply,) = send(lane, [Wire("GET", f"{server.url}/api/authentication/v2/stbsignontokens")], timeout=TIMEOUT)
        took = time.monotonic() - begun
    assert took < TIMEOUT + 1.5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024
    if name in FAILURES:
        assert reply.response is None
        assert reply.kind == FAILURES[name], reply.failure
        assert reply.failure
    elif name in HUGE:  # a busy machine may not be through with so much in time
        assert reply.kind in ("", "timeout")
    else:
        assert reply.response is not None, reply.failure
        assert len(reply.response.body) <= MAX_BODY_BYTES


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("name", HUGE)
def test_a_body_without_an_end_is_cut_and_says_so(name, lane):
    with HostileServer(BEHAVIOURS[name]) as server:
        tracemalloc.start()
        (reply,) = send(lane, [Wire("GET", server.url)], timeout=20)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert reply.response is not None
    assert reply.response.truncated
    assert len(reply.response.body) == KEPT_OF_ENDLESS_BYTES
    assert peak < 60 * 1024 * 1024


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("name", ["redirect_loop", "redirect_away"])
def test_no_redirect_is_followed(name, lane):
    with HostileServer(BEHAVIOURS[name]) as server:
        (reply,) = send(lane, [Wire("GET", server.url, (("Authorization", "Bearer s3cret"),))])
    assert reply.response is not None
    assert reply.response.status in (302, 307)
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["deep", "deep_objects", "huge_number", "invalid_utf8", "nul_bytes"])
def test_json_that_no_honest_server_sends_is_no_json_and_no_crash(name):
    with HostileServer(BEHAVIOURS[name]) as server:
        (reply,) = send("client", [Wire("GET", server.url)])
    assert reply.response is not None
    with pytest.raises(NotJson):
        _ = reply.response.json
