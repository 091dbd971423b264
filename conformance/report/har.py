"""`evidence.har`: every exchange of the run in HAR 1.2, redacted as the stream is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from conformance.report.text import path_and_query
from conformance.report.timestamps import iso
from conformance.stream import RunFolder, events

_PHRASES = {status.value: status.phrase for status in HTTPStatus}


def har(run: RunFolder, version: str, gaps: Sequence[str] = ()) -> Iterator[str]:
    """Yield the exchanges of a run as HAR, one by one; ARCHITECTURE.md says why not by `harfile`."""
    encode = json.JSONEncoder(separators=(",", ":")).encode
    creator = encode({"name": "opentv-conformance", "version": version})
    comment = f'"comment":{encode("; ".join(gaps))},' if gaps else ""
    yield f'{{"log":{{"version":"1.2","creator":{creator},{comment}"pages":[],"entries":['
    separator = "\n"
    for event in run.events():
        if isinstance(event, events.Exchange):
            yield separator + encode(_entry(event))
            separator = ",\n"
    yield "\n]}}\n"


def _entry(exchange: events.Exchange) -> dict[str, Any]:
    elapsed = max(exchange.elapsed_ms, 0.0)
    return {
        "startedDateTime": iso(exchange.sent_at),
        "time": elapsed,
        "request": _request(exchange.request),
        "response": _response(exchange.response),
        "cache": {},
        "timings": {"send": 0, "wait": elapsed, "receive": 0},
        "comment": exchange.failure,
        "_id": exchange.id,
        "_operation": exchange.operation,
        "_by": exchange.by,
        "_passed": exchange.passed,
        "_broken": exchange.broken,
    }


def _pairs(headers: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _first(headers: list[tuple[str, str]], wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _request(request: events.Request) -> dict[str, Any]:
    query = parse_qsl(path_and_query(request.url)[1], keep_blank_values=True, errors="replace")
    entry: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(request.headers),
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": -1,
        "bodySize": request.size,
    }
    if request.text:
        entry["postData"] = {"mimeType": _first(request.headers, "content-type"), "params": [], "text": request.text}
    return entry


def _response(response: events.Response | None) -> dict[str, Any]:
    # Viewers show status 0 as "no response".
    found = response or events.Response(status=0)
    # Of a body that is whole, the size is that of its text here, which is redacted; of another one, what it was.
    content: dict[str, Any] = {
        "size": found.size if found.cut or found.truncated else len(found.raw),
        "mimeType": _first(found.headers, "content-type") or "x-unknown",
        "text": found.body_base64 or found.body,
    }
    if found.body_base64:
        content["encoding"] = "base64"
    return {
        "status": found.status,
        "statusText": _PHRASES.get(found.status, ""),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(found.headers),
        "content": content,
        "redirectURL": _first(found.headers, "location"),
        "headersSize": -1,
        "bodySize": found.size if response else -1,
    }
