"""The archive of a bundle: a tar without compression, the same bytes for the same files; nothing of it is trusted.

It is read only where it is exactly what `pack` writes: a name that is not on the list, a link, a device, a second file
of one name, anything before, between or behind the files, is refused. What is not compressed is no more than it shows.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from conformance.errors import BundleError
from conformance.report.formats import FORMATS

STREAM = "run.jsonl"
MANIFEST = "manifest.json"
ATTESTATION = "attestation.json"
REPORTS = tuple(one.file for one in FORMATS)
# In the order in which they stand in the archive.
NAMES = (ATTESTATION, MANIFEST, STREAM, *REPORTS)
# A whole run has some 12 MB; what is read into memory at once is bounded closer.
MOST_BYTES = 512 << 20
_MOST_AT_ONCE = 16 << 20
_AT_ONCE = frozenset({ATTESTATION, MANIFEST})
_PIECE = 1 << 20


class BrokenArchive(Exception):
    """An archive that is not as `pack` writes it; the message says where."""


def pack(path: Path, files: Mapping[str, Path]) -> None:
    """Write an archive of files, by their names in it, for its owner alone; nothing is written over.

    Raises:
        BundleError: it cannot be written, or is there already.
    """
    for name, content in files.items():
        if content.stat().st_size > _most(name):
            raise BundleError(f"{name} is too large for a bundle", where=str(content))
    try:
        path.touch(mode=0o600, exist_ok=False)
        with path.open("wb") as file:
            _write(file, files)
    except FileExistsError:
        raise BundleError("it is there already", where=str(path), advice="Name another file with --out.") from None
    except OSError as problem:
        raise BundleError(f"the bundle cannot be written: {problem.strerror or problem}", where=str(path)) from None


def _most(name: str) -> int:
    return _MOST_AT_ONCE if name in _AT_ONCE else MOST_BYTES


def _write(file: io.BufferedIOBase, files: Mapping[str, Path]) -> None:
    with tarfile.open(fileobj=file, mode="w|", format=tarfile.USTAR_FORMAT) as archive:
        for name in NAMES:
            if name in files:
                entry = tarfile.TarInfo(name)
                entry.size = files[name].stat().st_size
                entry.mode = 0o600
                with files[name].open("rb") as content:
                    archive.addfile(entry, content)


class _Compared(io.RawIOBase):
    """Takes what is written, and compares it with a file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.place = 0
        self.differs: int | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        content = bytes(data)  # type: ignore[call-overload]
        if self.differs is None and self._file.read(len(content)) != content:
            self.differs = self.place
        self.place += len(content)
        return len(content)

    def ended(self) -> bool:
        """Tell whether nothing more is in the file."""
        return not self._file.read(1)

    def close(self) -> None:
        self._file.close()
        super().close()


def unpack(path: Path, folder: Path) -> dict[str, Path]:
    """Put the files of an archive into an empty folder, and return them by name.

    Raises:
        BundleError: the file is not there, or cannot be read.
        BrokenArchive: it is not an archive as `pack` writes it.
    """
    try:
        with path.open("rb") as file:
            found = _members(file, folder)
        if not found:
            raise BrokenArchive("it is empty")
        with _Compared(path) as compared:
            _write(compared, found)  # type: ignore[arg-type]
            if compared.differs is not None or not compared.ended():
                place = compared.place if compared.differs is None else compared.differs
                raise BrokenArchive(f"not as `bundle` writes it, near byte {place:,}")
    except OSError as problem:
        advice = "Name a file that `opentv-conformance bundle` wrote."
        message = f"the bundle cannot be read: {problem.strerror or problem}"
        raise BundleError(message, where=str(path), advice=advice) from None
    return found


def _members(file: io.BufferedReader, folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    try:
        with tarfile.open(fileobj=file, mode="r:", format=tarfile.USTAR_FORMAT) as archive:
            for entry in archive:
                name = entry.name
                if name not in NAMES or name in found or not entry.isreg() or entry.issparse():
                    raise BrokenArchive(f"it holds {name[:80]!r}, which no bundle does")
                if entry.size > _most(name):
                    raise BrokenArchive(f"{name} is too large")
                content = archive.extractfile(entry)
                assert content is not None
                found[name] = folder / name
                with found[name].open("xb") as copy:
                    while piece := content.read(_PIECE):
                        copy.write(piece)
    except (tarfile.TarError, ValueError, EOFError) as problem:
        raise BrokenArchive(f"not an archive: {problem}") from None
    return found


def longest_line(path: Path) -> int:
    """Return the length of the longest line of a file in bytes, without a line in memory."""
    longest = begun = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            first, *rest = piece.split(b"\n")
            begun += len(first)
            for line in rest:
                longest, begun = max(longest, begun), len(line)
    return max(longest, begun)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
