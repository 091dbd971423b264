"""Requests of different operations, of two accounts, at the same moment: each is answered as it is alone.

What a server keeps of the request that it serves (caller, account, flag) must not get into the answer to another one.
"""

from __future__ import annotations

from functools import partial
from random import Random

import pytest

from conformance.checks.api import Check
from conformance.checks.common import neighbours
from conformance.checks.common.neighbours import Neighbour, Send
from conformance.checks.repetition import send_all
from conformance.errors import ControlFailed, CouldNotTest, NotDeclared
from conformance.model import Exchange
from conformance.session.once import once

ROUNDS, AT_ONCE = 4, 8
Together = dict[str, list[tuple[str, Exchange]]]
# Requirement -> the request of two accounts by which it is judged.
NEIGHBOURS = {
    "DAS-045": Neighbour(
        neighbours.BOXES, neighbours.sign_on, neighbours.whose, "a token of another account or device"
    ),
    "UPD-093": Neighbour(neighbours.BOXES, neighbours.update, neighbours.whose, "a token of another account or device"),
    "BRD-008": Neighbour(
        neighbours.BOXES,
        neighbours.generate,
        neighbours.home,
        "a broadcast token that does not make the caller in-home",
    ),
    "UPD-092": Neighbour(neighbours.BOXES, neighbours.update, neighbours.flag, "a token with another inHome"),
    "MDS-016": Neighbour(
        neighbours.BOXES,
        partial(neighbours.list_channels, in_home=False),
        neighbours.hidden,
        "a list with in-home-only channels",
    ),
    "MDS-017": Neighbour(
        neighbours.BOXES,
        partial(neighbours.list_channels, in_home=True),
        neighbours.hidden,
        "a list with other in-home-only channels",
    ),
    "SDP-053": Neighbour(neighbours.USERS, neighbours.question, neighbours.account, "another accountNumber"),
    "ISO-009": Neighbour(
        neighbours.USERS, neighbours.user_signon, neighbours.account_of_token, "a token of another account"
    ),
    "ISO-010": Neighbour(
        neighbours.BOXES, neighbours.box_signon, neighbours.account_of_token, "a token of another account"
    ),
}


@pytest.mark.parametrize(
    "requirement_id", [pytest.param(name, marks=pytest.mark.requirement(name), id=name) for name in NEIGHBOURS]
)
def test_an_answer_does_not_depend_on_other_operations_at_the_same_moment(check: Check, requirement_id: str) -> None:
    neighbour = NEIGHBOURS[requirement_id]
    before = _alone(check, requirement_id)
    seen = 0
    for name, exchange in _together(check).get(requirement_id, ()):
        said = neighbour.says(check, name, exchange) if exchange.succeeded else None
        # What another request has changed for good, as the end of a token, is no mixing up.
        if said is None or (said != before[name] and not _again(check, neighbour, name, before[name])):
            continue
        seen += 1
        check.expect(
            requirement_id,
            said == before[name],
            exchange,
            expected="the answer to the same request alone",
            actual=neighbour.wrong,
            cause="an answer changes while another account's request of another operation is served",
        )
    if not seen:
        check.not_observed("no request that was sent together with others was served")


def _again(check: Check, neighbour: Neighbour, name: str, before: object) -> bool:
    return neighbour.says(check, name, neighbour.prepare(check, name)()) == before


@once
def _alone(check: Check, requirement_id: str) -> dict[str, object]:
    """Return what each of two accounts gets while nobody else sends anything."""
    neighbour = NEIGHBOURS[requirement_id]
    said = {}
    for name in neighbour.subjects:
        exchange = neighbour.prepare(check, name)()
        check.control(exchange, what=f"the request of subjects.{name} alone")
        said[name] = neighbour.says(check, name, exchange)
        if said[name] is None:
            check.not_declared(f"the answer does not say whose it is (exchange {exchange.id})")
    return said


def _together(check: Check) -> Together:
    """Return what came of requests of all operations that were sent together; sent once in a run."""
    found = _sent(check)
    if not found:
        found.update(_send_together(check))
    return found


@once
def _sent(_check: Check) -> Together:
    # Filled outside: what runs once must not wait for other threads.
    return {}


def _send_together(check: Check) -> Together:
    """Send what works alone of all operations, a few at a time."""
    register, selects = check.session.register, check.session.applicability.selects
    selected = {entry.service for entry in register if selects(entry.id)}
    sends: list[tuple[str, str, Send]] = []
    for requirement_id, neighbour in NEIGHBOURS.items():
        if register[requirement_id].service not in selected:
            continue
        try:
            _alone(check, requirement_id)
            sends += [(requirement_id, name, neighbour.prepare(check, name)) for name in neighbour.subjects]
        except (ControlFailed, CouldNotTest, NotDeclared):
            continue  # each says so in its own check
    sends *= ROUNDS
    # Any operation beside any other, of either account; the same order in every run.
    Random(0).shuffle(sends)  # noqa: S311 - no secret
    found: Together = {}
    exchanges = send_all([send for _, _, send in sends], at_once=AT_ONCE)
    for (requirement_id, name, _), exchange in zip(sends, exchanges, strict=True):
        found.setdefault(requirement_id, []).append((name, exchange))
    return found
