"""What the stream of a run says, gathered while it is read once."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from msgspec.structs import replace as replace_struct

from conformance.model import Requirement
from conformance.register import Register
from conformance.report.answers import GENERATED, Answered, Answers, Block, without_numbers
from conformance.stream import AnyEvent, EventSource, events

NOTHING_EXERCISED = "nothing in this run exercised it"
E = TypeVar("E", bound=events.Event)


# "signon with a wrong password: answered 404": an input, and how it was refused.
_ANSWERED = re.compile(r"(?:(?P<input>.*): )?answered (?P<status>\d{3})(?P<any>, which is not documented)?", re.DOTALL)
_STATUS = re.compile(r"\b[1-5]\d\d\b")


@dataclass(frozen=True)
class Refusal:
    """How requests were refused or failed that had to be answered in another way; equal for what is one defect."""

    operation: str
    status: int
    form: str


@dataclass(frozen=True)
class Finding:
    """A finding with how often its cause was seen, and the other inputs of generated cases that trigger it.

    `answered` is how its exchange ended, where it did not succeed or broke something; `unserved` its operation, where
    no request of that succeeded in the run, and the valid ones were answered alike. `effect` says what it means for a
    viewer or an operator.
    """

    requirement: str
    expected: tuple[str, ...]
    actual: str
    cause: str
    exchange: str
    by: str
    repeats: int = 1
    inputs: tuple[str, ...] = ()
    answered: Answered | None = None
    unserved: str = ""
    effect: str = ""

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses that were expected."""
        return tuple(dict.fromkeys(_STATUS.findall(" ".join(self.expected))))

    @property
    def refusal(self) -> Refusal | None:
        """How the request was refused or failed, where that is the defect: by a wrong status, or by a 5xx."""
        match, answered = _ANSWERED.fullmatch(self.cause), self.answered
        if match is None or answered is None or answered.status < 400 or int(match["status"]) != answered.status:
            return None
        wrong = bool(match["any"]) or answered.status >= 500 or not any(one < "300" for one in self.statuses)
        return Refusal(answered.operation, answered.status, answered.form) if wrong else None

    def joined_by(self, other: Finding) -> Finding:
        """Return the finding with another of the same cause as one of its inputs."""
        match = _ANSWERED.fullmatch(other.cause)
        inputs = (*self.inputs, (match and match["input"]) or other.cause, *other.inputs)
        return replace(self, repeats=self.repeats + other.repeats, inputs=tuple(dict.fromkeys(inputs)))


@dataclass(frozen=True)
class ClientMistake:
    """What a client did wrong in captured traffic, how often, and the first request that shows it."""

    operation: str
    cause: str
    exchange: str
    repeats: int


class Tally:
    """What the stream says, gathered while it is read once."""

    def __init__(self) -> None:
        self.kept: defaultdict[type[events.Event], list[events.Event]] = defaultdict(list)
        self.verified: defaultdict[str, set[str]] = defaultdict(set)
        self.untested: dict[str, events.Untested] = {}
        self.undeclared: dict[str, str] = {}
        self.unobserved: dict[str, str] = {}
        self.trouble: dict[str, events.Trouble] = {}
        self.requests: Counter[str] = Counter()
        self.answers = Answers()
        self.first = 0
        self.last = 0
        self._findings: defaultdict[str, dict[str, Finding]] = defaultdict(dict)
        self._repeats: Counter[tuple[str, str]] = Counter()
        self._mistakes: dict[tuple[str, str], ClientMistake] = {}
        self._inputs: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        # Process -> requirement -> number; what a process counted itself stands for what its exchanges show.
        self._held: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._broken: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def read(self, run: EventSource) -> None:
        """Read the stream of a run, line by line.

        Raises:
            RunFolderError: it cannot be read.
        """
        counted: list[events.Counts] = []
        for event in run.events():
            self.last = max(self.last, event.at)
            self.first = min(self.first, event.at) if self.first and event.at else self.first or event.at
            if isinstance(event, events.Counts):
                counted.append(event)
            else:
                self._take(event)
        for process in {event.process for event in counted}:
            self._held[process].clear()
            self._broken[process].clear()
        for event in counted:
            self._take_counts(event)
        self._find_evidence(run)

    def _find_evidence(self, run: EventSource) -> None:
        """Keep what the findings name and was not kept yet."""
        named = {finding.exchange for found in self._findings.values() for finding in found.values()}
        named |= {one.exchange for one in self._mistakes.values()}
        wanted = {name for name in named if self.answers.of(name) is None}
        for event in run.events() if wanted else ():
            if isinstance(event, events.Exchange) and event.id in wanted:
                self.answers.keep(event)

    def all(self, kind: type[E]) -> tuple[E, ...]:
        """Return the events of a kind, in their order."""
        return tuple(event for event in self.kept[kind] if isinstance(event, kind))

    def _take(self, event: AnyEvent) -> None:
        match event:
            case events.Exchange():
                self._take_exchange(event)
            case events.Finding():
                self._take_finding(event)
            case events.Case():
                self._inputs[event.requirement, event.cause] += event.inputs
            case events.Load():
                self._take_load(event)
            case events.Misuse():
                self._take_mistake(event)
            case events.Block():
                self._take_block(event)
            case events.Verified():
                self.verified[event.requirement].add(event.by)
            case events.Untested():
                self.untested.setdefault(event.requirement, event)
            case events.Undeclared():
                self.undeclared.setdefault(event.requirement, event.reason)
            case events.Unobserved():
                self.unobserved.setdefault(event.requirement, event.reason)
            case events.Trouble():
                self.trouble.setdefault(event.requirement, event)
            case _:
                self.kept[type(event)].append(event)

    def _take_mistake(self, event: events.Misuse) -> None:
        key = event.operation, event.cause
        known = self._mistakes.get(key)
        first = event.exchange if known is None else known.exchange
        self._mistakes[key] = ClientMistake(*key, first, 1 if known is None else known.repeats + 1)

    @property
    def mistakes(self) -> tuple[ClientMistake, ...]:
        """What clients did wrong, the most frequent first."""
        return tuple(sorted(self._mistakes.values(), key=lambda one: (-one.repeats, one.operation, one.cause)))

    def _take_exchange(self, event: events.Exchange) -> None:
        self.requests["sent"] += 1
        if event.response is None:
            self.requests["unanswered"] += 1
        self.answers.take(event)
        process = events.process_of(event.id)
        self._held[process].update(event.passed)
        self._broken[process].update(event.broken)

    def _take_load(self, event: events.Load) -> None:
        self.kept[events.Load].append(event)
        self.requests["sent"] += sum(flow.sent for flow in event.flows.values()) - event.written
        self.requests["unanswered"] += sum(flow.statuses.get("0", 0) for flow in event.flows.values())

    def _take_block(self, event: events.Block) -> None:
        self.kept[events.Block].append(replace_struct(event, operations={}))
        for operation, numbers in event.operations.items():
            self.answers.take_numbers(operation, numbers)
            self.requests["sent"] += sum(numbers.statuses.values()) + numbers.foreign
            self.requests["unanswered"] += numbers.statuses.get("0", 0)

    def _take_finding(self, event: events.Finding) -> None:
        known = self._findings[event.requirement]
        seen = known.get(event.cause)
        if seen is not None:
            known[event.cause] = replace(seen, repeats=seen.repeats + 1)
            return
        known[event.cause] = Finding(
            event.requirement, tuple(event.expected), event.actual, event.cause, event.exchange, event.by
        )

    def _take_counts(self, event: events.Counts) -> None:
        for name, number in event.requirements.items():
            self._held[event.process][name] += number.held
            self._broken[event.process][name] += number.broken
        for cause in event.causes:
            self._repeats[cause.requirement, cause.cause] += cause.repeats

    def findings(self, entry: Requirement) -> tuple[Finding, ...]:
        """Return the findings of a requirement, one for each cause, with how often each was seen.

        Requests that were refused or failed alike (status and form) show one cause: the first stands for the others,
        which are among its inputs.
        """
        name = entry.id
        merged: dict[object, Finding] = {}
        for one in self._findings.get(name, {}).values():
            answered = self.answers.of(one.exchange)
            finding = replace(
                one,
                repeats=max(one.repeats, self._repeats[name, one.cause]),
                inputs=tuple(dict.fromkeys(self._inputs.get((name, one.cause), ()))),
                answered=answered,
                unserved=self.answers.unserved(one.exchange),
                effect=entry.effect.of(refused=answered is not None and answered.refused),
            )
            key: object = finding.refusal or finding.cause
            first = merged.get(key)
            merged[key] = finding if first is None else first.joined_by(finding)
        return tuple(merged.values())

    def evaluated(self, name: str) -> int:
        """Return how many exchanges the rules judged a requirement by."""
        return sum(counts[name] for counts in (*self._held.values(), *self._broken.values()))

    def generated(self, name: str) -> int:
        """Return how many of them were generated cases."""
        counts = (*self._held.items(), *self._broken.items())
        return sum(numbers[name] for process, numbers in counts if process.startswith(GENERATED))

    def outside(self, entry: Requirement, register: Register) -> str:
        """Return why a requirement is no part of a deployment as the checks have seen it; empty where it is.

        An operation that nothing succeeded at, and one check found to be missing by right, is missing as a whole.
        """
        if entry.id in self.undeclared or self.answers.succeeded[entry.operation]:
            return self.undeclared.get(entry.id, "")
        for name, reason in self._known(self.undeclared, register):
            if register[name].operation == entry.operation:
                return reason
        return ""

    def blocked_by(self, entry: Requirement, event: events.Untested) -> Block | None:
        """Return the answer that kept a requirement from being tested; None where the target file lacks something."""
        if event.add and without_numbers(event.reason) == event.reason:
            return None
        return self.answers.blocked_by(event.reason, event.by, entry.operation)

    def unreached(self, operation: str, register: Register) -> tuple[str, tuple[str, ...], Block | None]:
        """Return what kept most checks of an operation from being made: a reason, the lines to add, and the answer.

        A rule has no needs of its own: it waits for an answer that the checks would have brought.
        """
        reasons: Counter[tuple[str, tuple[str, ...]]] = Counter()
        blocks: dict[str, Block] = {}
        for name, event in self._known(self.untested, register):
            if register[name].operation != operation:
                continue
            blocked_by = self.blocked_by(register[name], event)
            reason = (blocked_by.said if blocked_by else "") or without_numbers(event.reason)
            if blocked_by:
                blocks.setdefault(reason, blocked_by)
            reasons[reason, () if blocked_by else tuple(event.add)] += 1
        blocked = self.answers.blocked(operation)
        if not reasons and blocked is not None:
            return blocked.said, (), blocked
        if not reasons or self.answers.succeeded[operation]:
            return NOTHING_EXERCISED, (), None
        # Of two that are as frequent, the one that can be mended.
        reason, add = max(reasons, key=lambda one: (reasons[one], bool(one[1])))
        found = blocks.get(reason)
        if blocked is not None and (found is None or found.answered.operation == operation):
            return blocked.said, (), blocked
        return reason, add, found

    @staticmethod
    def _known(found: dict[str, V], register: Register) -> Iterator[tuple[str, V]]:
        return ((name, value) for name, value in found.items() if name in register)


V = TypeVar("V")
