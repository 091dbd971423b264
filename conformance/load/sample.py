"""The stream of a worker: of the exchanges it keeps those that a finding names, and the first success of each kind.

A load sends millions of requests; its stream stays small, and the counts say what is not in it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

from conformance.model import Exchange, Finding
from conformance.redaction import Redactor
from conformance.stream import StreamWriter, events
from conformance.stream.events import Written

# So many exchanges may still be named by a finding; and so many secrets may be in one of them.
RECENT, SECRETS = 2_000, 10_000


class Sample(StreamWriter):
    """A stream writer that keeps a sample; for one thread, or for many that never run at the same moment."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        super().__init__(path, redactor)
        redactor.postpone(SECRETS)
        self._recent: OrderedDict[str, tuple[Exchange, list[str], list[str]]] = OrderedDict()
        self._shown: set[tuple[str, int]] = set()
        self._said: set[tuple[str, ...]] = set()
        self.written = 0

    def exchange(self, exchange: Exchange, passed: list[str], broken: list[str]) -> None:
        """Write the first exchange of an operation with a status; remember the others for a while."""
        self._recent[exchange.id] = (exchange, passed, broken)
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)
        if (exchange.operation, exchange.status) not in self._shown:
            self._shown.add((exchange.operation, exchange.status))
            self.keep(exchange.id)

    def forget(self) -> None:
        """Begin the sample: what was written until now is not of the load."""
        self._shown.clear()
        self.written = 0

    def keep(self, exchange: str) -> None:
        """Write an exchange that is remembered, once."""
        found = self._recent.pop(exchange, None)
        if found is not None:
            self.written += 1
            self.redactor.settle(*_texts(found[0]))
            super().exchange(*found)

    def finding(self, finding: Finding) -> None:
        """Write a finding, and before it the exchange that shows it."""
        self.keep(finding.exchange)
        super().finding(finding)

    def write(self, event: Written) -> None:
        """Write an event; of the same refusal, control or reading only the first."""
        if isinstance(event, events.Verified | events.Refused | events.Control | events.Reading):
            said = tuple(
                str(getattr(event, name))
                for name in ("operation", "requirement", "verdict", "reason", "reading")
                if hasattr(event, name)
            )
            if said in self._said:
                return
            self._said.add(said)
        self.redactor.settle(repr(event))
        super().write(event)


def _texts(exchange: Exchange) -> Iterator[str]:
    for message in (exchange.request, exchange.response):
        if message is not None:
            yield from (value for _, value in message.headers)
            yield message.body.decode("utf-8", "replace")
    yield exchange.request.url
