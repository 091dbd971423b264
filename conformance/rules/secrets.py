"""Whether a text holds a secret, plain or encoded: as characters, as the bytes that they encode, behind escapes."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from conformance.escapes import has_escapes, readings
from conformance.redaction.spellings import coded_spellings, plain_spellings

# Fewer bytes might be in a text by chance.
MIN_BYTES = 8
_READABLE = re.compile(rb"[\t\r\n -~]*")
_SIGNED = 127
_HEX_SPELLING = re.compile("[0-9a-f]{2}(?:[: -]?[0-9a-f]{2})+")
_ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX = re.compile(rb"[0-9A-Fa-f]+")
_LONGEST_SEARCHED = 200_000


def holder(text: bytes) -> Callable[[str], bool]:
    """Return what tells of a secret whether a text holds it."""
    said, encoded = _readings(text), list(_encoded_in(text))

    def holds(secret: str) -> bool:
        spelled, contents = _spellings(secret)
        return any(one in part for part in said for one in spelled) or any(
            one in part for part in encoded for one in contents
        )

    return holds


def _readings(text: bytes) -> list[bytes]:
    """Return a text, and what it says without its escapes."""
    shown = text[:_LONGEST_SEARCHED].decode("utf-8", "replace")
    if not has_escapes(shown):
        return [text]
    return [text, *(one.encode("utf-8", "replace") for one in dict.fromkeys(readings(shown)))]


def _encoded_in(text: bytes) -> Iterator[bytes]:
    """Yield what the parts of a text say that are base64 or hexadecimal."""
    for part in _ENCODED.findall(text[:_LONGEST_SEARCHED]):
        plain = part.replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
        yield base64.b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + b"==")
        if len(part) % 2 == 0 and _HEX.fullmatch(part):
            yield bytes.fromhex(part.decode())


@lru_cache(maxsize=256)
def _spellings(secret: str) -> tuple[frozenset[bytes], tuple[bytes, ...]]:
    """Return how a secret may be written, and the bytes that are it: its own, and those that it encodes."""
    spelled = {*plain_spellings(secret), *coded_spellings(secret), secret.replace("/", "\\/")}
    # Bytes that are text may be an identifier, which an answer rightly holds.
    contents = tuple(one for one in _decoded(secret) if len(one) >= MIN_BYTES and not _READABLE.fullmatch(one))
    for content in contents:
        # As a list of numbers, as a byte array is written in JSON.
        for numbers in (list(content), [byte - 256 * (byte > _SIGNED) for byte in content]):
            spelled |= {between.join(map(str, numbers)) for between in (",", ", ")}
        spelled |= {content.hex(), content.hex(":")}
    spelled |= {one.upper() for one in spelled if _HEX_SPELLING.fullmatch(one)}
    written = frozenset(one.encode("utf-8", "surrogatepass") for one in spelled if one)
    return written, (secret.encode("utf-8", "surrogatepass"), *contents)


def _decoded(secret: str) -> Iterator[bytes]:
    """Yield the bytes that a secret is the base64 or the hexadecimal text of."""
    plain = secret.replace("-", "+").replace("_", "/").rstrip("=")
    for decode, text in ((bytes.fromhex, secret), (_from_base64, plain + "=" * (-len(plain) % 4))):
        try:
            yield decode(text)
        except ValueError:
            continue


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
