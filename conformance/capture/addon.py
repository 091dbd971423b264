"""An addon of mitmproxy: spools each exchange that goes through it, as a line with an entry of HAR.

It runs in mitmproxy's own environment: the standard library alone, no import of the suite. The file that it writes to
is named by the variable OPENTV_SPOOL; what is in it is not redacted.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any, Protocol

VARIABLE = "OPENTV_SPOOL"


class Fields(Protocol):
    """Headers, as mitmproxy has them."""

    def get(self, name: str, default: str) -> str:
        """Return a header's value."""

    def items(self, *, multi: bool) -> Iterable[tuple[str, str]]:
        """Return all; `multi`: also those of one name, each by itself."""


class Message(Protocol):
    """What mitmproxy's requests and responses have in common; times in seconds since 1970."""

    headers: Fields
    timestamp_start: float
    timestamp_end: float | None

    def get_content(self, *, strict: bool) -> bytes | None:
        """Return the body without its content encoding."""


class Request(Message, Protocol):
    """A request."""

    method: str
    url: str


class Response(Message, Protocol):
    """A response."""

    status_code: int


class Flow(Protocol):
    """An exchange."""

    request: Request
    response: Response | None
    error: object


class Spool:
    """Writes a line for each exchange, whole before the next one."""

    def __init__(self, path: str) -> None:
        """Open the spool, for its owner alone."""
        self._file = open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))  # noqa: SIM115

    def response(self, flow: Flow) -> None:
        """Take a response that came as a whole."""
        self._write(flow, "")

    def error(self, flow: Flow) -> None:
        """Take a request that had no response."""
        self._write(flow, str(getattr(flow.error, "msg", "") or "no response"))

    def done(self) -> None:
        """Close the spool."""
        self._file.close()

    def _write(self, flow: Flow, failure: str) -> None:
        line = json.dumps(entry(flow, failure), separators=(",", ":"))
        self._file.write(line.encode("utf-8", "surrogatepass") + b"\n")
        self._file.flush()


def entry(flow: Flow, failure: str) -> dict[str, Any]:
    """Return an exchange as an entry of HAR 1.2; `failure` is empty where a response came."""
    request, response = flow.request, None if failure else flow.response
    begun = request.timestamp_start
    ended = (response.timestamp_end or response.timestamp_start) if response else begun
    found: dict[str, Any] = {
        "startedDateTime": datetime.fromtimestamp(begun, timezone.utc).isoformat(),  # noqa: UP017 - older Pythons, too
        "time": max((ended - begun) * 1000, 0),
        "request": {"method": request.method, "url": request.url, "headers": _headers(request)},
        "response": {"status": 0, "_error": failure or "no response"},
    }
    body = _body(request)
    found["request"]["bodySize"] = body["size"]
    if body["text"]:
        found["request"]["postData"] = {"mimeType": request.headers.get("content-type", ""), **body}
    if response:
        found["response"] = {
            "status": response.status_code,
            "headers": _headers(response),
            "content": {"mimeType": response.headers.get("content-type", ""), **_body(response)},
        }
    return found


def _headers(message: Message) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in message.headers.items(multi=True)]


def _body(message: Message) -> dict[str, Any]:
    """Return the body; base64 where it is not text in UTF-8."""
    content = message.get_content(strict=False) or b""
    try:
        return {"text": content.decode("utf-8"), "size": len(content)}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(content).decode(), "encoding": "base64", "size": len(content)}


# The suite imports this module for its path and its names; mitmproxy loads it with the variable set.
addons = [Spool(os.environ[VARIABLE])] if VARIABLE in os.environ else []
