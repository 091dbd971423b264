"""What the HTML templates get: frozen facts, ready to be shown. Texts are escaped by the templates."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from conformance.report.load_numbers import LoadView
from conformance.report.tokens import Token


@dataclass(frozen=True)
class OutcomeWord:
    """An outcome with its sign, its words, and what it means."""

    key: str
    sign: str
    words: str
    meaning: str


@dataclass(frozen=True)
class MatrixRow:
    """A row of the matrix, `binding` yes, no or empty for all: outcome key -> number, in the order of the outcomes."""

    binding: str
    words: str
    cells: tuple[tuple[str, int], ...]
    total: int


@dataclass(frozen=True)
class Service:
    """A service: where it is, and what became of its requirements."""

    key: str
    words: str
    url: str
    declared: bool
    outcomes: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Fact:
    """A name and a value of the run's circumstances."""

    name: str
    value: str


@dataclass(frozen=True)
class Acceptance:
    """The run by an acceptance profile: the verdict for it, and each line of it with whether it is met and why."""

    profile: str
    verdict: str
    head: str
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Message:
    """A request or a response: its first line, headers, and body as HTML."""

    line: str
    headers: tuple[tuple[str, str], ...]
    body: Markup
    note: str


@dataclass(frozen=True)
class Exchange:
    """An exchange as the evidence of a finding."""

    id: str
    operation: str
    by: str
    at: str
    trace: str
    elapsed: str
    request: Message
    response: Message | None
    failure: str
    tokens: tuple[Token, ...]
    curl: str


@dataclass(frozen=True)
class Step:
    """An arrow of a sequence diagram, from the suite to the `column`-th of the services; `broke`: the last one."""

    exchange: str
    column: int
    request: str
    response: str
    broke: bool


@dataclass(frozen=True)
class Sequence:
    """The requests that led to a finding; `services` are the columns."""

    services: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Finding:
    """A finding with the differing parts marked; `exchange` is given where it is shown for the first time."""

    anchor: str
    requirement: str
    title: str
    statement: str
    outcome: str
    service: str
    operation: str
    level: str
    basis: str
    source: str
    section: str
    expected: tuple[Markup, ...]
    actual: Markup
    dates: tuple[tuple[str, str], ...]
    cause: str
    effect: str
    by: str
    repeats: int
    inputs: tuple[str, ...]
    premises: tuple[str, ...]
    own_words: tuple[tuple[str, str], ...]
    exchange_id: str
    exchange: Exchange | None
    recorded: bool
    sequence: Sequence | None


@dataclass(frozen=True)
class Cause:
    """A cause, and the findings that it explains; `unshown` more are in report.json.

    `effect` says what it means for a viewer or an operator.

    `follows` are the causes that it explains, `following` the requirements (id and title) that only they break,
    `untested` those that could not be tested because of it, and `seen` what was seen instead.
    """

    anchor: str
    text: str
    effect: str
    outcome: str
    services: tuple[str, ...]
    operations: tuple[str, ...]
    requirements: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    unshown: int
    follows: tuple[Cause, ...]
    following: tuple[tuple[str, str], ...]
    untested: tuple[tuple[str, str], ...]
    seen: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """A place that can be read in several ways, and the way that the target was seen to follow."""

    id: str
    service: str
    question: str
    option: str
    text: str
    source: str
    pinned: bool


@dataclass(frozen=True)
class Requirement:
    """A requirement and what became of it."""

    id: str
    title: str
    statement: str
    service: str
    operation: str
    level: str
    binding: str
    basis: str
    source: str
    section: str
    outcome: str
    reason: str
    add: tuple[str, ...]
    readings: tuple[Reading, ...]
    checks: tuple[str, ...]
    exchanges: int
    generated: int
    findings: tuple[tuple[str, str], ...]
    planted: tuple[str, ...]


@dataclass(frozen=True)
class OutcomeGroup:
    """The requirements of one outcome."""

    outcome: OutcomeWord
    open: bool
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True)
class ToDo:
    """What to add to the target file, and what it unlocks."""

    add: tuple[str, ...]
    reason: str
    binding: int
    requirements: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Bar:
    """A part of a stacked bar: percent from the left, percent wide."""

    key: str
    words: str
    count: int
    left: float
    width: float


@dataclass(frozen=True)
class BarRow:
    """A stacked bar with its label and the numbers as text."""

    label: str
    bars: tuple[Bar, ...]
    total: int


@dataclass(frozen=True)
class LatencyRow:
    """Where the latencies of an operation lie on the common logarithmic scale, in percent and in words."""

    label: str
    median: str
    slow: str
    slowest: str
    median_at: float
    slow_at: float
    slowest_at: float
    count: int


@dataclass(frozen=True)
class HeatRow:
    """An operation and its requirements by area (the prefix of their ids): id, title and outcome of each."""

    operation: str
    numbers: tuple[tuple[str, int], ...]
    areas: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]


@dataclass(frozen=True)
class Document:
    """A document: its title, and the outcomes of what each of its sections states."""

    title: str
    whole: BarRow
    sections: tuple[BarRow, ...]


@dataclass(frozen=True)
class Charts:
    """The pictures: outcomes per service, statuses and latency per operation; `ticks` are the scale's marks."""

    services: tuple[BarRow, ...]
    statuses: tuple[BarRow, ...]
    latencies: tuple[LatencyRow, ...]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Detection:
    """How many planted faults the suite was measured to find; not `measured` where nobody has."""

    measured: bool
    headline: str
    details: tuple[Fact, ...]
    misses: bool


@dataclass(frozen=True)
class Waiver:
    """A waiver and what became of it."""

    id: str
    reason: str
    owner: str
    link: str
    expires: str
    state: str
    fails: bool


@dataclass(frozen=True)
class Page:
    """The whole report."""

    title: str
    target: str
    tenant: str
    verdict: str
    exit_code: int
    head: str
    why: tuple[str, ...]
    acceptance: Acceptance | None
    when: str
    facts: tuple[Fact, ...]
    digests: tuple[Fact, ...]
    outcomes: tuple[OutcomeWord, ...]
    matrix: tuple[MatrixRow, ...]
    services: tuple[Service, ...]
    features: tuple[tuple[str, bool], ...]
    left_out: int
    detection: Detection
    causes: tuple[Cause, ...]
    causes_unshown: int
    groups: tuple[OutcomeGroup, ...]
    operations: tuple[str, ...]
    todo: tuple[ToDo, ...]
    readings: tuple[Reading, ...]
    profile: tuple[Fact, ...]
    waivers: tuple[Waiver, ...]
    charts: Charts
    load: LoadView | None
    load_evidence: tuple[Exchange, ...]
    heat: tuple[HeatRow, ...]
    documents: tuple[Document, ...]
    tested: str
    fuzz: tuple[tuple[str, ...], ...]
    created: tuple[tuple[str, ...], ...]
    notes: tuple[Fact, ...]
    captured: bool
    mistakes: tuple[tuple[str, ...], ...]
    proves: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
