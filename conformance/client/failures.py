"""Every way in which no usable response comes, sorted into kinds and words that do not differ from run to run."""

from __future__ import annotations

import ssl
from enum import StrEnum

import httpx

from conformance.client.tls import explain

# What a gateway or a balancer answers that does not reach what is behind it.
UNREACHED = (502, 503, 504)


class Kind(StrEnum):
    """What sort of failure it is."""

    CONNECT = "connect"
    TLS = "tls"
    SCHEME = "scheme"  # the URL says https, and the port does not speak TLS
    TIMEOUT = "timeout"
    RESET = "reset"
    MALFORMED = "malformed"
    ENCODING = "encoding"  # the body has not the content encoding that is named, or one that nobody asked for
    HTTP2 = "http2"  # the server speaks HTTP/2 only
    PROXY = "proxy"  # the proxy of the target file refuses, or is not there: the target was never reached
    URL = "url"  # the request cannot be written as HTTP: nothing was sent


class Failure(httpx.TransportError):
    """No usable response came.

    Attributes:
        kind: the sort.
        text: what happened, in words that do not differ from run to run.
        advice: what to do about it; may be empty.
    """

    def __init__(self, kind: Kind, text: str, advice: str = "") -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.advice = advice


def malformed(what: str) -> Failure:
    """Return the failure of a response that is not HTTP/1."""
    return Failure(Kind.MALFORMED, f"invalid HTTP response: {what}")


def closed() -> Failure:
    """Return the failure of a connection that ended too soon."""
    return Failure(Kind.RESET, "the connection was closed before the response was complete")


_SORTED: tuple[tuple[type[Exception], Kind, str], ...] = (
    (httpx.ConnectTimeout, Kind.CONNECT, "no connection within {limit:g} s"),
    (httpx.TimeoutException, Kind.TIMEOUT, "no complete response within {limit:g} s"),
    (TimeoutError, Kind.TIMEOUT, "no complete response within {limit:g} s"),
    (httpx.ConnectError, Kind.CONNECT, "no connection: {problem}"),
    (httpx.ProxyError, Kind.PROXY, "the proxy refused: {problem}"),
    (httpx.RemoteProtocolError, Kind.MALFORMED, "invalid HTTP response: {problem}"),
    (httpx.NetworkError, Kind.RESET, "the connection was reset before the response was complete"),
    (OSError, Kind.RESET, "the connection was reset before the response was complete"),
    (httpx.TransportError, Kind.URL, "the request cannot be sent: {problem}"),
    (httpx.InvalidURL, Kind.URL, "the request cannot be sent: {problem}"),
    (ValueError, Kind.URL, "the request cannot be sent: {problem}"),
)


def failure_of(problem: Exception, limit: float) -> Failure:
    """Sort what went wrong on the way; `limit` is the time limit of a request in seconds.

    Raises:
        Exception: `problem` itself, where no target or network can be the cause.
    """
    if isinstance(problem, Failure):
        return problem
    if isinstance(problem, ssl.SSLError):
        fault = explain(problem)
        return Failure(Kind(fault.kind), f"TLS: {fault.message}", fault.advice)
    for types, kind, words in _SORTED:
        if isinstance(problem, types):
            return Failure(kind, words.format(limit=limit, problem=str(problem)[:120]))
    raise problem
