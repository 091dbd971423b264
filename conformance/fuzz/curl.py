"""A case as a `curl` line: exact, because the plan knows which values are the target's and which are its own."""

from __future__ import annotations

from typing import Any

from conformance.contract import Operation
from conformance.errors import CouldNotTest
from conformance.fuzz.case import Case
from conformance.fuzz.render import Dialect, Values, render
from conformance.model import Json
from conformance.redaction import MASK
from conformance.reproduction import CLOSE, OPEN, curl_line, variable

_SECRET_NAMES = ("password", "token", "salt", "hash", "Challenge", "Payload")


class _Named:
    """Values with variables in place of the secret ones."""

    def __init__(self, values: Values, basic: bool) -> None:
        self._values = values
        self._basic = basic

    def get(self, path: str, change: str) -> Json:
        if path == "auth":
            return f"Basic {MASK}" if self._basic else f"Bearer {OPEN}OTV_TOKEN{CLOSE}"
        if path.startswith("credentials.") or any(name in path for name in _SECRET_NAMES):
            return f"{OPEN}{variable(f'{path} {change}'.removeprefix('live.').strip())}{CLOSE}"
        value = self._values.get(path, change)
        return value.replace(OPEN, "").replace(CLOSE, "") if isinstance(value, str) else value


def case_curl(case: Case, operation: Operation, dialect: Dialect, values: Values) -> str:
    """Return the line, with shell variables for secrets; empty where the target lacks a value."""
    try:
        wire = render(case, operation, dialect, _Named(values, "basic" in operation.security))
    except CouldNotTest:
        return ""
    request: dict[str, Any] = {"method": wire.method, "url": wire.url, "headers": wire.headers}
    try:
        text = wire.body.decode("utf-8")
        request["body"] = text.replace("\\ue000", OPEN).replace("\\ue001", CLOSE)
    except UnicodeDecodeError:
        request |= {"body": wire.body.decode("latin-1"), "bytes": True}
    return curl_line(request, marked=True)
