"""Knows the secrets of a run, and takes them out of texts, in every spelling, in one pass over the text.

Two judges look at each text. One knows the places where a secret stands whatever it is (`named`). The other knows the
secrets of this run, wherever they stand. A secret that is a word of the reports ("passed") is left to the places, and a
short one is taken out only where it stands alone: words of the report are never eaten.

A run redacts tens of thousands of exchanges that hold almost no secret, so both judges look first, at the speed of C,
whether there is anything to do; the texts of an exchange are looked at together, and a text that comes again is not
looked at again until another secret is known.
"""

from __future__ import annotations

import re
import secrets as random
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from conformance.escapes import has_escapes, readings, without
from conformance.redaction.masks import MASK, Masks, unmarked
from conformance.redaction.named import BETWEEN, HEADERS, NamedPlaces
from conformance.redaction.spellings import coded_spellings, plain_spellings
from conformance.redaction.tokens import MIN_HEAD, KnownTokens
from conformance.redaction.words import WORDS

# A shorter secret is left to the named places.
MIN_SECRET = 4
# A shorter spelling must stand alone.
MIN_ANYWHERE = 8
# Texts are looked at in steps of `STEP` characters; a spelling is known by the grams that start at each offset.
STEP, GRAM = 8, 4
_MIN_INDEXED = STEP + GRAM - 1
# Texts that come again (headers, bodies of refusals) are looked at once: so many characters of them are remembered.
MOST_REMEMBERED, LONGEST_REMEMBERED = 2_000_000, 20_000
# At the end of a text that was cut, so much of the beginning of a secret is looked for.
MIN_TAIL = 4

# What may stand before a short secret: no letter or digit, unless it belongs to an escape.
_BEFORE = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"
_AFTER = r"(?![A-Za-z0-9])"
_SCHEME = re.compile(r"\A(?:basic|bearer) +", re.IGNORECASE)
_UNSIGNED = re.compile(r"eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.?")
_SEPARATOR = f"\n{BETWEEN}\n"


class Redactor:
    """May be shared by threads.

    Args:
        secrets: what must not be seen in any spelling.
        names: who is meant by a credential: taken out, but left inside tokens, whose claims stay readable.
        words: words of the reports beyond `WORDS`, which no secret may eat.
        key: what fingerprints of secrets are keyed with; the processes of a run share it.
    """

    def __init__(
        self,
        secrets: Iterable[str] = (),
        *,
        names: Iterable[str] = (),
        words: Iterable[str] = (),
        key: bytes = b"",
    ) -> None:
        self._lock = threading.Lock()
        self._words = WORDS | {word.lower() for word in words}
        self._all_words = "\n".join(self._words)
        self._masks = Masks(key or random.token_bytes(32))
        self.named = NamedPlaces(self._masks, self._words)
        self._known: set[str] = set()
        # In small letters: a spelling is found in any case. Spelling -> mask.
        self._mask_of: dict[str, str] = {}
        self._by_gram: dict[str, list[str]] = {}
        self._few: dict[str, re.Pattern[str]] = {}
        self._heads: dict[str, str] = {}
        # None until one is learned: a run looks for its secrets in every spelling.
        self._tokens: KnownTokens | None = None
        self._seen = _Seen()
        # What is learned later; None: everything is learned at once.
        self._later: dict[tuple[str, str, bool], None] | None = None
        self._most_later = 0
        for secret in secrets:
            self.learn(secret)
        for name in names:
            self.learn(name, kind="name", coded=False)

    def learn(self, secret: str, *, kind: str = "secret", coded: bool = True) -> None:
        """Remember a secret; `coded`: also in base64, base32, hexadecimal and UTF-16.

        The scheme of a credential is no part of it. A token without its signature is none: header and claims of the
        token stay readable.
        """
        secret = _SCHEME.sub("", secret)
        if len(secret) < MIN_SECRET or secret in self._known or _UNSIGNED.fullmatch(secret):
            return
        if self._later is not None:
            self._later.pop((secret, kind, coded), None)
            self._later[secret, kind, coded] = None
            if len(self._later) > self._most_later:
                del self._later[next(iter(self._later))]
            return
        spellings = {_small(one) for one in plain_spellings(secret)}
        if coded:
            spellings |= {_small(one) for one in coded_spellings(secret)}
        if secret.lower() in self._words:
            spellings -= self._words
        mask = self._masks.of(kind, secret)
        with self._lock:
            self._known.add(secret)
            few = dict(self._few)
            for one in spellings:
                if len(one) < MIN_SECRET or one in self._mask_of:
                    continue
                self._mask_of[one] = mask
                if len(one) < MIN_ANYWHERE or (one.isalpha() and one in self._all_words):
                    few[one] = re.compile(_BEFORE + re.escape(one) + _AFTER)
                elif len(one) < _MIN_INDEXED:
                    few[one] = re.compile(re.escape(one))
                else:
                    self._index(one)
            self._few = few
            if len(secret) > 2 * MIN_HEAD and not secret.startswith("eyJ"):
                self._heads = {**self._heads, secret: mask}
            # Whoever is at work with what was known until now remembers it where nobody looks any more.
            self._seen = _Seen()

    def postpone(self, most: int) -> None:
        """From now on learn secrets only by `settle`, of the last so many: who writes little need not know the rest."""
        self._later, self._most_later = {}, most

    def settle(self, *texts: str) -> None:
        """Learn the postponed secrets that some texts hold, before those are redacted."""
        if not self._later:
            return
        text = "\n".join(texts)
        text = f"{text}\n{unquote(text)}"
        found = [one for one in self._later if one[0] in text]
        pending, self._later = self._later, None
        for secret, kind, coded in found:
            self.learn(secret, kind=kind, coded=coded)
        self._later = pending

    def learn_token(self, token: str) -> None:
        """Remember a token of captured traffic, which may hold one in every exchange: it is looked for word by word."""
        with self._lock:
            first = self._tokens is None
            tokens = self._tokens = self._tokens or KnownTokens(self._masks)
            word = tokens.add(token)
            if first or tokens.is_full or word in tokens.looked_up:
                # A text that was looked at before may hold it.
                self._seen = _Seen()
                tokens.looked_up.clear()
        if not word:
            self.learn(token)

    def _index(self, spelling: str) -> None:
        """Wherever a spelling stands in a text, one of these grams starts at a multiple of `STEP`.

        They are of its end, in which tokens differ most.
        """
        start = len(spelling) - _MIN_INDEXED
        for gram in {spelling[offset : offset + GRAM] for offset in range(start, start + STEP)}:
            self._by_gram.setdefault(gram, []).append(spelling)

    def text(self, text: str) -> str:
        """Return a text without secrets: `***` stands for each."""
        return unmarked(self.marked(text))

    def marked(self, text: str) -> str:
        """Return a text without secrets: for each stands `***` with its kind, length and fingerprint."""
        if len(text) < MIN_SECRET:
            return text
        return self._marked(text, escaped=has_escapes(text))

    def _marked(self, text: str, *, escaped: bool) -> str:
        text = self._without_known(self.named.signatures(text))
        if self._tokens is not None:
            text = self._tokens.without(text)
        return self.named.text(self._without_escaped(text) if escaped else text)

    def marked_all(self, texts: Sequence[str]) -> list[str]:
        """Return texts without secrets; those that are new are looked at in one pass."""
        seen = self._seen
        clean = [seen.clean.get(text) for text in texts]
        new = list(dict.fromkeys(text for text, found in zip(texts, clean, strict=True) if found is None))
        if not new:
            return [found for found in clean if found is not None]
        found = dict(zip(new, self._marked_new(new), strict=True))
        for text, one in found.items():
            seen.remember(text, one)
        return [found[text] if one is None else one for text, one in zip(texts, clean, strict=True)]

    def _marked_new(self, texts: Sequence[str]) -> list[str]:
        if len(texts) < 2:
            return [self.marked(text) for text in texts]
        escaped = [has_escapes(text) for text in texts]
        clean = list(texts)
        for wanted in (False, True):
            places = [place for place, found in enumerate(escaped) if found is wanted]
            if not places:
                continue
            joined = _SEPARATOR.join([texts[place] for place in places])
            parts = self._marked(joined, escaped=wanted).split(_SEPARATOR)
            if len(parts) != len(places) or joined.count(BETWEEN) >= len(places):
                # Somebody wrote what stands between two texts.
                parts = [self.marked(texts[place]) for place in places]
            for place, part in zip(places, parts, strict=True):
                clean[place] = part
        return clean

    def header(self, name: str, value: str) -> str:
        """Return a header's value without secrets: a credential goes, its scheme and a token's claims stay."""
        return unmarked(self.marked_header(name, self.marked(value)))

    def marked_header(self, name: str, clean: str) -> str:
        """Return a header's redacted value without its credential."""
        if name.lower() not in HEADERS:
            return clean
        seen = self._seen
        known = seen.headers.get((name, clean))
        if known is None:
            known = self.named.header(name, clean, lambda value: self._masks.of("credential", value))
            seen.remember_header(name, clean, known)
        return known

    def cut(self, text: str) -> str:
        """Return a text that was cut at its end without the beginning of a secret that the cut left there."""
        lower = _small(text)
        longest = max(map(len, self._mask_of), default=0)
        tail = lower[-longest:] if longest else ""
        start = len(lower)
        for one in list(self._mask_of):
            place = tail.find(one[:MIN_TAIL])
            while place >= 0:
                if one.startswith(tail[place:]):
                    start = min(start, len(lower) - len(tail) + place)
                    break
                place = tail.find(one[:MIN_TAIL], place + 1)
        return text[:start] + MASK if start < len(text) else text

    def heads(self, text: str) -> str:
        """Return a text of the suite without beginnings of long secrets, which whoever shortens a value leaves."""
        if self._tokens is not None:
            text = self._tokens.heads(text)
        for secret, mask in self._heads.items():
            place = text.find(secret[:MIN_HEAD])
            while place >= 0:
                end = place + MIN_HEAD
                while end < len(text) and end - place < len(secret) and text[end] == secret[end - place]:
                    end += 1
                text = text[:place] + mask + text[end:]
                place = text.find(secret[:MIN_HEAD], place + len(mask))
        return text

    def known(self, text: str) -> str:
        """Return a text without the secrets of this run, whatever stands in its other places."""
        text = self._without_known(text)
        if self._tokens is not None:
            text = self._tokens.without(text)
        return self._without_escaped(text) if has_escapes(text) else text

    def _long_in(self, lower: str) -> list[str]:
        """Return the longer spellings that stand in a text in small letters, the longest first."""
        by_gram = self._by_gram
        hits = by_gram.keys() & {lower[place : place + GRAM] for place in range(0, len(lower), STEP)}
        found = {one for gram in hits for one in by_gram[gram] if one in lower} if hits else ()
        return sorted(found, key=len, reverse=True)

    def _spans(self, lower: str) -> list[tuple[int, int, str]]:
        """Return where a known spelling stands in a text in small letters: start, end, mask."""
        spans: list[tuple[int, int, str]] = []
        for one in self._long_in(lower):
            place = lower.find(one)
            while place >= 0:
                spans.append((place, place + len(one), self._mask_of[one]))
                place = lower.find(one, place + 1)
        for one, pattern in self._few.items():
            if one in lower:
                spans += [(*found.span(), self._mask_of[one]) for found in pattern.finditer(lower)]
        return spans

    def _without_known(self, text: str) -> str:
        spans = self._spans(_small(text))
        if not spans:
            return text
        # Of spellings that overlap, the first and longest gives its mask to all.
        spans.sort(key=lambda span: (span[0], -span[1]))
        parts: list[str] = []
        end = 0
        for start, stop, mask in spans:
            if start >= end:
                parts += [text[end:start], mask]
            end = max(end, stop)
        return "".join((*parts, text[end:]))

    def _without_escaped(self, text: str) -> str:
        """Take out what is known, but escaped otherwise than anybody foresaw."""
        said = _SEPARATOR.join(readings(text))
        if not said:
            return text
        if self._tokens is not None:
            for word in dict.fromkeys(self._tokens.words_in(said)):
                text = without(text, re.compile(re.escape(word), re.IGNORECASE), self._masks.of("secret", word))
        said = _small(said)
        for one in self._long_in(said):
            text = without(text, re.compile(re.escape(one), re.IGNORECASE), self._mask_of[one])
        for one, pattern in self._few.items():
            if one in said and pattern.search(said):
                text = without(text, re.compile(pattern.pattern, re.IGNORECASE), self._mask_of[one])
        return text


@dataclass
class _Seen:
    """Texts and what is left of them, as long as no other secret is known; at most so many characters of both."""

    clean: dict[str, str] = field(default_factory=dict)
    headers: dict[tuple[str, str], str] = field(default_factory=dict)
    characters: int = 0

    def remember(self, text: str, clean: str) -> None:
        if self._has_room(text, clean):
            self.clean[text] = clean

    def remember_header(self, name: str, value: str, clean: str) -> None:
        if self._has_room(name, value, clean):
            self.headers[name, value] = clean

    def _has_room(self, *texts: str) -> bool:
        size = sum(map(len, texts))
        if size > LONGEST_REMEMBERED:
            return False
        if self.characters > MOST_REMEMBERED:
            self.clean.clear()
            self.headers.clear()
            self.characters = 0
        self.characters += size
        return True


def _small(text: str) -> str:
    """Return a text in small letters, each at the place of the one that it was."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(one if len(one) == 1 else char for char in text for one in (char.lower(),))
