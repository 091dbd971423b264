"""The stream of a block of a soak: it holds what shows something for the first time, and counts the rest.

A soak sends millions of requests. Of each cause a run keeps the first findings with their exchanges; how often
everything was seen is in counts of their own, so that nothing is lost but the text of what was seen before.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path

from conformance.model import Exchange, Finding
from conformance.model.clock import SYSTEM_CLOCK, Clock
from conformance.redaction import Redactor
from conformance.stream import events
from conformance.stream.events import Written
from conformance.stream.writer import KEEP_FINDINGS_PER_CAUSE, StreamWriter

# Causes of one requirement; lines of another kind that say the same.
MOST_CAUSES, MOST_ALIKE = 50, 20
# So many exchanges that broke something may still be named by a finding; a line that names another comes right behind.
MOST_BROKEN, MOST_RECENT = 5_000, 64


@dataclass
class Shown:
    """What the blocks of a run have written until now."""

    findings: Counter[tuple[str, str]] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    said: Counter[Hashable] = field(default_factory=Counter)

    def takes(self, finding: Finding) -> bool:
        """Tell whether a finding shows what was not shown often enough; count it then."""
        key = finding.requirement, finding.cause
        if self.findings[key] >= KEEP_FINDINGS_PER_CAUSE or (
            not self.findings[key] and self.causes[finding.requirement] >= MOST_CAUSES
        ):
            return False
        self.causes[finding.requirement] += not self.findings[key]
        self.findings[key] += 1
        return True


@dataclass
class _Numbers:
    statuses: Counter[str] = field(default_factory=Counter)
    valid: Counter[str] = field(default_factory=Counter)
    latencies: Counter[str] = field(default_factory=Counter)
    foreign: int = 0

    def count(self, exchange: Exchange, by: int) -> None:
        if exchange.foreign:
            self.foreign += by
            return
        status = str(exchange.status or 0)
        self.statuses[status] += by
        if exchange.valid:
            self.valid[status] += by
        if exchange.response is not None:
            self.latencies[f"{float(f'{exchange.elapsed_ms:.2g}'):g}"] += by


class SparingWriter(StreamWriter):
    """Writes what is new in a run, and counts the other exchanges; for one thread."""

    def __init__(self, path: Path, redactor: Redactor, shown: Shown, clock: Clock = SYSTEM_CLOCK) -> None:
        """Open the stream; `shown` is shared by the blocks of a run."""
        super().__init__(path, redactor, clock)
        self.last = 0
        self._shown = shown
        self._numbers: defaultdict[str, _Numbers] = defaultdict(_Numbers)
        self._recent: OrderedDict[str, tuple[Exchange, list[str], list[str]]] = OrderedDict()
        self._broken: OrderedDict[str, tuple[Exchange, list[str], list[str]]] = OrderedDict()
        self._kept: set[str] = set()

    def exchange(self, exchange: Exchange, passed: list[str], broken: list[str]) -> None:
        """Count an exchange, and remember it for a while."""
        self.last = max(self.last, int(exchange.id[1:]))
        self._numbers[exchange.operation].count(exchange, 1)
        remembered, most = (self._broken, MOST_BROKEN) if broken else (self._recent, MOST_RECENT)
        remembered[exchange.id] = exchange, passed, broken
        if len(remembered) > most:
            remembered.popitem(last=False)

    def finding(self, finding: Finding) -> None:
        """Write a finding that shows something new, and before it its exchange."""
        if self._shown.takes(finding):
            self._keep(finding.exchange)
            super().finding(finding)

    def write(self, event: Written) -> None:
        """Write an event, and before it the exchange that it names; not what was said often enough."""
        if isinstance(event, events.Case):
            if event.exchange in self._kept:
                super().write(event)
            return
        key = _alike(event)
        if key is not None:
            self._shown.said[key] += 1
            if self._shown.said[key] > MOST_ALIKE:
                return
        self._keep(getattr(event, "exchange", ""))
        super().write(event)

    def unwritten(self) -> dict[str, events.Unwritten]:
        """Return the exchanges that are not in the stream, by operation."""
        return {
            name: events.Unwritten(
                statuses=dict(+one.statuses),
                valid=dict(+one.valid),
                latencies=dict(+one.latencies),
                foreign=one.foreign,
            )
            for name, one in sorted(self._numbers.items())
        }

    def _keep(self, name: str) -> None:
        found = self._broken.pop(name, None) or self._recent.pop(name, None)
        if found is not None:
            self._kept.add(name)
            self._numbers[found[0].operation].count(found[0], -1)
            super().exchange(*found)


def _alike(event: Written) -> Hashable:
    """Return what events have in common of which a run needs a few; None for an event that is written each time."""
    match event:
        case events.Verified():
            return "verified", event.requirement, event.by
        case events.Reading():
            return "reading", event.reading, event.option
        case events.Control():
            return "control", event.operation, event.verdict, event.failure
        case events.Refused():
            return "refused", event.operation
        case events.Created():
            return "created", event.operation
        case events.Note():
            return "note", event.text
        case _:
            return None
