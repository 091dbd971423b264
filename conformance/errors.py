"""Every mistake that can be foreseen, in one tree.

Nothing here imports the rest of the package.

    ConformanceError                 anything the suite says in one message, never as a traceback
    ├── UsageError                   exit 2: the command line or the target file is wrong
    │   ├── TargetFileError          a line of the target file is wrong
    │   ├── ProfileError             a line of an acceptance profile is wrong
    │   ├── BundleError              a bundle cannot be made, or is none
    │   ├── MissingExtra             a library is not installed, which an extra of the suite brings
    │   ├── CaptureError             a file of captured traffic cannot be read
    │   └── CredentialError          the target refuses a credential or subject of the target file
    ├── TargetUnreachable            exit 3: no connection, no TLS, the target died in mid-run
    ├── SuiteError                   exit 3: the suite's own data or machinery is broken
    │   ├── ContractError            specs/openapi cannot be read
    │   ├── RegisterError            specs/requirements cannot be read
    │   └── StreamError              the stream of a run cannot be written
    │       └── RunFolderError       exit 2: a run folder that somebody names holds no run, or was changed
    ├── CouldNotTest                 a check lacks something of the target file; never ends a run
    │   ├── GivenUp                  what worked before is refused now, and not asked for again
    │   ├── ControlFailed            the control of a negative check did not succeed
    │   ├── NotDeclared              the target is seen to be a deployment without what a check needs
    │   └── NotObserved              nothing that this target has could show a breach
    ├── UnverifiedBundle         exit 1 or 3: no receipt, since a row of a bundle's verification failed or is open
    ├── NothingToTest                exit 0: `--rerun-failed` of a run in which nothing failed
    └── Refused                      the suite itself refuses to send a request
        ├── WriteRefused             safety: a write with `--safe` or `safety.writes: deny`
        ├── BudgetSpent              the request limit of the run is reached
        └── PasswordBudgetSpent      one more wrong password could lock a real user out
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar


class ConformanceError(Exception):
    """A foreseeable mistake: what happened, where, and what to do about it.

    Attributes:
        message: what happened, one sentence.
        where: file and line, or request; may be empty.
        advice: what the user can do; may be empty.
        problems: the single mistakes where several are reported as one; else empty.
        exit_code: what the process ends with when nothing handles the error.
    """

    exit_code = 3

    def __init__(self, message: str, *, where: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.advice = advice
        self.problems: tuple[ConformanceError, ...] = ()

    def rewrite(self, text: Callable[[str], str]) -> None:
        """Rewrite all that it says: `text` takes secrets out."""
        self.message, self.where, self.advice = map(text, (self.message, self.where, self.advice))

    def __str__(self) -> str:
        """Return the whole message on one or two lines."""
        located = f"{self.where}: {self.message}" if self.where else self.message
        return f"{located}\n{self.advice}" if self.advice else located


MOST_LISTED = 20
_Kind = TypeVar("_Kind", bound=ConformanceError)


def together(mistakes: Sequence[_Kind]) -> _Kind:
    """Return several mistakes as one error of the first one's class, a line for each; a single one as it is."""
    first = mistakes[0]
    if len(mistakes) == 1:
        return first
    lines = [_on_one_line(one) for one in mistakes[:MOST_LISTED]]
    if len(mistakes) > MOST_LISTED:
        lines.append(f"and {len(mistakes) - MOST_LISTED} more")
    found = type(first)(f"{len(mistakes)} problems:\n  " + "\n  ".join(lines))
    found.problems = tuple(mistakes)
    return found


def _on_one_line(mistake: ConformanceError) -> str:
    located = f"{mistake.where}: {mistake.message}" if mistake.where else mistake.message
    return f"{located}{'' if located.endswith(('.', '?')) else '.'} {mistake.advice}" if mistake.advice else located


class UsageError(ConformanceError):
    """The command line or the target file is wrong."""

    exit_code = 2


class TargetFileError(UsageError):
    """A line of the target file is wrong."""


class ProfileError(UsageError):
    """A line of an acceptance profile is wrong."""


class BundleError(UsageError):
    """A bundle cannot be made of a run, cannot be read, or a key for it cannot be used."""


class MissingExtra(UsageError):
    """A library is not installed, which an extra of the suite brings."""

    def __init__(self, libraries: str, extra: str) -> None:
        advice = f"Install the suite with it: pip install '.[{extra}]' in its clone, or 'THE.whl[{extra}]'."
        super().__init__(f"{libraries}, of the extra `{extra}`, must be installed for this", advice=advice)


class CaptureError(UsageError):
    """A file of captured traffic cannot be read."""


class CredentialError(UsageError):
    """The target refuses a credential or a subject that the target file gives."""


class TargetUnreachable(ConformanceError):
    """The target cannot be reached, or died during the run."""


class SuiteError(ConformanceError):
    """The suite's own data or machinery is broken: never the target's fault."""


class ContractError(SuiteError):
    """A document in specs/openapi cannot be read."""


class RegisterError(SuiteError):
    """A file in specs/requirements or specs/readings cannot be read."""


class StreamError(SuiteError):
    """The stream of a run, or a report of it, cannot be written."""


class RunFolderError(StreamError):
    """A run folder that somebody names cannot be read: it holds no run, or was changed."""

    exit_code = 2


class CouldNotTest(ConformanceError):
    """A check lacks something that the target file could give.

    Attributes:
        add: the lines to add to the target file, in its own syntax.
    """

    def __init__(self, message: str, *, add: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.add = tuple(add)


class GivenUp(CouldNotTest):
    """What worked before is refused now, and is not asked for again: the next try may make it worse."""


class ControlFailed(CouldNotTest):
    """The control of a negative check did not succeed, so a refusal would prove nothing."""


class NotDeclared(CouldNotTest):
    """What a check needs is no part of a deployment as the target is seen to be one: nothing can be added."""


class NotObserved(CouldNotTest):
    """Nothing that this target has could show a breach: it proves nothing, and blocks nothing."""


class UnverifiedBundle(ConformanceError):
    """There is no receipt of a bundle of which not every row is verified; ends as the verification does."""

    def __init__(self, message: str, *, where: str, advice: str, exit_code: int) -> None:
        super().__init__(message, where=where, advice=advice)
        self.exit_code = exit_code


class NothingToTest(ConformanceError):
    """`--rerun-failed` names a run in which nothing of what is selected failed."""

    exit_code = 0


class Refused(ConformanceError):
    """The suite refuses to send a request, to keep what the target file promises."""


class WriteRefused(Refused):
    """A request that creates or changes something, while writes are not allowed."""


class BudgetSpent(Refused):
    """The request limit of the run (`safety.max_requests`, `--max-requests`) is reached."""


class PasswordBudgetSpent(Refused):
    """One more wrong password could lock a real user out (`safety.wrong_passwords_per_user`)."""
