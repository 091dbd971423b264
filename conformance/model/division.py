"""Divides what a run does into parts: the same on any machine and with any Python, a pure function of the ids.

What must stay together is a bundle and belongs to one part: what creates accounts or devices, since nothing deletes
them; all wrong passwords, since platforms lock users out; conditions, since a target is in one of them at a time.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heapreplace

ACCOUNTS, DEVICES, WRONG_PASSWORDS, CONDITIONS = "accounts", "devices", "wrong passwords", "conditions"
BUNDLES = (ACCOUNTS, DEVICES, WRONG_PASSWORDS, CONDITIONS)


@dataclass(frozen=True)
class Unit:
    """Something that is done in one part of a run.

    Attributes:
        id: what tells it from others.
        group: units of one group are spread over the parts.
        bundle: units of one bundle are in one part; empty for one that may be in any.
    """

    id: str
    group: str
    bundle: str = ""


def home_of(bundle: str, of: int) -> int:
    """Return the part, from 1, to which a bundle belongs, of so many."""
    return BUNDLES.index(bundle) % of + 1


def divided(units: Iterable[Unit], of: int) -> dict[str, int]:
    """Return the part, from 1, of each unit by its id.

    Units without a bundle are dealt out in the order of their group and of the hash of their id, each to the part that
    has fewest: parts differ by one unit at most, unless a bundle is larger.
    """
    units = list(units)
    found = {unit.id: home_of(unit.bundle, of) for unit in units if unit.bundle}
    taken = Counter(found.values())
    parts = [(taken[part], part) for part in range(1, of + 1)]
    heapify(parts)
    for unit in sorted((unit for unit in units if not unit.bundle), key=lambda unit: (unit.group, _rank(unit.id))):
        number, part = parts[0]
        found[unit.id] = part
        heapreplace(parts, (number + 1, part))
    return found


def _rank(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
