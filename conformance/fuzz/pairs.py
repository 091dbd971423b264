"""Pairs of parameters: every two conditions of every two parameters stand together in at least one request."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

Row = dict[str, str]
TRIES = 12


def covering_rows(choices: Mapping[str, Sequence[str]], rng: random.Random) -> Iterator[Row]:
    """Yield rows that pick one choice for each name, until each pair of choices of each two names has been in one.

    The greedy way of AETG: of some random rows, each begun with a pair that is missing, the one with most new pairs.
    """
    missing = {
        frozenset(((first, one), (second, other)))
        for first, second in combinations(choices, 2)
        for one, other in product(choices[first], choices[second])
    }
    while missing:
        begun = dict(min(missing, key=sorted))
        best = max((_filled(begun, choices, rng) for _ in range(TRIES)), key=lambda row: len(_pairs(row) & missing))
        missing -= _pairs(best)
        yield {name: best[name] for name in choices}


def _filled(begun: Row, choices: Mapping[str, Sequence[str]], rng: random.Random) -> Row:
    return {name: begun.get(name) or rng.choice(list(options)) for name, options in choices.items()}


def _pairs(row: Row) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(pair) for pair in combinations(row.items(), 2)}
