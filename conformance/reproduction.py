"""A recorded request as one `curl` line: redacted, quoted right, and runnable once its variables are set.

What redaction took out becomes a shell variable named after the place where it stood (`$OTV_PASSWORD`,
`$OTV_TOKEN`), so that the line can be pasted into a ticket and run by whoever holds the secrets.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

from conformance.redaction import MASK
from conformance.stream import events

# What curl makes itself, or what says nothing of the request.
_LEFT_OUT = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding", "traceparent"}
)
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\." + re.escape(MASK))
# A variable's name stands between these two in a URL that holds it.
OPEN, CLOSE = "\ue000", "\ue001"
_MASKED = re.compile(rf"{_JWT.pattern}|{re.escape(MASK)}")
_MARKED = re.compile(rf"{_MASKED.pattern}|{OPEN}([A-Z0-9_]+){CLOSE}")
_NAME_BEFORE = re.compile(r"""([A-Za-z_][A-Za-z0-9_.-]*)\\?["']?\s*[=:]\s*\\?["']?[^&"']*$""")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BYTES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\xff]")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def variable(name: str) -> str:
    """Return the shell variable that stands for a secret: `dasChallenge` becomes `OTV_DAS_CHALLENGE`."""
    words = [word for word in _WORD.split(name) if word]
    return "_".join(["OTV", *(word.upper() for word in words)]) if words else "OTV_SECRET"


def quoted(parts: Iterable[tuple[str, str]]) -> str:
    """Return one shell word of (`text`, …) and (`variable`, …) parts."""
    found, text = "", ""
    for kind, part in (*parts, ("end", "")):
        if kind == "text":
            text += part
            continue
        found += shlex.quote(text) if text else ""
        found += f'"${part}"' if kind == "variable" else ""
        text = ""
    return found or "''"


def curl_line(request: events.Request) -> str:
    """Return the `curl` line of a request as the stream has it.

    A secret in the query goes into a `--data-urlencode`, because the shell would not encode it. Of a body that is not
    text each byte is written as one character. Nothing in the request can name a file or an option of curl.
    """
    hidden = _MASKED
    url, secrets = _split_url(request.url.replace(OPEN, "").replace(CLOSE, ""), hidden)
    words = ["curl", "-sS", "-i", "-g", "--path-as-is"]
    body = request.raw.decode("latin-1") if request.body_base64 else request.body
    if request.method != "GET" or body or secrets:
        words += ["-X", shlex.quote(request.method)]
    words += _headers(request.headers, hidden, has_body=bool(body))
    lead = ""
    if secrets:
        words.append("-G")
        for name, parts in secrets:
            words += ["--data-urlencode", quoted([("text", f"{name}="), *parts])]
    elif body and (request.body_base64 or _CONTROL.search(body)):
        pattern = _BYTES if request.body_base64 else _CONTROL
        lead = f"printf '%b' {quoted(_escaped(_parts(body, hidden), pattern))} | "
        words += ["--data-binary", "@-"]
    elif body:
        words += ["--data-raw", quoted(_parts(body, hidden))]
    line = lead + " ".join([*words, "--url", quoted(_parts(url, _MARKED))])
    cut = body and MASK not in body and request.size > 4 * len(body)
    return f"{line}  # the body is cut: {request.size} bytes were sent" if cut else line


def _headers(headers: list[tuple[str, str]], hidden: re.Pattern[str], *, has_body: bool) -> Iterator[str]:
    names = {name.lower() for name, _ in headers}
    for name, value in headers:
        # curl reads headers from a file where one begins with @; no name of a header does.
        if name.lower() in _LEFT_OUT or (name.lower() == "accept" and value == "*/*") or name.startswith("@"):
            continue
        kind, _, rest = value.partition(" ")
        if name.lower() == "authorization" and kind.lower() == "basic" and rest == MASK:
            yield '-u "$OTV_USER":"$OTV_PASSWORD"'
        elif value:
            named = "token" if kind.lower() == "bearer" else name
            yield "-H " + quoted([("text", f"{name}: "), *_parts(value, hidden, named)])
        else:
            yield "-H " + shlex.quote(f"{name};")
    if has_body and "content-type" not in names:
        # curl would call it a form.
        yield "-H 'Content-Type:'"


def _split_url(url: str, hidden: re.Pattern[str]) -> tuple[str, list[tuple[str, list[tuple[str, str]]]]]:
    """Return a URL without the query parameters that hide something, and those."""
    base, mark, query = url.partition("?")
    kept: list[str] = []
    secrets: list[tuple[str, list[tuple[str, str]]]] = []
    for pair in query.split("&") if mark else ():
        name, _, value = pair.partition("=")
        plain = unquote(value)
        if not hidden.search(plain):
            kept.append(pair)
        elif _CONTROL.search(plain) or "@" in unquote(name):
            # No argument can hold a NUL, and name@… would be a file: the shell puts the secret into the URL as it is.
            parts = _parts(plain, hidden, unquote(name))
            kept.append(f"{name}=" + "".join(f"{OPEN}{p}{CLOSE}" if k == "variable" else quote(p) for k, p in parts))
        else:
            secrets.append((unquote(name), list(_parts(plain, hidden, unquote(name)))))
    return (f"{base}?{'&'.join(kept)}" if kept else base), secrets


def _parts(text: str, hidden: re.Pattern[str], name: str = "") -> Iterator[tuple[str, str]]:
    """Split a text at what is hidden in it; `name` is what the whole text is called, where that is known."""
    end = 0
    for found in hidden.finditer(text):
        before = text[end : found.start()]
        yield "text", before
        marked = found.group(1) if hidden.groups else None
        named = marked or name
        if not named:
            match = _NAME_BEFORE.search(text[: found.start()][-200:])
            named = match.group(1) if match else ""
        yield "variable", named if marked else variable(named)
        end = found.end()
    yield "text", text[end:]


def _escaped(parts: Iterable[tuple[str, str]], pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Escape texts for `printf %b`, which can make what no argument can hold."""
    for kind, part in parts:
        if kind == "text":
            part = pattern.sub(lambda found: f"\\0{ord(found.group()):03o}", part.replace("\\", "\\\\"))
        yield kind, part
