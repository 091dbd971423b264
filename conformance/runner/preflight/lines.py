"""What preflight has to say: one line for each thing that it looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum

from conformance.errors import ConformanceError, CouldNotTest, CredentialError, Refused, TargetUnreachable, UsageError
from conformance.model import Exchange
from conformance.session import Sender, Session


class State(Enum):
    """What became of one thing. Only `WRONG` and `UNREACHABLE` end a run."""

    OK = "ok"
    WRONG = "wrong"
    UNREACHABLE = "unreachable"
    UNCLEAR = "unclear"
    SKIPPED = "not checked"


@dataclass(frozen=True)
class Line:
    """One thing that was looked at: the place in the target file, what was seen, and what to do."""

    what: str
    state: State
    detail: str = ""
    where: str = ""
    advice: str = ""

    @property
    def message(self) -> str:
        """The line as a sentence of an error."""
        return f"{self.what}: {self.detail}"


class Prober(Sender):
    """Sends preflight's requests, and makes its lines; `users` have signed on by name and password alone."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, "preflight")
        self.users: list[str] = []

    @contextmanager
    def without(self, subjects: Collection[str]) -> Iterator[None]:
        """Do without subjects for a while: one that is refused must not be tried again, least of all its password."""
        target = self.session.target
        left = {name: one for name, one in target.subjects.items() if name not in subjects}
        self.session.target = replace(target, subjects=left)
        try:
            yield
        finally:
            self.session.target = target

    def line(self, state: State, detail: str, *place: str, advice: str = "") -> Line:
        """Return a line about a place in the target file."""
        return Line(".".join(place), state, detail, self.session.target.where(*place), advice)

    def lines(self, look: Callable[[], Iterator[Line]], *place: str) -> list[Line]:
        """Return what a look says; what keeps it from saying more is a line, too."""
        found: list[Line] = []
        try:
            found.extend(look())
        except (CouldNotTest, Refused) as problem:
            found.append(self.line(State.SKIPPED, problem.message, *place))
        except UsageError as problem:
            where = problem.where or self.session.target.where(*place)
            found.append(Line(".".join(place), State.WRONG, problem.message, where, problem.advice))
        except TargetUnreachable as problem:
            found.append(self.line(State.UNREACHABLE, problem.message, *place))
        return found


def answered(exchange: Exchange) -> str:
    """Say how a request was answered."""
    return f"answered {exchange.status}" if exchange.response else exchange.failure


def raise_for(lines: list[Line]) -> None:
    """End the run where the target file is wrong or the target is out of reach.

    Raises:
        CredentialError: a line of the target file is wrong.
        TargetUnreachable: a service cannot be reached.
    """
    bad = [line for line in lines if line.state in (State.WRONG, State.UNREACHABLE)]
    if not bad:
        return
    unreachable = any(line.state is State.UNREACHABLE for line in bad)
    kind: type[ConformanceError] = TargetUnreachable if unreachable else CredentialError
    if len({(line.detail, line.advice) for line in bad}) == 1:
        names = ", ".join(line.what for line in bad)
        raise kind(f"{names}: {bad[0].detail}", where=bad[0].where, advice=bad[0].advice)
    told = [f"{f'{line.where}: ' if line.where else ''}{line.message} {line.advice}".rstrip() for line in bad]
    raise kind(f"{len(bad)} lines of the target file do not work:\n  " + "\n  ".join(told))
