"""Writes the stream as the run goes; a reader finds every line that was written, whatever ends the run."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from conformance.errors import StreamError
from conformance.model import Exchange, Finding
from conformance.redaction import Redactor

KEEP_BODY_CHARS = 65_536


class StreamWriter:
    """Appends events to a file, redacted; may be shared by threads."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        """Open the stream for appending; the folder must exist."""
        self._file: IO[str] = path.open("a", encoding="utf-8", newline="\n")
        self._lock = threading.Lock()
        self.redactor = redactor

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; what a full disk did not take stays unwritten, and was told when it was to be written."""
        with suppress(OSError):
            self._file.close()

    def write(self, event: str, **facts: Any) -> None:
        """Write one event; values must be JSON. Texts in it are the suite's own or redacted already.

        Raises:
            StreamError: the file cannot be written, for example because the disk is full.
        """
        line = json.dumps({"event": event, "at": round(time.time() * 1000), **facts}, ensure_ascii=True)
        try:
            with self._lock:
                self._file.write(line + "\n")
                self._file.flush()
        except OSError as problem:
            raise StreamError(
                f"the run cannot be written down: {problem.strerror or problem}",
                where=self._file.name,
                advice="Is the disk full? `opentv-conformance report` makes the reports of what was written.",
            ) from None

    def exchange(self, exchange: Exchange, passed: list[str], broken: list[str]) -> None:
        """Write an exchange with the requirements that rules saw it keep and break."""
        self.write("exchange", **self.describe(exchange), passed=passed, broken=broken)

    def finding(self, finding: Finding) -> None:
        """Write a finding; what comes from the target in it is redacted."""
        clean = self.redactor.text
        self.write(
            "finding",
            requirement=finding.requirement,
            expected=[clean(text) for text in finding.expected],
            actual=clean(finding.actual)[:2000],
            cause=clean(finding.cause)[:500],
            exchange=finding.exchange,
            by=finding.by,
        )

    def describe(self, exchange: Exchange) -> dict[str, Any]:
        """Return an exchange as JSON, redacted."""
        clean, header = self.redactor.text, self.redactor.header
        request, response = exchange.request, exchange.response
        return {
            "id": exchange.id,
            "service": exchange.service,
            "operation": exchange.operation,
            "by": exchange.made_by,
            "valid": exchange.valid,
            "request": {
                "method": request.method,
                "url": clean(request.url)[:KEEP_BODY_CHARS],
                "headers": [[name, header(name, value)] for name, value in request.headers],
                **self._body(request.body),
            },
            "response": None
            if response is None
            else {
                "status": response.status,
                "headers": [[name[:500], header(name, value)[:2000]] for name, value in response.headers[:200]],
                "truncated": response.truncated,
                **self._body(response.body),
            },
            "failure": clean(exchange.failure),
            "sent_at": round(exchange.sent_at, 3),
            "elapsed_ms": round(exchange.elapsed_ms, 3),
        }

    def _body(self, body: bytes) -> dict[str, Any]:
        text = body[: KEEP_BODY_CHARS * 4].decode("utf-8", errors="replace")
        return {"body": self.redactor.text(text)[:KEEP_BODY_CHARS], "size": len(body)}
