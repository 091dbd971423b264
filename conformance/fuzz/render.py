"""From a case and the target's values to the bytes on the wire."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

from conformance.client import Wire
from conformance.contract import Operation
from conformance.fuzz.case import PLACEHOLDER, Case, as_text
from conformance.model import Json
from conformance.session.encoding import url_encode


class Omitted(Exception):
    """The target has no such value, and a request need not have it."""


class Values(Protocol):
    """Where the values of placeholders come from."""

    def get(self, path: str, change: str) -> Json:
        """Return the value of a placeholder.

        Raises:
            Omitted: there is none, and none is needed.
            CouldNotTest: there is none.
        """


@dataclass(frozen=True)
class Dialect:
    """How one target wants a request: where it goes, and what it calls things.

    Attributes:
        url: where the operation is, its path's parameters filled in.
        names: name of the contract -> name on this target.
        bare: the token stands in its header without `Bearer`.
        authorisation: the header that carries the token.
    """

    url: str
    names: Mapping[str, str] = field(default_factory=dict)
    bare: bool = False
    authorisation: str = "Authorization"


def render(case: Case, operation: Operation, dialect: Dialect, values: Values) -> Wire:
    """Return a case as a request.

    Raises:
        CouldNotTest: the target lacks a value.
    """
    url = _path_filled(case, operation, dialect.url, values)
    query = [
        (dialect.names.get(name, name), text) for name, raw in case.query if (text := _text(raw, values)) is not None
    ]
    encoded = "&".join(part for part in (url_encode(query), _raw(case.raw_query, values)) if part)
    if encoded:
        url = f"{url}{'&' if '?' in url else '?'}{encoded}"
    headers = []
    for name, raw in case.headers:
        text = _text(raw, values)
        if text is None:
            continue
        if name.lower() == "authorization":
            name = dialect.authorisation
            text = text.removeprefix("Bearer ") if dialect.bare else text
        headers.append((name, text))
    return Wire(case.method or operation.method, url, tuple(headers), _body(case, dialect, values))


def _text(raw: str, values: Values) -> str | None:
    """Return a text with its placeholders filled; None where the target has no such value and needs none."""
    if "⟦" not in raw:
        return raw
    try:
        return PLACEHOLDER.sub(lambda found: as_text(values.get(found.group(1), found.group(2) or "")), raw)
    except Omitted:
        return None


def _raw(raw: str, values: Values) -> str:
    return PLACEHOLDER.sub(lambda found: quote(as_text(values.get(found.group(1), found.group(2) or "")), safe=""), raw)


def _body(case: Case, dialect: Dialect, values: Values) -> bytes:
    body = case.body
    if body.kind == "none":
        return b""
    if body.kind == "form" and isinstance(body.value, dict):
        pairs = [
            (dialect.names.get(name, name), text)
            for name, raw in body.value.items()
            if (text := _text(as_text(raw), values)) is not None
        ]
        return url_encode(pairs).encode()
    if body.kind == "json":
        return json.dumps(_filled(body.value, dialect, values, top=True), ensure_ascii=True).encode()
    text = body.value if isinstance(body.value, str) else json.dumps(body.value)
    # Such a body is JSON, or nearly: a value stands in it between quotes, or whole in their place.
    text = re.sub(r'"(⟦[^⟦⟧]+⟧)"', lambda found: json.dumps(_filled(found.group(1), dialect, values)), text)
    return text.encode(body.encoding, "surrogatepass" if body.encoding == "utf-8" else "replace")


def _filled(value: Json, dialect: Dialect, values: Values, *, top: bool = False) -> Json:
    if isinstance(value, str):
        match = PLACEHOLDER.fullmatch(value)
        if match:
            return values.get(match.group(1), match.group(2) or "")
        return _text(value, values)
    if isinstance(value, list):
        return [_filled(item, dialect, values) for item in value]
    if isinstance(value, dict):
        found: dict[str, Json] = {}
        for name, item in value.items():
            try:
                found[dialect.names.get(name, name) if top else name] = _filled(item, dialect, values)
            except Omitted:
                continue
        return found
    return value


def _path_filled(case: Case, operation: Operation, url: str, values: Values) -> str:
    """Return the URL with other values of the path's parameters, where the case has others."""
    right = {entry.name: entry.from_target for entry in operation.parameters if entry.location == "path"}
    for name, raw in case.path:
        if raw == f"⟦{right.get(name)}⟧":
            continue
        good = quote(as_text(values.get(right[name], "")), safe="")
        before, _, after = operation.path.partition(f"{{{name}}}")
        head, found, tail = url.rpartition(f"{before.rpartition('/')[0]}/{good}{after}")
        if found:
            text = quote(_text(raw, values) or "", safe="", errors="surrogatepass")
            url = f"{head}{before.rpartition('/')[0]}/{text}{after}{tail}"
    return url


def truth_values(operation: Operation, recall: Callable[[str], Json]) -> dict[tuple[str, str], Json]:
    """Return the values that make the request work, by place."""
    found: dict[tuple[str, str], Json] = {}
    for entry in (*operation.parameters, *operation.fields):
        # A correlation ID is any text.
        if entry.from_target and entry.from_target != "live.correlation_id":
            try:
                found[entry.location, entry.name] = recall(entry.from_target)
            except Omitted:
                continue
    return found
