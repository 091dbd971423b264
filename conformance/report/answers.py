"""How the operations answered requests that were meant to succeed, and which answers kept checks from testing."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

from conformance.report.own_words import form_of, own_words
from conformance.stream import events

# What the exchanges of generated cases begin with.
GENERATED = "F"
MAX_STATUSES = 4
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_NAMED = re.compile(r"\bexchange ([A-Z]\d{3,})\b")
_NUMBERS = re.compile(r" \(exchange [A-Z]\d{3,}\)|,? exchange [A-Z]\d{3,}\b")
# What the first digit of the most frequent status says; 0 is no response at all.
_WORDS = {0: "had no response", 3: "was redirected", 4: "was refused", 5: "failed"}


@dataclass(frozen=True)
class Answered:
    """An exchange that did not succeed, or that broke requirements (`broken`); status 0: no response.

    `trace` is its id in a log that follows W3C Trace Context; `refused`: the platform carried nothing out, whatever the
    status; `form` is what its responses of this kind have in common.
    """

    exchange: str
    operation: str
    status: int
    valid: bool
    broken: frozenset[str]
    refused: bool = False
    form: str = ""
    trace: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the status is a success."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Block:
    """The answer that kept a requirement from being tested; `said` is what was seen of its operation.

    `whole`: no request of the operation succeeded in the run.
    """

    answered: Answered
    said: str
    whole: bool


def without_numbers(reason: str) -> str:
    """Return a reason without the numbers of exchanges: what differs from check to check is not another reason."""
    return _NUMBERS.sub("", reason)


def trace_of(request: events.Request) -> str:
    """Return the trace id of a request (W3C Trace Context); empty where it has none."""
    parent = next((value for name, value in request.headers if name.lower() == "traceparent"), "")
    match = _TRACE.fullmatch(parent)
    return match[1] if match else ""


class Answers:
    """What the exchanges of a run say of their operations, gathered while the stream is read."""

    def __init__(self) -> None:
        self.succeeded: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()
        self._valid: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._kept: dict[str, Answered] = {}
        self._last: dict[str, Answered] = {}
        self._refused: dict[str, Answered] = {}

    def take(self, event: events.Exchange) -> None:
        """Count an exchange, and keep it where it did not succeed or broke something."""
        self._asked[event.operation] += 1
        if event.foreign:
            return
        status = event.response.status if event.response else 0
        made = Answered(event.id, event.operation, status, event.valid, frozenset(event.broken))
        if made.succeeded:
            self.succeeded[event.operation] += 1
        if made.valid:
            self._valid[event.operation][status] += 1
            if not made.succeeded:
                self._refused.setdefault(event.operation, made)
                self._last[event.by] = made
        if (made.valid or not event.id.startswith(GENERATED)) and (made.broken or not made.succeeded):
            self.keep(event)

    def take_numbers(self, operation: str, numbers: events.Unwritten) -> None:
        """Count exchanges that the stream does not hold."""
        self._asked[operation] += sum(numbers.statuses.values()) + numbers.foreign
        self.succeeded[operation] += sum(number for status, number in numbers.statuses.items() if status[:1] == "2")
        for status, number in numbers.valid.items():
            self._valid[operation][int(status)] += number

    def keep(self, event: events.Exchange) -> None:
        """Keep an exchange whatever it is: a finding names it."""
        status = event.response.status if event.response else 0
        refused = not 200 <= status < 300 or bool(own_words(event.response))
        self._kept[event.id] = Answered(
            exchange=event.id,
            operation=event.operation,
            status=status,
            valid=event.valid,
            broken=frozenset(event.broken),
            refused=refused,
            form=form_of(event.response),
            trace=trace_of(event.request),
        )

    def asked(self, operation: str) -> bool:
        """Tell whether any request of an operation was sent."""
        return self._asked[operation] > 0

    def never_succeeds(self, operation: str) -> bool:
        """Tell whether valid requests of an operation were sent, and no request of it succeeded."""
        return bool(self._valid[operation]) and not self.succeeded[operation]

    def of(self, exchange: str) -> Answered | None:
        """Return an exchange that did not succeed, broke something, or was kept for a finding."""
        return self._kept.get(exchange)

    def unserved(self, exchange: str) -> str:
        """Return the operation of an exchange that failed as all valid requests of it did; else empty."""
        made = self._kept.get(exchange)
        if made is None or not self.never_succeeds(made.operation) or not self._valid[made.operation][made.status]:
            return ""
        return made.operation

    def blocked(self, operation: str) -> Block | None:
        """Return what an operation blocks whose valid requests all failed."""
        made = self._refused.get(operation)
        return self._block(made) if made and self.never_succeeds(operation) else None

    def blocked_by(self, reason: str, by: str, operation: str) -> Block | None:
        """Return the answer that a check did not get on from.

        It is the one that the reason names; else, of an operation that never succeeds, the last one of the check, or
        one of the operation that the reason or the requirement speaks of.
        """
        named = _NAMED.findall(reason)
        for number in named:
            made = self._kept.get(number)
            if made and (made.broken if made.succeeded else made.valid or f"answered {made.status}" in reason):
                return self._block(made)
        if named:
            return None
        last = self._last.get(by)
        words = re.findall(r"\w+", reason)
        for name in (last.operation if last else "", *words, operation):
            if name in self._refused and self.never_succeeds(name):
                return self.blocked(name)
        return None

    def _block(self, made: Answered) -> Block:
        said = "" if made.succeeded else self._said(made)
        return Block(made, said, self.never_succeeds(made.operation))

    def _said(self, made: Answered) -> str:
        """Say how the valid requests of an operation were answered: `updateInHomeStatus was refused (403 × 254)`."""
        counts = self._valid[made.operation]
        failures = Counter({status: number for status, number in counts.items() if not 200 <= status < 300})
        if self.succeeded[made.operation] or not failures:
            # Of an operation that works for others, only this answer.
            failures = Counter({made.status: max(failures[made.status], 1)})
        listed = [f"{status or 'no response'} × {number:,}" for status, number in failures.most_common(MAX_STATUSES)]
        words = _WORDS.get(failures.most_common(1)[0][0] // 100, "was answered")
        worked = sum(number for status, number in counts.items() if 200 <= status < 300)
        besides = f"; {worked:,} valid requests succeeded" if worked > 1 else "; one succeeded" if worked else ""
        return f"{made.operation} {words} ({', '.join(listed)}{besides})"
