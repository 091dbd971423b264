"""Fuzzing: schemathesis compiles the contract into a plan of cases; the plan is sent and judged.

Nothing else of the suite knows schemathesis, and nothing here imports it before a plan has to be compiled.
"""

from __future__ import annotations

from conformance.fuzz.compile import compile_plan
from conformance.fuzz.loading import describe_plan, load_plan
from conformance.fuzz.plan import DEFAULT_SEED, SHIPPED_SIZE, Plan
from conformance.fuzz.run import DEFAULT_CASES, run_fuzz

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
