"""What stands for a secret: `***` for a reader; in the stream also its kind, its length and a fingerprint.

The fingerprint is keyed with a key that belongs to one run and is written nowhere: equal secrets of a run have equal
fingerprints, so that equality and rotation can be judged again, and nobody can find a secret by trying.
"""

from __future__ import annotations

import hashlib
import re

MASK = "***"
MARKED = r"\*\*\*<[a-z]+:\d+:[0-9a-f]{12}>"
_MARKED = re.compile(MARKED)
_MARKED_BYTES = re.compile(MARKED.encode())
_KIND = re.compile(r"[^a-z]+")


class Masks:
    """Makes the masks of one run."""

    def __init__(self, key: bytes) -> None:
        """Take the key, of at most 64 bytes."""
        self._key = key

    def of(self, kind: str, secret: str) -> str:
        """Return the mask of a secret, with its kind (letters), its length in characters, and its fingerprint."""
        text = secret.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(text, key=self._key, digest_size=6).hexdigest()
        return f"{MASK}<{_KIND.sub('', kind.lower()) or 'secret'}:{len(secret)}:{digest}>"


def unmarked(text: str) -> str:
    """Return a text in which `***` alone stands for a secret."""
    return _MARKED.sub(MASK, text) if f"{MASK}<" in text else text


def unmarked_line(line: bytes) -> bytes:
    """Return a line of the stream in which `***` alone stands for a secret."""
    return _MARKED_BYTES.sub(MASK.encode(), line) if b"***<" in line else line


def is_mask(text: str) -> bool:
    """Tell whether a text is a mask and nothing else."""
    return text == MASK or _MARKED.fullmatch(text) is not None
