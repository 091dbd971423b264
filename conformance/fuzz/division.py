"""Which generated cases and walks belong to which part of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.client import creation_of
from conformance.fuzz.case import Case, placeholder
from conformance.fuzz.plan import Plan
from conformance.model.division import WRONG_PASSWORDS, Unit, divided
from conformance.stream import events


def cases_of_part(plan: Plan, part: events.Part) -> Mapping[str, tuple[Case, ...]]:
    """Return the cases of a part by operation, in the order of the plan."""
    if part.of == 1:
        return plan.cases
    of = divided((unit_of(case) for cases in plan.cases.values() for case in cases), part.of)
    return {name: tuple(case for case in cases if of[case.id] == part.index) for name, cases in plan.cases.items()}


def walks_of_part(number: int, part: events.Part) -> Iterator[int]:
    """Yield the numbers of the walks of a part, of so many walks in all."""
    of = divided((Unit(f"walk {one}", "walks") for one in range(1, number + 1)), part.of)
    yield from (one for one in range(1, number + 1) if of[f"walk {one}"] == part.index)


def unit_of(case: Case) -> Unit:
    """Return what decides the part of a case."""
    bundle = creation_of(case.operation) or (WRONG_PASSWORDS if _has_wrong_password(case) else "")
    return Unit(case.id, f"{case.operation} {case.phase}", bundle)


def _has_wrong_password(case: Case) -> bool:
    """Tell whether a case may carry a wrong password for a user of the target file."""
    paths = {path for path, change in case.placeholders() if change != "other"}
    if any(value.lower().startswith("basic ") for name, value in case.headers if name.lower() == "authorization"):
        return True
    if not any(path.endswith(".username") for path in paths):
        return False
    given = [value for name, value in case.query if name.lower() == "password"]
    body = case.body.value if isinstance(case.body.value, dict) else {}
    given += [value if isinstance(value, str) else "" for name, value in body.items() if name.lower() == "password"]
    return any(value != placeholder("user.password") for value in given)
