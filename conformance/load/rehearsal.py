"""What a load can judge, the subjects of its users under their names, and its rehearsal by one of them."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import replace

from conformance.errors import CouldNotTest, Refused
from conformance.load.crowd import Crowd, Member
from conformance.load.journeys import Journey
from conformance.load.sender import BELONGS, SUCCEEDS
from conformance.model import Exchange, Judgement
from conformance.register import Register
from conformance.session import Sender, Session
from conformance.target import Target
from conformance.target.pool import Household

# What the journeys themselves judge, beside to whom an answer belongs.
BY = "rehearsal"
JUDGED = ("SDP-051", "UPD-092", "MDS-017")


def requirements_of(register: Register, operations: Collection[str]) -> tuple[str, ...]:
    """Return the ids of what rules and journeys judge by these operations, in the order of the register."""
    journeys = {*BELONGS.values(), *JUDGED, *(register.for_operation(SUCCEEDS, name) for name in operations)}
    return tuple(
        entry.id
        for entry in register
        if entry.operation in operations and (entry.judged_by != "check" or entry.id in journeys)
    )


def peopled(target: Target, crowd: Sequence[Household], firsts: Sequence[Household]) -> Target:
    """Return a target that has a crowd among its subjects, under the names of the members.

    What flows find out of a target with its `user` and `stb`, they find out with those of `firsts`.
    """
    subjects = dict(target.subjects)
    for one in crowd:
        member = Member(one)
        for name, subject in ((member.user, one.user), (member.box, one.box)):
            if subject is not None:
                subjects[name] = replace(subject, name=name)
    for name, found in (("user", [one.user for one in firsts]), ("stb", [one.box for one in firsts])):
        subject = next((one for one in found if one is not None), None)
        if subject is not None:
            subjects[name] = replace(subject, name=name)
    return replace(target, subjects=subjects)


def first_of(crowd: Sequence[Household]) -> list[Household]:
    """Return the first household with a user, and the first with a set top box: they rehearse."""
    found = (next((one for one in crowd if one.user), None), next((one for one in crowd if one.box), None))
    return list({one.number: one for one in found if one is not None}.values())


def rehearse(session: Session, firsts: Sequence[Household], seed: int) -> list[str]:
    """Have a household or two make the journeys alone; return what kept them from any.

    What the flows need to know of the target is found out by them, once, and by nobody under load.
    """
    sender, problems = Sender(session, BY), []
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret

    def say(judgement: Judgement, exchange: Exchange) -> None:
        session.recorder.record(judgement, exchange, by=BY)

    for household in firsts:
        member = Member(household)
        journey = Journey(sender, member, Crowd([household]), say, rng)
        for made, name in ((journey.user, member.user), (journey.box, member.box)):
            try:
                if name:
                    made()
            except (CouldNotTest, Refused) as problem:
                problems.append(problem.message)
    return problems
