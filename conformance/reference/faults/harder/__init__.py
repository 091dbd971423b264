"""Faults that are harder to see: they act sometimes, later, for some callers, when requests overlap, or almost not.

Every module here registers its faults when it is imported; `occasions` says when a fault acts.
"""

from conformance.reference.faults.harder import ageing, almost, careless, occasional, people, stateful, together, wire

__all__ = ["ageing", "almost", "careless", "occasional", "people", "stateful", "together", "wire"]
