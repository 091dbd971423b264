"""What the suite and the target file add to the headers of a request."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from conformance.client.decoding import ACCEPTED
from conformance.model import SYSTEM_CLOCK, Clock
from conformance.target import HttpSettings

USER_AGENT = "opentv-conformance"
# What a file or command gives for `http.headers` is used this long: a gateway's token may end, a command takes time.
EXTRA_HEADERS_S = 20.0

TRACE_HEADER = "traceparent"
# With a challenge: whose request it is, as the platform's tracing passes it on (W3C Trace Context, a list member).
STATE_HEADER = "tracestate"
DEFAULT_HEADERS = (("User-Agent", USER_AGENT), ("Accept", "*/*"), ("Accept-Encoding", ACCEPTED))


class ExtraHeaders:
    """`http.headers` of the target file, read again now and then where a file or command gives them."""

    def __init__(self, settings: HttpSettings, clock: Clock = SYSTEM_CLOCK) -> None:
        """Read them a first time.

        Raises:
            TargetFileError: a file or command gives none.
        """
        self._clock = clock
        self._sources = settings.headers
        self._again = any(source.file or source.command for source in self._sources.values())
        self._state = ((STATE_HEADER, trace_state(settings.challenge)),) if settings.challenge else ()
        self._read()

    def _read(self) -> None:
        own = tuple((name, source.read()) for name, source in self._sources.items())
        names = {name.lower() for name, _ in own}
        self._headers = (*own, *((name, value) for name, value in DEFAULT_HEADERS if name.lower() not in names))
        self._until = self._clock.monotonic() + (EXTRA_HEADERS_S if self._again else float("inf"))

    def beside(self, headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return the headers of a request with these, and with the suite's own, where it has none of the name.

        Raises:
            TargetFileError: a file or command gives none any more.
        """
        if self._clock.monotonic() > self._until:
            self._read()
        names = {name.lower() for name, _ in headers}
        own = (*self._headers, (TRACE_HEADER, _trace()))
        # A `tracestate` of the target file is another list member: both go.
        return (*headers, *((name, value) for name, value in own if name.lower() not in names), *self._state)


def trace_state(challenge: str) -> str:
    """Return the list member of `tracestate` that carries a challenge."""
    return f"{USER_AGENT}={challenge}"


def _trace() -> str:
    """Return a trace context (W3C Trace Context) for one request: by it a vendor finds the request in his logs."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
