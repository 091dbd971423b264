"""The folder in which a command keeps what must not outlive it: settings, copies of the target file, what was spent."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NAME = "opentv-conformance-"
_OWNED = re.compile(rf"{_NAME}(\d+)-\w+")


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a folder for this process alone; what killed processes left of theirs is removed first."""
    _remove_remains()
    with tempfile.TemporaryDirectory(prefix=f"{_NAME}{os.getpid()}-") as folder:
        yield Path(folder)


def _remove_remains() -> None:
    with suppress(OSError):
        for path in Path(tempfile.gettempdir()).iterdir():
            found = _OWNED.fullmatch(path.name)
            if found and not path.is_symlink() and path.stat().st_uid == os.getuid() and not _alive(int(found[1])):
                shutil.rmtree(path, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
