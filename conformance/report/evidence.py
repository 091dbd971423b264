"""What the reports need of the exchanges: those that a finding shows, and numbers of all the rest."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from conformance.contract import load_contract
from conformance.reproduction import MAX_STEPS, UNRELATED, Names, chains_of, curl_lines
from conformance.stream import RunFolder, events


@dataclass
class OperationNumbers:
    """How an operation answered: status -> count (0: no answer), and every latency in milliseconds."""

    operation: str
    service: str
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: array[float] = field(default_factory=lambda: array("d"))

    def percentile(self, share: float) -> float:
        """Return the latency that `share` of the answers did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


@dataclass(frozen=True)
class Step:
    """A request of a sequence: what was sent to which service, and how it was answered (status 0: not at all)."""

    exchange: str
    service: str
    operation: str
    method: str
    status: int


@dataclass(frozen=True)
class Evidence:
    """The run folder; exchanges by id, with the line of the stream of each, and numbers per operation.

    `steps`: of each of these exchanges, what the same check sent before it, and itself; empty where that is all.
    `curl`: of each, the lines that send it again, with what brings its tokens; empty for captured traffic.
    """

    run: RunFolder
    exchanges: Mapping[str, events.Exchange]
    lines: Mapping[str, int]
    steps: Mapping[str, tuple[Step, ...]]
    curl: Mapping[str, str]
    operations: tuple[OperationNumbers, ...]
    digest: str


def gather(run: RunFolder, wanted: Collection[str], *, captured: bool = False) -> Evidence:
    """Read the stream: keep the wanted exchanges, and count all; of `captured` traffic nothing is sent again.

    Raises:
        RunFolderError: the stream cannot be read.
    """
    exchanges: dict[str, events.Exchange] = {}
    lines: dict[str, int] = {}
    operations: dict[str, OperationNumbers] = {}
    steps: dict[str, tuple[Step, ...]] = {}
    sent: dict[str, deque[Step]] = {}
    for line, event in run.numbered():
        if isinstance(event, events.Block):
            _count_block(operations, event)
        if not isinstance(event, events.Exchange):
            continue
        if event.by not in UNRELATED:
            status = event.response.status if event.response else 0
            step = Step(event.id, event.service, event.operation, event.request.method, status)
            sent.setdefault(event.by, deque(maxlen=MAX_STEPS)).append(step)
        if event.id in wanted:
            exchanges[event.id] = event
            lines[event.id] = line
            if len(sent.get(event.by, ())) > 1:
                steps[event.id] = tuple(sent[event.by])
        _count(operations, event)
    with run.stream.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    chains, names = ({}, Names()) if captured else chains_of(run, wanted)
    curl = {name: curl_lines(chain, names) for name, chain in chains.items()}
    return Evidence(run, exchanges, lines, steps, curl, tuple(operations[name] for name in sorted(operations)), digest)


def _count(operations: dict[str, OperationNumbers], event: events.Exchange) -> None:
    name = event.operation
    numbers = operations.get(name)
    if numbers is None:
        numbers = operations[name] = OperationNumbers(name, event.service)
    numbers.statuses[event.response.status if event.response else 0] += 1
    if event.response:
        numbers.latencies.append(event.elapsed_ms)


def _count_block(operations: dict[str, OperationNumbers], event: events.Block) -> None:
    for name, unwritten in event.operations.items():
        service = load_contract().operation(name).service
        numbers = operations.setdefault(name, OperationNumbers(name, service))
        numbers.statuses.update({int(status): number for status, number in unwritten.statuses.items()})
        for milliseconds, number in unwritten.latencies.items():
            numbers.latencies.extend(array("d", [float(milliseconds)]) * number)
