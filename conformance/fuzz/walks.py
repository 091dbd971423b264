"""Walks over the contract's links with live tokens: sign on, generate, update, list; sign on, initialise, ask.

Which step comes next is drawn from the links of the answer before; two accounts walk at once, so that what one does
must leave the other alone. A walk judges what single requests cannot show: whose token it is, and what it says after
the others.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from conformance.contract import Contract
from conformance.errors import CouldNotTest, Refused
from conformance.fuzz.division import walks_of_part
from conformance.fuzz.values import FuzzSender
from conformance.model import Exchange, Judgement, broken, held
from conformance.opentv import licence
from conformance.opentv.answers import answer_object, succeeded
from conformance.opentv.tokens import read_jwt
from conformance.session import Session, channels, hdm, ias, initialise, licences
from conformance.stream import events
from conformance.target import Secret

STEPS = 8
STEPS_PER_WALK_OF_CASES = 50
BY = "fuzz: walk"

Say = Callable[[Judgement, Exchange], None]


def walk(session: Session, *, cases: int, seed: int, part: events.Part) -> dict[str, int]:
    """Walk a number of times that grows with the size of the plan; return how often each operation was stepped on.

    The walks of a part are those of the whole run, each with numbers of its own.
    """
    taken: dict[str, int] = {}

    def say(judgement: Judgement, exchange: Exchange) -> None:
        own = session.register.for_operation(judgement.requirement, exchange.operation)
        if own in session.register and session.applicability.concerns(own):
            session.recorder.record(judgement, exchange, by=exchange.made_by)

    for number in walks_of_part(max(cases // STEPS_PER_WALK_OF_CASES, 1), part):
        rng = random.Random(f"{seed}:{number}")  # noqa: S311 - a walk must be repeatable, not secret
        for group in _groups(session, f"{BY} {number}", say):
            try:
                _one_walk(session.contract, group, rng, taken)
            except (CouldNotTest, Refused) as problem:
                session.stream.write(events.Note(text=f"a walk ended: {problem.message}"))
                break
    return taken


def _groups(session: Session, by: str, say: Say) -> Iterator[list[Walker]]:
    target = session.target
    if {"ias", "mds"} & set(target.services) and "in_home_detection" in target.features:
        devices = [name for name in ("stb", "stb_other_account") if name in target.subjects]
        if "ias" in target.services and devices:
            broadcasts: dict[str, tuple[str, str]] = {}
            sender = FuzzSender(session, f"{by} of devices")
            yield [Device(sender, say, name, broadcasts) for name in devices]
    users = [name for name in ("user", "user_other_account") if name in target.subjects]
    if "hdm" in target.services and users:
        numbers: dict[str, str] = {}
        sender = FuzzSender(session, f"{by} of users")
        yield [User(sender, say, name, numbers) for name in users]


def _one_walk(contract: Contract, group: list[Walker], rng: random.Random, taken: dict[str, int]) -> None:
    for walker in group:
        walker.begin()
    for _ in range(STEPS):
        walker = rng.choice(group)
        onward = [name for name in _links(contract, walker.at) if name in walker.steps]
        step = rng.choice(sorted(onward)) if onward else walker.start
        walker.steps[step](rng)
        walker.at = step
        taken[step] = taken.get(step, 0) + 1


def _links(contract: Contract, operation: str) -> set[str]:
    """Return the operations that an operation's successful answers lead to."""
    responses = contract.operation(operation).responses
    return {link.operation for response in responses if response.status.startswith("2") for link in response.links}


@dataclass
class Walker:
    """Somebody who walks: where they are, and what they can do."""

    sender: FuzzSender
    say: Say
    name: str
    at: str = ""
    start: str = ""
    steps: Mapping[str, Callable[[random.Random], None]] = field(default_factory=dict)

    def begin(self) -> None:
        """Take the first step."""
        self.steps[self.start](random.Random(0))  # noqa: S311
        self.at = self.start

    def expect(self, requirement: str, holds: bool, exchange: Exchange, expected: str, actual: str) -> None:
        """Judge a requirement by an exchange."""
        cause = f"after a walk: {actual}"
        self.say(
            held(requirement) if holds else broken(requirement, expected=expected, actual=actual, cause=cause), exchange
        )


class Device(Walker):
    """A set top box of an account: IAS and MDS."""

    def __init__(self, sender: FuzzSender, say: Say, name: str, broadcasts: dict[str, tuple[str, str]]) -> None:
        super().__init__(sender, say, name, start=ias.SIGN_ON)
        self.steps = {ias.SIGN_ON: self.sign_on, ias.GENERATE: self.generate, ias.UPDATE: self.update}
        if "mds" in sender.session.target.services:
            self.steps[channels.OPERATION] = self.list_services
        self._broadcasts = broadcasts
        self._token = ""
        self._account: object = None
        self._flag: bool | None = None

    def sign_on(self, rng: random.Random) -> None:  # noqa: ARG002
        """Sign on afresh."""
        signed = ias.sign_on(self.sender, self.name, anew=True)
        self._token, self._flag, self._account = signed.bearer, None, signed.claims.get("accountId")

    def generate(self, rng: random.Random) -> None:  # noqa: ARG002
        """Ask for the token to broadcast, with whichever token is in hand."""
        exchange = ias.generate(self.sender, self._token)
        if self._flag is not None:
            told = f"refused with {exchange.status}"
            self.expect("UPD-090", succeeded(exchange), exchange, "an updated token is taken", told)
        self._broadcasts[self.name] = (ias.broadcast_of(self.sender, exchange), str(self._account))

    def update(self, rng: random.Random) -> None:
        """Update the flag, with the broadcast token of this account or of the other."""
        if not self._broadcasts:
            self.generate(rng)
        owner = rng.choice(sorted(self._broadcasts))
        broadcast, account = self._broadcasts[owner]
        wanted = rng.random() < 0.6
        exchange = ias.update(self.sender, self._token, broadcast, wanted)
        own = account == str(self._account)
        if not succeeded(exchange):
            if own:
                self.expect("UPD-091", False, exchange, "an update is taken", f"refused with {exchange.status}")
            return
        token = answer_object(exchange).get("access_token")
        jwt = read_jwt(token)
        if jwt is None or not isinstance(token, str):
            return
        claims = jwt.claims
        if isinstance(self._account, str) and isinstance(claims.get("accountId"), str):
            same = claims["accountId"] == self._account
            self.expect("UPD-073", same, exchange, "the account of the request's token", "another accountId")
        flag = claims.get("inHome")
        if own:
            self.expect("UPD-009", flag is wanted, exchange, f"inHome {wanted}".lower(), f"inHome {flag}".lower())
        elif wanted:
            told = "inHome true by another account's broadcast token"
            self.expect("UPD-040", flag is not True, exchange, "inHome false", told)
        self.sender.session.stream.redactor.learn(token)
        self._token, self._flag = token, flag is True

    def list_services(self, rng: random.Random) -> None:  # noqa: ARG002
        """List the channels with the token in hand."""
        hidden = self.sender.session.target.channels.get("in_home_only", ())
        if self._flag is None or not hidden:
            return
        found = channels.channel_list(self.sender, self._token)
        if not found.served:
            return
        listed = [channel for channel in hidden if found.lists(channel)]
        if self._flag:
            self.expect(
                "MDS-010", len(listed) == len(hidden), found.exchange, "all in-home-only channels", "one is missing"
            )
        else:
            self.expect("MDS-013", not listed, found.exchange, "no in-home-only channel", "one is listed")


class User(Walker):
    """A user with an open device: HDM and SDP."""

    def __init__(self, sender: FuzzSender, say: Say, name: str, numbers: dict[str, str]) -> None:
        super().__init__(sender, say, name, start="nmpsignontokens")
        target = sender.session.target
        self.steps = {"nmpsignontokens": self.sign_on}
        if "player" in target.subjects and sender.session.budget.writes_allowed and name == "user":
            self.steps["initialiseDeviceByPost"] = self.initialise
        if "sdp" in target.services and target.content.get("authorized") and target.credentials.sdp_password:
            self.steps[licences.QUESTION] = self.ask
        self._numbers = numbers
        self._token: Secret | None = None
        self._initialised = False

    def sign_on(self, rng: random.Random) -> None:  # noqa: ARG002
        """Sign on, as the platform's mode wants it; with the device ID where there is one."""
        user = self.sender.session.target.subject(self.name)
        query = hdm.device_query(user) if "deviceId" in user else hdm.user_query(user)
        if hdm.direct_mode_only(self.sender):
            query = hdm.direct_query(user, self.sender.session.target.subject("gateway"))
        exchange = hdm.nmp_signon(self.sender, query)
        self._token = hdm.token_of(exchange)
        if self._token is None:
            raise CouldNotTest(f"the signon of subjects.{self.name} gives no token (exchange {exchange.id})")
        self.sender.session.stream.redactor.learn(self._token.reveal())

    def initialise(self, rng: random.Random) -> None:  # noqa: ARG002
        """Initialise the player's device, once in a walk."""
        if not self._initialised and self._token is not None:
            initialise.initialise(self.sender, "initialiseDeviceByPost", self._token)
            self._initialised = True

    def ask(self, rng: random.Random) -> None:  # noqa: ARG002
        """Ask for the entitled content: the account number must be this user's, whatever the other has asked."""
        content = licences.content_id(self.sender, "authorized")
        exchange = licences.ask(self.sender, content, self._token, expect_5xx=True)
        number = licence.result_of(exchange).get("accountNumber")
        if licence.authorisation(exchange) != licence.AUTHORISED or not isinstance(number, str):
            return
        before = self._numbers.setdefault(self.name, number)
        self.expect("SDP-051", number == before, exchange, "the account number of before", "another account number")
        ids = {self.sender.session.target.subjects[name].get("accountId") for name in self._numbers}
        if len(ids) == len(self._numbers) > 1 and None not in ids:
            others = [value for name, value in self._numbers.items() if name != self.name]
            told = "the other account's number"
            self.expect("SDP-052", number not in others, exchange, "another account's number for another account", told)
