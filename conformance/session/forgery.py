"""Tokens that no target may take: altered, unsigned, cut short; made from a good one, so that nothing else differs."""

from __future__ import annotations

import base64
import json
import secrets

from conformance.model import Json, JsonObject
from conformance.opentv.tokens import base64url, make_jwt, parse_jwt, read_jwt

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


def altered(token: str, **claims: Json) -> str:
    """Return a JWT with other claims under its old signature."""
    jwt = parse_jwt(token)
    head, _, signature = token.split(".")
    payload = make_jwt({}, {**jwt.claims, **claims}, None).split(".")[1]
    return f"{head}.{payload}.{signature}"


def without_signature(token: str, **claims: Json) -> str:
    """Return a JWT, with other claims or not, whose signature is cut off."""
    head, payload, _ = altered(token, **claims).split(".") if claims else token.split(".")
    return f"{head}.{payload}."


def unsigned(token: str, **otherwise: Json) -> str:
    """Return a JWT without a signature whose header says so; `otherwise` are the claims where the token is no JWT."""
    claims = claims_of(token) or otherwise
    return f"{_encode({'alg': 'none', 'typ': 'JWT'})}.{_encode(claims)}."


def unsigned_ones(token: str, **claims: Json) -> tuple[str, ...]:
    """Return JWTs whose headers say that nothing signs them, in each spelling, with other claims or not.

    The last one has a signature all the same.
    """
    jwt = parse_jwt(token)
    content = {**jwt.claims, **claims}
    header: JsonObject = {**jwt.header, "alg": "none"}
    spelt = [make_jwt({**header, "alg": name}, content, None) for name in ("none", "None", "NONE", "nOnE")]
    return (*spelt, make_jwt(header, content, secrets.token_bytes(32)))


def foreign_ones(token: str, **claims: Json) -> tuple[str, ...]:
    """Return JWTs signed with keys that are not the platform's, in each way that careless verifiers take.

    With a random key under the right kid, and under others, none or an unusable one; with an algorithm that nobody
    knows, names no key of that kind, or is missing; with the key in the token itself; with keys that are easily
    guessed, among them the empty one (what a look-up that finds nothing may return).
    """
    jwt = parse_jwt(token)
    content, header = {**jwt.claims, **claims}, {**jwt.header, "alg": "HS256"}
    random = secrets.token_bytes(32)
    kid = str(jwt.header.get("kid", ""))
    own_key: JsonObject = {"kty": "oct", "k": base64url(random), "alg": "HS256", "kid": kid}
    kids: tuple[Json, ...] = (secrets.token_hex(4), f"{kid}0", kid[:-1] or "1", "", None, 0)
    algorithms: tuple[Json, ...] = (
        "HS384" if jwt.header.get("alg") != "HS384" else "HS512",
        *("hs256", "RS256", "ES256", "PS256", "EdDSA", "XX256", "", None),
    )
    headers: list[JsonObject] = [
        header,
        *({**header, "kid": one} for one in kids),
        {name: value for name, value in header.items() if name != "kid"},
        *({**header, "alg": one} for one in algorithms),
        {name: value for name, value in header.items() if name != "alg"},
        {**header, "jwk": own_key},
        {**header, "jku": "https://keys.example.test/jwks.json", "x5u": "https://keys.example.test/key.pem"},
        {**header, "typ": "at+jwt"},
    ]
    guessed = (b"", b"secret", b"password", b"changeme", b"your-256-bit-secret", kid.encode())
    return (
        *(make_jwt(one, content, random) for one in headers),
        *(make_jwt(header, content, key) for key in dict.fromkeys(guessed)),
    )


def made_up() -> str:
    """Return a text of a JWT's form that nobody issued."""
    return ".".join(base64url(secrets.token_bytes(size)) for size in (24, 60, 32))


def cut_short(token: str) -> str:
    """Return the first half of a token."""
    return token[: max(len(token) // 2, 1)]


def arbitrary() -> str:
    """Return a token of good form that nobody issued."""
    return secrets.token_urlsafe(48)


def of_claims(claims: JsonObject) -> str:
    """Return a JWT of claims that is signed with a key which nobody has."""
    return make_jwt({"typ": "JWT", "alg": "HS256"}, claims, secrets.token_bytes(32))
