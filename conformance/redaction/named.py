"""The places where a secret stands whatever it is: `password=`, `"token":`, `Authorization`, `https://user@host`."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain, islice
from urllib.parse import unquote_plus

from conformance.redaction.masks import MASK, Masks, is_mask
from conformance.redaction.spellings import plain_spellings

# Between two texts that are redacted at once; stands in no text that is.
BETWEEN = "\ue002"


# Three base64url segments: header and claims stay readable, the signature, which makes it usable, goes.
_JWT = re.compile(r"(eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{2,}\.)([A-Za-z0-9_-]{8,})")
_SCHEME = re.compile(
    r"(([Bb](?:[Aa][Ss][Ii][Cc]|[Ee][Aa][Rr][Ee][Rr]))(?:\s|%20|\+)+)(?!eyJ|\*\*\*)([A-Za-z0-9+/_=.~!%-]{4,})"
)
_WORD = re.compile(r"[A-Za-z]?[a-z]+[.~!-]*")
_USERINFO = re.compile(rf"(://)([^/?#\s@\"'<>\\{BETWEEN}]+)(@)")
NAMED = frozenset(
    {
        "password", "passwd", "pwd", "secret", "salt", "daschallenge", "token", "access_token", "refresh_token",
        "id_token", "client_secret", "updateinhometoken", "signingkey", "initializationpayload", "arg2",
        "nv-authorizations", "client-token", "api_key", "apikey",
    }
)  # fmt: skip
_PAIR = re.compile(r"(?<![\w.-])([A-Za-z][A-Za-z0-9_-]*)=([^&\s\"'<>]+)")
_NAMES = "|".join(sorted(re.escape(name) for name in NAMED))
_MEMBER = re.compile(rf'("({_NAMES})"\s*:\s*")((?:[^"\\{BETWEEN}]++|\\[^{BETWEEN}])++)', re.IGNORECASE | re.DOTALL)
# The same inside a JSON string.
_ESCAPED = re.compile(rf'((?P<q>\\+)"({_NAMES})(?P=q)"\s*:\s*(?P=q)")([^"\\{BETWEEN}]+)', re.IGNORECASE)
HEADERS = NAMED | {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-control-key", "x-api-key"}
# Of a message, so many are looked for in the response.
MOST_NAMED = 20
# Fewer characters are in a response by chance.
MIN_SENT = 6
_COOKIE = re.compile(r"=([^;,]+)")
_CLAIMS = re.compile(r"eyJ[\w-]+\.[\w-]*\.\*\*\*(?:<[^>]*>)?\Z")


class NamedPlaces:
    """Takes out what stands in those places; `words` are no credential, though they follow "basic" or "bearer"."""

    def __init__(self, masks: Masks, words: Collection[str]) -> None:
        self._masks = masks
        self._words = words

    def signatures(self, text: str) -> str:
        """Return a text whose tokens have lost their signatures."""
        if "eyJ" not in text:
            return text
        return _JWT.sub(lambda found: found[1] + self._masks.of("signature", found[2]), text)

    def text(self, text: str) -> str:
        """Return a text without what stands in one of the places."""
        lower = text.lower()
        if "basic" in lower or "bearer" in lower:
            text = _SCHEME.sub(self._after_scheme, text)
        if "://" in text and "@" in text:
            text = _USERINFO.sub(lambda found: found[1] + self._masked("userinfo", found[2]) + found[3], text)
        if not may_name(lower):
            return text
        if "=" in text:
            text = _PAIR.sub(self._pair, text)
        if '"' in text:
            text = _MEMBER.sub(self._member, text)
            if '\\"' in text:
                text = _ESCAPED.sub(self._member, text)
        return text

    def _values(self, texts: Iterable[str]) -> dict[str, str]:
        """Return what stands in the places of a name, as it is meant, with the mask that it gets; the first ones."""
        found = chain.from_iterable(
            pattern.finditer(text) for text in texts if may_name(text.lower()) for pattern in (_MEMBER, _PAIR)
        )
        values = {}
        for one in islice(found, MOST_NAMED):
            *_, name, value = filter(None, one.groups())
            if name.lower() in NAMED and not _is_claims(value) and not value.startswith(MASK):
                values[_meant(value, one.re is _MEMBER)] = self._masks.of(name, value)
        return values

    def without_sent(self, sent: Sequence[str], shown: Sequence[str], came: Sequence[str]) -> list[str]:
        """Return redacted texts of a response without what is redacted in its request for its name alone.

        Args:
            sent: the texts of the request as they were.
            shown: the same, redacted: what they show is no secret.
            came: the texts of the response, redacted.
        """
        clean = list(came)
        for value, mask in self._values(sent).items():
            if len(value) < MIN_SENT or any(value in text for text in shown):
                continue
            for spelling in sorted({*plain_spellings(value)}, key=len, reverse=True):
                clean = [text.replace(spelling, mask) if spelling in text else text for text in clean]
        return clean

    def header(self, name: str, clean: str, whole: Callable[[str], str]) -> str:
        """Return a redacted header's value without its credential; the scheme and a token's claims stay.

        `whole` makes the value a reader may see of one that is all credential.
        """
        lower = name.lower()
        if lower not in HEADERS or not clean.strip():
            return clean
        if lower.endswith("cookie"):
            count = 0 if lower == "cookie" else 1
            return _COOKIE.sub(lambda found: "=" + self._masked("cookie", found[1]), clean, count=count)
        scheme, space, credential = clean.strip().partition(" ")
        if not space:
            return clean if _is_claims(clean) or clean.strip().lower() in ("bearer", "basic") else whole(clean.strip())
        return clean if _is_claims(credential) else f"{scheme} {whole(credential)}"

    def _masked(self, kind: str, value: str) -> str:
        return value if is_mask(value) else self._masks.of(kind, value)

    def _after_scheme(self, found: re.Match[str]) -> str:
        """Mask what follows a scheme, unless it is a word of a sentence ("the basic multilingual plane")."""
        lead, scheme, credential = found[1], found[2].lower(), found[3]
        if credential.strip(".~!").lower() in self._words:
            return found[0]
        if _WORD.fullmatch(credential) and not (scheme == "basic" and _is_basic(credential)):
            return found[0]
        return lead + self._masks.of(scheme, credential)

    def _pair(self, found: re.Match[str]) -> str:
        name, value = found.groups()
        if name.lower() not in NAMED or _is_claims(value) or value.startswith(MASK):
            return found[0]
        return f"{name}={self._masks.of(name, value)}"

    def _member(self, found: re.Match[str]) -> str:
        value = found[found.lastindex or 0]
        if _is_claims(value):
            return found[0]
        return found[1] + self._masked(found[(found.lastindex or 0) - 1], value)


def _is_claims(value: str) -> bool:
    """A JWT whose signature is gone already stays readable."""
    return value.startswith("eyJ") and _CLAIMS.match(value) is not None


def _meant(value: str, is_json: bool) -> str:
    """Return a value without the escapes of a text of JSON, or of a query."""
    try:
        return str(json.loads(f'"{value}"')) if is_json else unquote_plus(value)
    except ValueError:
        return value


def _is_basic(credential: str) -> bool:
    try:
        return b":" in base64.b64decode(credential + "=" * (-len(credential) % 4))
    except (binascii.Error, ValueError):
        return False


def may_name(lower: str) -> bool:
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
