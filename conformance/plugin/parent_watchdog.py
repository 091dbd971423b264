"""Checks do not outlive their run: no orphan goes on sending requests to somebody's staging system."""

from __future__ import annotations

import os
import signal
import threading
import time

# How long a check may take to leave its condition before it is interrupted again, and before it is ended.
PATIENCES_S = (20.0, 100.0)


def follow(descriptor: int) -> None:
    """Interrupt this process, as Ctrl-C would, when the other end of a pipe closes."""

    def wait() -> None:
        os.read(descriptor, 1)
        # An interrupt that comes in the wrong moment (a finaliser) is lost; a second one may not be, the end never is.
        for patience in PATIENCES_S:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(patience)
        os._exit(3)

    threading.Thread(target=wait, name="parent watchdog", daemon=True).start()
