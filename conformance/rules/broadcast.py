"""Whether a text that should be encrypted can be read: by every common encoding, and by ciphers that are none.

ias-in-home-detection, "Overview", step 1: the account ID and tenant ID are in the broadcast token "in encrypted form".
A hit counts only where chance hardly explains it: four digits of a long random hexadecimal token prove nothing.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import codecs
import re
import string
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import unquote_to_bytes

CHANCE = 1e-6
# A form of so many bytes is not found by chance; of so many bytes around a shorter one, so large a part must be text.
SURELY, AROUND, MOSTLY = 8, 12, 0.8
MAX_DEPTH = 3
MAX_LAYERS = 100
MAX_BYTES = 2048

_RUN = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_HEX = re.compile(r"[0-9A-Fa-f]{8,}")
_WORD = re.compile(r"[A-Za-z0-9]{8,}")
# Bytes that are written one by one: with colons, as escapes of a text or a page, in any base.
_BYTES = re.compile(r"[0-9A-Fa-f]{0,8}(?:[\\&#xu=:;,. -]{1,4}[0-9A-Fa-f]{1,8}){5,}")
_BETWEEN = re.compile(r"[\\&#xu=:;,. -]+")
_BY_BASE = {10: r"\d{1,3}", 8: "[0-7]{3}", 16: "(?:00)?[0-9A-Fa-f]{2}", 2: "[01]{8}"}
_BITS = re.compile("[01]{48,}")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# A text as one long number.
_AS_NUMBER = {
    "base58": _BASE58,
    "decimal": string.digits,
    "base36": string.digits + string.ascii_lowercase,
    "base62": string.digits + string.ascii_uppercase + string.ascii_lowercase,
    "base62, small letters first": string.digits + string.ascii_lowercase + string.ascii_uppercase,
}
_ALPHABETS = (
    (re.compile(rb"[0-9]*\Z"), 10),
    (re.compile(rb"[0-9a-fA-F]*\Z"), 16),
    (re.compile(rb"[0-9a-z]*\Z|[0-9A-Z]*\Z"), 36),
    (re.compile(rb"[0-9A-Za-z+/_=-]*\Z"), 64),
)
_BY_85: tuple[tuple[str, re.Pattern[bytes], Callable[[bytes], bytes]], ...] = (
    ("base85", re.compile(rb"[0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]*\Z"), base64.b85decode),
    ("ascii85", re.compile(rb"[!-uz \t\n\r\v]*\Z"), base64.a85decode),
)
# The first bytes that each can have (RFC 1952, 1950, 1951): a block of deflate has any type but the reserved one.
_COMPRESSED = (
    ("gzip", 31, b"\x1f"),
    ("zlib", 15, bytes(range(0x08, 0x80, 0x10))),
    ("deflate", -15, bytes(first for first in range(256) if first & 6 != 6)),
)
_TURNS = (("reversed",), ("rot13",))
_PRINTABLE = re.compile(rb"[\x20-\x7e]*\Z")


@dataclass(frozen=True)
class Layer:
    """The bytes behind an encoding; `way` names what was undone, outermost first."""

    data: bytes
    way: tuple[str, ...] = ()

    @cached_property
    def alphabet(self) -> int:
        """How many values each byte could have, if these bytes were random."""
        for pattern, size in _ALPHABETS:
            if pattern.match(self.data):
                return size
        # Random bytes hardly ever decode to plain text: what does is judged like bytes.
        return 95 if not self.way and _PRINTABLE.match(self.data) else 256

    @cached_property
    def holds_letters(self) -> bool:
        """Whether this may be a text whose letters were shifted."""
        return self.alphabet > 16 and (self.alphabet < 95 or _PRINTABLE.match(self.data) is not None)


def reveals(text: str, wanted: Iterable[str], *, ciphers: bool = True) -> dict[str, str]:
    """Tell which of the wanted texts can be read in a text, and how.

    Args:
        text: what should be encrypted.
        wanted: what must not be readable.
        ciphers: also undo shifted letters, and one byte added to or combined with (XOR) every byte.

    Returns:
        The readable ones, with the way to them.
    """
    forms = {value: _forms(value) for value in wanted if value}
    found: dict[str, str] = {}
    every = _all_layers(text)
    likely = _candidates(b"\0".join(layer.data for layer in every), forms, ciphers=ciphers)
    for layer in every:
        asked = forms.keys() if ciphers and layer.holds_letters else likely
        for value in asked - found.keys():
            if (how := _reads(layer, forms[value], ciphers=ciphers)) is not None:
                found[value] = ", ".join((*layer.way, how)) if layer.way else how
        if len(found) == len(forms):
            break
    return found


@lru_cache(maxsize=8)
def _all_layers(text: str) -> tuple[Layer, ...]:
    """Several rules ask of the same token."""
    return tuple(layers(text))


def layers(text: str) -> Iterator[Layer]:
    """Undo encodings one upon another, up to `MAX_DEPTH`; yield every text or bytes that come to light."""
    start = Layer(text.encode("utf-8", errors="replace")[:MAX_BYTES])
    seen, level, count = {start.data}, [start], 1
    yield start
    for _ in range(MAX_DEPTH):
        deeper: list[Layer] = []
        for layer in level:
            turned = len(layer.way) < 2 and layer.way[-1:] not in _TURNS
            for name, data in _decodings(layer.data, turned=turned, outer=not layer.way):
                if len(data) < 3 or data in seen or count >= MAX_LAYERS:
                    continue
                seen.add(data)
                count += 1
                child = Layer(data[:MAX_BYTES], (*layer.way, name))
                deeper.append(child)
                yield child
        level = deeper


def _decodings(data: bytes, *, turned: bool, outer: bool) -> Iterator[tuple[str, bytes]]:
    text = data.decode("latin-1")
    for run in _RUN.findall(text)[:8]:
        plain = run.translate(str.maketrans("-_", "+/"))
        for offset in range(4):
            yield "base64", _base64(plain[offset:])
    for run in _HEX.findall(text)[:8]:
        for offset in range(2):
            digits = run[offset:]
            yield "hexadecimal", bytes.fromhex(digits[: len(digits) // 2 * 2])
    for run in _WORD.findall(text)[:4]:
        yield from _by_words(run, outer=outer)
    if "%" in text:
        yield "percent", unquote_to_bytes(data)
    yield from _whole(data)
    if not _PRINTABLE.match(data):
        return
    yield from _one_by_one(text)
    if turned:
        yield "reversed", data[::-1]
        yield "rot13", codecs.encode(text, "rot13").encode("latin-1")


def _base64(text: str) -> bytes:
    rest = len(text) % 4
    text = text[:-1] if rest == 1 else text
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _by_words(word: str, *, outer: bool) -> Iterator[tuple[str, bytes]]:
    if re.fullmatch(r"[A-Z2-7]+|[a-z2-7]+", word):
        for offset in range(min(8, len(word) - 8) + 1):
            rest = word[offset:].upper()
            # The last group may be incomplete, or no part of it.
            for digits in (rest[: len(rest) // 8 * 8], rest + "=" * (-len(rest) % 8)):
                with suppress(ValueError):
                    yield "base32", base64.b32decode(digits)
    if _BITS.fullmatch(word) and len(word) % 8 == 0:
        yield "binary", int(word, 2).to_bytes(len(word) // 8, "big")
    for name, alphabet in _AS_NUMBER.items():
        one_case = word.lower() if name == "base36" and word in (word.lower(), word.upper()) else word
        if len(word) <= 256 and (outer or name == "base58") and all(letter in alphabet for letter in one_case):
            number = 0
            for letter in one_case:
                number = number * len(alphabet) + alphabet.index(letter)
            yield name, number.to_bytes((number.bit_length() + 7) // 8, "big")


def _one_by_one(text: str) -> Iterator[tuple[str, bytes]]:
    for run in _BYTES.findall(text)[:2]:
        parts = [part for part in _BETWEEN.split(run) if part]
        for base, digits in _BY_BASE.items():
            if all(re.fullmatch(digits, part) for part in parts):
                values = [int(part, base) for part in parts]
                if max(values) < 256:
                    yield f"bytes of base {base}", bytes(values)


def _whole(data: bytes) -> Iterator[tuple[str, bytes]]:
    stripped = data.strip()
    for name, digits, decode in _BY_85:
        # Both are slow to find out that they cannot.
        if digits.match(stripped):
            with suppress(ValueError, OverflowError):
                yield name, decode(stripped)
    if stripped.startswith(b"<~"):
        with suppress(ValueError):
            yield "ascii85", base64.a85decode(stripped, adobe=True)
    for name, bits, beginnings in _COMPRESSED:
        if data[:1] not in beginnings:
            continue
        try:
            stream = zlib.decompressobj(bits)
            content = stream.decompress(data, MAX_BYTES)
        except zlib.error:
            continue
        # Random bytes can look like the beginning of a deflate stream, hardly ever like a whole one.
        if stream.eof or name != "deflate":
            yield name, content
    if data[:3] == b"BZh":
        with suppress(OSError, ValueError, EOFError):
            yield "bzip2", bz2.BZ2Decompressor().decompress(data, MAX_BYTES)
    wide = data[2:] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else data
    if len(wide) >= 8:
        for start in range(2):
            if not any(wide[1 - start :: 2]):
                yield "utf-16", wide[start::2]


@lru_cache(maxsize=256)
def _forms(value: str) -> frozenset[bytes]:
    """The spellings under which a text may stand: as it is, in one case, backwards, or packed as a number."""
    spellings = {value, value.lower(), value.upper(), value.swapcase()}
    if (bare := re.sub(r"[-:{} ]", "", value)) and len(bare) >= 6:
        spellings |= {bare, bare.lower()}
    forms = {spelling.encode() for spelling in spellings}
    if re.fullmatch(r"(?:[0-9a-fA-F]{2}){4,}", bare):
        forms.add(bytes.fromhex(bare))
    if bare.isascii() and bare.isdigit() and len(bare) < 40 and int(bare) >= 1 << 24:
        forms.add(int(bare).to_bytes((int(bare).bit_length() + 7) // 8, "big"))
    return frozenset(form for form in forms | {form[::-1] for form in forms} if len(form) >= 3)


def _candidates(data: bytes, forms: Mapping[str, frozenset[bytes]], *, ciphers: bool) -> set[str]:
    """Return the values that may be readable somewhere in all layers together: mostly there is none."""
    found = {value for value, spellings in forms.items() if any(form in data for form in spellings)}
    for steps in (_xors, _differences) if ciphers else ():
        between = steps(data)
        for value, spellings in forms.items():
            if any(inside in between for _, inside in _inside(spellings, steps)):
                found.add(value)
    return found


def _reads(layer: Layer, forms: frozenset[bytes], *, ciphers: bool) -> str | None:
    size, alphabet = len(layer.data), layer.alphabet
    for form in forms:
        place = layer.data.find(form)
        if place >= 0:
            odds = size * len(forms) / alphabet ** len(form)
            if odds * (1 / 256 if _stands_alone(layer.data, place, len(form)) else 1) < CHANCE:
                return "plain"
    if not ciphers:
        return None
    if alphabet < 95:
        return _rotated(layer.data, forms) if layer.holds_letters else None
    longer_than = _hardly_by_chance(size * len(forms), 256)
    for name, steps in (("XOR with one byte", _xors), ("one byte added", _differences)):
        between = steps(layer.data)
        for form, inside in _inside(forms, steps):
            place = between.find(inside) if len(form) > longer_than else -1
            if place >= 0 and _is_amid_text(layer, form, place, name):
                return name
    return _rotated(layer.data, forms) if layer.holds_letters else None


@lru_cache(maxsize=1024)
def _hardly_by_chance(places: int, alphabet: int) -> int:
    """Return how many characters of an alphabet must agree at one of so many places."""
    return next(length for length in range(1, 100) if places / alphabet**length < CHANCE)


@lru_cache(maxsize=512)
def _inside(forms: frozenset[bytes], steps: Callable[[bytes], bytes]) -> tuple[tuple[bytes, bytes], ...]:
    """Return each form that has more than two values, and its steps."""
    return tuple((form, steps(form)) for form in forms if len(set(form)) > 2)


def _is_amid_text(layer: Layer, form: bytes, place: int, name: str) -> bool:
    """Tell whether what is around a short form is text as well, once the same byte is taken off.

    A run sees many tokens on many layers: a few steps that agree are found by chance in one of them.
    """
    if len(form) >= SURELY:
        return True
    key, end = layer.data[place], place + len(form)
    around = layer.data[max(0, place - AROUND) : place] + layer.data[end : end + AROUND]
    plain = [(one ^ key ^ form[0] if name.startswith("XOR") else one - key + form[0]) % 256 for one in around]
    return sum(0x20 <= one <= 0x7E for one in plain) >= MOSTLY * len(plain)


def _stands_alone(data: bytes, place: int, length: int) -> bool:
    before = data[place - 1 : place] if place else b""
    after = data[place + length : place + length + 1]
    return not before.isalnum() and not after.isalnum()


def _pairs(data: bytes) -> tuple[int, int, int]:
    """Return all bytes but the last, and all but the first, each as one number (all pairs at once); and how many."""
    return int.from_bytes(data[:-1], "big"), int.from_bytes(data[1:], "big"), max(len(data) - 1, 0)


def _xors(data: bytes) -> bytes:
    """Return each byte combined (XOR) with the next: what one byte for all cannot change."""
    left, right, count = _pairs(data)
    return (left ^ right).to_bytes(count, "big")


def _differences(data: bytes) -> bytes:
    """Return the steps from each byte to the next, modulo 256: what one byte added to all cannot change."""
    left, right, count = _pairs(data)
    top = int.from_bytes(b"\x80" * count, "big")
    low = int.from_bytes(b"\x7f" * count, "big")
    # The highest bit of each byte is subtracted apart, so that nothing is borrowed from the neighbour.
    return (((right | top) - (left & low)) ^ (~(left ^ right) & top)).to_bytes(count, "big")


def _rotated(data: bytes, forms: frozenset[bytes]) -> str | None:
    """Letters shifted by one number all along (rot13 and its sisters); digits stay."""
    shortest = _hardly_by_chance(len(data) * 25 * len(forms), 64)
    sure = [form for form in _worded(forms) if len(form) >= shortest]
    if sure:
        turned = _turned(data)
        if any(form in turned for form in sure):
            return "shifted letters"
    return None


@lru_cache(maxsize=512)
def _worded(forms: frozenset[bytes]) -> tuple[bytes, ...]:
    """Return the forms that have four letters or more."""
    return tuple(form for form in forms if sum(chr(byte).isalpha() for byte in form) >= 4)


@lru_cache(maxsize=MAX_LAYERS)
def _turned(data: bytes) -> bytes:
    """Return what the letters say when they are shifted, by each number; between two, what no form holds."""
    return b"\0\xff\0".join(data.translate(table) for table in _shifts())


@lru_cache(maxsize=1)
def _shifts() -> tuple[bytes, ...]:
    letters = bytes(range(65, 91)) + bytes(range(97, 123))
    tables = []
    for shift in range(1, 26):
        upper, lower = letters[shift:26] + letters[:shift], letters[26 + shift :] + letters[26 : 26 + shift]
        tables.append(bytes.maketrans(letters, upper + lower))
    return tuple(tables)
