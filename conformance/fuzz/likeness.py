"""When two values are nearly the same: what a lenient server may take for the right one is never held against it."""

from __future__ import annotations

import json
import re

from conformance.model import Json
from conformance.session.near import alike


def shape(text: str) -> str:
    """Return the form of a text: which of its characters are digits, small and capital letters."""
    return re.sub("[A-Z]", "A", re.sub("[a-z]", "a", re.sub("[0-9]", "0", text)))


def as_plain_text(value: Json) -> str:
    """Return a value as text."""
    return value if isinstance(value, str) else json.dumps(value)


def texts(value: Json) -> str:
    """Return everything in a value as one text."""
    return json.dumps(value, ensure_ascii=False)


__all__ = ["alike", "as_plain_text", "shape", "texts"]
