"""What is judged while it comes ends in order: Ctrl-C means that it is enough."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_end(ended: threading.Event) -> Iterator[None]:
    """Let Ctrl-C set `ended` instead of raising: what came until then is judged and reported."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
