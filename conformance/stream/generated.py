"""The events of generated cases."""

from __future__ import annotations

from msgspec import Struct

from conformance.stream.parts import Count, Event


class Fuzz(Event, frozen=True, kw_only=True, tag="fuzz"):
    """What the generated cases of an operation did; `stopped` says why they ended before the last.

    `blocked` cases were answered by something in front of the platform; `blocked_values` counts what was unusual.
    """

    operation: str
    service: str = ""
    cases: Count = 0
    sent: Count = 0
    dropped: Count = 0
    withheld: Count = 0
    blocked: Count = 0
    blocked_values: dict[str, Count] = {}
    statuses: dict[str, Count] = {}
    seed: int | None = None
    plan: str = ""
    per_second: Count = 0
    stopped: str = ""


class Case(Event, frozen=True, kw_only=True, tag="case"):
    """The smallest generated case of a finding: what is unusual about it (`about`), and what else triggers it."""

    operation: str
    requirement: str
    cause: str
    exchange: str
    case: str = ""
    about: str = ""
    inputs: list[str] = []


class Walks(Event, frozen=True, kw_only=True, tag="walks"):
    """How often each operation was called in walks over the links."""

    steps: dict[str, Count]
    seed: int | None = None


class Unwritten(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The exchanges of an operation that the stream does not hold, in numbers.

    `statuses`: status -> number, `0` for no response; `valid`: those of requests that were meant to succeed;
    `latencies`: milliseconds, rounded to two significant digits -> number; `foreign`: what something in front of the
    platform answered.
    """

    statuses: dict[str, Count] = {}
    valid: dict[str, Count] = {}
    latencies: dict[str, Count] = {}
    foreign: Count = 0


class Block(Event, frozen=True, kw_only=True, tag="block"):
    """The end of a block of a soak: block 0 is the whole run as it is without one, the others are generated cases.

    `seconds`: how long it took; `seed`: that of its cases; `operations`: what the stream does not hold of it.
    """

    number: Count
    seconds: float = 0.0
    seed: int | None = None
    operations: dict[str, Unwritten] = {}
