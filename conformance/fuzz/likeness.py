"""When two values are nearly the same: what a lenient server may take for the right one is never held against it."""

from __future__ import annotations

import json
import re
import unicodedata
from urllib.parse import unquote

from conformance.model import Json


def shape(text: str) -> str:
    """Return the form of a text: which of its characters are digits, small and capital letters."""
    return re.sub("[A-Z]", "A", re.sub("[a-z]", "a", re.sub("[0-9]", "0", text)))


def alike(one: str, other: str) -> bool:
    """Tell whether a lenient server may take two texts for the same."""
    return one == other or _folded(one) == _folded(other)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", unquote(text)).casefold().strip().strip('"')
    return plain.replace("+", " ").lstrip("0").rstrip("=")


def as_plain_text(value: Json) -> str:
    """Return a value as text."""
    return value if isinstance(value, str) else json.dumps(value)


def texts(value: Json) -> str:
    """Return everything in a value as one text."""
    return json.dumps(value, ensure_ascii=False)
