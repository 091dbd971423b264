"""What a stream holds, gathered in one pass for the rows about it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conformance.client.headers import STATE_HEADER, trace_state
from conformance.model.clock import http_date
from conformance.stream import events

Judged = defaultdict[str, Counter[str]]


@dataclass
class StreamFacts:
    """What the lines of a stream say of themselves and of each other.

    Attributes:
        kinds: how many lines there are of each kind.
        opening: the opening line, where the first line is one.
        last: the last line that is no digest.
        numbers: process -> the numbers of its exchanges.
        held: process -> requirement -> how many exchanges kept it.
        broken: likewise, broke it.
        counts: what each process counted.
        findings: requirement -> who found it.
        named: exchanges that a finding or a check names.
        makers: exchange -> who sent it.
        without_state: exchanges that went without the challenge.
        hosts: service -> the hosts that its requests went to.
        back: by how many milliseconds a line is older than one before it, at most.
        sent: the first and the last time that something was sent.
        skews: how far the target's clock was from the suite's, in seconds, by the Date of its responses.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    opening: events.Run | None = None
    last: events.AnyEvent | None = None
    numbers: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    held: Judged = field(default_factory=lambda: defaultdict(Counter))
    broken: Judged = field(default_factory=lambda: defaultdict(Counter))
    counts: list[events.Counts] = field(default_factory=list)
    findings: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    named: set[str] = field(default_factory=set)
    makers: dict[str, str] = field(default_factory=dict)
    checks: list[events.Check] = field(default_factory=list)
    without_state: list[str] = field(default_factory=list)
    hosts: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    first_at: int = 0
    last_at: int = 0
    back: int = 0
    sent: tuple[float, float] | None = None
    skews: list[float] = field(default_factory=list)
    fuzz: list[events.Fuzz] = field(default_factory=list)


def facts_of(found: Iterable[events.AnyEvent], challenge: str) -> StreamFacts:
    """Gather the facts of a stream; `challenge` is what must have gone with every request, where one was given.

    Raises:
        RunFolderError: a line is not an event.
    """
    facts = StreamFacts()
    state = trace_state(challenge) if challenge else ""
    for number, event in enumerate(found):
        facts.kinds[type(event).__name__] += 1
        if number == 0 and isinstance(event, events.Run):
            facts.opening = event
        if not isinstance(event, events.Digest):
            facts.last = event
        facts.first_at = facts.first_at or event.at
        facts.back = max(facts.back, facts.last_at - event.at)
        facts.last_at = max(facts.last_at, event.at)
        _take(facts, event, state)
    return facts


def _take(facts: StreamFacts, event: events.AnyEvent, state: str) -> None:
    match event:
        case events.Exchange():
            _take_exchange(facts, event, state)
        case events.Finding():
            facts.findings[event.requirement].add(event.by)
            facts.named.add(event.exchange)
        case events.Verified():
            facts.named.add(event.exchange)
        case events.Counts():
            facts.counts.append(event)
        case events.Check():
            facts.checks.append(event)
        case events.Fuzz():
            facts.fuzz.append(event)
        case _:
            pass


def _take_exchange(facts: StreamFacts, event: events.Exchange, state: str) -> None:
    process = events.process_of(event.id)
    number = event.id[len(process) :]
    facts.numbers[process].append(int(number) if number.isascii() and number.isdigit() else -1)
    facts.held[process].update(event.passed)
    facts.broken[process].update(event.broken)
    facts.makers[event.id] = event.by
    # The realm of the operators' Keycloak is no service of the platform.
    if event.operation != "keycloakToken":
        facts.hosts[event.service].add(_host(event.request.url))
    sent = event.sent_at
    if sent:
        first, last = facts.sent or (sent, sent)
        facts.sent = min(first, sent), max(last, sent)
    values = [value for name, value in event.request.headers if name.lower() == STATE_HEADER]
    if state and state not in values:
        facts.without_state.append(event.id)
    date = next(
        (value for name, value in (event.response.headers if event.response else ()) if name.lower() == "date"), ""
    )
    told = http_date(date) if date else None
    if told is not None and sent:
        facts.skews.append(told - sent / 1000)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
