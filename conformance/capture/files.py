"""Opens a file of captured traffic: HAR, a spool of `record`, or the stream of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from conformance.capture.entry import Entry, PassedOver
from conformance.capture.har import TORN, entry_on, is_har, read_har
from conformance.capture.stored import stored_entries
from conformance.errors import CaptureError
from conformance.stream import read_run

_BEGINNING = 65_536


def read_capture(path: Path) -> Iterator[Entry | PassedOver]:
    """Yield the entries of a capture, whatever wrote it.

    Raises:
        CaptureError: it cannot be read, or is no capture.
        RunFolderError: it is the stream of a run, and was changed.
    """
    if path.is_dir() or path.name == "run.jsonl":
        yield from stored_entries(read_run(path).numbered(marked=True), path.name)
        return
    with _opened(path) as file:
        start = file.tell()
        beginning = file.read(_BEGINNING)
        file.seek(start)
        if is_har(beginning):
            yield from read_har(file, path.name)
        elif beginning.lstrip().startswith(b"{"):
            yield from _read_spool(file, path.name)
        else:
            raise CaptureError(
                "neither HAR nor a spool of `record`, nor the stream of a run",
                where=str(path),
                advice="Give a HAR 1.2 file (a browser's or a proxy's export), or a run folder.",
            )


def _read_spool(file: IO[bytes], name: str) -> Iterator[Entry | PassedOver]:
    """Yield the entries of a spool: an entry of HAR on each line, of which the last may be torn."""
    for number, line in enumerate(file, 1):
        where = f"{name}:{number}"
        found = entry_on(line, where)
        if number == 1 and found == PassedOver(where, TORN):
            raise CaptureError("not a line of JSON", where=where)
        yield found


def _opened(path: Path) -> IO[bytes]:
    """Open a capture, behind its byte order mark.

    Raises:
        CaptureError: it cannot be read.
    """
    try:
        file = path.open("rb")
    except OSError as problem:
        raise CaptureError(f"cannot be read: {problem.strerror or problem}", where=str(path)) from None
    if file.read(3) != b"\xef\xbb\xbf":
        file.seek(0)
    return file
