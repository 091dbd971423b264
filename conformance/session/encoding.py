"""From named values to the bytes on the wire; the only place where secrets are unwrapped for sending."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import parse_qsl, quote

from conformance.client import Wire
from conformance.target import Secret, Value

Fields: TypeAlias = Mapping[str, Value] | Sequence[tuple[str, Value]]


def pairs(fields: Fields) -> list[tuple[str, str]]:
    """Return fields as plain pairs, in order."""
    items = fields.items() if isinstance(fields, Mapping) else fields
    return [(name, value.reveal() if isinstance(value, Secret) else str(value)) for name, value in items]


def url_encode(fields: Fields) -> str:
    """Encode fields for a query string or a form: a space is `%20`, never `+`, which not all servers read alike."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs(fields))


@lru_cache(maxsize=512)
def _quoted(text: str) -> str:
    """The same names and subjects go into request after request."""
    return quote(text, safe="", errors="surrogatepass")


@lru_cache(maxsize=16)
def query_pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Decode a query string or a form; bytes that are not UTF-8 become surrogates. Remembered for who asks next."""
    return tuple(parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=None))


def plain(value: object) -> object:
    """Return a JSON value with its secrets unwrapped."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def secrets_in(*values: object) -> Iterator[str]:
    """Yield the secrets that go into a request, wherever they stand."""
    for value in values:
        if isinstance(value, Secret):
            yield value.reveal()
        elif isinstance(value, Mapping):
            yield from secrets_in(*value.values())
        elif isinstance(value, (list, tuple)):
            yield from secrets_in(*value)


def build_wire(
    method: str,
    url: str,
    *,
    query: Fields = (),
    headers: Mapping[str, Value] | None = None,
    json_body: object = ...,
    form: Fields | None = None,
    content: bytes | None = None,
) -> Wire:
    """Build a request. A Content-Type given in `headers` wins over the one that the body implies."""
    encoded = url_encode(query)
    if encoded:
        url = f"{url}{'&' if '?' in url else '?'}{encoded}"
    sent = pairs(headers or {})
    body, media_type = content or b"", ""
    if json_body is not ...:
        body, media_type = json.dumps(plain(json_body), ensure_ascii=True).encode(), "application/json"
    elif form is not None:
        body, media_type = url_encode(form).encode(), "application/x-www-form-urlencoded"
    if media_type and not any(name.lower() == "content-type" for name, _ in sent):
        sent.append(("Content-Type", media_type))
    return Wire(method, url, tuple(sent), body)
