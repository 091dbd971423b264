"""Digests that chain a stream: whether lines of it were changed, taken out or cut off since it was written.

Each digest is of all bytes before it, so that several processes may append to one file at once, without a lock: what
the others wrote in the meantime is in the next one. Whoever changes a file can make its digests again; what he cannot
make again is a signature over the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from conformance.stream.proof import Digest

# A digest stands at least so often among the lines of a process.
EVERY_LINES = 1000
_PIECE = 1 << 20
# Where in a line its kind stands.
_HEAD = 40
_DECODE = msgspec.json.Decoder(Digest).decode


class Chain:
    """SHA-256 of a file that grows, whoever appends to it; each byte is read once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hash = hashlib.sha256()
        self._bytes = 0
        self._lines = 0

    def digest(self) -> Digest:
        """Return the digest of what the file holds now.

        Raises:
            OSError: it cannot be read.
        """
        with self._path.open("rb") as file:
            file.seek(self._bytes)
            while piece := file.read(_PIECE):
                self._hash.update(piece)
                self._bytes += len(piece)
                self._lines += piece.count(b"\n")
        return Digest(bytes=self._bytes, lines=self._lines, sha256=self._hash.hexdigest())


@dataclass(frozen=True)
class Unbroken:
    """What the digests of a stream show.

    Attributes:
        lines: how many lines it has.
        digests: how many of them are digests that are right.
        wrong: the first and the last line between which the first change is; None where every digest is right.
        closed: whether the last line is a digest of all before it, and that ends with the closing line.
    """

    lines: int
    digests: int
    wrong: tuple[int, int] | None
    closed: bool


def check_chain(path: Path) -> Unbroken:
    """Compare a stream with the digests in it.

    Raises:
        OSError: it cannot be read.
    """
    # Each digest with the number of its line, and where that begins.
    found: list[tuple[int, int, Digest]] = []
    lines = begins = size = 0
    before = b""
    with path.open("rb") as file:
        for line in file:
            lines, begins, size = lines + 1, size, size + len(line)
            if (digest := _digest_in(line)) is not None:
                found.append((lines, begins, digest))
            else:
                before = line
    last = found[-1] if found and found[-1][0] == lines else None
    right, wrong = _compared(path, found)
    closed = last is not None and wrong is None and last[2].bytes == begins and b'"end"' in before[:_HEAD]
    return Unbroken(lines, right, wrong, closed)


def _compared(path: Path, found: Iterable[tuple[int, int, Digest]]) -> tuple[int, tuple[int, int] | None]:
    """Return how many digests are right, and between which lines the first change is."""
    known = hashlib.sha256()
    read = right = last = 0
    with path.open("rb") as file:
        for number, begins, digest in found:
            if not read <= digest.bytes <= begins:
                return right, (last + 1, number)
            while read < digest.bytes:
                piece = file.read(min(_PIECE, digest.bytes - read))
                known.update(piece)
                read += len(piece)
            if known.hexdigest() != digest.sha256:
                return right, (last + 1, number)
            right, last = right + 1, number
    return right, None


def _digest_in(line: bytes) -> Digest | None:
    if b'"digest"' not in line[:_HEAD] or not line.endswith(b"\n"):
        return None
    try:
        return _DECODE(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
