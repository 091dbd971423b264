r"""What a text says once its escapes are taken away, and where each character of that stood.

`%41`, `\u0041`, `\x41`, `\"`, `&#65;`, `&quot;`, each inside another: a secret may be spelled with any of them, and a
backslash or a plus sign may be an escape or the secret's own. So there are several readings of one text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

ROUNDS = 3
_CODED = "[A-Za-z0-9+/_=-]"
_HAS_ESCAPES = re.compile(rf"%[0-9A-Fa-f]{{2}}|\\|&[#\w]|(?<={_CODED}{{4}})\r?\n[ \t]*(?={_CODED})")
# Base64 is broken into lines (MIME, PEM).
_BREAK = re.compile(rf"(?<={_CODED}{{4}})\r?\n[ \t]*(?={_CODED})")
# One character of UTF-8, so that each match is one character of the text.
_X, _TAIL = "[0-9A-Fa-f]", "%[89ABab][0-9A-Fa-f]"
_PERCENT = re.compile(f"%[CDcd]{_X}{_TAIL}|%[Ee]{_X}(?:{_TAIL}){{2}}|%[Ff]{_X}(?:{_TAIL}){{3}}|%{_X}{{2}}")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]\w{1,7});")
_BACKSLASH = re.compile(rf"\\u[dD][89ABab]{_X}{{2}}\\u[dD][C-Fc-f]{_X}{{2}}|\\u{_X}{{4}}|\\x{_X}{{2}}|\\.", re.DOTALL)


# The same few escapes come again and again.
@lru_cache(maxsize=4096)
def _of_percent(text: str) -> str:
    return bytes.fromhex(text.replace("%", "")).decode("utf-8", "replace")


_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


@lru_cache(maxsize=4096)
def _of_backslash(text: str) -> str:
    if len(text) == 2:
        return _CONTROLS.get(text[1], text[1])
    units = bytes.fromhex("".join(part.rjust(4, "0") for part in re.split(r"\\[ux]", text)[1:]))
    return units.decode("utf-16-be", "surrogatepass")


_STEPS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    ("%", _PERCENT, lambda match: _of_percent(match[0])),
    ("&", _ENTITY, lambda match: html.unescape(match.group())),
    ("\\", _BACKSLASH, lambda match: _of_backslash(match[0])),
    ("\n", _BREAK, lambda _match: ""),
)


def has_escapes(text: str) -> bool:
    """Tell whether a text can say anything else than it shows."""
    if "%" in text or "\\" in text or "&" in text or "\n" in text:
        return _HAS_ESCAPES.search(text) is not None
    return False


def _starts(text: str) -> Iterator[str]:
    yield text
    if "+" in text:
        yield text.replace("+", " ")


def readings(text: str) -> Iterator[str]:
    """Yield what a text says with ever fewer escapes."""
    for start in _starts(text):
        plain = start
        for _ in range(ROUNDS):
            before = plain
            for mark, pattern, decode in _STEPS:
                if mark in plain:
                    plain, last = pattern.sub(decode, plain), plain
                    if plain != last:
                        yield plain
            if plain == before:
                break


def without(text: str, wanted: re.Pattern[str], mask: str) -> str:
    """Return a text without what `wanted` finds in any reading of it."""
    found = sorted({span for start in _starts(text) for span in _spans(start, wanted)})
    clean, end = "", 0
    for left, right in found:
        if left >= end:
            clean += text[end:left] + mask
        end = max(end, right)
    return clean + text[end:]


def _spans(text: str, wanted: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield where in a text stands what `wanted` finds in its readings."""
    plain, places = text, [*range(len(text)), len(text)]
    for _ in range(ROUNDS):
        before = plain
        for mark, pattern, decode in _STEPS:
            if mark not in plain:
                continue
            plain, places = _step(plain, places, pattern, decode)
            for found in wanted.finditer(plain):
                yield places[found.start()], places[found.end()]
        if plain == before:
            return


def _step(
    text: str, places: list[int], pattern: re.Pattern[str], decode: Callable[[re.Match[str]], str]
) -> tuple[str, list[int]]:
    """Take one kind of escapes away; `places` says where in the whole text each character, and its end, stands."""
    parts: list[str] = []
    moved: list[int] = []
    end = 0
    for match in pattern.finditer(text):
        said = decode(match)
        parts += [text[end : match.start()], said]
        moved += places[end : match.start()]
        moved += [places[match.start()]] * len(said)
        end = match.end()
    return "".join((*parts, text[end:])), moved + places[end:]
