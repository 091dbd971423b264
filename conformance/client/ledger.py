"""What a run has spent, kept where all of its processes see it.

The checks, the generated cases and any further worker are processes of their own; the limits are the run's. A
process that is killed takes nothing of what it spent with it. Locks of files are those of POSIX, the only systems that
the suite runs on.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Spent:
    """What was spent: requests, writes sent and refused, wrong passwords by user's digest.

    `free_at` is when the next request may go, by the monotonic clock, which all processes of a machine share.
    """

    sent: int = 0
    writes_sent: int = 0
    writes_refused: int = 0
    free_at: float = 0.0
    wrong: dict[str, int] = field(default_factory=dict)


class Ledger:
    """The spendings of a run; in memory, or in a file that processes share. May be shared by threads."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._memory = Spent()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600) if path else None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._file is not None:
                self._memory = self._load()
                os.close(self._file)
                self._file = None

    @contextmanager
    def open(self) -> Iterator[Spent]:
        """Give the spendings to one caller at a time, and keep what it changes, also where it raises."""
        with self._lock:
            if self._file is None:
                yield self._memory
                return
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                spent = self._load()
                try:
                    yield spent
                finally:
                    content = json.dumps(asdict(spent)).encode()
                    os.pwrite(self._file, content.ljust(os.fstat(self._file).st_size), 0)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def read(self) -> Spent:
        """Return what was spent until now."""
        with self.open() as spent:
            return Spent(spent.sent, spent.writes_sent, spent.writes_refused, spent.free_at, dict(spent.wrong))

    def _load(self) -> Spent:
        assert self._file is not None
        size = os.fstat(self._file).st_size
        return Spent(**json.loads(os.pread(self._file, size, 0))) if size else Spent()
