"""One operation on one target: cases become requests, and it is known what is wrong with each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from conformance.client import Wire
from conformance.contract import Operation
from conformance.errors import PasswordBudgetSpent
from conformance.fuzz.assess import PROVISIONS, Assessment, assess
from conformance.fuzz.case import Case
from conformance.fuzz.dialect import dialect_of, truth_of
from conformance.fuzz.difference import parts
from conformance.fuzz.guards import wrongly_named_user
from conformance.fuzz.render import Dialect, render
from conformance.fuzz.synthetic import SyntheticValues
from conformance.fuzz.values import FuzzSender, TargetValues
from conformance.session import Session

# Everything else in a header is nothing that a page speaks of.
_TELLING_HEADERS = frozenset({"authorization", "nv-tenant-id", "content-type"})


@dataclass(frozen=True)
class PreparedCase:
    """A case as it is sent.

    Attributes:
        case: the case.
        base: the request that works which it differs least from.
        wire: the request.
        assessment: what is wrong with it.
        odd: it has an unusual header, so that nothing is asked of its answer but what is asked of any.
    """

    case: Case
    base: Case
    wire: Wire
    assessment: Assessment
    odd: bool = False


@dataclass
class Tally:
    """What the generated cases of an operation did; `stopped` says why it ended before its last case.

    `blocked` counts the cases that something in front of the platform answered, `blocked_values` by what was unusual.
    """

    cases: int = 0
    sent: int = 0
    dropped: int = 0
    withheld: int = 0
    blocked: int = 0
    blocked_values: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    busy_s: float = 0.0
    stopped: str = ""


class Preparer:
    """Makes the requests of one operation.

    Attributes:
        synthetic: the target file lacks what the operation needs: its requests have synthetic values.
    """

    def __init__(self, session: Session, operation: Operation) -> None:
        """Find out how the target wants the operation's requests.

        Raises:
            CouldNotTest: the target file lacks what they need.
        """
        self.session = session
        self.operation = operation
        name = operation.operation_id
        self.sender = FuzzSender(session)
        self.synthetic = _lacks_subjects(session, name)
        self.values: TargetValues | SyntheticValues
        if self.synthetic:
            self.values = SyntheticValues(session.target, name)
            self.dialect = Dialect(session.routes.url(name))
            # What would succeed is not known: another value, so that every request has one that is not it.
            self._right: TargetValues | SyntheticValues = SyntheticValues(session.target, name)
        else:
            self.values = self._right = TargetValues(self.sender, name)
            self.dialect = dialect_of(self.sender, operation)
        self.bases: list[Case] = []
        self.variants: frozenset[str] | None = None

    def prepare(self, case: Case) -> PreparedCase:
        """Write a case out.

        Raises:
            CouldNotTest: the target lacks a value.
        """
        self.values.new_request()
        wire = render(case, self.operation, self.dialect, self.values)
        truth = truth_of(self.sender, self.operation, self.dialect, self._right, self.variants)
        if self.synthetic:
            # A file that lacks subjects may claim too little as well: a platform may provision what it does not know.
            truth = replace(truth, features=truth.features | {PROVISIONS})
        assessment = assess(self.session.contract, self.operation, wire, truth)
        base, differing = min(
            ((one, parts(case, one)) for one in self.bases), key=lambda found: len(found[1]), default=(case, ())
        )
        odd = any(part.location == "header" and part.name.lower() not in _TELLING_HEADERS for part in differing)
        return PreparedCase(case, base, wire, assessment, odd)

    def locks_out(self, wire: Wire) -> bool:
        """Tell whether a request has one wrong password too many for a real user; else take it out of the budget."""
        user = wrongly_named_user(self.session.target, wire)
        if user is None:
            return False
        try:
            self.session.budget.spend_wrong_password(user)
        except PasswordBudgetSpent:
            return True
        return False


def _lacks_subjects(session: Session, operation: str) -> bool:
    """Tell whether the target file lacks what every requirement of an operation needs, beside permission to write."""
    own = [entry.id for entry in session.register if entry.operation == operation]
    lacking = session.applicability.lacking
    return bool(own) and all(name in lacking for name in own if session.applicability.concerns(name))
