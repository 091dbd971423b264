"""The pictures of the report as geometry; the templates draw them as inline SVG with the numbers as text beside."""

from __future__ import annotations

import math
from collections.abc import Iterable

from conformance.report import views
from conformance.report.evidence import OperationNumbers
from conformance.report.timestamps import duration
from conformance.report.views import Bar, BarRow, Charts, LatencyRow
from conformance.report.words import OUTCOME


def charts(services: Iterable[views.Service], operations: tuple[OperationNumbers, ...]) -> Charts:
    """Return the pictures of a run."""
    outcome_rows = tuple(
        stacked(entry.key, [(key, OUTCOME[key].words, number) for key, number in entry.outcomes])
        for entry in services
        if entry.declared
    )
    answered = [numbers for numbers in operations if numbers.latencies]
    low, high = _scale([value for numbers in answered for value in (min(numbers.latencies), max(numbers.latencies))])
    return Charts(
        services=outcome_rows,
        statuses=tuple(_statuses(numbers) for numbers in operations),
        latencies=tuple(_latency(numbers, low, high) for numbers in answered),
        ticks=tuple((_place(10.0**power, low, high), duration(10.0**power)) for power in range(low, high + 1)),
    )


def stacked(label: str, parts: list[tuple[str, str, int]]) -> BarRow:
    """Return a stacked bar of (key, words, number)."""
    total = sum(number for _, _, number in parts)
    bars: list[Bar] = []
    left = 0.0
    for key, words, number in parts:
        if number:
            width = 100 * number / total
            bars.append(Bar(key, words, number, round(left, 2), round(width, 2)))
            left += width
    return BarRow(label, tuple(bars), total)


def _statuses(numbers: OperationNumbers) -> BarRow:
    parts = [
        (f"s{status // 100}" if 100 <= status < 600 else "s0", str(status) if status else "no answer", count)
        for status, count in sorted(numbers.statuses.items(), key=lambda item: (item[0] == 0, item[0]))
    ]
    return stacked(numbers.operation, parts)


def _scale(values: list[float]) -> tuple[int, int]:
    """Return the powers of ten, in milliseconds, between which all values lie."""
    positive = [max(value, 1.0) for value in values] or [1.0]
    low = math.floor(math.log10(min(positive)))
    return low, max(math.ceil(math.log10(max(positive))), low + 1)


def _place(value: float, low: int, high: int) -> float:
    share = (math.log10(max(value, 10.0**low)) - low) / (high - low)
    return round(100 * min(max(share, 0.0), 1.0), 2)


def _latency(numbers: OperationNumbers, low: int, high: int) -> LatencyRow:
    median, slow, slowest = (numbers.percentile(share) for share in (0.5, 0.95, 1.0))
    return LatencyRow(
        label=numbers.operation,
        median=duration(median),
        slow=duration(slow),
        slowest=duration(slowest),
        median_at=_place(median, low, high),
        slow_at=_place(slow, low, high),
        slowest_at=_place(slowest, low, high),
        count=len(numbers.latencies),
    )
