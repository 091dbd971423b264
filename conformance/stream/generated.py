"""The events of generated cases."""

from __future__ import annotations

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
