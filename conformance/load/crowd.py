"""The users of a load: each leases a household, and what is another one's is found in any answer.

Only what can prove a crossing counts: a long identifier with letters and digits, or an address, wherever it stands
alone; a number or a shorter one only under its own name; of two households only where they have two accounts.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from conformance.model import Exchange, Json, NotJson, Response
from conformance.model.json_value import leaves
from conformance.opentv.tokens import read_jwt
from conformance.rules.broadcast import layers
from conformance.target.pool import Household

# Shorter texts are found by chance.
SURE, SHORTEST = 10, 4
TOKENS_KEPT = 8
# Each service may count these anew: a short one of one service may be somebody else's at another.
_OF_SEVERAL = ("accountId", "deviceId")
# What no encoding is looked for in: a number, a date, one word of prose.
_PLAIN = re.compile(r"[A-Za-z _.:/-]*|\d+|")
_RUN = re.compile(r"[0-9a-z]+")
# Letters, digits and what joins them: an identifier that goes on is another one.
_GOES_ON = re.compile(r"[0-9a-z_-]")
_NAME = re.compile(r"[^a-z0-9]")


@dataclass
class Member:
    """A household that somebody uses: what it was seen to be (by name), and which requests worked before."""

    household: Household
    facts: dict[str, str] = field(default_factory=dict)
    worked: set[str] = field(default_factory=set)
    last: dict[str, Exchange] = field(default_factory=dict)
    tokens: deque[str] = field(default_factory=deque)

    @property
    def number(self) -> int:
        """Which member of the crowd it is, from 0."""
        return self.household.number

    @property
    def user(self) -> str:
        """The name of its user among the subjects of the target; empty without one."""
        return f"crowd {self.number} user" if self.household.user else ""

    @property
    def box(self) -> str:
        """The name of its set top box among the subjects of the target; empty without one."""
        return f"crowd {self.number} box" if self.household.box else ""


@dataclass(frozen=True)
class Crossing:
    """What belongs to one member was in the answer to another: `what` it is."""

    what: str
    owner: Member


class Crowd:
    """The members, and an index of what is theirs; for one thread, or many that never run at the same moment."""

    def __init__(self, households: Sequence[Household], mine: Sequence[Household] | None = None) -> None:
        """Take all households, whose identifiers are looked for, and those that may be leased here (None: all)."""
        self.members = [Member(one) for one in households]
        numbers = {one.number for one in (households if mine is None else mine)}
        self._free = deque(member for member in self.members if member.number in numbers)
        # What is found anywhere, by its first letters and digits; the rest by its name.
        self._sure: dict[str, dict[str, tuple[str, Member]]] = {}
        self._named: dict[tuple[str, str], tuple[str, Member]] = {}
        self._ambiguous: set[str] = set()
        owners: dict[str, str] = {}
        for member in self.members:
            for name, value in member.household.names:
                if owners.setdefault(value.lower(), member.household.account) != member.household.account:
                    self._ambiguous.add(value.lower())
                self.learn(member, name, value, static=True)

    def lease(self) -> Member | None:
        """Return a member that nobody else uses; None if all are in use."""
        return self._free.popleft() if self._free else None

    def release(self, member: Member) -> None:
        """Let others use a member."""
        self._free.append(member)

    def learn(self, member: Member, name: str, value: str, *, static: bool = False) -> None:
        """Take note of what is a member's; `static`: the target file says so, perhaps of another service."""
        if not member.household.account or len(value) < SHORTEST:
            return
        small = value.lower()
        if not _is_sure(small):
            if name in _OF_SEVERAL and static:
                return
            self._named.setdefault((_NAME.sub("", name.lower()), small), (name, member))
            return
        run = _RUN.search(small)
        assert run is not None
        self._sure.setdefault(run[0], {}).setdefault(small, (name, member))

    def issued(self, member: Member, tokens: Sequence[str]) -> None:
        """Take note of the tokens that a member was given; only its last ones are looked for."""
        for token in tokens:
            member.tokens.append(token)
            self.learn(member, "token", token)
        while len(member.tokens) > TOKENS_KEPT:
            old = member.tokens.popleft().lower()
            run = _RUN.search(old)
            found = self._sure.get(run[0], {}) if run else {}
            if old not in member.tokens and old in found and found[old][1] is member:
                del found[old]
                if not found and run:
                    del self._sure[run[0]]

    def crossings(self, member: Member, response: Response) -> list[Crossing]:
        """Return what of others an answer to a member holds, each owner once."""
        if not member.household.account:
            return []
        found: dict[int, Crossing] = {}
        for text in texts_of(response):
            for what, owner in self._sure_in(text):
                if self._apart(member, owner):
                    found.setdefault(owner.number, Crossing(what, owner))
        for name, value in named_values(response):
            small = value.lower()
            what, owner = self._named.get((name, small), ("", member))
            if small not in self._ambiguous and self._apart(member, owner):
                found.setdefault(owner.number, Crossing(what, owner))
        return list(found.values())

    def _sure_in(self, text: str) -> Iterator[tuple[str, Member]]:
        for run in _RUN.finditer(text):
            for known, (what, owner) in self._sure.get(run[0], {}).items():
                # An address may begin with what is no letter: the run is not at its very beginning.
                start = run.start() - known.index(run[0])
                end = start + len(known)
                if start < 0 or not text.startswith(known, start) or known in self._ambiguous:
                    continue
                before, after = text[start - 1 : start] if start else "", text[end : end + 1]
                if not _GOES_ON.match(before) and not _GOES_ON.match(after):
                    yield what, owner

    @staticmethod
    def _apart(one: Member, other: Member) -> bool:
        return one is not other and one.household.is_apart(other.household)


def _is_sure(value: str) -> bool:
    """Tell whether chance hardly makes a text: an address, or ten letters and digits of both kinds."""
    letters = any(one.isalpha() for one in value)
    return len(value) >= SURE and letters and ("@" in value or any(one.isdigit() for one in value))


def texts_of(response: Response) -> Iterator[str]:
    """Yield the texts of an answer in small letters: headers, body, the claims of its tokens, what is encoded in it."""
    yield "\n".join(value for _, value in response.headers).lower()
    yield response.text.lower()
    for _, value in _texts(_json(response)):
        if len(value) < SURE or _PLAIN.fullmatch(value):
            continue
        jwt = read_jwt(value)
        if jwt is not None:
            yield json.dumps([jwt.header, jwt.claims], ensure_ascii=False).lower()
        else:
            yield from _decoded(value)


def named_values(response: Response) -> Iterator[tuple[str, str]]:
    """Yield the members of an answer and the claims of its tokens, names without signs and in small letters."""
    for name, value in _texts(_json(response)):
        yield _NAME.sub("", name.lower()), value
        jwt = read_jwt(value)
        if jwt is not None:
            yield from ((_NAME.sub("", claim.lower()), text) for claim, text in _texts(jwt.claims))


def _json(response: Response) -> Json:
    try:
        return response.json
    except NotJson:
        text = response.text
        return text.strip() if len(text) < 4096 else None


def _texts(value: Json) -> Iterator[tuple[str, str]]:
    for name, leaf in leaves(value):
        if isinstance(leaf, str | int) and not isinstance(leaf, bool):
            yield name, str(leaf)


@lru_cache(maxsize=4096)
def _decoded(value: str) -> tuple[str, ...]:
    """Return what is behind the encodings of a text; the same texts come in answer after answer."""
    return tuple(layer.data.decode("latin-1").lower() for layer in layers(value) if layer.way)
