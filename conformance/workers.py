"""Processes of a pool: each ends when the one that began it has ended, however that came about."""

from __future__ import annotations

import os
import threading
import time

# How often a process looks whether the one that began it is still there, in seconds.
LOOK_S = 1.0


def end_with(parent: int) -> None:
    """Let this process end when it is no longer a child of the process `parent`."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_S)
        os._exit(1)

    threading.Thread(target=watch, name="parent watchdog", daemon=True).start()
