"""The form of an answer: what is left of it without the values that differ from request to request.

Two answers of one form come from one place. The words of a page, or the member names of a JSON object with the words of
its texts, make its form; numbers, identifiers and what repeats the request do not. Two failures of an operation's own
that have one skeleton are one defect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance.client import Reply, Wire
from conformance.model import Exchange, Json, NotJson, Request, Response, parse_json

# Two pages of one template differ in the name of an incident, a host, a day: in so large a part of their words at most.
MOST_DIFFERING = 0.2
_READ = 20_000
_WORD = re.compile(r"[^\W_][\w-]*")
_MARKUP = re.compile(
    r"\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype|html|head|body|title|meta|h\d|script|center|div|p)\b",
    re.IGNORECASE | re.DOTALL,
)
# What a firewall may take for an attack: a character, a sequence, a word. Looked for one after the other, since this is
# asked of every text of every generated case.
_ODD_CHARACTER = re.compile(r"[^\x20-\x7e]|['\"<>`\\;|]")
_ODD_SEQUENCES = ("../", "--", "/*", "${", "$(", "{{", "#{")
_ODD_PERCENT = re.compile(r"%[0-9a-fA-Fsnx]", re.IGNORECASE)
_ODD_WORDS = frozenset({"select", "union", "drop", "insert", "exec", "or", "script"})
_ODD_WORD = re.compile(rf"\b(?:{'|'.join(sorted(_ODD_WORDS))})\b")
_PHRASES = frozenset(word.lower() for status in HTTPStatus for word in status.phrase.split())
_LONG, _FEW_CHARACTERS = 256, 8
# A text of JSON that may break off.
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"?', re.DOTALL)
# Headers in which a service looks for a token.
CREDENTIALS = ("authorization", "nv-authorizations")
# Headers whose values are the suite's or the run's own, however odd they look.
OWN_HEADERS = frozenset({*CREDENTIALS, "accept", "accept-encoding", "user-agent"})


@dataclass(frozen=True)
class Form:
    """The form of one answer.

    Attributes:
        status: the HTTP status, 0 where no answer came.
        kind: json, html, text, empty, redirect; where no answer came, how it failed.
        words: what it consists of.
        keys: the member names of a JSON object.
        request: what was answered so.
    """

    status: int
    kind: str
    words: frozenset[str]
    keys: frozenset[str] = frozenset()
    request: Request | None = field(default=None, compare=False, repr=False)

    @cached_property
    def echo(self) -> frozenset[str]:
        """The words of the request, which an answer may repeat."""
        if self.request is None:
            return frozenset()
        body = self.request.body[:_READ].decode("utf-8", "replace")
        return frozenset((*_words(unquote(self.request.url)), *_words(unquote(body))))

    @property
    def described(self) -> str:
        """The form in words, without anything that the answer says."""
        what = {
            "json": "a JSON body",
            "html": "an HTML page",
            "text": "a text",
            "empty": "no body",
            "redirect": "a redirect",
        }
        if self.status:
            return f"HTTP {self.status}, {what[self.kind]}"
        lost = {"reset": "the connection was reset", "timeout": "no complete response came"}
        return lost.get(self.kind, "an invalid HTTP response")


def form_of(reply: Reply) -> Form:
    """Return the form of what came of a request."""
    response = reply.response
    if response is None:
        return Form(0, reply.kind or "none", frozenset(), request=reply.request)
    location = response.header("location")
    if 300 <= response.status < 400 and location:
        # Where it leads matters; the query mostly repeats the request, and so may the path.
        place, path = location_of(location).rstrip("/"), urlsplit(reply.request.url).path.rstrip("/")
        words = {place.removesuffix(path), "the same path"} if path and place.endswith(path) else {place}
        return Form(response.status, "redirect", frozenset(words), request=reply.request)
    return _form_of_body(response, reply.request)


def reply_of(exchange: Exchange) -> Reply:
    """Return what came of an exchange's request; how it failed is not known any more."""
    return Reply(exchange.request, exchange.response, exchange.failure, "", exchange.sent_at, exchange.received_at)


def _form_of_body(response: Response, request: Request) -> Form:
    if not response.body.strip():
        return Form(response.status, "empty", frozenset(), request=request)
    value = json_of(response)
    if value is not None:
        keys = frozenset(value) if isinstance(value, dict) else frozenset()
        return Form(response.status, "json", frozenset(_json_words(value)), keys, request)
    text = response.body[:_READ].decode("utf-8", "replace")
    return Form(response.status, "html" if is_markup(text) else "text", frozenset(_words(text)), request=request)


def alike(one: Form, other: Form) -> bool:
    """Tell whether two answers have one form."""
    if not of_one_kind(one, other):
        return False
    return (one.kind == "json" and 200 <= one.status < 300) or _say_the_same(one, other)


def _say_the_same(one: Form, other: Form) -> bool:
    most = MOST_DIFFERING * len(one.words | other.words)
    differing = one.words ^ other.words
    return len(differing) <= most or len(differing - one.echo - other.echo) <= most


def of_one_template(one: Form, other: Form) -> bool:
    """Tell whether two error responses are of one template, whatever their status: a page, or members of one name."""
    if one.kind != other.kind or min(one.status, other.status) < 400:
        return False
    if one.kind == "json":
        return bool(one.keys) and one.keys == other.keys
    differing = (one.words ^ other.words) - one.echo - other.echo - _PHRASES
    return len(differing) <= MOST_DIFFERING * len(one.words | other.words)


def are_of_one_proxy(mine: Form, others: Iterable[Form], nowhere: Form | None) -> bool:
    """Tell whether an error, those of other services, and that of a path that nobody has are of one template.

    Some proxies replace only some statuses. One other service may have the same habit by itself; a path that nobody has
    is no service's. Nor do two services have one page by themselves.
    """
    seen = [form for form in others if form.status >= 400]
    same = [of_one_template(mine, form) for form in seen]
    differs = any(form.status == mine.status and not one for form, one in zip(seen, same, strict=True))
    found = sum(same) + (nowhere is not None and of_one_template(mine, nowhere))
    return not differs and found > (0 if mine.kind == "html" else 1)


def of_one_kind(one: Form, other: Form) -> bool:
    """Tell whether two answers are of one kind, whatever they say: some pages consist of words drawn at random."""
    return (one.status, one.kind, one.keys) == (other.status, other.kind, other.keys)


def common(one: Form, other: Form) -> Form:
    """Return what two answers of one kind have in common: the template of both."""
    return replace(one, words=one.words & other.words)


def fills(one: Form, template: Form) -> bool:
    """Tell whether an answer says the same as another one, or has all that its template consists of."""
    if not of_one_kind(one, template):
        return False
    return _say_the_same(one, template) or (bool(template.words) and template.words <= one.words)


def skeleton_of(response: Response | None) -> str:
    """Return the skeleton of a response: its media type, and of JSON the names and types of its members.

    Two server errors of one skeleton are one defect, as far as anybody can tell from outside.
    """
    if response is None:
        return ""
    if response.truncated:
        return f"{response.media_type} without end"
    try:
        return f"{response.media_type} {_skeleton(response.json, 3)}"
    except NotJson:
        return response.media_type


def _skeleton(value: Json, depth: int) -> str:
    if isinstance(value, dict) and depth:
        members = ",".join(f"{name[:40]}:{_skeleton(value[name], depth - 1)}" for name in sorted(value)[:20])
        return f"{{{members}}}"
    if isinstance(value, list):
        return "[]"
    return type(value).__name__


def breaks_off(response: Response | None) -> bool:
    """Tell whether a success begins as JSON and ends before it is complete, however it is framed."""
    if response is None or not 200 <= response.status < 300 or response.truncated:
        return False
    body = response.body.strip()
    if body[:1] not in (b"{", b"[") or body[-1:] == (b"}" if body[:1] == b"{" else b"]"):
        return False
    try:
        parse_json(body)
    except NotJson:
        return True
    return False


def is_markup(text: str) -> bool:
    """Tell whether a text is an HTML page, whatever its label says."""
    return _MARKUP.match(text.lstrip("\ufeff")) is not None


def json_of(response: Response) -> dict[str, Json] | list[Json] | None:
    """Return the object or list that a body is; None for anything else."""
    if len(response.body) > 1_000_000 or response.body.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        value = response.json
    except NotJson:
        return None
    return value if isinstance(value, (dict, list)) else None


def location_of(location: str) -> str:
    """Return where a redirect leads, without user, query and fragment, which may hold what nobody should read."""
    try:
        parts = urlsplit(location.strip())
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    place = f"{parts.scheme}://{host}{port}" if host else ""
    return f"{place}{parts.path}"


def attack_like(request: Wire | Request) -> list[str]:
    """Return the texts of a request that something in front of a platform may take for an attack."""
    return [text for text in dict.fromkeys(_texts(request)) if _looks_like_one(text)]


def has_attack(request: Wire | Request) -> bool:
    """Tell whether a text of a request looks like an attack."""
    return any(map(_looks_like_one, _texts(request)))


def has_unusual_body(request: Wire | Request) -> bool:
    """Tell whether something in front of a platform may block a request for how its body is built."""
    try:
        body = parse_json(request.body) if request.body else {}
    except NotJson:
        return not _is_form(request.body.decode("utf-8", "replace"))
    return not isinstance(body, dict) or any(isinstance(value, (dict, list)) for value in body.values())


def has_unreadable_body(request: Wire | Request) -> bool:
    """Tell whether a request has a body that is neither JSON nor a form."""
    try:
        parse_json(request.body)
    except NotJson:
        return bool(request.body) and not _is_form(request.body.decode("utf-8", "replace"))
    return False


def _is_form(text: str) -> bool:
    """Tell whether a body that is not JSON is a form; what begins as JSON breaks off, whatever is in its texts."""
    return "=" in text and text.lstrip()[:1] not in ("{", "[", '"')


def _looks_like_one(text: str) -> bool:
    if text.isalnum() and text.isascii():
        if text.lower() in _ODD_WORDS:
            return True
    elif _is_odd(text):
        return True
    return len(text) >= _LONG and (len(set(text)) <= _FEW_CHARACTERS or " " in text)


def _is_odd(text: str) -> bool:
    if _ODD_CHARACTER.search(text) or any(one in text for one in _ODD_SEQUENCES):
        return True
    if "%" in text and _ODD_PERCENT.search(text):
        return True
    lower = text.lower()
    return "etc/passwd" in lower or (any(one in lower for one in _ODD_WORDS) and _ODD_WORD.search(lower) is not None)


def _texts(request: Wire | Request) -> Iterator[str]:
    parts = urlsplit(request.url)
    yield unquote(parts.path, errors="replace")
    for name, value in parse_qsl(parts.query, keep_blank_values=True, errors="replace"):
        yield name
        yield value
    for name, value in request.headers:
        if name.lower() not in OWN_HEADERS:
            yield value
    if not request.body:
        return
    try:
        yield from _json_texts(parse_json(request.body))
    except NotJson:
        text = request.body[:100_000].decode("utf-8", "replace")
        if _is_form(text):
            for name, value in parse_qsl(text, keep_blank_values=True, errors="replace"):
                yield name
                yield value
        else:
            # JSON that breaks off is no attack for its quotes.
            yield from _LITERAL.findall(text)
            yield _LITERAL.sub(" ", text)


def _json_texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _json_texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _json_texts(item)


def _json_words(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield from _words(value)
    elif isinstance(value, list):
        for item in value:
            yield from _json_words(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"{key}:"
            yield from _json_words(item)


def _words(text: str) -> Iterator[str]:
    """Yield the words of a text in lower case; what holds a digit is a number or an identifier."""
    for word in _WORD.findall(text[:_READ]):
        if not any(character.isdigit() for character in word):
            yield word.lower()
