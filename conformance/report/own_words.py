"""What a platform says of its refusal: the members of an error body that are written for people."""

from __future__ import annotations

from conformance.model import Json, NotJson, parse_json
from conformance.report.text import one_line
from conformance.stream import events

MAX_WORDS = 300
# In the order of the five documents, then of OAuth 2.0 (RFC 6749, 5.2) and of problem details (RFC 9457, 3.1).
_MEMBERS = (
    *("message", "errorCode", "code", "resultCode", "result", "localeMessage"),
    *("error", "error_description", "title", "detail"),
)
_FINE = frozenset({"", "0", "200"})


def own_words(response: events.Response | None) -> tuple[tuple[str, str], ...]:
    """Return name and value of what a refusal or an error says of itself, on one line each; empty for a success.

    A success is a status 2xx whose body has no result code but 0, and no error member.
    """
    if response is None:
        return ()
    try:
        body = parse_json(response.raw)
    except NotJson:
        return ()
    found = tuple(_members(body))
    failed = response.status >= 400 or any(_refuses(name, text) for name, text in found)
    return found if failed else ()


def form_of(response: events.Response | None) -> str:
    """Return what responses of one kind have in common: media type, names of members, and codes; not what differs."""
    if response is None:
        return ""
    kind = next(
        (value.partition(";")[0].lower() for name, value in response.headers if name.lower() == "content-type"), ""
    )
    try:
        body = parse_json(response.raw)
    except NotJson:
        return f"{kind} text" if response.size else kind
    codes = [f"{name}={text}" for name, text in _members(body) if name.rpartition(".")[2].lower().endswith("code")]
    return " ".join((kind, *(sorted(body) if isinstance(body, dict) else ()), *codes))


def _refuses(name: str, text: str) -> bool:
    return name in ("error", "errorCode") or (name == "resultCode" and text not in _FINE)


def _members(body: Json) -> list[tuple[str, str]]:
    """Return the members of a body, or of the object that its `error` is."""
    if not isinstance(body, dict):
        return []
    inner = body.get("error")
    found = [(name, _text(body.get(name))) for name in _MEMBERS]
    if isinstance(inner, dict):
        found += [(f"error.{name}", _text(inner.get(name))) for name in _MEMBERS]
    return [(name, text) for name, text in found if text]


def _text(value: Json) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return one_line(str(value), MAX_WORDS)
