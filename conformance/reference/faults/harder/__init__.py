"""Faults that are harder to see: they act sometimes, later, for some callers, when requests overlap, or almost not.

Every module here registers its faults when it is imported; `occasions` says when a fault acts.
"""

from conformance.reference.faults.harder import (
    accounts,
    ageing,
    almost,
    careless,
    combined,
    crowded,
    neighbours,
    occasional,
    patterns,
    people,
    stateful,
    together,
    wire,
)

__all__ = [
    "accounts",
    "ageing",
    "almost",
    "careless",
    "combined",
    "crowded",
    "neighbours",
    "occasional",
    "patterns",
    "people",
    "stateful",
    "together",
    "wire",
]
