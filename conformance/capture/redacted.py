"""Judges what was redacted: a judgement that rests on a redacted text is none.

The text that was there is unknown, so the rules are asked several times, each time with something else in its place;
what they say every time does not depend on it. Of a token whose signature alone is redacted all else is known.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from conformance.model import Exchange, Headers, Judgement
from conformance.opentv.tokens import bearer_token, read_jwt
from conformance.redaction.masks import MARKED
from conformance.rules import Context, all_rules, judge

Judged = list[tuple[str, Judgement]]
Fill = Callable[[bytes], bytes]

# What suites, browsers, proxies and people write in place of a secret, or where they cut one off.
_WORDS = rb"(?i:\[redacted\]|<redacted>|\bredacted\b|\[filtered\])"
_MARK = MARKED.encode() + rb"|\*{3,}|\xe2\x80\xa6|\\u2026|\.{3,}|" + _WORDS
_ANY = re.compile(_MARK)
# What a value is written in; the value that holds a mark is redacted as a whole.
_WRITTEN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~+/=-")
# What a value that stands for another must not hold, wherever it is put: in JSON, in a form, in a URL, in a header.
_UNWRITTEN = re.compile(rb"[^!$'()*,./0-9:;<=>@A-Z\[\]^_`a-z{|}~-]")
_HEAD_OF_JWT = re.compile(rb"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.\Z")
# A mark of the suite's that is of another kind: what stands there is no base64url, or more than a signature.
_NO_SIGNATURE = re.compile(rb"\*\*\*<(?!signature:)")
# Rules that cannot see that what is redacted keeps them.
_BLIND = frozenset(one.name for one in all_rules() if one.reads_secrets)
_HINTS = (b"***", b"edacted", b"EDACTED", b"iltered", b"ILTERED", b"\xe2\x80\xa6", b"\\u2026", b"...")


def judge_redacted(exchange: Exchange, context: Context) -> Judged:
    """Return what the rules say of an exchange, whatever was in the places that are redacted."""
    if not _is_redacted(exchange):
        return judge(exchange, context)
    # A signature that is not known cannot be verified.
    context = replace(context, token_keys={})
    found = [one for one in judge(_filled(exchange, _as_it_is), context) if not (one[1].holds and one[0] in _BLIND)]
    for fill in (_as_token, _as_base64, _as_number, _as_told_by(exchange)):
        if not found:
            break
        others = {_key(one) for one in judge(_filled(exchange, fill), context)}
        found = [one for one in found if _key(one) in others]
    return found


def _key(one: tuple[str, Judgement]) -> tuple[str, str, bool, str]:
    rule, judgement = one
    return rule, judgement.requirement, judgement.holds, judgement.cause


def _is_redacted(exchange: Exchange) -> bool:
    return any(hint in text for text in _texts(exchange) for hint in _HINTS)


def _texts(exchange: Exchange) -> Iterable[bytes]:
    yield exchange.request.url.encode("utf-8", "surrogatepass")
    for message in (exchange.request, exchange.response):
        if message is not None:
            yield message.body
            yield "\n".join(value for _, value in message.headers).encode("utf-8", "surrogatepass")


def _as_it_is(text: bytes) -> bytes:
    return text


def _as_token(text: bytes) -> bytes:
    return b"eyJhbGciOiJIUzI1NiJ9.e30." + _letters(text)


def _as_base64(text: bytes) -> bytes:
    return _letters(text) + b"="


def _as_number(text: bytes) -> bytes:
    return str(int.from_bytes(hashlib.sha256(text).digest()[:6], "big")).rjust(16, "1").encode()


def _as_told_by(exchange: Exchange) -> Fill:
    """Return a fill of what the token of the request says: what must not repeat it may have repeated it."""
    jwt = read_jwt(_with_values(bearer_token(exchange.request.header("authorization")).encode(), _as_token).decode())
    if jwt is None:
        return _as_token
    said = [str(value) for value in jwt.claims.values() if isinstance(value, (str, int))]
    told = _UNWRITTEN.sub(b"", ".".join((*said, jwt.text)).encode("utf-8", "surrogatepass"))
    return lambda _text: told


def _letters(text: bytes) -> bytes:
    """Return 43 characters of base64url: the same for the same text."""
    return base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=")


def _filled(exchange: Exchange, fill: Fill) -> Exchange:
    def replaced(text: bytes) -> bytes:
        return _with_values(text, fill)

    def in_text(text: str) -> str:
        return replaced(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def in_headers(headers: Headers) -> Headers:
        return tuple((name, in_text(value)) for name, value in headers)

    sent, came = exchange.request, exchange.response
    request = replace(sent, url=in_text(sent.url), headers=in_headers(sent.headers), body=replaced(sent.body))
    if came is not None:
        came = replace(came, headers=in_headers(came.headers), body=replaced(came.body))
    return replace(exchange, request=request, response=came)


def _with_values(text: bytes, fill: Fill) -> bytes:
    """Return a text with something else for each value that holds a mark."""
    parts, done = [], 0
    for found in _ANY.finditer(text):
        if found.start() < done:
            continue
        start, end = found.start(), found.end()
        while start > done and text[start - 1] in _WRITTEN:
            start -= 1
        while end < len(text) and text[end] in _WRITTEN:
            end += 1
        head = text[start : found.start()]
        if end == found.end() and _HEAD_OF_JWT.match(head) and not _NO_SIGNATURE.match(found[0]):
            parts += [text[done:start], head, _letters(found[0])]
        else:
            parts += [text[done:start], fill(text[start:end])]
        done = end
    return b"".join((*parts, text[done:]))
