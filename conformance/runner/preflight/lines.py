"""What preflight has to say: one line for each thing that it looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum

from conformance.errors import (
    ConformanceError,
    CouldNotTest,
    CredentialError,
    Refused,
    TargetUnreachable,
    UsageError,
    together,
)
from conformance.model import Exchange, Premise
from conformance.session import Sender, Session
from conformance.session.form import alike, form_of, reply_of


class State(Enum):
    """What became of one thing. `CONTRADICTED`, `WRONG` and `UNREACHABLE` are problems."""

    OK = "ok"
    PROVED = "proved"
    NOT_PROVED = "not proved"
    CONTRADICTED = "contradicted"
    WRONG = "wrong"
    UNREACHABLE = "unreachable"

    @property
    def problem(self) -> bool:
        """Whether a run must not begin."""
        return self in (State.CONTRADICTED, State.WRONG, State.UNREACHABLE)


@dataclass(frozen=True)
class Line:
    """One thing that was looked at: the place in the target file, what was seen, and what to do.

    `premise` is what the file says of it, where that is a premise of the register.
    """

    what: str
    state: State
    detail: str = ""
    where: str = ""
    advice: str = ""
    premise: Premise | None = None

    @property
    def message(self) -> str:
        """The line as a sentence of an error."""
        if self.state is State.CONTRADICTED and self.premise is not None:
            return f"{self.what}: {self.detail}; the file says that it {self.premise.it}: one of them is wrong"
        contradicted = ": one of them is wrong" if self.state is State.CONTRADICTED else ""
        return f"{self.what}: {self.detail}{contradicted}"


class Prober(Sender):
    """Sends preflight's requests, and makes its lines.

    Attributes:
        unusable: subjects whose signon was refused: they must not be tried again, least of all their passwords; and
            those whose values cannot be had; `crm` is the CRM's user.
        asked: what came of requests that prove several premises.
        at_ias: how IAS answered each box's signon.
        users: users that have signed on by name and password alone.
        doubtful: services that answer a request without credentials by a redirect or a page.
        problems: how many lines say that a run must not begin.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session, "preflight")
        self.unusable: set[str] = set()
        self.asked: dict[str, Exchange] = {}
        self.at_ias: dict[str, int] = {}
        self.users: list[str] = []
        self.doubtful: set[str] = set()
        self.problems = 0

    @contextmanager
    def without(self, subjects: Collection[str]) -> Iterator[None]:
        """Do without subjects for a while: one that is refused must not be tried again."""
        target = self.session.target
        left = {name: one for name, one in target.subjects.items() if name not in subjects}
        self.session.target = replace(target, subjects=left)
        try:
            yield
        finally:
            self.session.target = target

    def line(self, state: State, detail: str, *place: str, advice: str = "") -> Line:
        """Return a line about a place in the target file."""
        self.problems += state.problem
        return Line(".".join(place), state, detail, self.session.target.where(*place), advice)

    def says(self, premise: Premise, state: State, detail: str, *, key: str = "", advice: str = "") -> Line:
        """Return a line about a premise, or about one key of it."""
        place = _place(key) if key else place_of(premise)
        self.problems += state.problem
        if state.problem and not key:
            advice = f"{advice}{self.lines_of(*premise.keys)}".strip()
        return Line(".".join(place), state, detail, self.session.target.where(*place), advice, premise)

    def lines_of(self, *keys: str) -> str:
        """Say in which lines of the file keys are; nothing where all are in one."""
        target = self.session.target
        known = target.document.lines if target.document else {}
        short = {key: key.rpartition(".")[2] for key in keys}
        names = short if len(set(short.values())) == len(keys) else {key: key for key in keys}
        lines = {names[key]: known[place] for key in keys if (place := _place(key)) in known}
        if len(set(lines.values())) < 2:
            return ""
        return f" Lines: {', '.join(f'{name} {line}' for name, line in lines.items())}."

    def lines(self, look: Callable[[], Iterator[Line]], *place: str, premise: Premise | None = None) -> list[Line]:
        """Return what a look says; what keeps it from saying more is a line, too."""
        found: list[Line] = []
        try:
            found.extend(look())
        except (CouldNotTest, Refused) as problem:
            found.append(self._about(premise, State.NOT_PROVED, problem.message, *place))
        except UsageError as problem:
            self.problems += 1
            if premise is not None:
                self.unusable.add(premise.subject)
            where = problem.where or self.session.target.where(*place)
            found.append(Line(".".join(place), State.WRONG, problem.message, where, problem.advice, premise))
        except TargetUnreachable as problem:
            found.append(self._about(premise, State.UNREACHABLE, problem.message, *place))
        return found

    def _about(self, premise: Premise | None, state: State, detail: str, *place: str) -> Line:
        return self.line(state, detail, *place) if premise is None else self.says(premise, state, detail)


def place_of(premise: Premise) -> tuple[str, ...]:
    """Return the place in the target file that a premise speaks of: its one key, or else its subject."""
    name = premise.keys[0] if len(premise.keys) == 1 else premise.subject
    return _place(name)


def _place(key: str) -> tuple[str, ...]:
    """Return the place of a premise's key: of a subject, or of what is beside the subjects in the file."""
    parts = tuple(key.split("."))
    return parts if parts[0] in ("credentials", "tenant", "features", "services", "readings") else ("subjects", *parts)


def answered(exchange: Exchange) -> str:
    """Say how a request was answered."""
    return f"answered {exchange.status}" if exchange.response else exchange.failure


def answered_alike(one: Exchange, other: Exchange) -> bool:
    """Tell whether two requests were answered by one status and in one form."""
    return alike(form_of(reply_of(one)), form_of(reply_of(other)))


def raise_for(lines: list[Line], *, vouched: bool = False) -> None:
    """End the run where the target file is wrong or the target is out of reach.

    Where somebody vouches for the subjects, a premise that the platform contradicts is a finding of the run.

    Raises:
        CredentialError: a line of the target file is wrong.
        TargetUnreachable: a service cannot be reached.
    """
    bad = [line for line in lines if line.state.problem and not (vouched and line.state is State.CONTRADICTED)]
    if not bad:
        return
    unreachable = any(line.state is State.UNREACHABLE for line in bad)
    kind: type[ConformanceError] = TargetUnreachable if unreachable else CredentialError
    if len({(line.detail, line.advice, line.premise) for line in bad}) == 1:
        names = ", ".join(line.what for line in bad)
        bad = [replace(bad[0], what=names)]
    raise together([kind(line.message, where=line.where, advice=line.advice) for line in bad])


def sentence(lines: list[Line], requests: int) -> str:
    """Return preflight's last sentence."""
    problems = sum(line.state.problem for line in lines)
    if problems:
        return f"Not ready: {problems} problem{'s' * (problems != 1)}"
    services = len({line.what for line in lines if line.state is State.OK and line.what.startswith("services.")})
    proved = sum(line.state is State.PROVED for line in lines)
    left = sum(line.state is State.NOT_PROVED for line in lines)
    said = f"Ready: {services} service{'s' * (services != 1)}, {proved} subject{'s' * (proved != 1)} proved"
    return f"{said}, {left} not proved, {requests} requests"
