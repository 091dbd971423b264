"""Tokens that no target may take: altered, unsigned, cut short; made from a good one, so that nothing else differs."""

from __future__ import annotations

import base64
import json
import secrets

from conformance.model import Json, JsonObject
from conformance.opentv.tokens import make_jwt, read_jwt

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _encode(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def claims_of(token: str) -> JsonObject | None:
    """Return the claims of a compact JWT, unverified; None where the text is no JWT."""
    jwt = read_jwt(token)
    return jwt.claims if jwt is not None else None


def with_altered_character(text: str, position: int) -> str:
    """Return a text with the letter or digit at, or next after, a position replaced by another one of its kind."""
    order = [*range(position, len(text)), *range(position - 1, -1, -1)]
    place = next((index for index in order if text[index] in ALPHABET), None)
    if place is None:
        return text + "A"
    # The other nibble half of the alphabet: the token stays hexadecimal, decimal or base64, whichever it was.
    old = text[place]
    digits = "0123456789"
    new = digits[(digits.index(old) + 5) % 10] if old in digits else _other_letter(old)
    return text[:place] + new + text[place + 1 :]


def _other_letter(letter: str) -> str:
    letters = "abcdef" if letter.lower() in "abcdef" else "ghijklmnopqrstuvwxyz"
    other = letters[(letters.index(letter.lower()) + len(letters) // 2) % len(letters)]
    return other.upper() if letter.isupper() else other


def with_altered_claims(token: str) -> str:
    """Return a JWT with a later expiry under its old signature; a token that is no JWT altered in its middle."""
    claims = claims_of(token)
    if claims is None:
        return with_altered_character(token, len(token) // 2)
    header, _, signature = token.split(".")
    exp = claims.get("exp")
    longer = exp + 86_400 if isinstance(exp, int) else 4_102_444_800
    return f"{header}.{_encode({**claims, 'exp': longer, 'sub': secrets.token_hex(8)})}.{signature}"


def with_altered_signature(token: str) -> str:
    """Return a JWT with another signature; another token altered near its end."""
    if claims_of(token) is None:
        return with_altered_character(token, len(token) * 3 // 4)
    head, _, signature = token.rpartition(".")
    return f"{head}.{with_altered_character(signature, len(signature) // 2)}"


def unsigned(token: str, **otherwise: Json) -> str:
    """Return a JWT with a token's claims, alg none and no signature; `otherwise` are the claims where it is no JWT."""
    claims = claims_of(token) or otherwise
    return f"{_encode({'alg': 'none', 'typ': 'JWT'})}.{_encode(claims)}."


def cut_short(token: str) -> str:
    """Return the first half of a token."""
    return token[: max(len(token) // 2, 1)]


def arbitrary() -> str:
    """Return a token of good form that nobody issued."""
    return secrets.token_urlsafe(48)


def of_claims(claims: JsonObject) -> str:
    """Return a JWT of claims that is signed with a key which nobody has."""
    return make_jwt({"typ": "JWT", "alg": "HS256"}, claims, secrets.token_bytes(32))
