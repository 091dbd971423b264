"""What led to an exchange: the requests that brought its tokens and accounts, and those that the same check sent.

Redaction leaves a fingerprint in the stream, so that the response is found that a token is from.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from urllib.parse import unquote

from conformance.contract import load_contract
from conformance.model import NotJson, parse_json
from conformance.redaction import MASK
from conformance.reproduction.names import Names, Secret, secret_of
from conformance.reproduction.pieces import hidden_in, marks_in
from conformance.stream import RunFolder, events

# Of what a check sent before the exchange that shows a finding, itself included.
MAX_STEPS = 12
# A shorter name of something created may be a word of any request.
MIN_NAME = 6
# Who sends requests that do not build on each other.
UNRELATED = ("fuzz", "preflight", "")
WALK = "fuzz: walk"
_JWT = "eyJ"
_MEMBER = re.compile(r'"([A-Za-z_][A-Za-z0-9_.-]*)"\s*:\s*"[^"]*\Z')


@dataclass(frozen=True)
class Chain:
    """The requests that led to a finding, in their order; the last one shows it. Secrets are marked by fingerprints.

    Attributes:
        steps: what the same check sent, and all that this needed.
        needed: the ids of those without which the last one could not be written.
        issued: the mark of a token -> the exchange that brought it.
        altered: the mark of a token with other claims, or with another signature -> that of the issued one that it was
            made of.
        control: a valid request of the same operation, with all that it needs; empty where the run has none.
    """

    steps: tuple[events.Exchange, ...]
    needed: frozenset[str]
    issued: Mapping[str, str]
    altered: Mapping[str, str] = field(default_factory=dict)
    control: tuple[events.Exchange, ...] = ()

    @property
    def leading(self) -> tuple[events.Exchange, ...]:
        """What is needed; of a walk every request."""
        whole = self.steps[-1].by.startswith(WALK)
        return tuple(one for one in self.steps if whole or one.id in self.needed)

    def tokens(self, steps: tuple[events.Exchange, ...], names: Names) -> Mapping[str, Mapping[str, Secret]]:
        """Return the tokens that these steps hand on: exchange -> mark -> what it is called."""
        ids = {one.id for one in steps}
        hidden = [(found, one.operation) for one in steps for found in hidden_in(one.request)]
        used = {names.of(*one).variable for one in hidden if self.issued.get(self.base(one[0].mark)) not in ids}
        found: dict[str, dict[str, Secret]] = {}
        for one, operation in hidden:
            mark = self.base(one.mark)
            source = self.issued.get(mark)
            if source not in ids or mark in found.get(source, {}):
                continue
            secret = secret_of(one, operation)
            numbered = (f"{secret.variable}_{number}" for number in count(2))
            name = next(name for name in chain((secret.variable,), numbered) if name not in used)
            used.add(name)
            found.setdefault(source, {})[mark] = Secret(name, f"exchange {source} has to bring it")
        return found

    def base(self, mark: str) -> str:
        """Return the mark of the issued token that a token was made of; of others their own."""
        return self.altered.get(mark, mark)


def member_of(response: events.Response | None, mark: str) -> str:
    """Return the name of the member of a JSON body that a mark hides; empty where the body is nothing else."""
    text = response.text if response else ""
    found = _MEMBER.search(text[: text.find(mark)]) if mark in text else None
    return found.group(1) if found else ""


def chains_of(run: RunFolder, wanted: Collection[str]) -> tuple[Mapping[str, Chain], Names]:
    """Return what led to each of these exchanges, and the names of the run's secrets.

    Raises:
        RunFolderError: the stream cannot be read.
    """
    found = _Found(frozenset(wanted))
    if not wanted:
        return {}, found.names
    for event in run.events(marked=True):
        if isinstance(event, events.Exchange):
            found.take(event)
    while missing := found.missing():
        for event in run.events(marked=True):
            if isinstance(event, events.Exchange) and event.id in missing:
                found.kept[event.id] = event
        # What the stream does not have is not looked for again.
        found.lost |= missing - found.kept.keys()
    # In the order of the stream: secrets are numbered as they come.
    return {name: found.chain(name) for name in found.kept if name in found.wanted}, found.names


@dataclass
class _Found:
    """What was read of the stream so far; every `id` is that of an exchange."""

    wanted: frozenset[str]
    names: Names = field(default_factory=Names)
    kept: dict[str, events.Exchange] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    _place: dict[str, int] = field(default_factory=dict)
    _from: dict[str, str] = field(default_factory=dict)
    _parts: dict[str, str] = field(default_factory=dict)
    _sent: set[str] = field(default_factory=set)
    _accounts: dict[str, str] = field(default_factory=dict)
    _before: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _checks: dict[str, deque[str]] = field(default_factory=dict)
    _controls: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, event: events.Exchange) -> None:
        """Take note of an exchange."""
        self._place[event.id] = len(self._place)
        marks = {hidden.mark for hidden in hidden_in(event.request)}
        succeeded = event.response is not None and 200 <= event.response.status < 300
        if event.valid:
            if not marks <= self._from.keys():
                self.names.learn(event, self._from.keys())
            if succeeded:
                for by in (event.by, ""):
                    self._controls.setdefault((by, event.operation), event.id)
        self._sent |= marks
        if succeeded:
            for mark in marks_in(event.response):
                if mark != MASK and mark not in self._sent:
                    self._from.setdefault(mark, event.id)
                    if mark.startswith(_JWT):
                        head, _, signature = mark.rpartition(".")
                        self._parts |= {head: mark, signature: mark}
            for text in created_by(event):
                self._accounts[text] = event.id
        related = event.by not in UNRELATED
        if related:
            self._checks.setdefault(event.by, deque(maxlen=MAX_STEPS)).append(event.id)
        if event.id in self.wanted:
            self.kept[event.id] = event
            self._before[event.id] = tuple(self._checks[event.by]) if related else (event.id,)

    def missing(self) -> set[str]:
        """Return the exchanges that are needed and not kept yet."""
        known = [one for one in self.kept.values() if one.id in self.wanted]
        needed = {one for event in known for one in (*self._before[event.id], *self._control(event))}
        needed |= {name for event in self.kept.values() for name in self._needs(event)}
        return needed - self.kept.keys() - self.lost

    def _control(self, event: events.Exchange) -> tuple[str, ...]:
        own = self._controls.get((event.by, event.operation)) or self._controls.get(("", event.operation))
        return (own,) if own and own != event.id else ()

    def _needs(self, event: events.Exchange) -> set[str]:
        """Return the exchanges that brought what a request carries."""
        marks = [(hidden.mark, self._base(hidden.mark)) for hidden in hidden_in(event.request)]
        # Of a token with another signature nothing is taken but its form.
        needed = {self._from[base] for mark, base in marks if base in self._from and same_signature(base, mark)}
        request = f"{unquote(event.request.url)}\n{event.request.text}"
        needed |= {name for text, name in self._accounts.items() if text in request}
        place = self._place[event.id]
        return {name for name in needed if self._place[name] < place}

    def _base(self, mark: str) -> str:
        if mark in self._from or not mark.startswith(_JWT):
            return mark
        head, _, signature = mark.rpartition(".")
        return self._parts.get(signature) or self._parts.get(head) or mark

    def _led_to(self, names: Iterable[str]) -> set[str]:
        found: set[str] = set()
        stack = [name for name in names if name in self.kept]
        while stack:
            name = stack.pop()
            if name not in found:
                found.add(name)
                stack += [one for one in self._needs(self.kept[name]) if one in self.kept]
        return found

    def chain(self, name: str) -> Chain:
        """Return the chain of an exchange; all that it needs is kept."""
        event = self.kept[name]
        steps = self._ordered(self._before[name], last=name)
        marks = {hidden.mark for one in steps for hidden in hidden_in(one.request)}
        return Chain(
            steps,
            needed=frozenset(self._led_to((name,))),
            issued=self._from,
            altered={mark: self._base(mark) for mark in marks if self._base(mark) != mark},
            control=self._ordered(self._control(event)),
        )

    def _ordered(self, names: Iterable[str], last: str = "") -> tuple[events.Exchange, ...]:
        every = sorted(self._led_to(names), key=lambda one: (one == last, self._place[one]))
        return tuple(self.kept[one] for one in every)


def same_signature(base: str, mark: str) -> bool:
    """Tell whether a token has the signature of the one that it was made of."""
    return base.rpartition(".")[2] == mark.rpartition(".")[2]


def created_by(event: events.Exchange) -> Iterator[str]:
    """Yield the sign-on id of an account that a request creates, and its `_id` where the request gives one."""
    operation = load_contract().operations.get(event.operation)
    if operation is None or not operation.writes:
        return
    try:
        body = parse_json(event.request.raw)
    except NotJson:
        return
    names = ["_id", *(one.name for one in operation.fields if one.from_target == "live.email")]
    for value in (body.get(name) for name in names) if isinstance(body, dict) else ():
        if isinstance(value, str) and len(value) >= MIN_NAME:
            yield value
