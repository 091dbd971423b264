"""Both ways in which the suite sends requests, and a clock that tests turn."""

from __future__ import annotations

from conformance.client import Client, ConcurrentClient
from conformance.model import SYSTEM_CLOCK
from conformance.target import HttpSettings

LANES = ("client", "concurrent")


def send(lane, wires, *, guard=lambda *_: None, connections=1, clock=SYSTEM_CLOCK, **settings):
    """Send requests over one lane, one after the other where `connections` is 1; return what came of each."""
    settings = HttpSettings(**{"timeout": 2, "connections": connections, **settings})
    if lane == "client":
        with Client(settings, guard=guard, clock=clock) as client:
            return [client.send(wire, "stbsignontokens") for wire in wires]
    with ConcurrentClient(settings, guard=guard, connections=connections, clock=clock) as client:
        return list(client.send_all((("stbsignontokens", wire) for wire in wires), batch_size=1))


class TurnedClock:
    """A clock that stands still until it is turned; nobody sleeps."""

    def __init__(self):
        self.now = 1_000.0

    def monotonic(self):
        return self.now

    def wall(self):
        return 1_795_000_000.0 + self.now

    def sleep(self, seconds):
        self.now += seconds
