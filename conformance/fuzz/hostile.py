"""Values that break real servers, each with the words for its kind; a finding is told from another by these words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from conformance.model import Json

LONG, LONGER, LONGEST = 300, 5_000, 70_000

TEXTS: tuple[str, ...] = (
    " ",
    "a" * LONG,
    "a" * LONGER,
    "ü" * 2_000,
    "a\x00b",
    "\x00",
    "a\x01\x1b\x7fb",
    "a\r\nX-Injected: 1",
    "\t",
    "\n",
    "'",
    '"',
    "' OR '1'='1",
    '"; DROP TABLE accounts; --',
    "\\",
    "`id`",
    "$(id)",
    "${7*7}",
    "{{7*7}}",
    "#{7*7}",
    "${jndi:ldap://127.0.0.1:9/x}",
    "<script>alert(1)</script>",
    "<!--",
    "]]>",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "%00",
    "%",
    "%zz",
    "%s%s%s%n",
    "a+b c",
    "&x=y",
    ";x=y",
    "#",
    "?",
    "*",
    "null",
    "undefined",
    "true",
    "0",
    "-1",
    "3.0",
    "2147483648",
    "-2147483649",
    "9223372036854775808",
    "18446744073709551616",
    "1e309",
    "NaN",
    "Infinity",
    "0x10",
    "007",
    "2024-02-29",
    "2023-02-29",
    "0000-00-00",
    "9999-12-31T23:59:60Z",
    "{}",
    "[]",
    '{"a":1}',
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "👩‍👩‍👧‍👦",
    "\u202eabc\u202c",
    "مرحبا",
    "e\u0301\u0301\u0301\u0301",
    "１２３",
    "İıſ",
    "\ufeffa",
    "\ufffe",
    "\U0010ffff",
    "\ud800",
    "a\udfffb",
)
JSON_VALUES: tuple[Json, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    3.0,
    0.1,
    2**31,
    -(2**31) - 1,
    2**53 + 1,
    2**63,
    2**64,
    1e308,
    [],
    {},
    [None],
    ["a"],
    {"a": 1},
    {"$ne": None},
    [[[[[[[[[[]]]]]]]]]],
    "a" * LONGEST,
)
ACCEPTS = (
    "text/html",
    "application/xml",
    "application/json;q=0",
    "*/*;q=0",
    "json",
    "",
    "a" * 2_000,
    "application/json, \x7f",
)
CONTENT_TYPES = (
    "text/plain",
    "application/xml",
    "application/json; charset=utf-16",
    "application/json; charset=null",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/jsonp",
    "application/json, text/plain",
    "json",
    ";",
    "",
)
CORRELATION_IDS = ("", "a" * LONGER, "ü", "'\"<>", "${jndi:ldap://127.0.0.1:9/x}", "a, b", "0")
EXTRA_PARAMETERS: tuple[tuple[str, str], ...] = (
    ("x", "y"),
    ("", ""),
    ("__proto__", "1"),
    ("a[]", "1"),
    ("a.b", "1"),
    ("𝔘", "👩"),
    ("class.module.classLoader", "1"),
    ("provisioned", "true"),
    ("_", "1" * LONGER),
)
RAW_QUERIES = ("x=%ff%fe", "x=%c0%80", "%", "&&&", "=", "x=%u0041", "x", "x=1&x=2&x=3")


def kind_of(value: Json) -> str:
    """Return the words for the kind of a value."""
    if isinstance(value, str):
        return _kind_of_text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return _kind_of_number(value)
    return "a list" if isinstance(value, list) else "an object"


def _kind_of_number(value: float) -> str:
    if not isinstance(value, int):
        return "an integer written as a decimal" if value.is_integer() and abs(value) < 1e15 else "a decimal number"
    if abs(value) >= 2**63:
        return "an integer beyond 64 bits"
    return "an integer beyond 32 bits" if abs(value) >= 2**31 else "a number"


def _kind_of_text(value: str) -> str:
    if not value:
        return "empty"
    if value.startswith("⟦") and value.endswith("⟧"):
        return "another value" if "|" in value else "the right value"
    return next(_kinds(value), "another value")


def _kinds(value: str) -> Iterator[str]:
    if "\x00" in value:
        yield "with a NUL"
    if re.search("[\ud800-\udfff]", value):
        yield "with a lone surrogate"
    if re.search("[\x01-\x08\x0b-\x1f\x7f\r\n]", value):
        yield "with control characters"
    if len(value) >= LONG:
        yield "of more than 300 characters" if len(value) < LONGER else "of 5,000 characters or more"
    if not value.strip():
        yield "blank"
    if re.search("[\u202a-\u202e\u2066-\u2069\u0590-\u08ff]", value):
        yield "with right-to-left text"
    if any(ord(character) > 0xFFFF for character in value):
        yield "with characters beyond the basic plane"
    if re.search("['\"`\\\\]", value):
        yield "with a quote or backslash"
    if re.search("[<>]", value):
        yield "with markup"
    if re.search(r"[$#{]\{|\{\{|\$\(", value):
        yield "with an expression"
    if ".." in value:
        yield "with a path"
    if "%" in value:
        yield "with a percent sign"
    if re.fullmatch(r"[+-]?[0-9.]+(e[0-9]+)?|0x[0-9a-f]+|NaN|Infinity", value):
        yield "a number as text"
    if re.fullmatch(r"\d{4}-\d\d-\d\d.*", value):
        yield "a date"
    if any(ord(character) > 0x7F or unicodedata.combining(character) for character in value):
        yield "with characters beyond ASCII"
    if re.search(r"[^A-Za-z0-9._~-]", value):
        yield "with punctuation"
