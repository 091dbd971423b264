"""The password hashing that the account page prescribes.

Source: adm-creating-an-account, "Mandatory arguments": pkcs5_pbkdf2, hmac_sha1, 20000 iterations, 320 bytes.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets

ITERATIONS = 20_000
HASH_BYTES = 320
# PBKDF2 makes its value of blocks that do not depend on each other, each as long as a SHA-1 digest.
BLOCK_BYTES = 20
CACHE_SIZE = 4096


def hash_password(password: str, salt: bytes, length: int = HASH_BYTES) -> bytes:
    """The PBKDF2 value of a password. 320 bytes take about a tenth of a second: keep it off the event loop."""
    return hashlib.pbkdf2_hmac("sha1", password.encode("utf-8", "replace"), salt, ITERATIONS, length)


class PasswordVerifier:
    """Compares passwords in constant time, off the event loop, and remembers what it has verified.

    Only keyed digests of what was tried are remembered, with the verdict; the key lives and dies with this object.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._verdicts: dict[bytes, bool] = {}

    async def matches(self, password: str, salt: bytes, stored: bytes) -> bool:
        """Whether the password hashes to the stored value."""
        tried = password.encode("utf-8", "replace")
        digest = hmac.digest(self._key, b"%d:%b%b%b" % (len(salt), salt, stored, tried), "sha256")
        if digest not in self._verdicts:
            verdict = await asyncio.to_thread(_hashes_to, password, salt, stored)
            if len(self._verdicts) >= CACHE_SIZE:
                self._verdicts.clear()
            self._verdicts[digest] = verdict
        return self._verdicts[digest]


def _hashes_to(password: str, salt: bytes, stored: bytes) -> bool:
    """Compare the first block, which costs a sixteenth of 320 bytes, and the whole only if it is right."""
    first = min(len(stored), BLOCK_BYTES)
    return hmac.compare_digest(hash_password(password, salt, first), stored[:first]) and hmac.compare_digest(
        hash_password(password, salt, len(stored)), stored
    )
