"""Which plan a run sends: the shipped one where it fits, else one that is compiled for it."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.fuzz.compile import challenge_cases, compile_plan
from conformance.fuzz.plan import DEFAULT_SEED, SHIPPED_SIZE, Plan, read_plan, shipped_path, spec_digest


def load_plan(seed: int | None = None, size: int = SHIPPED_SIZE, challenge: str = "") -> Plan:
    """Return the plan of a seed: the shipped one where it fits the contract and is large enough, else a fresh one.

    With a challenge, the cases that follow from it come behind those of each operation.

    Raises:
        SuiteError: the shipped plan cannot be read.
    """
    path = shipped_path()
    changed = path.stat().st_mtime_ns if path.is_file() else None
    plan = _plan(DEFAULT_SEED if seed is None else seed, size, path, changed, spec_digest())
    return plan.beside({name: challenge_cases(name, challenge) for name in plan.cases}) if challenge else plan


@lru_cache(maxsize=4)
def _plan(seed: int, size: int, path: Path, changed: int | None, specs: str) -> Plan:
    """Read or compile a plan, once for each state of the shipped one: a self-test asks for it hundreds of times."""
    if seed == DEFAULT_SEED and size <= SHIPPED_SIZE and changed is not None:
        plan = read_plan(path)
        if plan.specs == specs:
            return plan.first(size)
    return compile_plan(seed=seed, size=size)


def describe_plan(seed: int | None = None, size: int = SHIPPED_SIZE) -> dict[str, Any]:
    """Return what a run would send: seed, digest, and for each operation the number of cases, by phase."""
    plan = load_plan(seed, size)
    return {
        "seed": plan.seed,
        "digest": plan.digest,
        "cases": sum(map(len, plan.cases.values())),
        "operations": {
            name: {
                "cases": len(cases),
                "to_be_refused": sum(case.refused for case in cases),
                "phases": dict(Counter(case.phase for case in cases)),
            }
            for name, cases in plan.cases.items()
        },
    }
