"""What the stream of a run says, gathered while it is read once."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from conformance.model import Requirement
from conformance.register import Register
from conformance.stream import Event, RunFolder

NOTHING_EXERCISED = "nothing in this run exercised it"


@dataclass(frozen=True)
class FindingSeen:
    """A finding with how often its cause was seen."""

    requirement: str
    expected: tuple[str, ...]
    actual: str
    cause: str
    exchange: str
    by: str
    repeats: int = 1


class Tally:
    """What the stream says, gathered while it is read once."""

    def __init__(self) -> None:
        self.events: defaultdict[str, list[Event]] = defaultdict(list)
        self.findings: defaultdict[str, dict[str, FindingSeen]] = defaultdict(dict)
        self.broken: Counter[str] = Counter()
        self.passed: Counter[str] = Counter()
        self.generated: Counter[str] = Counter()
        self.verified: defaultdict[str, set[str]] = defaultdict(set)
        self.untested: dict[str, Event] = {}
        self.undeclared: dict[str, str] = {}
        self.unobserved: dict[str, str] = {}
        self.trouble: dict[str, Event] = {}
        self.requests: Counter[str] = Counter()
        self.succeeded: Counter[str] = Counter()
        self.first = 0
        self.last = 0

    def read(self, run: RunFolder) -> None:
        """Read the stream of a run, line by line.

        Raises:
            StreamError: it cannot be read.
        """
        for event in run.events():
            self.last = max(self.last, int(event.get("at", 0)))
            self.first = self.first or int(event.get("at", 0))
            handler = getattr(self, f"_on_{event['event']}", None)
            if handler is not None:
                handler(event)
            else:
                self.events[event["event"]].append(event)

    def _on_exchange(self, event: Event) -> None:
        self.requests["sent"] += 1
        if event["response"] is None:
            self.requests["unanswered"] += 1
        elif 200 <= event["response"]["status"] < 300:
            self.succeeded[event["operation"]] += 1
        by_fuzz = str(event["by"]).startswith("fuzz")
        for name in event["passed"]:
            self.passed[name] += 1
            self.generated[name] += by_fuzz
        for name in event["broken"]:
            self.broken[name] += 1
            self.generated[name] += by_fuzz

    def _on_finding(self, event: Event) -> None:
        known = self.findings[event["requirement"]]
        seen = known.get(event["cause"])
        if seen is None:
            known[event["cause"]] = FindingSeen(
                event["requirement"],
                tuple(event["expected"]),
                event["actual"],
                event["cause"],
                event["exchange"],
                event["by"],
                int(event.get("repeats", 1)),
            )
        else:
            again = seen.repeats + int(event.get("repeats", 1))
            smaller = event.get("minimised", False)
            known[event["cause"]] = FindingSeen(
                seen.requirement,
                tuple(event["expected"]) if smaller else seen.expected,
                event["actual"] if smaller else seen.actual,
                seen.cause,
                event["exchange"] if smaller else seen.exchange,
                seen.by,
                again,
            )

    def _on_verified(self, event: Event) -> None:
        self.verified[event["requirement"]].add(event["by"])

    def _on_untested(self, event: Event) -> None:
        self.untested.setdefault(event["requirement"], event)

    def _on_undeclared(self, event: Event) -> None:
        self.undeclared.setdefault(event["requirement"], event["reason"])

    def _on_unobserved(self, event: Event) -> None:
        self.unobserved.setdefault(event["requirement"], event["reason"])

    def _on_trouble(self, event: Event) -> None:
        self.trouble.setdefault(event["requirement"], event)

    def outside(self, entry: Requirement, register: Register) -> str:
        """Return why a requirement is no part of a deployment as the checks have seen it; empty where it is.

        An operation that nothing succeeded at, and one check found to be missing by right, is missing as a whole.
        """
        if entry.id in self.undeclared or self.succeeded[entry.operation]:
            return self.undeclared.get(entry.id, "")
        reasons = (reason for name, reason in self.undeclared.items() if register[name].operation == entry.operation)
        return next(reasons, "")

    def obstacle(self, operation: str, register: Register) -> tuple[str, tuple[str, ...]]:
        """Return what kept most checks of an operation from being made: a reason, and the lines to add.

        A rule has no needs of its own: it waits for an answer that the checks would have brought.
        """
        reasons: Counter[tuple[str, tuple[str, ...]]] = Counter()
        for name, event in self.untested.items():
            if name in register and register[name].operation == operation:
                reasons[event["reason"], tuple(event.get("add", ()))] += 1
        if not reasons or self.succeeded[operation]:
            return NOTHING_EXERCISED, ()
        # Of two that are as frequent, the one that can be mended.
        return max(reasons, key=lambda one: (reasons[one], bool(one[1])))
