"""`python -m conformance.fuzz`: compiles the plan that ships with the suite, after a change of the contract."""

from __future__ import annotations

from conformance.fuzz import DEFAULT_SEED, SHIPPED_SIZE, compile_plan
from conformance.fuzz.plan import save_plan, shipped_path

if __name__ == "__main__":
    made = compile_plan(seed=DEFAULT_SEED, size=SHIPPED_SIZE)
    save_plan(made, shipped_path())
    print(  # noqa: T201 - a tool for whoever changes the contract
        f"{shipped_path()}: {sum(map(len, made.cases.values()))} cases, {made.digest}"
    )
