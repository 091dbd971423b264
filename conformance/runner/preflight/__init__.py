"""Preflight: a handful of requests that tell a wrong target file from a wrong target.

Only a documented refusal of something that the target file says is valid is called a mistake of the file, and only
where another request shows that the target tells right from wrong. Whatever else is odd is left to the checks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePath

from conformance.errors import BudgetSpent
from conformance.model import Premise
from conformance.runner.preflight.caches import cache_lines
from conformance.runner.preflight.connections import limit_connections
from conformance.runner.preflight.front import front_lines
from conformance.runner.preflight.lines import Line, Prober, State, raise_for, sentence
from conformance.runner.preflight.pins import pin_lines
from conformance.runner.preflight.places import path_lines, place_lines, reach_lines, shared_lines, unserved_lines
from conformance.runner.preflight.probes import premise_lines
from conformance.runner.preflight.walls import unheard_lines, wall_lines
from conformance.session import Session
from conformance.stream import events
from conformance.target import Vouching


def examine(session: Session, services: Collection[str] | None = None) -> list[Line]:
    """Look at everything that the target file says of its target; of some services alone (None: all)."""
    prober = Prober(session)
    with _only(session, services):
        lines = reach_lines(prober)
    if not any(line.state.problem for line in lines):
        limit_connections(prober, services)
        with _only(session, services):
            lines += shared_lines(prober) or front_lines(prober) + path_lines(prober)
    vouched = session.target.vouched is not None
    if any(line.state.problem and not (vouched and line.state is State.CONTRADICTED) for line in lines):
        return lines
    with _only(session, services):
        lines += pin_lines(prober)
    if any(line.state.problem and not (vouched and line.state is State.CONTRADICTED) for line in lines):
        return lines
    lines += premise_lines(prober, services) + cache_lines(prober)
    if any(line.state is State.UNREACHABLE for line in lines):
        return lines
    with _only(session, services):
        found_nothing = place_lines(prober)
        if not any(line.state.problem for line in lines):
            found_nothing += unserved_lines(prober)
        walled = wall_lines(prober)
        walled += unheard_lines(prober)
        found_nothing += [line for line in walled if all(line.what != other.what for other in found_nothing)]
    # Where nothing of a service is found at all, its refusals say nothing of subjects and credentials.
    if all(vouched and line.state is State.CONTRADICTED for line in found_nothing):
        return lines + found_nothing
    return [line for line in lines if not line.state.problem] + found_nothing


def preflight(session: Session, services: Collection[str] | None = None) -> list[Line]:
    """Look at what the target file says of the services that will be tested (None: all); what is not proved is noted.

    Where somebody vouches for the subjects, what the platform says against them does not end the run: it is written
    to the stream, and the requirements fail.

    Raises:
        CredentialError: a line of the target file is wrong.
        TargetUnreachable: a service cannot be reached.
    """
    try:
        lines = examine(session, services)
    except BudgetSpent as spent:
        session.stream.write(events.Note(text=f"preflight was not finished: {spent.message}", level="warning"))
        return []
    vouched = session.target.vouched
    raise_for(lines, vouched=vouched is not None)
    for line in lines:
        if line.premise is not None:
            session.stream.write(_event(line, line.premise, vouched))
        elif line.state in (State.NOT_PROVED, State.CONTRADICTED):
            session.stream.write(events.Note(text=f"preflight: {line.message}"))
    return lines


def _event(line: Line, premise: Premise, vouched: Vouching | None) -> events.Premise:
    """Return what the stream says of a premise: who vouched for it only where the platform contradicts it."""
    contradicted = vouched if line.state is State.CONTRADICTED else None
    return events.Premise(
        premise=premise.id,
        place=line.what,
        where=PurePath(line.where).name,
        it=premise.it,
        state=line.state.value,
        seen=line.detail,
        vouched_by=contradicted.by if contradicted else "",
        vouched_on=contradicted.on.isoformat() if contradicted else "",
    )


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


__all__ = ["Line", "State", "examine", "preflight", "raise_for", "sentence"]
