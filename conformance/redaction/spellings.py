"""How a secret may be spelled by whoever hands it on: escaped, encoded, misread, quoted."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

# A shorter piece of an encoded secret says too little, and stands in too many places.
MIN_PIECE = 8
# What nobody escapes: of such a secret, as most tokens are, all readable spellings are the same.
_UNESCAPED = re.compile(r"[A-Za-z0-9._~-]+")


def plain_spellings(secret: str) -> Iterator[str]:
    """Yield the spellings that keep a secret readable."""
    yield secret
    if _UNESCAPED.fullmatch(secret):
        return
    yield quote(secret, safe="", errors="surrogatepass")
    yield quote_plus(secret, safe="", errors="surrogatepass")
    yield quote(secret, errors="surrogatepass")
    yield quote(quote(secret, safe="", errors="surrogatepass"), safe="")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield json.dumps(secret)[1:-1].replace("/", "\\/")
    yield json.dumps(json.dumps(secret)[1:-1])[1:-1]
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    yield repr(secret)[1:-1]
    # SQL and CSV double a quote, a shell ends and opens the text around it.
    yield secret.replace("'", "''")
    yield secret.replace('"', '""')
    yield secret.replace("'", "'\\''")
    if not secret.isascii():
        yield from _misread(secret)


def _misread(secret: str) -> Iterator[str]:
    """Yield what UTF-8 becomes where it is read as another encoding, and the other way round."""
    raw = secret.encode("utf-8", "surrogatepass")
    # Letters that have more or other letters in another case.
    yield from (secret.upper(), secret.lower(), secret.swapcase())
    for encoding in ("latin-1", "cp1252"):
        yield raw.decode(encoding, "replace")
        try:
            yield secret.encode(encoding).decode("utf-8", "replace")
            yield quote(secret, safe="", encoding=encoding)
        except UnicodeEncodeError:
            pass
    yield raw.decode("ascii", "replace")
    yield raw.decode("latin-1").encode().decode("latin-1")


def coded_spellings(secret: str) -> Iterator[str]:
    """Yield the spellings in base64, base32, hexadecimal and UTF-16."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield raw.hex()
    for between in (":", " ", "-"):
        yield raw.hex(between)
    wide = secret.encode("utf-16-le", "surrogatepass")
    # UTF-16 read a byte a character; the outermost NUL belongs to one byte order only.
    yield wide.decode("latin-1").rstrip("\0")
    yield wide.hex().removesuffix("00")
    yield from _pieces(base64.b32encode, raw, 5)
    for order in ("utf-16-le", "utf-16-be"):
        yield from _base64_spellings(secret.encode(order, "surrogatepass"))
    # A JWT, and whatever else is base64, may hold it as JSON spells it, or as a URL does.
    inner = {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret, safe="", errors="surrogatepass"),
    }
    for text in inner:
        yield from _base64_spellings(text.encode("utf-8", "surrogatepass"))


def _base64_spellings(raw: bytes) -> Iterator[str]:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for piece in _pieces(encode, raw, 3):
            yield piece
            yield quote(piece, safe="")


def _pieces(encode: Callable[[bytes], bytes], raw: bytes, group: int) -> Iterator[str]:
    """Yield bytes encoded alone, and inside a longer text at each alignment: the characters that depend on them alone.

    `group`: so many bytes become whole characters, of 6 bits (3) or of 5 (5).
    """
    whole = encode(raw).decode().rstrip("=")
    yield whole
    bits = 6 if group == 3 else 5
    for before in range(group):
        first, last = -(-8 * before // bits), 8 * (before + len(raw)) // bits
        piece = encode(b"\0" * before + raw + b"\0" * group).decode()[first:last]
        if len(piece) >= MIN_PIECE:
            yield piece
