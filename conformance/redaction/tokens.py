"""The tokens of captured traffic: there may be one in every exchange, too many to look for each in every spelling.

So each word of a text is looked up, and what a word says in base64 or hexadecimal. A word is a run of the characters
that tokens are written in.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress

from conformance.redaction.masks import Masks

MIN_WORD = 16
# Of a longer token, so much of its beginning is enough to know it by where a text was cut.
MIN_HEAD = 12
_TOKEN = re.compile(rf"[\w!/+~$.-]{{{MIN_WORD},}}={{0,2}}", re.ASCII)
_WORD = re.compile(rf"[\w!/+~$.-]{{{MIN_WORD},}}", re.ASCII)
# A segment of a JWT, a value behind a blank that a form writes as a plus sign.
_PART = re.compile(rf"[\w!~$/-]{{{MIN_WORD},}}", re.ASCII)
_PARTED = re.compile(r"[/+.]")
# A token may hold slashes itself: of a path, runs of so many segments are looked up.
MOST_SEGMENTS = 12
# So many words are remembered as looked up.
MOST_WORDS = 200_000
_BEGUN = re.compile(rf"[\w!/+~$-]{{{MIN_HEAD},}}", re.ASCII)
_SPACED = re.compile(rf"(?<![^\W_])(?:[0-9A-Fa-f]{{2}}[: ]){{{MIN_WORD - 1},}}[0-9A-Fa-f]{{2}}(?![^\W_])")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+\Z")
_BASE32 = re.compile(r"(?:[A-Z2-7]+|[a-z2-7]+)\Z")
_TO_BASE64 = str.maketrans("-_", "+/")


class KnownTokens:
    """Knows tokens by the words that they are: a word costs one look-up, however many tokens there are.

    `looked_up`: the words of every text that was looked at, in small letters.
    """

    def __init__(self, masks: Masks) -> None:
        self.looked_up: set[str] = set()
        self._masks = masks
        self._words: set[str] = set()
        self._heads: set[str] = set()

    def add(self, token: str) -> str:
        """Remember a token; return its word, or nothing where it is no word, and is not remembered."""
        if not _TOKEN.fullmatch(token):
            return ""
        word = token.rstrip("=").lower()
        self._words.add(word)
        if len(token) > 2 * MIN_HEAD:
            self._heads.add(token[:MIN_HEAD])
        return word

    @property
    def is_full(self) -> bool:
        """Whether as many words were looked up as are remembered."""
        return len(self.looked_up) > MOST_WORDS

    def without(self, text: str) -> str:
        """Return a text without the tokens that are words of it, or that words of it say in another code."""
        if ":" in text or " " in text:
            text = _SPACED.sub(self._spaced, text)
        return _WORD.sub(self._word, text)

    def words_in(self, text: str) -> Iterator[str]:
        """Yield the words of a text that are tokens, or say one."""
        for found in _WORD.finditer(text):
            if self._told(found[0]):
                yield found[0]
            else:
                yield from (part for part in _parts(found[0]) if self._told(part))

    def heads(self, text: str) -> str:
        """Return a text of the suite without beginnings of tokens, which whoever shortens a value leaves."""
        return _BEGUN.sub(lambda found: self._mask(found) if found[0][:MIN_HEAD] in self._heads else found[0], text)

    def _mask(self, found: re.Match[str]) -> str:
        return self._masks.of("secret", found[0])

    def _word(self, found: re.Match[str]) -> str:
        word = found[0]
        if self._told(word):
            return self._mask(found)
        for part in _parts(word):
            if part in word and self._told(part):
                word = word.replace(part, self._masks.of("secret", part))
        return word

    def _spaced(self, found: re.Match[str]) -> str:
        return self._mask(found) if self._told(re.sub("[: ]", "", found[0])) else found[0]

    def _told(self, word: str) -> bool:
        """Tell whether a word is a token, or says one in another code."""
        return self._is_known(word) or any(self._is_known(one) for said in _decoded(word) for one in _words(said))

    def _is_known(self, word: str) -> bool:
        small = word.strip(".").lower()
        self.looked_up.add(small)
        return small in self._words


def _words(text: str) -> Iterator[str]:
    for word in _WORD.findall(text):
        yield word
        yield from _parts(word)


def _parts(word: str) -> Iterator[str]:
    """Yield what a token can be of a longer word: between points, plus signs and slashes, the longest first."""
    if not _PARTED.search(word):
        return
    for part in (word, *_PART.findall(word)):
        if part != word:
            yield part
        segments = part.split("/")
        most = min(len(segments), MOST_SEGMENTS)
        for length in range(most, 0, -1):
            for start in range(len(segments) - length + 1):
                run = "/".join(segments[start : start + length])
                if MIN_WORD <= len(run) < len(part):
                    yield run


def _decoded(word: str) -> Iterator[str]:
    """Yield the text that a word says in base64, base32 or hexadecimal; in UTF-16 as well."""
    for data in _bytes(word):
        plain = data.replace(b"\0", b"")
        if len(plain) >= MIN_WORD and plain.isascii():
            yield plain.decode()


def _bytes(word: str) -> Iterator[bytes]:
    whole = len(word) // 4 * 4
    rest = word[whole:].ljust(4, "=") if len(word) - whole > 1 else ""
    with suppress(binascii.Error, ValueError):
        yield base64.b64decode((word[:whole] + rest).translate(_TO_BASE64), validate=True)
    if _HEX.match(word):
        yield bytes.fromhex(word)
    if _BASE32.match(word):
        with suppress(binascii.Error, ValueError):
            yield base64.b32decode(word + "=" * (-len(word) % 8), casefold=True)
