"""The token that a set top box broadcasts in its home, found under whatever name an answer has for it.

ias-in-home-detection, "STB - getting the encrypted account ID and tenant ID; Response": the answer "includes the
token"; the page shows neither a field nor a media type.
"""

from __future__ import annotations

import re

from conformance.model.exchange import Response
from conformance.model.json_value import NotJson, leaves

MIN_CHARACTERS = 4
_OTHER_NAMES = re.compile(r"request|correlation|trace|type|status|code|message|expir|time|date|version|refresh")
_NAMES = (
    re.compile(r"updateinhometoken"),
    re.compile(r"inhome.*token|token.*inhome|homeinfo"),
    re.compile(r"broadcast"),
    re.compile(r"(?<!access)token"),
    re.compile(r"inhome|encrypted"),
    re.compile(r"token"),
)


def find_broadcast_token(response: Response) -> str | None:
    """Return the token of a successful answer; None where it holds nothing that could be one.

    Names that contain token or inHome come first, then the longest string without white space.
    """
    try:
        value = response.json
    except NotJson:
        text = response.text.strip()
        return text if _plausible(text) and response.media_type != "text/html" else None
    if isinstance(value, str):
        return value if _plausible(value.strip()) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        # A body of digits alone is JSON too, and as good a token in plain text as any.
        text = response.text.strip()
        return text if len(text) >= 2 * MIN_CHARACTERS else None
    texts = [(name, text) for name, text in leaves(value) if isinstance(text, str)]
    found = [(_rank(name), -len(text), text) for name, text in texts if _plausible(text)]
    return min(found)[2] if found else None


def _plausible(text: str) -> bool:
    return len(text) >= MIN_CHARACTERS and not re.search(r"\s", text)


def _rank(name: str) -> int:
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    for rank, pattern in enumerate(_NAMES):
        if pattern.search(plain) and not plain.endswith("type"):
            return rank + (len(_NAMES) if plain.startswith("refresh") else 0)
    return 3 * len(_NAMES) if _OTHER_NAMES.search(plain) else 2 * len(_NAMES)
