"""Numbers that are times, beside the date that a person reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_NUMBER = re.compile(r"(?<![\w.-])\d{10}(?:\d{3})?(?![\w.-])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Whole seconds from 2001 to 2100; claims outside of it are counts, not times.
_FIRST, _LAST = 1_000_000_000, 4_102_444_800


def timestamp(milliseconds: float) -> str:
    """Return a time in milliseconds since 1970 as `22 November 2026, 06:41:07 UTC`."""
    try:
        then = _EPOCH + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        return f"{milliseconds}"
    return f"{then.day} {then:%B %Y, %H:%M:%S} UTC"


def iso(milliseconds: float) -> str:
    """Return a time in milliseconds since 1970 in ISO 8601, in UTC."""
    try:
        then = _EPOCH + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        then = _EPOCH
    return then.isoformat(timespec="milliseconds")[:-6] + "Z"


def epoch_hint(value: object) -> str:
    """Return the date that a number probably means, or an empty text.

    Seconds and milliseconds since 1970 are told apart by their size.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    if _FIRST <= value < _LAST:
        return timestamp(value * 1000)
    if _FIRST * 1000 <= value < _LAST * 1000:
        return timestamp(value)
    return ""


def dates_in(*texts: str) -> tuple[tuple[str, str], ...]:
    """Return the numbers in texts that probably mean a time, each with its date."""
    numbers = dict.fromkeys(number for text in texts for number in _NUMBER.findall(text[:2000]))
    return tuple((number, epoch_hint(int(number))) for number in list(numbers)[:6] if epoch_hint(int(number)))


def duration(milliseconds: float) -> str:
    """Return a duration as a person says it: `840 ms`, `12.4 s`, `3 min 20 s`, `1 h 4 min`."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
