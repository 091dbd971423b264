"""What every script of `replay --script` begins with: it is copied into it, and imports nothing of the suite."""

# The script begins here.
from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
from typing import Any
from urllib.parse import quote

import httpx
import pytest

SALT = b"16-bytes-of-salt"
HASHED = hashlib.pbkdf2_hmac("sha1", b"Replay-Pass.1", SALT, 20_000, 320)
MISSING: Any = object()
ASKED: set[str] = set()
TOKEN = re.compile(r'(eyJ[\w-]+\.[\w-]+\.|"[^"]*[Tt]oken"\s*:\s*"(?!eyJ))[^"\s]+')
CLIENT = httpx.Client(timeout=30, verify=os.environ.get("OTV_VERIFY") != "0")


def secret(name: str, what: str) -> str:
    """Return a secret of the environment."""
    if not os.environ.get(name):
        pytest.skip(f"CANNOT: set {name}: {what}")
    ASKED.add(os.environ[name])
    return os.environ[name]


def shown(response: httpx.Response) -> str:
    """Return status and body without what must not be in a log: signatures, tokens, the secrets of the environment."""
    text = TOKEN.sub(lambda found: found[1] + "***", response.text)
    for one in ASKED:
        text = text.replace(one, "***")
    return f"HTTP {response.status_code}: {text[:2000]}"


def new_prefix() -> str:
    """Return what is put before the names of what a test creates: they must be new."""
    return secrets.token_hex(3)


def in_url(text: str) -> str:
    """Return a text as a URL has it."""
    return quote(text, safe="")


def basic(user: str, password: str) -> str:
    """Return the header of Basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def send(method: str, url: str, headers: list[tuple[str, str]], content: str | bytes = b"") -> httpx.Response:
    """Send a request; without a response nothing can be said."""
    raw = [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in headers]
    body = content if isinstance(content, bytes) else content.encode()
    try:
        response = CLIENT.request(method, url, headers=raw, content=body or None)
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        pytest.skip(f"CANNOT: {method} {url.partition('?')[0]} has no response: {problem!r}")
    print(method, url.partition("?")[0], "->", shown(response))  # noqa: T201
    return response


def json_of(response: httpx.Response) -> Any:
    """Return the body."""
    try:
        return response.json()
    except ValueError:
        return MISSING


def token_of(response: httpx.Response, member: str) -> str:
    """Return the token that a response brings: a member anywhere in it, or the whole text."""
    values = [json_of(response)]
    found = "" if member else response.text.strip(' "\r\n')
    while values and not found:
        value = values.pop()
        if isinstance(value, dict):
            found = value[member] if isinstance(value.get(member), str) else ""
            values += value.values()
        elif isinstance(value, list):
            values += value
    if not found:
        pytest.skip(f"CANNOT: no {member or 'token'} in the response with status {response.status_code}")
    return found


def decoded(text: str) -> Any:
    """Return the claims of a JSON Web Token, and its header."""
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "===")) for part in text.split(".")[:2])
        return {**claims, "header": header}
    except (ValueError, TypeError):
        return MISSING


def altered(token: str, changes: list[tuple[int, str, str, Any]], *, resigned: bool = False) -> str:
    """Return a token with other members (part, name, how, value) under its signature, or under another one."""
    texts = token.split(".")
    parts = [json.loads(base64.urlsafe_b64decode(text + "===")) for text in texts[:2]]
    for part, name, how, value in changes:
        if how == "drop":
            parts[part].pop(name, None)
        else:
            parts[part][name] = parts[part].get(name, 0) + value if how == "shift" else value
    made = [json.dumps(part, separators=(",", ":")).encode() for part in parts]
    if resigned:
        texts[-1] = ("B" if texts[-1].startswith("A") else "A") + texts[-1][1:]
    return ".".join([*(base64.urlsafe_b64encode(one).decode().rstrip("=") for one in made), *texts[2:]])


def at(response: httpx.Response, place: str) -> Any:
    """Return what is at `access_token.exp` of the body, or of a token in it."""
    value = json_of(response)
    for part in re.findall(r"[^.\[\]]+|\[\d*\]", place):
        value = decoded(value) if isinstance(value, str) else value
        try:
            value = value[int(part[1:-1] or 0) if part.startswith("[") else part]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return value


def is_a(kind: str, value: Any) -> bool:
    """Tell whether a value is of a type of JSON."""
    types = {"a string": str, "a list": list, "an object": dict, "true or false": bool, "null": type(None)}
    if kind in types:
        return isinstance(value, types[kind])
    numbers = int if kind == "an integer" else (int, float)
    return isinstance(value, numbers) and not isinstance(value, bool)


def control(response: httpx.Response) -> None:
    """Look whether a valid request succeeds; where it does not, a refusal of another one shows nothing."""
    if response.status_code >= 400:
        pytest.skip(f"CANNOT: the valid request was refused with {response.status_code} as well")


def judge(response: httpx.Response, holds: list[bool], expected: str, *, undecided: bool) -> None:
    """Pass where the response is as expected."""
    if any(holds):
        return
    if undecided:
        pytest.skip(f"CANNOT: compare the response above by hand: expected {expected}")
    pytest.fail(f"STILL BROKEN: expected {expected}, got {shown(response)}", pytrace=False)
