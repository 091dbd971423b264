"""What one worker of a load must know; handed to its process as a JSON file."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from conformance.opening import RunSettings


@dataclass(frozen=True)
class LoadSettings:
    """The load of one worker, and its place among the others.

    Attributes:
        run: what every process of a run must know; its stream is the one of this worker alone.
        users: how many users all workers have.
        ramp: seconds until all of them are at work.
        seconds: how long the load lasts.
        arrival: journeys a second that all workers begin, whether earlier ones have ended or not; None: each user
            begins a journey when its last one has ended.
        worker: which worker this is, from 1.
        workers: how many there are.
        seed: what the journeys are drawn with.
        period: seconds of a tally.
        host, port: where a master of Locust waits for workers, or this master listens; empty: no network of workers.
        master: this process waits for workers and has no users.
    """

    run: RunSettings
    users: int
    ramp: float
    seconds: float
    arrival: float | None = None
    worker: int = 1
    workers: int = 1
    seed: int = 0
    period: float = 10.0
    host: str = ""
    port: int = 0
    master: bool = False

    def dump(self) -> str:
        """Return the settings as JSON."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def parse(cls, text: str) -> LoadSettings:
        """Return settings from their JSON."""
        return msgspec.json.decode(text, type=cls)
