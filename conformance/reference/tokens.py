"""The tokens of the platform: HDM's opaque ones, signed JSON web tokens, and the encrypted broadcast token."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
BROADCAST_CONTEXT = b"updateInHomeToken"


class InvalidToken(Exception):
    """A token that does not verify."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key, the `kid` that names it in a token's header, and the one algorithm that it is good for."""

    kid: str
    key: bytes
    algorithm: str = "HS256"

    def sign(self, claims: dict[str, Any], typ: str = "JWT") -> str:
        """A compact JWT over the claims, with `typ` in its header."""
        return jwt.encode(claims, self.key, algorithm=self.algorithm, headers={"typ": typ, "kid": self.kid})

    def signature(self, signed: str) -> str:
        """The signature over a token's first two segments."""
        digest = hmac.digest(self.key, signed.encode("utf-8", "replace"), f"sha{self.algorithm[2:]}")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def verify(self, token: str) -> dict[str, Any]:
        """The claims of a token that this key signed; expiry and type are the caller's to judge.

        Raises:
            InvalidToken: another key, another algorithm, another `kid`, or no JWT at all.
        """
        try:
            if jwt.get_unverified_header(token).get("kid") != self.kid:
                raise InvalidToken("unknown kid")
            options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
            options |= {"verify_iss": False, "verify_sub": False, "verify_jti": False}
            claims: dict[str, Any] = jwt.decode(token, self.key, algorithms=[self.algorithm], options=options)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise InvalidToken(str(error)) from None
        return claims


def decode_base64(text: str) -> bytes | None:
    """The bytes of base64 or base64url text, with or without padding; None where it is neither."""
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/").replace(" ", "+")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def opaque_token(issued_ms: int, form: str = "sample", *, plain_base64: bool = False) -> str:
    """A token of HDM.

    The default form is the printed sample's: base64 of the issue time (8 bytes, big-endian, milliseconds) and 64 bytes
    that mean something to the platform alone, with `!` where base64 has `+`. `plain_base64` leaves the issue time out,
    which may need a `!` for hours, and draws until no `!` is needed.
    """
    while True:
        prefix = secrets.token_bytes(8) if plain_base64 else issued_ms.to_bytes(8, "big")
        content = prefix + secrets.token_bytes(64)
        if form == "base64url":
            return base64.urlsafe_b64encode(content).decode().rstrip("=")
        if form == "hex":
            return content.hex()
        if form == "short":
            return secrets.token_hex(16)
        token = base64.b64encode(content).decode()
        if not (plain_base64 and "+" in token):
            return token.replace("+", "!")


class BroadcastSealer:
    """Seals account and tenant (AES-256-GCM): only this platform can read or make what a set top box broadcasts."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, tenant: str, account: str) -> bytes:
        """A sealed token; never the same one twice."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        content = json.dumps([tenant, account]).encode()
        return nonce + self._cipher.encrypt(nonce, content, BROADCAST_CONTEXT)

    def open(self, sealed: bytes) -> tuple[str, str]:
        """Tenant and account of a token that this platform sealed.

        Raises:
            InvalidToken: any other bytes.
        """
        try:
            content = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], BROADCAST_CONTEXT)
        except (InvalidTag, ValueError):
            raise InvalidToken("not sealed here") from None
        tenant, account = json.loads(content)
        return tenant, account


def write_sealed(sealed: bytes, encoding: str) -> str:
    """Sealed bytes as text in one of the encodings that a platform may choose."""
    if encoding == "base64url":
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    if encoding == "base64":
        return base64.b64encode(sealed).decode()
    return sealed.hex().upper() if encoding == "upper-hex" else sealed.hex()


def read_sealed(text: str, encoding: str) -> bytes:
    """The bytes behind `write_sealed`'s text.

    Raises:
        InvalidToken: text of another form.
    """
    if encoding.endswith("hex"):
        try:
            return bytes.fromhex(text)
        except ValueError:
            raise InvalidToken("not hexadecimal") from None
    content = decode_base64(text)
    if content is None:
        raise InvalidToken("not base64")
    return content
