"""What the parts of a target file say against each other, whatever the platform is."""

from __future__ import annotations

import base64
import difflib
import time
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from conformance.documents import Document, Place
from conformance.errors import TargetFileError
from conformance.opentv.tokens import hmac_key, read_jwt
from conformance.premises import load_premises

Known = Mapping[Place, str]
SCHEMES = ("CONNECT", "WIDEVINE")


def contradictions(document: Document, known: Known, today: date) -> Iterator[TargetFileError]:
    """Yield what cannot be true at once; `known` are the values of the file that could be had."""
    for place, message, advice in _all(document, known, today):
        yield TargetFileError(message, where=document.where(place), advice=advice)


def _all(document: Document, known: Known, today: date) -> Iterator[tuple[Place, str, str]]:
    yield from _not_different(document, known)
    yield from _channels(document, known)
    yield from _forms(known)
    yield from _expired(known)
    yield from _days(document, today)


def _not_different(document: Document, known: Known) -> Iterator[tuple[Place, str, str]]:
    for premise in load_premises():
        second = ("subjects", *premise.subject.split("."))
        for name, keys in premise.differs_from:
            first = ("subjects", *name.split("."))
            for one, two in [((*first, key), (*second, key)) for key in keys] or [(first, second)]:
                yield from _equal(
                    document, known, one, two, f"The file says that subjects.{premise.subject} {premise.it}."
                )


def _equal(document: Document, known: Known, one: Place, two: Place, advice: str) -> Iterator[tuple[Place, str, str]]:
    if one in known and two in known and known[one].casefold() == known[two].casefold():
        line = document.where(one).rpartition(":")[2]
        name, other = ".".join(map(str, two)), ".".join(map(str, one))
        yield two, f"{name} is the same as {other} (line {line})", advice


def _channels(document: Document, known: Known) -> Iterator[tuple[Place, str, str]]:
    start = ("subjects", "channels")
    inside = {text: place for place, text in known.items() if place[:3] == (*start, "in_home_only")}
    for place, text in known.items():
        if place[:3] == (*start, "everywhere") and text in inside:
            line = document.where(inside[text]).rpartition(":")[2]
            message = f"subjects.channels.everywhere has {text[:80]!r}, which is in in_home_only, too (line {line})"
            yield place, message, "A channel is seen everywhere, or only in the home."


def _forms(known: Known) -> Iterator[tuple[Place, str, str]]:
    """Yield values that are not of the form that the documents give them."""
    for place, text in known.items():
        name = ".".join(map(str, place))
        if place[:1] == ("subjects",) and place[-1] == "scheme" and text.upper() not in SCHEMES:
            near = difflib.get_close_matches(text.upper(), SCHEMES, n=1)
            yield place, f"{name} must be {' or '.join(SCHEMES)}", f"Did you mean {near[0]}?" if near else ""
        elif place == ("subjects", "player", "initializationPayload") and not _is_base64(text):
            yield place, f"{name} is not base64", ""
        elif place[:2] == ("credentials", "token_keys") and not _is_key(text):
            yield place, f"{name} is not base64", "Give the signing key in base64, as it is issued."
        elif place[:1] == ("paths",) and not text.startswith(("/", "http://", "https://")):
            yield place, f"{name} is neither a path nor a URL", "A path starts with a slash."


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text.translate(str.maketrans("-_", "+/")) + "=" * (-len(text) % 4), validate=True))
    except ValueError:
        return False


def _is_key(text: str) -> bool:
    try:
        return bool(hmac_key(text))
    except ValueError:
        return False


def _expired(known: Known) -> Iterator[tuple[Place, str, str]]:
    """Yield expired tokens that have not expired, or are not tokens."""
    for name in ("ias", "crm"):
        place = ("subjects", "expired_tokens", name)
        token = known.get(place)
        jwt = read_jwt(token)
        ends = jwt.claims.get("exp") if jwt else None
        advice = "Give a token that was valid once and is not any more, or leave it out."
        if token is not None and token == known.get(("credentials", "crm", "token")):
            yield place, f"subjects.expired_tokens.{name} is the same as credentials.crm.token", advice
        elif isinstance(ends, (int, float)) and not isinstance(ends, bool) and time.time() < ends < 1 << 33:
            yield place, f"subjects.expired_tokens.{name} has not expired yet", advice
        elif token is not None and jwt is None and name == "ias":
            yield place, "subjects.expired_tokens.ias is not a JWT", advice


def _days(document: Document, today: date) -> Iterator[tuple[Place, str, str]]:
    """Yield waivers whose last day is no day, and a vouching of tomorrow."""
    root: Mapping[str, Any] = document.value if isinstance(document.value, dict) else {}
    waivers = root.get("waivers")
    for index, waiver in enumerate(waivers if isinstance(waivers, list) else []):
        value = waiver.get("expires") if isinstance(waiver, dict) else None
        if value is not None and parse_day(value) is None:
            yield ("waivers", index, "expires"), "expires is not a date", "Write it as YYYY-MM-DD."
    vouched = root.get("subjects_vouched")
    on = vouched.get("on") if isinstance(vouched, dict) else None
    if on is not None:
        place, day = ("subjects_vouched", "on"), parse_day(on)
        if day is None:
            yield place, "subjects_vouched.on is not a date", "Write it as YYYY-MM-DD."
        elif day > today:
            yield place, f"subjects_vouched.on is in the future ({day})", ""


def parse_day(value: object) -> date | None:
    """Return a day of the file; None if it is not written as YYYY-MM-DD."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
