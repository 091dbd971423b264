"""What a generated request's answer says of the requirements: refused as documented, or let through.

The rules judge every answer's form. Here only that is judged which no rule can know: what was wrong with the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.applicability import Applicability
from conformance.contract import Contract, Operation, load_transport
from conformance.fuzz.assess import Assessment, Flaw
from conformance.model import Exchange, Judgement, NotJson, Requirement, broken, held
from conformance.register import Register
from conformance.session.form import attack_like
from conformance.session.initialise import initialised

UNJUDGED_METHODS = frozenset({"HEAD", "OPTIONS", "TRACE", "QUERY"})
METHOD_FAMILY = "WIR-601"
# What is refused for its method, whoever sends it.
_OF_METHODS = (404, 405, 501)
# "Some deployments might have additional layers of security" (hdm-authentication): inside the platform, where no
# experiment tells them from it, they refuse what looks like an attack with 403.
BLOCKED = 403
# A kind that no statement speaks of is tested by the statement of a wider one.
_WIDER: Mapping[str, tuple[str, ...]] = {
    "null": ("empty", "missing"),
    "empty": ("missing", "unknown"),
    "type": ("value",),
}


def accepted(exchange: Exchange) -> bool:
    """Tell whether a request was carried out: a 2xx, unless the body of the page's own form refuses it."""
    if exchange.operation.startswith("initialiseDevice"):
        return initialised(exchange)
    if not exchange.succeeded or exchange.response is None:
        return False
    try:
        body = exchange.response.json
    except NotJson:
        return True
    code = body.get("resultCode") if isinstance(body, dict) else None
    return not (isinstance(code, str) and code != "0")


@dataclass(frozen=True)
class Oracle:
    """Judges the refusals of one run.

    Attributes:
        applicability: which requirements the run judges.
    """

    contract: Contract
    register: Register
    applicability: Applicability
    _known: dict[tuple[str, str, str, str], Requirement | None] = field(default_factory=dict, repr=False, compare=False)

    def judge(self, operation: Operation, exchange: Exchange, assessment: Assessment) -> list[Judgement]:
        """Return what an answer shows; nothing where the documents leave it open."""
        if exchange.response is None or exchange.status >= 500 or exchange.foreign:
            return []
        if exchange.request.method != operation.method:
            return self._method(operation, exchange)
        sure = [flaw for flaw in assessment.flaws if flaw.sure]
        if assessment.doubt or not sure:
            return []
        if accepted(exchange):
            return self._let_through(operation, exchange, assessment, sure)
        if len(assessment.flaws) != 1:
            return []
        return self._refused(operation, exchange, assessment, sure[0])

    def carried_out(self, operation: Operation, exchange: Exchange, assessment: Assessment) -> list[Judgement]:
        """Return what shows of a request of nobody that was carried out, or whose method is refused as such.

        Where no request is known to succeed, another refusal proves nothing.
        """
        if exchange.response is None or exchange.status >= 500 or exchange.foreign:
            return []
        if exchange.request.method != operation.method:
            refused = not accepted(exchange) and exchange.status not in _OF_METHODS
            return [] if refused else self._method(operation, exchange)
        sure = [flaw for flaw in assessment.flaws if flaw.sure]
        if assessment.doubt or not accepted(exchange):
            return []
        return self._let_through(operation, exchange, assessment, sure)

    def _method(self, operation: Operation, exchange: Exchange) -> list[Judgement]:
        method = exchange.request.method
        siblings = [one.method for one in self.contract if one.path == operation.path]
        if method in UNJUDGED_METHODS or method in siblings:
            return []
        requirement = self.register.for_operation(METHOD_FAMILY, operation.operation_id)
        if requirement not in self.register or not self.applicability.concerns(requirement):
            return []
        if not accepted(exchange):
            return [held(requirement)]
        return [
            broken(
                requirement,
                expected="HTTP 405, or another refusal",
                actual=f"HTTP {exchange.status}",
                cause=f"{method} is carried out",
            )
        ]

    def _let_through(
        self, operation: Operation, exchange: Exchange, assessment: Assessment, sure: list[Flaw]
    ) -> list[Judgement]:
        for flaw in sure:
            requirement = self.requirement(operation, flaw, assessment.variant)
            if requirement is not None:
                words = ", ".join(map(str, sure[:3])) + (f" and {len(sure) - 3} more" if len(sure) > 3 else "")
                return [
                    broken(
                        requirement.id,
                        expected=_statuses(flaw),
                        actual=f"HTTP {exchange.status}, carried out",
                        cause=f"{words}: accepted",
                    )
                ]
        return []

    def _refused(self, operation: Operation, exchange: Exchange, assessment: Assessment, flaw: Flaw) -> list[Judgement]:
        requirement = self.requirement(operation, flaw, assessment.variant)
        if requirement is None:
            return []
        # Where an answer under 2xx refuses in its body, its status says nothing.
        of_http = load_transport().tolerates(operation, exchange.request, exchange.status)
        told = flaw.exact and flaw.statuses and not exchange.succeeded and not of_http
        if not told or exchange.status in flaw.statuses:
            return [held(requirement.id)]
        if exchange.status == BLOCKED and attack_like(exchange.request):
            return []
        return [
            broken(
                requirement.id,
                expected=_statuses(flaw),
                actual=f"HTTP {exchange.status}",
                cause=f"{flaw}: answered {exchange.status}",
            )
        ]

    def requirement(self, operation: Operation, flaw: Flaw, variant: str) -> Requirement | None:
        """Return the requirement that speaks of a flaw: its own, or a wider one.

        None where none does, or one that only warns, or that this target does not have to keep.
        """
        key = (operation.operation_id, flaw.kind, flaw.name, variant)
        if key not in self._known:
            self._known[key] = self._search(operation, flaw, variant)
        return self._known[key]

    def _search(self, operation: Operation, flaw: Flaw, variant: str) -> Requirement | None:
        own = [entry for entry in self.register if entry.operation == operation.operation_id]
        # Where the same body goes to another place as well, what only warns there is no failure here.
        alike = [one.operation_id for one in self.contract if one.fields and one.fields == operation.fields]
        siblings = [entry for entry in self.register if entry.operation in alike and not entry.binding]
        for kind in (flaw.kind, *_WIDER.get(flaw.kind, ())):
            for name in (flaw.name, "*"):
                found = [
                    entry
                    for entry in own
                    for one in entry.provokes
                    if one.kind == kind and one.parameter == name and one.variant in ("", variant)
                ]
                if found:
                    return next((entry for entry in found if self._counts(entry)), None)
                if any(one.kind == kind and one.parameter == name for entry in siblings for one in entry.provokes):
                    return None
        return None

    def _counts(self, entry: Requirement) -> bool:
        return entry.binding and self.applicability.concerns(entry.id)


def _statuses(flaw: Flaw) -> list[str]:
    return [f"HTTP {status}" for status in flaw.statuses] or ["a refusal (4xx)"]
