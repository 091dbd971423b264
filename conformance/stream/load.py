"""What a load leaves in the stream: tallies every few seconds, and what crossed from one user to another."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from conformance.stream.parts import Count, Event, Moment

# A worker that was later than this itself says nothing of how fast the target is.
MOST_LAG_MS = 50.0

Milliseconds = Annotated[float, Meta(ge=0)]


class Flow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one operation was answered in a period.

    `statuses`: status -> number, `0` for no response; `shed`: how many of them turn load away by a documented status or
    stand in front of the platform; `held`, `broken`: judgements of binding requirements; `latency`: milliseconds -> how
    many responses took at most so long, and longer than the value before.
    """

    statuses: dict[str, Count] = {}
    shed: Count = 0
    held: Count = 0
    broken: Count = 0
    latency: list[tuple[Milliseconds, Count]] = []

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return sum(self.statuses.values())


class Load(Event, frozen=True, kw_only=True, tag="load"):
    """What one worker saw in a period of load, from `since` on, for `seconds`.

    `users`: the most that it had; `in_flight`: the most requests at the same time; `written`: how many of the
    exchanges are in the stream; `late_ms`: how late the latest journey began; `lag_ms`: how late the worker itself was
    at most, so that above 50 ms its latencies say nothing of the target.
    """

    worker: Count = 1
    since: Moment = 0.0
    seconds: float = 0.0
    users: Count = 0
    journeys: Count = 0
    in_flight: Count = 0
    crossings: Count = 0
    written: Count = 0
    late_ms: Milliseconds = 0.0
    lag_ms: Milliseconds = 0.0
    flows: dict[str, Flow] = {}


class Crossing(Event, frozen=True, kw_only=True, tag="crossing"):
    """`what` belongs to the caller of the exchange `other`, and was in the answer of `exchange`, to somebody else."""

    operation: str
    what: str
    exchange: str
    other: str = ""
