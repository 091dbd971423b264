"""Secrets taken out of everything that is written, in every encoding, and nothing else.

Two judges look at each text. One knows the places where a secret stands whatever it is (`password=`, `"token":`,
`Authorization`, the signature of a JWT). The other knows the secrets of this run, wherever they stand. A secret that
is a word of the reports ("passed") is left to the places, and a short one is taken out only where it stands alone:
words of the report are never eaten.

A run redacts tens of thousands of exchanges that hold almost no secret, so both judges look first, at the speed of C,
whether there is anything to do.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from conformance.escapes import has_escapes, readings, without

MASK = "***"
# A shorter secret is left to the named places.
MIN_SECRET = 4
# A shorter spelling must stand alone.
MIN_ANYWHERE = 8
# Texts are looked at in steps of `STEP` characters; a spelling is known by the grams that start at each offset.
STEP, GRAM = 8, 4
_MIN_INDEXED = STEP + GRAM - 1

# Three base64url segments: header and claims stay readable, the signature, which makes it usable, goes.
_JWT = re.compile(r"(eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{2,})\.[A-Za-z0-9_-]{8,}")
_BASIC = re.compile(r"([Bb][Aa][Ss][Ii][Cc](?:\s|%20|\+)+)[A-Za-z0-9+/_=%-]{4,}")
_BEARER = re.compile(r"([Bb][Ee][Aa][Rr][Ee][Rr](?:\s|%20|\+)+)(?!eyJ)[A-Za-z0-9+/_=.~!%-]{4,}")
NAMED = frozenset(
    {
        "password", "passwd", "pwd", "secret", "salt", "daschallenge", "token", "access_token", "refresh_token",
        "id_token", "client_secret", "updateinhometoken", "signingkey", "initializationpayload", "arg2",
        "nv-authorizations", "client-token", "api_key", "apikey",
    }
)  # fmt: skip
_PAIR = re.compile(r"(?<![\w.-])([A-Za-z][A-Za-z0-9_-]*)=([^&\s\"'<>]+)")
_NAMES = "|".join(sorted(re.escape(name) for name in NAMED))
_MEMBER = re.compile(rf'("(?:{_NAMES})"\s*:\s*")((?:[^"\\]|\\.)+)', re.IGNORECASE | re.DOTALL)
# The same inside a JSON string.
_ESCAPED = re.compile(rf'((\\+)"(?:{_NAMES})\2"\s*:\s*\2")([^"\\]+)', re.IGNORECASE)
# What may stand before a short secret: no letter or digit, unless it belongs to an escape.
_BEFORE = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"
_AFTER = r"(?![A-Za-z0-9])"
_HEADERS = NAMED | {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-control-key", "x-api-key"}
_COOKIE = re.compile(r"=[^;,]+")

WORDS = frozenset(
    {
        "passed", "failed", "warned", "waived", "error", "untested", "conformant", "incomplete", "nonconformant",
        "none", "null", "true", "false", "token", "tokens", "password", "requirement", "request", "response",
        "answer", "answered", "expected", "actual", "status", "header", "headers", "body", "field", "fields", "value",
        "missing", "signon", "account", "device", "http", "https", "json", "string", "number", "object", "array",
        "basic", "bearer", "application", "charset", "nagra", "claim", "claims", "tenant", "challenge", "entitlement",
        "usage", "rules", "type", "content", "length", "date", "server", "connection",
    }
)  # fmt: skip


def _plain_spellings(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="", errors="surrogatepass")
    yield quote(secret, safe="", errors="surrogatepass").lower()
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


def _coded_spellings(secret: str) -> Iterator[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    yield raw.hex()
    yield raw.hex().upper()
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
        whole = encode(raw).decode().rstrip("=")
        yield whole
        yield quote(whole, safe="")
        # The same bytes inside a longer base64 text, at each of the three alignments: what depends on them alone.
        for before in (0, 1, 2):
            bits_from, bits_to = -(-8 * before // 6), 8 * (before + len(raw)) // 6
            inner = encode(b"\0" * before + raw + b"\0" * 3).decode()[bits_from:bits_to]
            if len(inner) >= MIN_ANYWHERE:
                yield inner
                yield quote(inner, safe="")


class Redactor:
    """Knows the secrets of a run, and takes them out of texts. May be shared by threads.

    Args:
        secrets: what must not be seen in any spelling.
        names: who is meant by a credential: taken out, but left inside tokens, whose claims stay readable.
        words: words of the reports beyond `WORDS`, which no secret may eat.
    """

    def __init__(self, secrets: Iterable[str] = (), *, names: Iterable[str] = (), words: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._words = WORDS | {word.lower() for word in words}
        self._all_words = "\n".join(self._words)
        self._known: set[str] = set()
        self._by_gram: dict[str, tuple[str, ...]] = {}
        self._few: dict[str, re.Pattern[str]] = {}
        for secret in secrets:
            self.learn(secret)
        for name in names:
            self.learn(name, coded=False)

    def learn(self, secret: str, *, coded: bool = True) -> None:
        """Remember a secret; `coded`: also in base64 and hexadecimal."""
        if len(secret) < MIN_SECRET or secret in self._known:
            return
        spellings = {*_plain_spellings(secret), *(_coded_spellings(secret) if coded else ())}
        if secret.lower() in self._words:
            spellings = {one for one in spellings if one.lower() not in self._words}
        with self._lock:
            self._known.add(secret)
            few = dict(self._few)
            for one in spellings:
                if len(one) < MIN_SECRET:
                    continue
                if len(one) < MIN_ANYWHERE or (one.isalpha() and one.lower() in self._all_words):
                    few[one] = re.compile(_BEFORE + re.escape(one) + _AFTER)
                elif len(one) < _MIN_INDEXED:
                    few[one] = re.compile(re.escape(one))
                else:
                    self._index(one)
            self._few = few

    def _index(self, spelling: str) -> None:
        """Wherever a spelling stands in a text, one of these grams starts at a multiple of `STEP`."""
        start = (len(spelling) - _MIN_INDEXED) // 2
        for offset in range(start, start + STEP):
            gram = spelling[offset : offset + GRAM]
            known = self._by_gram.get(gram, ())
            if spelling not in known:
                self._by_gram[gram] = (*known, spelling)

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        if len(text) < MIN_SECRET:
            return text
        if "eyJ" in text:
            text = _JWT.sub(rf"\1.{MASK}", text)
        text = self.known(text)
        lower = text.lower()
        if "basic" in lower:
            text = _BASIC.sub(self._mask_scheme, text)
        if "bearer" in lower:
            text = _BEARER.sub(self._mask_scheme, text)
        if "=" in text:
            text = _PAIR.sub(_mask_pair, text)
        if '"' in text and _may_name(lower):
            text = _MEMBER.sub(_mask_member, text)
            if '\\"' in text:
                text = _ESCAPED.sub(_mask_member, text)
        return text

    def known(self, text: str) -> str:
        """Return a text without the secrets of this run, whatever stands in its other places."""
        text = self._without_known(text)
        return self._without_escaped(text) if has_escapes(text) else text

    def header(self, name: str, value: str) -> str:
        """Return a header's value without secrets: a credential goes, its scheme and a token's claims stay."""
        clean = self.text(value)
        lower = name.lower()
        if lower not in _HEADERS or not clean.strip():
            return clean
        if lower.endswith("cookie"):
            return _COOKIE.sub(f"={MASK}", clean, count=0 if lower == "cookie" else 1)
        scheme, space, credential = clean.strip().partition(" ")
        if not space:
            return clean if _is_claims(clean) or clean.strip().lower() in ("bearer", "basic") else MASK
        return clean if _is_claims(credential) else f"{scheme} {MASK}"

    def _mask_scheme(self, match: re.Match[str]) -> str:
        """Mask what follows a scheme, unless it is a word of a sentence ("a bearer token")."""
        lead, credential = match.group(1), match.group(0)[len(match.group(1)) :]
        return match.group(0) if credential.strip(".~!").lower() in self._words else f"{lead}{MASK}"

    def _long_in(self, text: str) -> list[str]:
        """Return the longer spellings that stand in a text, the longest first."""
        by_gram = self._by_gram
        hits = {gram for gram in [text[place : place + GRAM] for place in range(0, len(text), STEP)] if gram in by_gram}
        found = {one for gram in hits for one in by_gram[gram] if one in text} if hits else ()
        return sorted(found, key=len, reverse=True)

    def _without_escaped(self, text: str) -> str:
        """Take out what is known, but escaped otherwise than anybody foresaw."""
        said = set(readings(text))
        long = {one for reading in said for one in self._long_in(reading)}
        for one in sorted(long, key=len, reverse=True):
            text = without(text, re.compile(re.escape(one)), MASK)
        for one, pattern in self._few.items():
            if any(one in reading and pattern.search(reading) for reading in said):
                text = without(text, pattern, MASK)
        return text

    def _without_known(self, text: str) -> str:
        for one in self._long_in(text):
            text = text.replace(one, MASK)
        for one, pattern in self._few.items():
            if one in text:
                text = pattern.sub(MASK, text)
        return text


def _may_name(lower: str) -> bool:
    """Tell whether a text can hold one of `NAMED`: each of them has one of these in it."""
    return (
        "token" in lower
        or "pass" in lower
        or "secret" in lower
        or "key" in lower
        or "challenge" in lower
        or "payload" in lower
        or "salt" in lower
        or "arg2" in lower
        or "pwd" in lower
        or "authorization" in lower
    )


def _mask_pair(match: re.Match[str]) -> str:
    name, value = match.groups()
    if name.lower() not in NAMED or _is_claims(value):
        return match.group(0)
    return f"{name}={MASK}"


def _mask_member(match: re.Match[str]) -> str:
    value = match.group(match.lastindex or 0)
    return match.group(0) if _is_claims(value) else f"{match.group(1)}{MASK}"


def _is_claims(value: str) -> bool:
    """A JWT whose signature is gone already stays readable."""
    return value.startswith("eyJ") and value.endswith(f".{MASK}")
