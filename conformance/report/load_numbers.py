"""What a load says: facts, the first breach, crossings, and rate, statuses and latency over time as geometry."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.report.text import counted, one_line
from conformance.report.timestamps import duration
from conformance.stream import events
from conformance.stream.load import MOST_LAG_MS

# A picture has so many columns at most: periods of a longer load are taken together.
COLUMNS = 60
MOST_CROSSINGS = 20
HEIGHT = 40.0


@dataclass(frozen=True)
class Period:
    """What all workers saw in a while; times in milliseconds, `start` since the load began.

    `void`: a worker was late itself, so that the latencies say nothing of the target.
    """

    start: float
    seconds: float
    users: int
    in_flight: int
    statuses: tuple[tuple[int, int], ...]
    shed: int
    broken: int
    crossings: int
    latency: tuple[float, float, float] | None
    void: bool

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return sum(number for _, number in self.statuses)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.sent / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Column:
    """A column of a picture: rectangles (class, top, height) and what it says."""

    left: float
    width: float
    parts: tuple[tuple[str, float, float], ...]
    words: str


@dataclass(frozen=True)
class LoadView:
    """The section of a load: `first` says at which load the first breach appeared, empty without one."""

    facts: tuple[tuple[str, str], ...]
    first: str
    crossings: tuple[tuple[str, str, str, str], ...]
    crossings_unshown: int
    rate: tuple[Column, ...]
    latency: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    void: str


def periods_of(tallies: Sequence[events.Load]) -> tuple[Period, ...]:
    """Return the periods of a load, those of all workers together."""
    if not tallies:
        return ()
    begun = min(one.since for one in tallies)
    ended = max(one.since + one.seconds * 1000 for one in tallies)
    longest = max(one.seconds for one in tallies) * 1000
    width = max(longest, (ended - begun) / COLUMNS, 1.0)
    groups: defaultdict[int, list[events.Load]] = defaultdict(list)
    for one in tallies:
        # The middle decides: workers do not begin at the same moment.
        groups[int((one.since + one.seconds * 500 - begun) / width)].append(one)
    return tuple(_period(groups[number], number * width) for number in sorted(groups))


def _period(tallies: Sequence[events.Load], start: float) -> Period:
    statuses: Counter[int] = Counter()
    latency: Counter[float] = Counter()
    shed = broken = 0
    seconds: defaultdict[int, float] = defaultdict(float)
    users: dict[int, int] = {}
    in_flight: dict[int, int] = {}
    for one in tallies:
        seconds[one.worker] += one.seconds
        users[one.worker] = one.users
        in_flight[one.worker] = max(in_flight.get(one.worker, 0), one.in_flight)
        for flow in one.flows.values():
            statuses.update({int(name): number for name, number in flow.statuses.items() if name.isdigit()})
            latency.update(dict(flow.latency))
            shed += flow.shed
            broken += flow.broken
    return Period(
        start=start,
        seconds=max(seconds.values()),
        users=sum(users.values()),
        in_flight=sum(in_flight.values()),
        statuses=tuple(sorted(statuses.items())),
        shed=shed,
        broken=broken,
        crossings=sum(one.crossings for one in tallies),
        latency=percentiles(latency),
        void=any(one.lag_ms > MOST_LAG_MS for one in tallies),
    )


def percentiles(latency: Counter[float]) -> tuple[float, float, float] | None:
    """Return the median, the 95th percentile and the slowest of a histogram, in milliseconds; None if it is empty."""
    total = sum(latency.values())
    if not total:
        return None
    found, passed = [], 0
    shares = iter((0.5, 0.95))
    share = next(shares, None)
    for value in sorted(latency):
        passed += latency[value]
        while share is not None and passed >= share * total:
            found.append(value)
            share = next(shares, None)
    return found[0], found[1], max(latency)


def too_slow(run: events.Run, tallies: Sequence[events.Load]) -> str:
    """Say how responses were slower than the target file allows under load; empty where they were not, or no limit is.

    Periods in which a worker was late itself do not count.
    """
    limit = run.options.get("p95")
    if not isinstance(limit, int | float) or isinstance(limit, bool):
        return ""
    latency: Counter[float] = Counter()
    for one in tallies:
        if one.lag_ms <= MOST_LAG_MS:
            for flow in one.flows.values():
                latency.update(dict(flow.latency))
    found = percentiles(latency)
    if found is None or found[1] <= limit * 1000:
        return ""
    return (
        f"95 % of the responses came within {duration(found[1])}, and the target file allows {duration(limit * 1000)}"
    )


def load_view(tallies: Sequence[events.Load], crossings: Sequence[events.Crossing]) -> LoadView | None:
    """Return the section of a load; None where a run has none."""
    periods = periods_of(tallies)
    if not periods:
        return None
    void = [one for one in periods if one.void]
    late = (
        f"in {len(void)} of {counted(len(periods), 'period')} a worker was more than {MOST_LAG_MS:g} ms late itself: "
        "its latencies say nothing of the target (verdicts do)."
    )
    return LoadView(
        facts=tuple(_facts(tallies, periods)),
        first=_first_breach(periods),
        crossings=tuple(
            (one_line(one.operation), one_line(one.what, 80), one_line(one.exchange, 40), one_line(one.other, 40))
            for one in crossings[:MOST_CROSSINGS]
        ),
        crossings_unshown=max(len(crossings) - MOST_CROSSINGS, 0),
        rate=tuple(_columns(periods, [_of_statuses(one, _most(p.rate for p in periods)) for one in periods])),
        latency=tuple(_columns(periods, [_of_latency(one, _slowest(periods)) for one in periods])),
        rows=tuple(_row(one) for one in periods),
        void=late if void else "",
    )


def crossed(crossings: Sequence[events.Crossing]) -> tuple[str, ...]:
    """Return the exchanges that show the first crossings: both of each."""
    return tuple(
        dict.fromkeys(name for one in crossings[:MOST_CROSSINGS] for name in (one.exchange, one.other) if name)
    )


def _facts(tallies: Sequence[events.Load], periods: Sequence[Period]) -> Iterable[tuple[str, str]]:
    sent, seconds = sum(one.sent for one in periods), sum(one.seconds for one in periods)
    yield "Users", f"{max(one.users for one in periods):,} at most"
    mean = sent / seconds if seconds else 0.0
    yield "Requests", f"{sent:,}; {mean:,.0f} a second on average, {max(one.rate for one in periods):,.0f} at most"
    yield "Journeys", f"{sum(one.journeys for one in tallies):,}"
    yield "In flight", f"{max(one.in_flight for one in periods):,} at most"
    yield "Load shed", counted(sum(one.shed for one in periods), "response")
    silent = sum(number for one in periods for status, number in one.statuses if not status)
    yield "Without a response", counted(silent, "request")
    whole: Counter[float] = Counter()
    for one in tallies:
        for flow in one.flows.values():
            whole.update(dict(flow.latency))
    found = percentiles(whole)
    if found:
        yield "Latency", _latency_words(found)
    late = max(one.late_ms for one in tallies)
    if late:
        yield "Journeys began late by", f"{duration(late)} at most"
    yield "Breaches", counted(sum(one.broken for one in periods), "judgement")
    yield "Crossings", f"{sum(one.crossings for one in periods):,}"


def _latency_words(found: tuple[float, float, float]) -> str:
    median, slow, slowest = (duration(value) for value in found)
    return f"median {median}, 95 % {slow}, slowest {slowest}"


def _first_breach(periods: Sequence[Period]) -> str:
    for one in periods:
        if one.broken or one.crossings:
            return (
                f"The first breach appeared within {duration(one.start + one.seconds * 1000)} of the beginning: at "
                f"{one.rate:,.0f} requests a second, {counted(one.users, 'user')}, {one.in_flight:,} in flight at most."
            )
    return ""


def _most(values: Iterable[float]) -> float:
    return max(values, default=0.0) or 1.0


def _slowest(periods: Sequence[Period]) -> float:
    return _most(one.latency[1] for one in periods if one.latency)


def _columns(periods: Sequence[Period], parts: Sequence[list[tuple[str, float, float]]]) -> Iterable[Column]:
    width = 100 / len(periods)
    for number, (one, drawn) in enumerate(zip(periods, parts, strict=True)):
        yield Column(round(number * width, 2), round(width * 0.92, 2), tuple(drawn), ", ".join(_row(one)))


def _of_statuses(one: Period, most: float) -> list[tuple[str, float, float]]:
    parts: list[tuple[str, float, float]] = []
    top = HEIGHT
    for status, number in one.statuses:
        height = HEIGHT * (number / one.seconds if one.seconds else 0.0) / most
        top -= height
        parts.append((f"s{status // 100}" if 100 <= status < 600 else "s0", round(top, 2), round(height, 2)))
    if one.broken or one.crossings:
        parts.append(("failed", 0.0, 1.5))
    return parts


def _of_latency(one: Period, slowest: float) -> list[tuple[str, float, float]]:
    if one.latency is None:
        return []
    median, slow, _ = (HEIGHT * min(value / slowest, 1.0) for value in one.latency)
    kind = "left_out" if one.void else "s4"
    return [(kind, round(HEIGHT - slow, 2), round(max(slow - median, 0.6), 2))]


def _row(one: Period) -> tuple[str, ...]:
    said = ", ".join(f"{status or 'none'} × {number:,}" for status, number in one.statuses)
    latency = _latency_words(one.latency) if one.latency else "no response"
    return (
        duration(one.start),
        f"{one.rate:,.0f}/s",
        counted(one.users, "user"),
        said,
        f"{latency}{' (void)' if one.void else ''}",
        counted(one.broken + one.crossings, "breach", "breaches"),
    )
