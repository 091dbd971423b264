"""Fuzzing: schemathesis compiles the contract into a plan of cases; the plan is sent and judged.

Nothing else of the suite knows schemathesis, and nothing here imports it before a plan has to be compiled.
"""

from __future__ import annotations

from conformance.fuzz.plan import DEFAULT_SEED, SHIPPED_SIZE, Plan, describe_plan, load_plan
from conformance.fuzz.run import DEFAULT_CASES, run_fuzz


def compile_plan(*, seed: int, size: int, workers: int = 2) -> Plan:
    """Generate a plan of `size` cases for each operation, in worker processes."""
    from conformance.fuzz.compile import compile_plan as compiled

    return compiled(seed=seed, size=size, workers=workers)


__all__ = [
    "DEFAULT_CASES",
    "DEFAULT_SEED",
    "SHIPPED_SIZE",
    "Plan",
    "compile_plan",
    "describe_plan",
    "load_plan",
    "run_fuzz",
]
