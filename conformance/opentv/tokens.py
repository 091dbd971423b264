"""Compact JSON web tokens (RFC 7519) as a stranger reads them: nothing is trusted, and nothing raises but `NotJwt`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from functools import lru_cache

from conformance.model.json_value import Json, JsonObject, NotJson, parse_json

MAX_TOKEN_CHARACTERS = 65_536
# The operations that need no token, which may have ended, and return one.
SIGNONS = frozenset({"stbsignontokens", "nmpsignontokens", "dasSignOnByCasn"})
_HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
_SEGMENT = re.compile(r"[A-Za-z0-9_-]*\Z")


class NotJwt(ValueError):
    """A text that is not three base64url segments of which the first two hold JSON objects."""


@dataclass(frozen=True)
class Jwt:
    """A compact JWT, taken apart. `signature` is empty where the third segment is."""

    text: str
    header: JsonObject
    claims: JsonObject
    signature: bytes

    @property
    def signing_input(self) -> bytes:
        """What the signature is made over."""
        return self.text.rpartition(".")[0].encode("ascii")


def base64url(data: bytes) -> str:
    """Encode without padding, as JWTs do."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(segment: str, name: str) -> bytes:
    if not _SEGMENT.match(segment) or len(segment) % 4 == 1:
        raise NotJwt(f"the {name} is not base64url")
    try:
        return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except (binascii.Error, ValueError):
        raise NotJwt(f"the {name} is not base64url") from None


def _object(segment: str, name: str) -> JsonObject:
    try:
        value = parse_json(_decode(segment, name))
    except NotJson:
        raise NotJwt(f"the {name} is not JSON") from None
    if not isinstance(value, dict):
        raise NotJwt(f"the {name} is not a JSON object")
    return value


@lru_cache(maxsize=64)
def parse_jwt(text: str) -> Jwt:
    """Take a compact JWT apart; its signature is not verified. Its parts are shared, and not to be changed.

    Raises:
        NotJwt: it is none.
    """
    if len(text) > MAX_TOKEN_CHARACTERS:
        raise NotJwt(f"a text of more than {MAX_TOKEN_CHARACTERS} characters")
    segments = text.split(".")
    if len(segments) != 3:
        raise NotJwt(f"{len(segments)} segments instead of 3")
    header, claims, signature = segments
    return Jwt(text, _object(header, "header"), _object(claims, "payload"), _decode(signature, "signature"))


def read_jwt(text: Json) -> Jwt | None:
    """Take a compact JWT apart; None where it is none."""
    if not isinstance(text, str):
        return None
    try:
        return parse_jwt(text)
    except NotJwt:
        return None


def verify_hmac(token: Jwt, key: bytes) -> bool | None:
    """Tell whether a key made the signature; None where the algorithm is none of HMAC's."""
    name = token.header.get("alg")
    if not isinstance(name, str) or name not in _HASHES:
        return None
    return hmac.compare_digest(hmac.digest(key, token.signing_input, _HASHES[name]), token.signature)


def make_jwt(header: JsonObject, claims: JsonObject, key: bytes | None) -> str:
    """Make a compact JWT, signed as `alg` of the header says; without a key the signature is empty."""
    parts = [base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)]
    content = ".".join(parts)
    if key is None:
        return f"{content}."
    name = _HASHES.get(str(header.get("alg")), "sha256")
    return f"{content}.{base64url(hmac.new(key, content.encode(), getattr(hashlib, name)).digest())}"


def hmac_key(text: str) -> bytes:
    """Return a key that is written in base64 or base64url, with or without its padding.

    Raises:
        ValueError: it is neither.
    """
    plain = text.strip().replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def bearer_token(authorization: str | None) -> str:
    """Return the token of an Authorization header, with or without its scheme; empty where there is none."""
    value = (authorization or "").strip()
    scheme, _, rest = value.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value
