"""A recorded request in pieces: what is there, and what redaction took out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from conformance.redaction import MARKED, MASK
from conformance.stream import events

HIDDEN = re.compile(rf"(?:eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.)?(?:{MARKED}|{re.escape(MASK)})")
# A member's or parameter's name before its value, which may be in quotes, also escaped ones.
_NAME_BEFORE = re.compile(r"""([A-Za-z_][A-Za-z0-9_.-]*)\\?["']?\s*[=:]\s*\\?["']?[^&"']*$""")
AUTHORIZATION = "Authorization"


@dataclass(frozen=True)
class Hidden:
    """What was taken out: `mark` is equal for equal secrets, `place` the name of what it was the value of."""

    mark: str
    place: str


Piece: TypeAlias = str | Hidden


def pieces(text: str, place: str = "") -> Iterator[Piece]:
    """Split a text at what is hidden in it; `place` is what the whole text is called, where that is known."""
    end = 0
    for found in HIDDEN.finditer(text):
        if found.start() > end:
            yield text[end : found.start()]
        named = place
        if not named:
            match = _NAME_BEFORE.search(text[: found.start()][-200:])
            named = match.group(1) if match else ""
        yield Hidden(found.group(), named)
        end = found.end()
    if end < len(text):
        yield text[end:]


def parameters(url: str) -> tuple[str, list[tuple[str, str, str]]]:
    """Return a URL without its query, and the query's parameters: as they were sent, the name, and the plain value."""
    base, _, query = url.partition("?")
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return base, [("".join(pair), unquote(pair[0]), unquote(pair[2])) for pair in pairs]


def body_of(request: events.Request) -> str:
    """Return the body as text; of one that is not text, each byte as one character."""
    return request.raw.decode("latin-1") if request.body_base64 else request.body


def hidden_in(request: events.Request) -> Iterator[Hidden]:
    """Yield what is hidden in a request."""
    base, query = parameters(request.url)
    texts = [(base, ""), *((value, name) for _, name, value in query), (body_of(request), "")]
    texts += [(value, name) for name, value in request.headers]
    for text, place in texts:
        if MASK in text:
            yield from (piece for piece in pieces(text, place) if isinstance(piece, Hidden))


def marks_in(response: events.Response | None) -> Iterator[str]:
    """Yield the marks of what is hidden in the body of a response."""
    text = response.text if response else ""
    if MASK in text:
        yield from HIDDEN.findall(text)
