"""Values that are nearly the right one: a server that compares a part of a value takes one of them for it.

None is a value that a lenient reader may take for the right one: another case, white space around it, leading zeros,
padding, another Unicode form of the same text.
"""

from __future__ import annotations

import json
import re
import secrets
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from conformance.model import JsonObject
from conformance.opentv.tokens import base64url, parse_jwt

CUTS = (8, 16, 32, 64, 72)
_BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
# Of the last character of unpadded base64 at least the two highest bits mean something.
_UNUSED_BITS = 4
# A pattern with fewer characters would match more than the right value.
LEAST_HALF = 2
# What a reader may end a value at.
_MARKS = {"a zero byte": "\0", "a semicolon": ";", "a space": " ", "a comma": ",", "a slash": "/", "a number sign": "#"}


@dataclass(frozen=True)
class Near:
    """A value that is nearly the right one; `what` says in which way."""

    what: str
    value: str


def alike(one: str, other: str) -> bool:
    """Tell whether a lenient server may take two texts for the same."""
    return one == other or _folded(one) == _folded(other)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", unquote(text)).casefold().strip().strip('"')
    return plain.replace("+", " ").lstrip("0").rstrip("=")


def near_values(right: str, count: int, *, grows: bool = True, odd: bool = False) -> list[Near]:
    """Return different values that are nearly `right`: the kinds first, then random changes, `count` at most.

    Args:
        right: the right value.
        count: how many values.
        grows: whether values that are longer than the right one are among them.
        odd: whether those of `odd_values` come behind them.
    """
    found: dict[str, Near] = {}
    for near in _kinds(right, grows=grows):
        if near.value and not alike(near.value, right):
            found.setdefault(near.value, near)
        if len(found) == count:
            break
    return [*found.values(), *(odd_values(right) if odd else ())]


def _kinds(right: str, *, grows: bool) -> Iterator[Near]:
    places = [index for index, character in enumerate(right) if character.isascii() and character.isalnum()]
    if not places:
        return
    last, middle = places[-1], places[len(places) // 2]
    yield Near("its last character changed", _changed(right, last))
    yield Near("its first character changed", _changed(right, places[0]))
    yield Near("a character in its middle changed", _changed(right, middle))
    yield Near("its first half, and another second", _drawn(right, [one for one in places if one >= middle]))
    yield Near("its second half, and another first", _drawn(right, [one for one in places if one < middle]))
    yield Near("its last 4 characters, and others", _drawn(right, places[:-4]))
    yield Near("its first 4 characters, and others", _drawn(right, places[4:]))
    yield Near("its characters backwards", right[::-1])
    yield Near("two neighbours exchanged", _exchanged(right, places))
    yield Near("its characters in another order", _shuffled(right, places))
    yield Near("its last character missing", right[:-1])
    yield Near("its first character missing", right[1:])
    if grows:
        for count in (1, 6):
            more = "".join(secrets.choice(_class_of(right[last])) for _ in range(count))
            if not right.endswith("="):
                yield Near(f"{count} more behind it", right + more)
            yield Near(f"{count} more before it", more + right)
        yield Near("it twice", right * 2)
    for cut in CUTS:
        if cut < len(right):
            yield Near(f"its first {cut} characters, and others", _drawn(right, [one for one in places if one >= cut]))
            kept = len(right) - cut
            yield Near(f"its last {cut} characters, and others", _drawn(right, [one for one in places if one < kept]))
            yield Near(f"its first {cut} characters alone", right[:cut])
    while len(places) > 1:
        yield Near("a character changed", _changed(right, secrets.choice(places)))
        some = secrets.SystemRandom().sample(places, min(len(places), 2 + secrets.randbelow(4)))
        yield Near("some characters changed", _drawn(right, some))


def odd_values(right: str) -> list[Near]:
    """Return values that are not the right one, and that a database, a pattern or a list of values takes for it.

    For what a query or a body carries: a header cannot hold all of them.
    """
    if len(right) // 2 < LEAST_HALF:
        return []
    bare, drawn = re.sub(r"[^A-Za-z0-9]", "", right), secrets.token_hex(3)
    found = [
        *patterns(right),
        # What stands for nothing, or for anything.
        *(Near(word, word) for word in ("null", "*")),
        # What is read as a number of 32 bits.
        *([Near("2 to the 32nd more", str(int(right) + 2**32).zfill(len(right)))] if right.isdecimal() else []),
        *([Near("a fraction behind it", f"{right}.5")] if right.isdecimal() else []),
        # Separators of hexadecimal text, as of a UUID, mean nothing.
        *([] if re.fullmatch("[0-9A-Fa-f]*", bare) else [Near("its separators left out", bare)]),
        *(Near(f"{name} and more behind it", f"{right}{mark}{drawn}") for name, mark in _MARKS.items()),
        Near("more and a slash before it", f"{drawn}/{right}"),
    ]
    return [near for near in found if not alike(near.value, right)]


def patterns(right: str) -> list[Near]:
    """Return patterns that the right value matches, as LIKE, a shell and regular expressions have them, and a list."""
    half = len(right) // 2
    if half < LEAST_HALF or not right[half:].isascii():
        return []
    return [
        Near("its first half and %", f"{right[:half]}%"),
        Near("its first half and *", f"{right[:half]}*"),
        Near("a dot in place of a character", f"{right[:half]}.{right[half + 1 :]}"),
        Near("a list that ends in it", f"{secrets.token_hex(3)},{right}"),
    ]


def regrouped(first: str, second: str) -> list[tuple[str, str]]:
    """Return other pairs of values: the two exchanged, and ones that are the same text where they are joined.

    A server that joins values before it compares or hashes them takes them.
    """
    pairs = [
        (second, first),
        (first + second[:1], second[1:]),
        (first[:-1], first[-1:] + second),
        (first[1:], second + first[:1]),
        (second[-1:] + first, second[:-1]),
    ]
    return [pair for pair in pairs if all(pair) and not alike(pair[0], first)]


def named_within(right: str) -> list[Near]:
    """Return names that hold the right one beside another, as a path, an address or a host name does, and any name."""
    drawn = secrets.token_hex(3)
    found = [Near("any name", "*")]
    for mark in ".,_/@:":
        found += [Near(f"{mark} and more behind it", f"{right}{mark}{drawn}")]
        found += [Near(f"more and {mark} before it", f"{drawn}{mark}{right}")]
    return found


def _class_of(character: str) -> str:
    for alphabet in (string.digits, "ABCDEF", "abcdef", string.ascii_uppercase):
        if character in alphabet:
            return alphabet
    return string.ascii_lowercase


def _changed(text: str, place: int) -> str:
    """Return a text with one character replaced; what is base64 means other bytes then."""
    old = text[place]
    among = [other for other in _class_of(old) if other != old]
    if place == len(text.rstrip("=")) - 1 and not re.fullmatch(r"[0-9A-Fa-f]*|[0-9]*|[^A-Za-z]*", text):
        high = _BASE64.index(old) >> _UNUSED_BITS
        among = [other for other in _BASE64 if _BASE64.index(other) >> _UNUSED_BITS != high and other.isalnum()]
        among = [other for other in among if other.casefold() != old.casefold()]
    return text[:place] + secrets.choice(among) + text[place + 1 :]


def _drawn(text: str, places: list[int]) -> str:
    characters = list(text)
    for place in places:
        characters[place] = secrets.choice(_class_of(characters[place]))
    if places:
        return _changed("".join(characters), places[0])
    return text


def _exchanged(text: str, places: list[int]) -> str:
    for place in places[len(places) // 3 : -1]:
        if text[place] != text[place + 1]:
            return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text


def _shuffled(text: str, places: list[int]) -> str:
    drawn = [text[place] for place in places]
    secrets.SystemRandom().shuffle(drawn)
    characters = list(text)
    for place, character in zip(places, drawn, strict=True):
        characters[place] = character
    return "".join(characters)


def near_tokens(token: str, count: int) -> list[Near]:
    """Return JSON web tokens that are nearly a good one: each segment changed alone, above all its signature.

    Raises:
        ValueError: `token` is no JSON web token.
    """
    jwt = parse_jwt(token)
    head, payload, signature = token.split(".")
    header: JsonObject = {**jwt.header, "cty": "JWT"}
    found = [Near("another header", f"{base64url(_json(header))}.{payload}.{signature}")]
    for name in ("accountId", "deviceId", "tenantId", "sub"):
        value = jwt.claims.get(name)
        if isinstance(value, str) and value:
            claims = {**jwt.claims, name: near_values(value, 1)[0].value}
            found.append(Near(f"another {name}", f"{head}.{base64url(_json(claims))}.{signature}"))
    found.append(Near("a signature in the other case", f"{head}.{payload}.{signature.swapcase()}"))
    others = near_values(signature, max(count - len(found), 0), grows=False)
    # One character more is not base64, and some readers leave it out.
    others.insert(2, Near("4 more behind it", signature + "".join(secrets.choice(_BASE64[:62]) for _ in range(4))))
    return [*found, *(Near(f"a signature with {one.what}", f"{head}.{payload}.{one.value}") for one in others)]


def _json(value: JsonObject) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
