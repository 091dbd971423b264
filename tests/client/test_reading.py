"""One table of what servers send: read alike whatever its pieces, and in both lanes with the same words."""

from __future__ import annotations

import gzip
import zlib

import pytest

from conformance.client import MAX_BODY_BYTES, Wire
from conformance.client.decoding import decoded
from conformance.client.failures import Failure
from conformance.client.reading import ResponseReader
from tests.client.hostile import HostileServer
from tests.client.lanes import LANES, send

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
RAW_DEFLATE = zlib.compressobj(wbits=-15)
SETTINGS_FRAME = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"
GOAWAY_FRAME = b"\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"

# What comes, and the body that it is read as.
GOOD = {
    "content-length": (OK + b"Content-Length: 2\r\n\r\nok", b"ok"),
    "the-same-length-twice": (OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "no-reason-phrase": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "an-empty-reason-phrase": (b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "a-reason-of-bytes": (b"HTTP/1.1 200 \xc3\xa4\xff\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "http-1.0-until-the-end": (b"HTTP/1.0 200 OK\r\n\r\nok", b"ok"),
    "http-1.1-until-the-end": (OK + b"\r\nok", b"ok"),
    "http-1.2": (b"HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "100-before": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok", b"ok"),
    "103-before": (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok", b"ok"),
    "lines-end-in-lf": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", b"ok"),
    "no-content": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "not-modified": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", b""),
    "chunks": (CHUNKED + b"1\r\no\r\n1\r\nk\r\n0\r\n\r\n", b"ok"),
    "chunk-extensions": (CHUNKED + b"2;x=y; z\r\nok\r\n0;last\r\n\r\n", b"ok"),
    "trailers": (CHUNKED + b"2\r\nok\r\n0\r\nX-Trailer: a\r\nX-More: b\r\n\r\n", b"ok"),
    "chunks-and-a-length": (OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
    "a-header-over-two-lines": (OK + b"X-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "a-head-of-8-kb": (OK + b"X-A: " + b"a" * 8_192 + b"\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "a-head-of-150-kb": (OK + b"X-A: " + b"a" * 150_000 + b"\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "latin-1-in-a-header": (OK + b"X-A: \xe4\xff\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "gzip": (OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"ok", mtime=0), b"ok"),
    "gzip-of-nothing": (OK + b"Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", b""),
    "deflate": (OK + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"ok"), b"ok"),
    "deflate-without-a-frame": (
        OK + b"Content-Encoding: deflate\r\n\r\n" + RAW_DEFLATE.compress(b"ok") + RAW_DEFLATE.flush(),
        b"ok",
    ),
    "gzip-twice": (OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(gzip.compress(b"ok")), b"ok"),
    "identity": (OK + b"Content-Encoding: identity\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "a-charset-as-encoding": (OK + b"Content-Encoding: UTF-8\r\nContent-Length: 2\r\n\r\nok", b"ok"),
}

NOT_HTTP = "invalid HTTP response: "
# What comes, the kind of failure that it is, and its words.
BAD = {
    "nothing": (b"", "reset", "the connection was closed before the response was complete"),
    "half-a-head": (OK + b"X-A: b\r\n", "reset", "the connection was closed before the response was complete"),
    "short-of-its-length": (
        OK + b"Content-Length: 5\r\n\r\nok",
        "reset",
        "the connection was closed before the response was complete",
    ),
    "short-of-its-chunk": (CHUNKED + b"5\r\nok", "reset", "the connection was closed before the response was complete"),
    "no-last-chunk": (CHUNKED + b"2\r\nok\r\n", "reset", "the connection was closed before the response was complete"),
    "garbage": (b"SSH-2.0-OpenSSH_9.6\r\n", "malformed", NOT_HTTP + "malformed status line"),
    "html-alone": (b"<html><body>hello</body></html>", "malformed", NOT_HTTP + "malformed status line"),
    "a-status-that-is-none": (b"HTTP/1.1 abc\r\n\r\n", "malformed", NOT_HTTP + "malformed status line"),
    "status-000": (b"HTTP/1.1 000 Nothing\r\n\r\n", "malformed", NOT_HTTP + "malformed status line"),
    "a-status-of-two-digits": (b"HTTP/1.1 20 OK\r\n\r\n", "malformed", NOT_HTTP + "malformed status line"),
    "an-empty-line-first": (b"\r\n" + OK + b"\r\n", "malformed", NOT_HTTP + "malformed status line"),
    "a-space-before-the-colon": (OK + b"X-A : v\r\n\r\n", "malformed", NOT_HTTP + "malformed header line"),
    "no-colon": (OK + b"no colon\r\n\r\n", "malformed", NOT_HTTP + "malformed header line"),
    "nul-in-a-header": (OK + b"X-A: a\x00b\r\n\r\n", "malformed", NOT_HTTP + "malformed header line"),
    "a-fold-first": (OK + b" folded\r\n\r\n", "malformed", NOT_HTTP + "malformed header line"),
    "two-lengths": (
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nok",
        "malformed",
        NOT_HTTP + "conflicting or malformed Content-Length",
    ),
    "a-length-that-is-none": (
        OK + b"Content-Length: -2\r\n\r\nok",
        "malformed",
        NOT_HTTP + "conflicting or malformed Content-Length",
    ),
    "a-length-of-23-digits": (
        OK + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
        "malformed",
        NOT_HTTP + "conflicting or malformed Content-Length",
    ),
    "another-transfer-encoding": (
        OK + b"Transfer-Encoding: gzip, x\r\n\r\n",
        "malformed",
        NOT_HTTP + "unsupported Transfer-Encoding",
    ),
    "a-chunk-without-a-size": (CHUNKED + b"zz\r\nok\r\n0\r\n\r\n", "malformed", NOT_HTTP + "malformed chunk"),
    "chunk-lines-end-in-lf": (CHUNKED + b"2\nok\n0\n\n", "malformed", NOT_HTTP + "malformed chunk"),
    "a-chunk-longer-than-it-says": (CHUNKED + b"1\r\nokay\r\n0\r\n\r\n", "malformed", NOT_HTTP + "malformed chunk"),
    "a-head-without-an-end": (OK + b"X: " + b"a" * 400_000, "malformed", NOT_HTTP + "a head of more than 256 KB"),
    "interim-responses-without-an-end": (
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
        "malformed",
        NOT_HTTP + "more than 10 interim responses",
    ),
    "switches-protocols": (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
        "malformed",
        NOT_HTTP + "101 although no other protocol was asked for",
    ),
    "tls": (
        b"\x15\x03\x01\x00\x02\x02\x46",
        "malformed",
        NOT_HTTP + "the server answered with TLS; write https:// instead of http://",
    ),
    "http-2-settings": (
        SETTINGS_FRAME,
        "http2",
        "the server speaks HTTP/2 only: it answered with a frame of HTTP/2",
    ),
    "http-2-goaway": (GOAWAY_FRAME, "http2", "the server speaks HTTP/2 only: it answered with a frame of HTTP/2"),
    "not-gzip": (
        OK + b"Content-Encoding: gzip\r\n\r\nnot gzip",
        "encoding",
        "the body is not gzip, which its Content-Encoding names",
    ),
    "half-of-gzip": (
        OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"ok" * 5_000)[:-9],
        "encoding",
        "the body is not gzip, which its Content-Encoding names",
    ),
    "not-deflate": (
        OK + b"Content-Encoding: deflate\r\n\r\nnot deflate",
        "encoding",
        "the body is not deflate, which its Content-Encoding names",
    ),
    "br-that-nobody-asked-for": (
        OK + b"Content-Encoding: br\r\n\r\n\x8b\x00\x80ok\x03",
        "encoding",
        "the body is encoded as br, which the request did not accept (Accept-Encoding: gzip)",
    ),
    "zstd-that-nobody-asked-for": (
        OK + b"Content-Encoding: zstd\r\n\r\n\x28\xb5\x2f\xfd",
        "encoding",
        "the body is encoded as zstd, which the request did not accept (Accept-Encoding: gzip)",
    ),
}


def read(pieces, method="GET"):
    """Read a response from pieces, then the end; return its body or the failure."""
    reader = ResponseReader(method)
    try:
        for piece in (*pieces, b""):
            received = reader.feed(piece)
            if received is not None:
                headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in received.headers)
                return decoded(headers, received.body, truncated=received.truncated)[0]
    except Failure as failure:
        return failure.kind, failure.text
    return None


def sizes(came):
    """Return pieces of one byte, or of many where there are too many bytes for that."""
    size = 1 if len(came) < 2_000 else 997
    return [came[start : start + size] for start in range(0, len(came), size)]


@pytest.mark.parametrize("name", GOOD)
def test_a_response_is_read_whole_and_in_pieces(name):
    came, body = GOOD[name]
    assert read([came] if came else []) == read(sizes(came)) == body


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_a_response_has_one_kind_and_words_whole_and_in_pieces(name):
    came, kind, words = BAD[name]
    assert read([came] if came else []) == read(sizes(came)) == (kind, words)


@pytest.mark.parametrize("lane", LANES)
def test_every_response_is_read_alike_in_both_lanes(lane):
    for name, (came, body) in GOOD.items():
        with HostileServer(lambda conn, came=came: conn.sendall(came)) as server:
            (reply,) = send(lane, [Wire("GET", server.url)])
        assert reply.response is not None, (name, reply.failure)
        assert (reply.response.body, reply.failure, reply.kind) == (body, "", ""), name


@pytest.mark.parametrize("lane", LANES)
def test_every_failure_has_the_same_kind_and_words_in_both_lanes(lane):
    for name, (came, kind, words) in BAD.items():
        with HostileServer(lambda conn, came=came: conn.sendall(came)) as server:
            (reply,) = send(lane, [Wire("GET", server.url)])
        assert (reply.response, reply.kind, reply.failure) == (None, kind, words), name


def test_a_response_to_head_has_no_body_whatever_its_length_says():
    assert read([OK + b"Content-Length: 500\r\n\r\n"], "HEAD") == b""


def test_a_body_without_an_end_is_cut_at_the_limit():
    reader = ResponseReader("GET")
    assert reader.feed(OK + b"\r\n") is None
    block = b"a" * 1_000_000
    received = next(found for _ in range(20) if (found := reader.feed(block)) is not None)
    assert (len(received.body), received.truncated, received.reusable) == (MAX_BODY_BYTES, True, False)


def test_a_bomb_is_cut_at_the_limit():
    bomb = gzip.compress(b"\0" * (MAX_BODY_BYTES * 4))
    plain, truncated = decoded((("Content-Encoding", "gzip"),), bomb, truncated=False)
    assert (len(plain), truncated) == (MAX_BODY_BYTES, True)


@pytest.mark.parametrize(
    ("came", "reusable"),
    [
        (OK + b"Content-Length: 2\r\n\r\nok", True),
        (OK + b"Content-Length: 2\r\nConnection: close\r\n\r\nok", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", False),
        (OK + b"Content-Length: 1\r\n\r\nok", False),
        (CHUNKED + b"2\r\nok\r\n0\r\n\r\n", True),
        (CHUNKED + b"2\r\nok\r\n0\r\n\r\nmore", False),
    ],
)
def test_a_connection_is_used_again_only_where_the_response_ended_cleanly(came, reusable):
    received = ResponseReader("GET").feed(came)
    assert received is not None
    assert received.reusable is reusable
