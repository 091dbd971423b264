"""Texts of a target that is not trusted, made safe to show: no control, bidi or endless text reaches a reader."""

from __future__ import annotations

import re
import unicodedata

SHOWN_CHARS = 600

# Everything that moves the cursor, turns the writing direction round, or shows as nothing at all.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~@$-])")


def _named(match: re.Match[str]) -> str:
    return f"⟨U+{ord(match.group()):04X}⟩"


def printable(text: str) -> str:
    """Return a text in which invisible characters are named, and stacked accents are cut."""
    if text.isascii() and text.isprintable():
        return text
    clean = _INVISIBLE.sub(_named, text)
    return clean if clean.isascii() else _without_towers(clean)


def _without_towers(text: str) -> str:
    """Keep at most three combining marks in a row: a tower of them covers the lines above."""
    kept: list[str] = []
    height = 0
    for character in text:
        height = height + 1 if unicodedata.combining(character) else 0
        if height <= 3:
            kept.append(character)
    return "".join(kept)


def shortened(text: str, limit: int = SHOWN_CHARS) -> str:
    """Return a text cut at a limit, which says how long it was."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters in all)"


def one_line(text: str, limit: int = 200) -> str:
    """Return a text on one line, printable and short."""
    return shortened(printable(" ".join(text[: limit * 4].split())), limit)


def xml_safe(text: str) -> str:
    """Return a text without the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub(_named, printable(text))


def markdown(text: str, limit: int = 200) -> str:
    """Return a text as Markdown that shows it literally, on one line: no link, image, HTML, mention or table cell."""
    return _MARKDOWN.sub(r"\\\1", one_line(text, limit)).replace("://", ":\u2060//").replace("www.", "www\u2060.")


def code_span(text: str, limit: int = 200) -> str:
    """Return a text as a Markdown code span that no back-tick can end, fit for a table cell."""
    clean = one_line(text, limit).replace("`", "'").replace("|", "¦")
    return f"`{clean}`" if clean.strip() else "–"


def path_and_query(url: str) -> tuple[str, str]:
    """Return the path and the query of a URL, however malformed it is: a generated one may be."""
    rest = url.partition("://")[2] or url
    path, _, query = rest.partition("#")[0].partition("?")
    return "/" + path.partition("/")[2], query


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `1 finding`, `2 findings`, `1,204 requests`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
