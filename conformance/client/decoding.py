"""Takes the content encoding off a body, bounded: a bomb of a few kilobytes never becomes gigabytes."""

from __future__ import annotations

import zlib

from conformance.client.failures import Failure, Kind
from conformance.model import header
from conformance.model.exchange import Headers

MAX_BODY_BYTES = 8 * 1024 * 1024
# What the suite asks for, unless a request or the target file has its own Accept-Encoding.
ACCEPTED = "gzip"
_WINDOW_BITS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # deflate is often sent without zlib's frame
_UNKNOWN_HERE = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz"})


def decoded(headers: Headers, body: bytes, *, truncated: bool) -> tuple[bytes, bool]:
    """Return a body without its content encodings, and whether it was cut at `MAX_BODY_BYTES`.

    What is not a content encoding (`utf-8`, `none`) is ignored, as browsers do.

    Raises:
        Failure: the body is not of the encoding that its header names, or of one that was not asked for.
    """
    names = [name.strip().lower() for name in (header(headers, "content-encoding") or "").split(",")]
    for name in reversed(names if body else []):
        if name in _UNKNOWN_HERE:
            text = f"the body is encoded as {name}, which the request did not accept (Accept-Encoding: {ACCEPTED})"
            raise Failure(Kind.ENCODING, text)
        if name in _WINDOW_BITS:
            body, truncated = _inflated(body, name, truncated)
    return body, truncated


def _inflated(body: bytes, name: str, truncated: bool) -> tuple[bytes, bool]:
    for bits in _WINDOW_BITS[name]:
        inflate = zlib.decompressobj(bits)
        try:
            plain = inflate.decompress(body, MAX_BODY_BYTES + 1)
        except zlib.error:
            continue
        if len(plain) > MAX_BODY_BYTES:
            return plain[:MAX_BODY_BYTES], True
        if inflate.eof or truncated:
            return plain, truncated
    raise Failure(Kind.ENCODING, f"the body is not {name}, which its Content-Encoding names")
