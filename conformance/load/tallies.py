"""What a worker counts, a period at a time: bounded by the number of operations, however long a load lasts."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.model import SYSTEM_CLOCK, Clock
from conformance.stream import events

if TYPE_CHECKING:
    from hdrh.histogram import HdrHistogram

# Latencies in microseconds, to two significant digits, up to an hour.
LOWEST_US, HIGHEST_US, DIGITS = 1, 3_600_000_000, 2


def _histogram() -> HdrHistogram:
    # Late: the extra `load` brings it, and only workers count.
    from hdrh.histogram import HdrHistogram

    return HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)


@dataclass
class _Flow:
    statuses: Counter[str] = field(default_factory=Counter)
    shed: int = 0
    held: int = 0
    broken: int = 0
    latency: HdrHistogram = field(default_factory=_histogram)


class Tallies:
    """Counts of the period that is under way; used by one thread, or by many that never run at the same moment."""

    def __init__(self, worker: int, clock: Clock = SYSTEM_CLOCK) -> None:
        self._worker = worker
        self._clock = clock
        self.under_way = 0
        self.written = 0
        self._begin()

    def _begin(self) -> None:
        self._flows: defaultdict[str, _Flow] = defaultdict(_Flow)
        self._since, self._wall = self._clock.monotonic(), self._clock.wall()
        self._in_flight = self.under_way
        self._journeys = self._crossings = 0
        self._late_ms = self._lag_ms = 0.0
        self._written_before = self.written

    def sent(self) -> None:
        """Take note that a request goes out."""
        self.under_way += 1
        self._in_flight = max(self._in_flight, self.under_way)

    def came(self, operation: str, status: int, latency_ms: float, *, shed: bool) -> None:
        """Take note of a response, or of none (status 0), which has no latency."""
        self.under_way -= 1
        flow = self._flows[operation]
        flow.statuses[str(status)] += 1
        flow.shed += shed
        if status:
            flow.latency.record_value(min(max(round(latency_ms * 1000), LOWEST_US), HIGHEST_US))

    def judged(self, operation: str, *, held: int, broken: int) -> None:
        """Take note of judgements of binding requirements."""
        flow = self._flows[operation]
        flow.held += held
        flow.broken += broken

    def crossed(self) -> None:
        """Take note of a crossing."""
        self._crossings += 1

    def journey(self, late_ms: float) -> None:
        """Take note that a journey begins, so much later than it should."""
        self._journeys += 1
        self._late_ms = max(self._late_ms, late_ms)

    def lagged(self, ms: float) -> None:
        """Take note of how late this worker was itself."""
        self._lag_ms = max(self._lag_ms, ms)

    def period(self, users: int) -> events.Load:
        """Return what was counted since the last time, and count from zero."""
        now = self._clock.monotonic()
        found = events.Load(
            worker=self._worker,
            since=round(self._wall * 1000),
            seconds=round(now - self._since, 3),
            users=users,
            journeys=self._journeys,
            in_flight=self._in_flight,
            crossings=self._crossings,
            written=self.written - self._written_before,
            late_ms=round(self._late_ms, 1),
            lag_ms=round(self._lag_ms, 1),
            flows={
                name: events.Flow(
                    statuses=dict(flow.statuses),
                    shed=flow.shed,
                    held=flow.held,
                    broken=flow.broken,
                    latency=[
                        (one.value_iterated_to / 1000, one.count_added_in_this_iter_step)
                        for one in flow.latency.get_recorded_iterator()
                    ],
                )
                for name, flow in sorted(self._flows.items())
            },
        )
        self._begin()
        return found
