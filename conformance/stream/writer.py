"""Writes the stream as the run goes; a reader finds every line that was written, whatever ends the run."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec
from msgspec.structs import force_setattr, replace

from conformance.errors import StreamError
from conformance.model import Exchange, Finding
from conformance.model.clock import SYSTEM_CLOCK, Clock
from conformance.redaction import Redactor
from conformance.stream import events
from conformance.stream.chain import EVERY_LINES, Chain
from conformance.stream.events import Written

# A cause that shows again and again is one finding; its first few exchanges are evidence enough.
KEEP_FINDINGS_PER_CAUSE = 3
KEEP_BODY_CHARS = 65_536
KEEP_CHARS = 2_000
KEEP_NAME_CHARS = 500
MOST_HEADERS = 200
# The suite's own words: no secret of a target is in them, and none may eat them.
_OWN = frozenset(
    {
        "requirement", "requirements", "exchange", "service", "operation", "by", "outcome", "state", "verdict",
        "level", "reading", "option", "process", "plan", "selected", "digests", "suite", "passed", "broken", "features",
        "readings", "lacking", "not_declared", "rules", "casn_name", "gateways", "initialise", "schemes",
        "authorization_form", "algorithm", "question_token", "account", "ssp", "sha256", "first_key", "last_key",
        "binding", "shoulds", "keys", "waived",
    }
)  # fmt: skip
# What can hold a text.
_WITH_TEXT = (str, list, tuple, dict, msgspec.Struct)


class StreamWriter:
    """Appends events to a file, redacted; may be shared by threads.

    Attributes:
        redactor: what removes secrets.
        exchanges: how many exchanges it has written.
    """

    def __init__(self, path: Path, redactor: Redactor, clock: Clock = SYSTEM_CLOCK) -> None:
        """Open the stream for appending, for its owner alone; the folder must exist."""
        self._clock = clock
        self._file: IO[bytes] = open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))  # noqa: SIM115
        self._encode = msgspec.json.Encoder().encode
        self._lock = threading.Lock()
        self._chain = Chain(path)
        self._undigested = 0
        self.exchanges = 0
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
        """Close the file; what a full disk did not take stays unwritten, and was reported when it was written."""
        with suppress(OSError):
            self._file.close()

    def write(self, event: Written) -> None:
        """Write an event; every text in it that is not the suite's own is redacted first.

        Raises:
            StreamError: the file cannot be written, for example because the disk is full.
        """
        self._line(_mapped(event, self._text))

    def copy(self, event: Written) -> None:
        """Write an event of another stream as it is, with its time: what was secret in it is redacted already.

        A digest is of its own file, and is not copied.
        """
        if not isinstance(event, events.Digest):
            self._line(event, event.at)

    def exchange(self, exchange: Exchange, passed: list[str], broken: list[str]) -> None:
        """Write an exchange with the requirements that rules saw it keep and break."""
        request, response = exchange.request, exchange.response
        sent, sent_binary = _decoded(request.body)
        came, came_binary = _decoded(response.body if response else b"")
        names = [name for name, _ in (*request.headers, *(response.headers if response else ()))]
        values = [value for _, value in (*request.headers, *(response.headers if response else ()))]
        raw = [request.url, sent]
        url, failure, sent, came, *rest = self.redactor.marked_all(
            [request.url, exchange.failure, sent, came, *names, *values]
        )
        if response is not None and response.truncated:
            came = self.redactor.cut(came)
        values = [
            self.redactor.marked_header(*pair) for pair in zip(rest[: len(names)], rest[len(names) :], strict=True)
        ]
        first = len(request.headers)
        shown = [url, sent, *values[:first]]
        came, *values[first:] = self.redactor.named.without_sent(raw, shown, [came, *values[first:]])
        headers = list(zip(rest[: len(names)], values, strict=True))
        of_request, of_response = headers[:first], headers[first:]
        self._line(
            events.Exchange(
                id=exchange.id,
                service=exchange.service,
                operation=exchange.operation,
                by=exchange.made_by,
                valid=exchange.valid,
                request=events.Request(
                    method=request.method,
                    url=url[:KEEP_BODY_CHARS],
                    size=len(request.body),
                    **_message(of_request, sent, binary=sent_binary, cut=len(url) > KEEP_BODY_CHARS),
                ),
                response=None
                if response is None
                else events.Response(
                    status=response.status,
                    truncated=response.truncated,
                    size=len(response.body),
                    **_message(of_response, came, binary=came_binary),
                ),
                failure=failure,
                foreign=self.redactor.marked(exchange.foreign),
                sent_at=round(exchange.sent_at, 3),
                elapsed_ms=round(exchange.elapsed_ms, 3),
                passed=passed,
                broken=broken,
            )
        )

    def finding(self, finding: Finding) -> None:
        """Write a finding."""
        self.write(
            events.Finding(
                requirement=finding.requirement,
                expected=list(finding.expected),
                actual=finding.actual,
                cause=finding.cause,
                exchange=finding.exchange,
                by=finding.by,
            )
        )

    def _line(self, event: Written, at: int | None = None) -> None:
        force_setattr(event, "at", round(self._clock.wall() * 1000) if at is None else at)
        try:
            line = self._encode(event)
        except UnicodeEncodeError:
            # Half of a surrogate pair is no character: it is written as its escape.
            line = self._encode(_mapped(event, _without_surrogates, own=True))
        try:
            with self._lock:
                self._put(line)
                self._undigested += 1
                self.exchanges += isinstance(event, events.Exchange)
                if self._undigested >= EVERY_LINES or isinstance(event, events.End):
                    self._undigested = 0
                    digest = self._chain.digest()
                    force_setattr(digest, "at", event.at)
                    self._put(self._encode(digest))
        except OSError as problem:
            raise StreamError(
                f"the run cannot be written down: {problem.strerror or problem}",
                where=str(self._file.name),
                advice="Is the disk full? `opentv-conformance report` makes the reports of what was written.",
            ) from None

    def _put(self, line: bytes) -> None:
        # With a space behind each colon, as people look for it with grep.
        self._file.write(msgspec.json.format(line, indent=0) + b"\n")
        self._file.flush()

    def _text(self, text: str) -> str:
        """Return a text that the suite wrote; it may hold a value of the target that was shortened."""
        return self.redactor.heads(self.redactor.marked(text))[:KEEP_CHARS]


def _decoded(body: bytes) -> tuple[str, bool]:
    """Return a body as text; where it is not UTF-8, each character stands for a byte, and the second value is true."""
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return body.decode("latin-1"), True


def _message(headers: list[tuple[str, str]], body: str, *, binary: bool, cut: bool = False) -> dict[str, Any]:
    """Return the redacted headers and body of a message as the stream holds them, and whether anything is cut off."""
    kept = [(name[:KEEP_NAME_CHARS], value[:KEEP_CHARS]) for name, value in headers[:MOST_HEADERS]]
    text = body[:KEEP_BODY_CHARS]
    found: dict[str, Any] = {"headers": kept, "cut": cut or kept != headers or len(body) > KEEP_BODY_CHARS}
    if binary:
        return {**found, "body_base64": base64.b64encode(text.encode("latin-1", "replace")).decode("ascii")}
    return {**found, "body": text}


def _mapped(value: Any, clean: Callable[[str], str], *, own: bool = False) -> Any:
    """Return an event, or a part of one, with its texts replaced; the suite's own words only if `own`."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, msgspec.Struct):
        changed = {
            name: _mapped(before, clean, own=own)
            for name in value.__struct_fields__
            if (own or name not in _OWN) and isinstance(before := getattr(value, name), _WITH_TEXT)
        }
        return replace(value, **changed)
    if isinstance(value, dict):
        return {clean(name): _mapped(item, clean, own=own) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_mapped(item, clean, own=own) for item in value)
    return value


def _without_surrogates(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
