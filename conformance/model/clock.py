"""Time: a clock that tests can turn, and the dates of HTTP."""

from __future__ import annotations

import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Protocol


class Clock(Protocol):
    """Where limits, waits and stamps take their time from; all in seconds."""

    def monotonic(self) -> float:
        """Return a time that never goes back; all processes of a machine share it."""

    def wall(self) -> float:
        """Return the time since 1970."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The clock of this machine."""

    def monotonic(self) -> float:
        """Return a time that never goes back; all processes of a machine share it."""
        return time.monotonic()

    def wall(self) -> float:
        """Return the time since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


SYSTEM_CLOCK = SystemClock()


def http_date(text: str) -> float | None:
    """Return a date of HTTP (RFC 9110, 5.6.7) in seconds since 1970, or None where it is not one.

    A date without a zone (`-0000`, the form of asctime) is UTC, whatever the zone of this machine.
    """
    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
