"""Compiles the contract into a plan: for each operation different cases, the same ones for the same seed and size."""

from __future__ import annotations

import hashlib
import random
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import chain, islice, zip_longest
from multiprocessing import get_context

from conformance.contract import Contract, Operation, load_contract
from conformance.fuzz import dictionary
from conformance.fuzz.case import Case, placeholder
from conformance.fuzz.plan import Plan, spec_digest
from conformance.fuzz.standin import assessed
from conformance.fuzz.template import fuzzed

# At most this many cases of an operation may create an account: nothing can delete one.
MOST_CREATIONS = 10
# An operation that takes nothing gets only so many requests with made-up parameters.
MIXES_OF_NOTHING = 40
# So many cases of an operation follow from a challenge.
CHALLENGE_CASES = 20
# Of this many cases that schemathesis draws, some are repeats.
DRAWN_SHARE = 0.4


def compile_plan(*, seed: int, size: int, workers: int = 2, operations: Sequence[str] = ()) -> Plan:
    """Generate a plan of `size` cases for each operation, in worker processes."""
    names = list(operations) or [entry.operation_id for entry in fuzzed(load_contract())]
    if workers <= 1:
        found = [operation_cases(name, seed, size) for name in names]
    else:
        # Not forked: what calls this has threads.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            found = list(pool.map(operation_cases, names, [seed] * len(names), [size] * len(names)))
    return Plan(spec_digest(), seed, size, dict(zip(names, (tuple(cases) for cases in found), strict=True)))


def operation_cases(operation_id: str, seed: int, size: int) -> list[Case]:
    """Return the cases of one operation: all different, at most `size`."""
    contract = load_contract()
    operation = contract.operation(operation_id)
    # Each operation has its own numbers, whichever process it is compiled in and whatever else is.
    own = zlib.crc32(f"{seed}:{operation_id}".encode())
    return _chosen(contract, operation, _candidates(contract, operation, own, size), size)


def challenge_cases(operation_id: str, challenge: str) -> list[Case]:
    """Return the cases of an operation that follow from a challenge, which nobody can know before it is given."""
    contract = load_contract()
    operation = contract.operation(operation_id)
    own = int.from_bytes(hashlib.sha256(f"{challenge}:{operation_id}".encode()).digest())
    rng = random.Random(own)  # noqa: S311 - repeatable by whoever knows the challenge
    most = 10 * CHALLENGE_CASES if operation.parameters or operation.fields else CHALLENGE_CASES
    unusual = chain.from_iterable(
        row
        for row in zip(_shuffled(dictionary.pairs(operation, rng), rng), dictionary.mixes(operation, rng), strict=False)
    )
    return _chosen(contract, operation, islice(chain(unusual, dictionary.mixes(operation, rng)), most), CHALLENGE_CASES)


def _chosen(contract: Contract, operation: Operation, candidates: Iterable[Case], size: int) -> list[Case]:
    """Return the first cases that may be sent: all different, at most `size`."""
    found: dict[str, Case] = {}
    creations = 0
    for case in candidates:
        case = _kept_off_real_users(case)
        judged = assessed(contract, operation, case)
        harmless = judged.refused or case.phase == "base" or dictionary.creates_nothing(operation, case)
        if operation.writes and not harmless:
            if creations < MOST_CREATIONS and case.phase in ("dictionary", "frame"):
                creations += 1
            else:
                case = dictionary.poisoned(operation, case)
                judged = assessed(contract, operation, case)
                if not judged.refused:
                    continue
        case = replace(case, refused=judged.refused)
        found.setdefault(case.key, case)
        if len(found) >= size:
            break
    return list(found.values())


def _candidates(contract: Contract, operation: Operation, seed: int, size: int) -> Iterator[Case]:
    """Yield more cases than are needed: what is essential first, then of each kind in turn, then mixes."""
    from conformance.fuzz.generated import coverage_cases, random_cases

    rng = random.Random(seed)  # noqa: S311 - a plan must be repeatable, not secret
    drawn = max(int(size * DRAWN_SHARE), 10)
    takes_something = bool(operation.parameters or operation.fields)
    # How many of each kind come in one round.
    kinds: list[tuple[int, Iterable[Case]]] = [
        (3, dictionary.frames(operation)),
        (4, _spread(dictionary.hostile_values(operation), rng)),
        (1, coverage_cases(contract, operation)),
        (1, random_cases(contract, operation, negative=False, count=drawn, seed=seed)),
        (1, random_cases(contract, operation, negative=True, count=drawn, seed=seed)),
        (1, _shuffled(dictionary.pairs(operation, rng), rng)),
        (1, islice(dictionary.mixes(operation, rng), size if takes_something else MIXES_OF_NOTHING)),
    ]
    yield from dictionary.essential(operation)
    columns = [iterator for share, cases in kinds for iterator in [iter(cases)] * share]
    for row in zip_longest(*columns):
        yield from (case for case in row if case is not None)
    if takes_something:
        yield from islice(dictionary.mixes(operation, rng), 20 * size)


def _spread(cases: Iterable[Case], rng: random.Random) -> list[Case]:
    """Return the cases so that each kind of value comes once, in some place, before any comes in a second."""
    by_kind: dict[str, list[Case]] = {}
    for case in cases:
        by_kind.setdefault(case.about.rpartition(": ")[2], []).append(case)
    for found in by_kind.values():
        rng.shuffle(found)
    order = list(by_kind.values())
    rng.shuffle(order)
    return [case for row in zip_longest(*order) for case in row if case is not None]


def _shuffled(cases: Iterable[Case], rng: random.Random) -> list[Case]:
    found = list(cases)
    rng.shuffle(found)
    return found


def _kept_off_real_users(case: Case) -> Case:
    """Return the case with a made-up user where its password is not the user's: real platforms lock accounts."""
    for location in ("query", "body"):
        user, password = case.value(location, "username"), case.value(location, "password")
        if user == placeholder("user.username") and password is not None:
            values = [value for name, value in case.query if name == "password"]
            if password != placeholder("user.password") or len(values) > 1:
                case = case.having(location, "username", placeholder("user.username", "other"))
    return case
