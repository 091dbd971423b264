"""Bodies as a person reads them: JSON laid out, dates beside numbers, what the finding names marked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from markupsafe import Markup, escape

from conformance.model import Json, NotJson, parse_json
from conformance.report.marking import named_in
from conformance.report.text import printable, shortened
from conformance.report.timestamps import epoch_hint

MAX_LINES = 160
MAX_VALUE = 300
MAX_TEXT = 6_000
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_*-]*")


def pretty_body(body: str, media_type: str, about: tuple[str, ...]) -> Markup:
    """Return a body as HTML: JSON and forms laid out, all else as it is; `about` are the finding's texts."""
    if not body:
        return Markup()
    try:
        value = parse_json(body.encode("utf-8", "replace"))
    except NotJson:
        if "x-www-form-urlencoded" in media_type:
            return _form(body)
        return escape(shortened(printable(body), MAX_TEXT))
    return pretty_json(value, about)


def pretty_json(value: Json, about: tuple[str, ...] = ()) -> Markup:
    """Return JSON as HTML, a line each member; members that `about` names are marked."""
    lines: list[Markup] = []
    for line in _lines(value, about, "", Markup(), ""):
        if len(lines) == MAX_LINES:
            lines.append(Markup("<i>… cut here; the whole of it is in evidence.har</i>"))
            break
        lines.append(line)
    return Markup("\n").join(lines)


def _lines(value: Json, about: tuple[str, ...], indent: str, lead: Markup, tail: str) -> Iterator[Markup]:
    if isinstance(value, dict) and value:
        yield lead + "{"
        last = len(value) - 1
        for index, (name, child) in enumerate(value.items()):
            key = escape(shortened(printable(json.dumps(name, ensure_ascii=False)), MAX_VALUE))
            shown = _tagged("mark", key) if named_in(name, *about) else _tagged("b", key)
            start = escape(f"{indent}  ") + shown + ": "
            yield from _lines(child, about, indent + "  ", start, "," if index < last else "")
        yield escape(f"{indent}}}{tail}")
    elif isinstance(value, list) and value:
        yield lead + "["
        last = len(value) - 1
        for index, child in enumerate(value):
            yield from _lines(child, about, indent + "  ", escape(f"{indent}  "), "," if index < last else "")
        yield escape(f"{indent}]{tail}")
    else:
        yield lead + _scalar(value) + tail + _hint(value)


def _scalar(value: Json) -> Markup:
    if isinstance(value, str):
        token = _TOKEN.fullmatch(value)
        if token and len(value) > 80:
            return escape(f'"{value[:24]}…"') + _tagged("i", "decoded above")
        return escape(shortened(printable(json.dumps(value, ensure_ascii=False)), MAX_VALUE))
    return escape(json.dumps(value))


def _hint(value: Json) -> Markup:
    hint = epoch_hint(value)
    return _tagged("i", hint) if hint else Markup()


def _form(body: str) -> Markup:
    pairs = parse_qsl(body[:MAX_TEXT], keep_blank_values=True, errors="replace")
    rows = [_tagged("b", printable(name)) + " = " + shortened(printable(value), MAX_VALUE) for name, value in pairs]
    return Markup("\n").join(rows) if rows else escape(shortened(printable(body), MAX_TEXT))


def _tagged(tag: str, text: str) -> Markup:
    return Markup(f"<{tag}>{{}}</{tag}>").format(text)  # noqa: S704 – the tag is ours, the text is escaped by format
