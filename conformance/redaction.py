"""Secrets taken out of everything that is written, in every encoding, and nothing else.

Redaction works on what comes from the target file or from the target (URLs, headers, bodies, causes), never on
the suite's own words, so that a short secret cannot eat an outcome.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"
MIN_SECRET = 4

# Three base64url segments: header and claims stay readable, the signature, which makes it usable, goes.
_JWT = re.compile(r"\b(eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{2,})\.[A-Za-z0-9_-]{8,}")
_BASIC = re.compile(r"(?i)\b(basic\s+)[A-Za-z0-9+/_=-]{4,}")
_BEARER = re.compile(r"(?i)\b(bearer\s+)(?!eyJ)[A-Za-z0-9+/_=.~!-]{4,}")
_NAMED = (
    r"password|passwd|secret|salt|dasChallenge|token|access_token|refresh_token|updateInHomeToken|id_token|"
    r"client_secret|signingKey|initializationPayload|arg2"
)
_PAIR = re.compile(rf"(?i)(?<![A-Za-z0-9_])({_NAMED})=([^&\s\"'<>]+)")
_MEMBER = re.compile(rf'(?i)(\\?"(?:{_NAMED})\\?"\s*:\s*\\?")((?:[^"\\]|\\(?!")[\s\S])*)')


def _spellings(secret: str) -> Iterable[str]:
    """Every way in which a secret is commonly spelled in a request, a response or a log."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret, safe="")
    yield quote(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield json.dumps(secret)[1:-1].replace("/", "\\/")
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    yield raw.hex()
    yield raw.hex().upper()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode().rstrip("=")
        # The same bytes inside a longer base64 text, at each of the three alignments.
        for shift in (1, 2):
            inner = encode(b"\0" * shift + raw).decode().rstrip("=")
            skip = 2 if shift == 1 else 3
            tail = 1 if (len(raw) + shift) % 3 else 0
            part = inner[skip : len(inner) - tail]
            if len(part) >= 8:
                yield part


class Redactor:
    """Knows the secrets of a run, and takes them out of texts. May be shared by threads."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._spelled: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Remember a secret. Texts shorter than `MIN_SECRET` characters are left to the named places."""
        if len(secret) < MIN_SECRET or secret in self._known:
            return
        with self._lock:
            self._known.add(secret)
            self._spelled.update(part for part in _spellings(secret) if len(part) >= MIN_SECRET)
            self._pattern = None

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        if not text:
            return text
        pattern = self._pattern
        if pattern is None and self._spelled:
            with self._lock:
                ordered = sorted(self._spelled, key=len, reverse=True)
                pattern = self._pattern = re.compile("|".join(re.escape(part) for part in ordered))
        text = _JWT.sub(rf"\1.{MASK}", text)
        if pattern is not None:
            text = pattern.sub(MASK, text)
        text = _BASIC.sub(rf"\1{MASK}", text)
        text = _BEARER.sub(rf"\1{MASK}", text)
        text = _PAIR.sub(_mask_pair, text)
        return _MEMBER.sub(_mask_member, text)


def _mask_pair(match: re.Match[str]) -> str:
    return f"{match.group(1)}={_masked(match.group(2))}"


def _mask_member(match: re.Match[str]) -> str:
    return f"{match.group(1)}{_masked(match.group(2))}"


def _masked(value: str) -> str:
    return value if not value or _is_claims(value) else MASK


def _is_claims(value: str) -> bool:
    """A JWT whose signature is gone already stays readable."""
    return value.endswith(f".{MASK}") and value.startswith("eyJ")
