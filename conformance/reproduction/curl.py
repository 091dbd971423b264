"""Recorded requests as `curl` lines: redacted, quoted right, and runnable once their variables are set.

What redaction took out becomes a shell variable named after what it is (`${OTV_USER_PASSWORD:?…}`), so that the lines
can be pasted into a ticket and run by whoever holds the secrets. A token that an earlier request of a finding brought
is taken from its response.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from conformance.redaction import MASK, is_mask
from conformance.reproduction.chain import Chain, member_of, same_signature
from conformance.reproduction.names import Names, Secret, secret_of
from conformance.reproduction.pieces import AUTHORIZATION, HIDDEN, Hidden, Piece, body_of, parameters, pieces
from conformance.stream import events

Say = Callable[[Hidden], Secret]

# What curl makes itself, or what says nothing of the request.
LEFT_OUT = frozenset(
    {
        "host",
        "content-length",
        "connection",
        "accept-encoding",
        "user-agent",
        "transfer-encoding",
        "traceparent",
        "tracestate",
    }
)
_ANSWER = "OTV_ANSWER"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BYTES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\xff]")


def curl_lines(chain: Chain, names: Names) -> str:
    """Return the lines that send again what shows a finding, after what brings its tokens; one for each request."""
    tokens = chain.tokens(chain.leading, names)
    known = {mark: secret for found in tokens.values() for mark, secret in found.items()}

    def say(operation: str, hidden: Hidden) -> Secret:
        base = known.get(chain.base(hidden.mark))
        if base is not None and hidden.mark in known:
            return base
        if base is None or not same_signature(chain.base(hidden.mark), hidden.mark):
            return names.of(hidden, operation)
        return replace(base, head=hidden.mark.rpartition(".")[0] + ".")

    lines: list[str] = []
    for event in chain.leading:
        given = tokens.get(event.id, {})
        line = curl_line(event.request, partial(say, event.operation), quiet=bool(given))
        if len(given) > 1:
            lines.append(f"{_ANSWER}=$({line})")
            line = f"printf '%s' \"${_ANSWER}\""
        lines += [
            f"{one.variable}=$({line} | {_taking(member_of(event.response, mark))})" for mark, one in given.items()
        ]
        lines += [] if given else [line]
    return "\n".join(lines)


def _taking(member: str) -> str:
    """Return the command that takes a token out of a response: the value of a member, or the whole text."""
    if not member:
        return "tr -d '\"\\r\\n '"
    return rf"""sed -n 's/.*"{re.escape(member)}" *: *"\([^"]*\)".*/\1/p' | head -n 1"""


def by_place(operation: str) -> Say:
    """Return what names secrets by their places in requests of an operation alone."""
    return lambda hidden: secret_of(hidden, operation)


def curl_line(request: events.Request, named: Say, *, quiet: bool = False) -> str:
    """Return the `curl` line of a request as the stream has it; `quiet`: without the head of the response.

    A secret in the query goes into a `--data-urlencode`, because the shell would not encode it. Of a body that is not
    text each byte is written as one character. Nothing in the request can name a file or an option of curl.
    """
    url, secrets = _split_url(request.url)
    words = ["curl", "-sS", *(() if quiet else ("-i",)), "-g", "--path-as-is"]
    body = body_of(request)
    if request.method != "GET" or body or secrets:
        words += ["-X", shlex.quote(request.method)]
    words += _headers(request.headers, named, has_body=bool(body))
    lead = ""
    if secrets:
        words.append("-G")
        for name, parts in secrets:
            words += ["--data-urlencode", quoted([f"{name}=", *parts], named)]
    elif body and (request.body_base64 or _CONTROL.search(body)):
        pattern = _BYTES if request.body_base64 else _CONTROL
        lead = f"printf '%b' {quoted(_escaped(pieces(body), pattern), named)} | "
        words += ["--data-binary", "@-"]
    elif body:
        words += ["--data-raw", quoted(pieces(body), named)]
    line = lead + " ".join([*words, "--url", quoted(url, named)])
    cut = body and MASK not in body and request.size > 4 * len(body)
    return f"{line}  # the body is cut: {request.size} bytes were sent" if cut else line


def quoted(parts: Iterable[Piece], say: Say) -> str:
    """Return one shell word; a secret is a variable that says what it is where it is not set."""
    found, text = "", ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        found += shlex.quote(text) if text else ""
        found += _variable(say(part))
        text = ""
    found += shlex.quote(text) if text else ""
    return found or "''"


def _variable(secret: Secret) -> str:
    if secret.head:
        return shlex.quote(secret.head) + f'"${{{secret.variable}##*.}}"'
    return f'"${{{secret.variable}:?{secret.hint}}}"'


def _headers(headers: list[tuple[str, str]], say: Say, *, has_body: bool) -> Iterator[str]:
    names = {name.lower() for name, _ in headers}
    for name, value in headers:
        # curl reads headers from a file where one begins with @; no name of a header does.
        if name.lower() in LEFT_OUT or (name.lower() == "accept" and value == "*/*") or name.startswith("@"):
            continue
        both = basic(name, value, say)
        if both:
            user, password = both
            yield f"-u {_variable(user)}:{_variable(password)}"
        elif value:
            yield "-H " + quoted([f"{name}: ", *pieces(value, name)], say)
        else:
            yield "-H " + shlex.quote(f"{name};")
    if has_body and "content-type" not in names:
        # curl would call it a form.
        yield "-H 'Content-Type:'"


def basic(header: str, value: str, say: Say) -> tuple[Secret, Secret] | None:
    """Return user name and password of a header of Basic authentication, which are taken out together; else None."""
    kind, _, rest = value.partition(" ")
    if header.lower() != AUTHORIZATION.lower() or kind.lower() != "basic" or not is_mask(rest):
        return None
    secret = say(Hidden(rest, AUTHORIZATION))
    name = secret.variable.removesuffix("_TOKEN")
    return Secret(f"{name}_USERNAME", secret.hint), Secret(f"{name}_PASSWORD", secret.hint)


def _split_url(url: str) -> tuple[list[Piece], list[tuple[str, list[Piece]]]]:
    """Return a URL without the query parameters that hide something, and those."""
    base, query = parameters(url)
    found: list[Piece] = [*pieces(base)]
    secrets: list[tuple[str, list[Piece]]] = []
    mark = "?"
    for sent, name, plain in query:
        kept: list[Piece] = [sent]
        if HIDDEN.search(plain):
            if not _CONTROL.search(plain) and "@" not in name:
                secrets.append((name, [*pieces(plain, name)]))
                continue
            # No argument can hold a NUL, and name@… would be a file: the shell puts the secret into the URL as it is.
            kept = [sent.partition("=")[0] + "="]
            kept += [quote(part) if isinstance(part, str) else part for part in pieces(plain, name)]
        found += [mark, *kept]
        mark = "&"
    return found, secrets


def _escaped(parts: Iterable[Piece], pattern: re.Pattern[str]) -> Iterator[Piece]:
    """Escape texts for `printf %b`, which can make what no argument can hold."""
    for part in parts:
        if isinstance(part, str):
            yield pattern.sub(lambda found: f"\\0{ord(found.group()):03o}", part.replace("\\", "\\\\"))
        else:
            yield part
