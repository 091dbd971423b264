"""Which checks belong to which part of a run."""

from __future__ import annotations

from collections.abc import Collection

from conformance.checks.index import NamedCheck, wanted
from conformance.client import creation_of
from conformance.model.division import ACCOUNTS, CONDITIONS, WRONG_PASSWORDS, Unit, divided
from conformance.register import Register, load_register
from conformance.stream import events


def checks_of_part(
    part: events.Part, selected: Collection[str] | None = None, named: Collection[str] = ()
) -> list[NamedCheck]:
    """Return the checks of a part of a run, in the order in which pytest finds them.

    Args:
        part: which part.
        selected: the ids that the whole run tests, None for all.
        named: checks that it makes, too.
    """
    register, found = load_register(), wanted(selected, named)
    of = divided((unit_of(check, register) for check in found), part.of)
    return [check for check in found if of[check.name] == part.index]


def unit_of(check: NamedCheck, register: Register) -> Unit:
    """Return what decides the part of a check."""
    operations = [register[name].operation for name in check.ids]
    created = next(filter(None, map(creation_of, operations)), "")
    if check.placed:
        # They use what others create, or tokens of one another: the first ones and the last ones are together.
        created = ACCOUNTS
    bundle = CONDITIONS if check.alone else WRONG_PASSWORDS if check.wrong_passwords else created
    return Unit(check.name, operations[0], bundle)
