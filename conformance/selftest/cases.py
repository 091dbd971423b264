"""What is run: the faultless platform, each of its readings, many readings at once, each of its faults."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from conformance.contract import load_contract
from conformance.errors import UsageError
from conformance.reference.faults import UnknownFault, catalogue, find
from conformance.reference.readings import CATALOGUE, adm, hdm, ias, mds, sdp
from conformance.register import Register

# How many faults one platform has at most: a response is judged to a limited number of findings.
TOGETHER = 12
# How many readings one platform follows at once, of as many questions; one that is accused is tried by itself.
READINGS_TOGETHER = 4

# What a reading of one service can be seen by: its own answers, and those that its tokens open.
_CONCERNED = (
    (hdm.READINGS, ("hdm", "sdp")),
    (ias.READINGS, ("ias", "mds")),
    (adm.READINGS, ("adm", "hdm")),
    (sdp.READINGS, ("sdp", "hdm")),
    (mds.READINGS, ("mds", "ias")),
)


@dataclass(frozen=True)
class Case:
    """One platform to test: `kind` is faultless, reading or fault; `services` those that it concerns (empty: all)."""

    kind: str
    name: str
    group: str = ""
    fault: str | None = None
    readings: Mapping[str, str] = field(default_factory=dict)
    services: tuple[str, ...] = ()


def cases(
    faults: Iterable[str] | None = None, readings: Iterable[str] | None = None, combinations: int = 0
) -> list[Case]:
    """Return the cases to run; None means all (of faults those that a run can meet).

    `combinations` platforms answer in a reading of every question.

    Raises:
        UsageError: a fault or a reading does not exist.
    """
    found = [Case("faultless", "faultless")]
    found += [Case("reading", f"combination {seed}", readings=combination(seed)) for seed in range(combinations)]
    for name, option in _readings(readings):
        concerned = next((where for own, where in _CONCERNED if name in own), ())
        found.append(Case("reading", f"{name}={option}", readings={name: option}, services=concerned))
    contract = load_contract()
    names = sorted(name for name, one in catalogue().items() if not one.under_load) if faults is None else list(faults)
    for name in names:
        try:
            fault = find(name)
        except UnknownFault as problem:
            raise UsageError(str(problem)) from None
        # A fault that is another one on some occasions is shown by what shows that one.
        operations = {*fault.operations, *(find(fault.base).operations if fault.base else ())}
        services = {contract.operation(one).service for one in operations}
        found.append(Case("fault", name, group=fault.kind, fault=name, services=tuple(sorted(services))))
    return found


def batches(cases: Iterable[Case], stated: Mapping[str, Collection[str]], register: Register) -> list[list[Case]]:
    """Return the cases in groups that one platform can be: readings of several questions, or faults of form.

    The readings of a group concern the same services. The faults are of one operation, at places of their own, and
    share no requirement, so that each is seen by its own; what only warns is apart from what binds.
    """
    found: list[list[Case]] = []
    groups: defaultdict[object, list[tuple[list[Case], set[str], list[str]]]] = defaultdict(list)
    readings: defaultdict[tuple[str, ...], list[list[Case]]] = defaultdict(list)
    for case in cases:
        if len(case.readings) == 1:
            for together in readings[case.services]:
                asked = {name for member in together for name in member.readings}
                if len(together) < READINGS_TOGETHER and asked.isdisjoint(case.readings):
                    break
            else:
                together = []
                readings[case.services].append(together)
                found.append(together)
            together.append(case)
            continue
        fault = find(case.fault) if case.fault else None
        if fault is None or not fault.breaks or fault.base:
            found.append([case])
            continue
        ids, place = set(stated[case.name]), f"{case.name.rpartition('.')[0]}."
        open_groups = groups[fault.operations, any(register[name].binding for name in ids)]
        for members, taken, places in open_groups:
            apart = not any(place.startswith(one) or one.startswith(place) for one in places)
            if apart and taken.isdisjoint(ids) and len(members) < TOGETHER:
                break
        else:
            members, taken, places = [], set(), []
            open_groups.append((members, taken, places))
            found.append(members)
        members.append(case)
        taken |= ids
        places.append(place)
    return found


def combination(seed: int) -> dict[str, str]:
    """Return an option of each reading by chance: platforms differ from the documents in many places at once."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    return {name: chance.choice(list(options)) for name, options in CATALOGUE.items()}


def _readings(wanted: Iterable[str] | None) -> list[tuple[str, str]]:
    """Every option of every reading but the first, which is what the faultless platform follows."""
    every = [(name, option) for name, options in CATALOGUE.items() for option in list(options)[1:]]
    if wanted is None:
        return every
    chosen = []
    for text in wanted:
        name, _, option = text.partition("=")
        matching = [pair for pair in every if pair[0] == name and option in ("", pair[1])]
        if not matching:
            raise UsageError(f"the reference platform has no reading {text!r}")
        chosen += matching
    return chosen
