"""`evidence.har`: every exchange of the run in HAR 1.2, redacted as the stream is."""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import parse_qsl

from conformance.report.moments import iso
from conformance.report.text import path_and_query
from conformance.stream import Event

_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class HarWriter:
    """Writes entries one by one, so that a run of any size needs no memory."""

    def __init__(self, path: Path, version: str) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8", newline="\n")
        creator = json.dumps({"name": "opentv-conformance", "version": version})
        self._file.write(f'{{"log":{{"version":"1.2","creator":{creator},"pages":[],"entries":[')
        self._separator = "\n"
        self._encode = json.JSONEncoder(separators=(",", ":")).encode

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the document, so that it is valid JSON even after an error."""
        self._file.write("\n]}}\n")
        self._file.close()

    def write(self, exchange: Event) -> None:
        """Write one exchange."""
        self._file.write(self._separator + self._encode(_entry(exchange)))
        self._separator = ",\n"


def _entry(exchange: Event) -> dict[str, Any]:
    elapsed = max(float(exchange.get("elapsed_ms") or 0), 0.0)
    return {
        "startedDateTime": iso(float(exchange.get("sent_at") or 0)),
        "time": elapsed,
        "request": _request(exchange["request"]),
        "response": _response(exchange.get("response")),
        "cache": {},
        "timings": {"send": 0, "wait": elapsed, "receive": 0},
        "comment": exchange.get("failure", ""),
        "_id": exchange["id"],
        "_operation": exchange["operation"],
        "_by": exchange["by"],
        "_passed": exchange["passed"],
        "_broken": exchange["broken"],
    }


def _pairs(headers: list[list[str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _media_type(headers: list[list[str]]) -> str:
    return next((value for name, value in headers if name.lower() == "content-type"), "")


def _request(request: dict[str, Any]) -> dict[str, Any]:
    query = parse_qsl(path_and_query(request["url"])[1], keep_blank_values=True, errors="replace")
    entry: dict[str, Any] = {
        "method": request["method"],
        "url": request["url"],
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(request["headers"]),
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": -1,
        "bodySize": request.get("size", -1),
    }
    if request.get("body"):
        entry["postData"] = {"mimeType": _media_type(request["headers"]), "params": [], "text": request["body"]}
    return entry


def _response(response: dict[str, Any] | None) -> dict[str, Any]:
    # Viewers show status 0 as "no response".
    response = response or {"status": 0, "headers": [], "body": "", "size": -1}
    headers = response["headers"]
    return {
        "status": response["status"],
        "statusText": _PHRASES.get(response["status"], ""),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers),
        "content": {
            "size": max(response.get("size", 0), 0),
            "mimeType": _media_type(headers) or "application/octet-stream",
            "text": response.get("body", ""),
        },
        "redirectURL": next((value for name, value in headers if name.lower() == "location"), ""),
        "headersSize": -1,
        "bodySize": response.get("size", -1),
    }
