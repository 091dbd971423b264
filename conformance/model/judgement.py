"""What a rule or a check says of one exchange."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Judgement:
    """One requirement, held or broken by one exchange.

    `expected` lists what would have been right (any of); `actual` is what was seen; `cause` is the
    defect in a few words, without values that differ from run to run: equal causes are one finding.
    """

    requirement: str
    holds: bool
    expected: tuple[str, ...] = ()
    actual: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Finding:
    """A broken requirement with the exchange that shows it; `by` is the check, rule or fuzz case."""

    requirement: str
    expected: tuple[str, ...]
    actual: str
    cause: str
    exchange: str
    by: str


@lru_cache(maxsize=2048)
def held(requirement: str) -> Judgement:
    """Say that an exchange keeps a requirement."""
    return Judgement(requirement, holds=True)


def broken(requirement: str, *, expected: str | Iterable[str], actual: str, cause: str) -> Judgement:
    """Say that an exchange breaks a requirement."""
    wanted = (expected,) if isinstance(expected, str) else tuple(expected)
    return Judgement(requirement, False, wanted, actual, cause)


def judged(requirement: str, holds: bool, *, expected: str | Iterable[str], actual: str, cause: str) -> Judgement:
    """Say whether an exchange keeps a requirement; the rest counts where it does not."""
    return held(requirement) if holds else broken(requirement, expected=expected, actual=actual, cause=cause)
