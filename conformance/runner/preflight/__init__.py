"""Preflight: a handful of requests that tell a wrong target file from a wrong target.

Only a documented refusal of something that the target file says is valid is called a mistake of the file, and only
where another request shows that the target tells right from wrong. Whatever else is odd is left to the checks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

from conformance.errors import BudgetSpent
from conformance.runner.preflight.credentials import credential_lines
from conformance.runner.preflight.features import feature_lines
from conformance.runner.preflight.front import front_lines
from conformance.runner.preflight.lines import Line, Prober, State, raise_for
from conformance.runner.preflight.places import place_lines, reach_lines
from conformance.runner.preflight.signons import signon_lines
from conformance.session import Session
from conformance.stream import events


def examine(session: Session) -> list[Line]:
    """Look at everything that the target file says of its target."""
    prober = Prober(session)
    lines = reach_lines(prober)
    if any(line.state in (State.UNREACHABLE, State.WRONG) for line in lines):
        return lines
    lines += front_lines(prober)
    if any(line.state in (State.UNREACHABLE, State.WRONG) for line in lines):
        return lines
    lines += signon_lines(prober)
    if any(line.state is State.UNREACHABLE for line in lines):
        return lines
    refused = {line.what.split(".")[1] for line in lines if line.state is State.WRONG}
    with prober.without(refused):
        lines += credential_lines(prober)
        lines += feature_lines(prober)
    found_nothing = place_lines(prober)
    # Where nothing of a service is found at all, its refusals say nothing of subjects and credentials.
    return lines if not found_nothing else [line for line in lines if line.state is not State.WRONG] + found_nothing


def preflight(session: Session, services: Collection[str] | None = None) -> list[Line]:
    """Look at what the target file says of the services that will be tested (None: all); what is unclear is noted.

    Raises:
        CredentialError: a line of the target file is wrong.
        TargetUnreachable: a service cannot be reached.
    """
    with _only(session, services):
        try:
            lines = examine(session)
        except BudgetSpent as spent:
            session.stream.write(events.Note(text=f"preflight was not finished: {spent.message}", level="warning"))
            return []
    raise_for(lines)
    for line in lines:
        if line.state is State.UNCLEAR:
            session.stream.write(events.Note(text=f"preflight: {line.message}"))
    return lines


@contextmanager
def _only(session: Session, services: Collection[str] | None) -> Iterator[None]:
    """Let a session know of some services alone: a mistake about another one must not stop their test."""
    target = session.target
    if services is not None:
        session.target = replace(
            target, services={name: one for name, one in target.services.items() if name in services}
        )
    try:
        yield
    finally:
        session.target = target


__all__ = ["Line", "State", "examine", "preflight", "raise_for"]
