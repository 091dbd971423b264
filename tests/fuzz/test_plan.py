from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.contract import load_contract
from conformance.errors import SuiteError
from conformance.fuzz import compile_plan, describe_plan, load_plan
from conformance.fuzz.compile import MOST_CREATIONS, operation_cases
from conformance.fuzz.plan import read_plan, save_plan, shipped_path, spec_digest
from conformance.fuzz.template import fuzzed

CONTRACT = load_contract()
NAMES = ("stbsignontokens", "dasSignOnByCasn")


def test_the_shipped_plan_is_of_this_contract() -> None:
    plan = read_plan(shipped_path())
    assert plan.specs == spec_digest(), "run: python -m conformance.fuzz"
    assert list(plan.cases) == [entry.operation_id for entry in fuzzed(CONTRACT)]


def test_all_cases_of_an_operation_are_different() -> None:
    for cases in load_plan().cases.values():
        assert len({case.key for case in cases}) == len(cases)


def test_one_seed_gives_the_same_cases_whatever_the_number_of_workers() -> None:
    from conformance.fuzz.compile import compile_plan as compiled

    one = compiled(seed=7, size=20, workers=1, operations=NAMES)
    two = compiled(seed=7, size=20, workers=2, operations=NAMES)
    assert one.digest == two.digest
    assert one.cases == two.cases


def test_another_seed_gives_other_cases() -> None:
    one, other = (operation_cases("stbsignontokens", seed, 120) for seed in (1, 2))
    assert {case.key for case in one} != {case.key for case in other}


def test_a_plan_survives_being_written_and_read(tmp_path: Path) -> None:
    plan = load_plan(size=30)
    save_plan(plan, tmp_path / "plan.jsonl.gz")
    assert read_plan(tmp_path / "plan.jsonl.gz").digest == plan.digest


def test_a_broken_plan_is_the_suites_mistake(tmp_path: Path) -> None:
    (tmp_path / "plan.jsonl.gz").write_bytes(b"x")
    with pytest.raises(SuiteError, match="cannot be read"):
        read_plan(tmp_path / "plan.jsonl.gz")


def test_few_cases_may_create_accounts() -> None:
    for name in ("createAccount", "createAccountOnSsp"):
        allowed = [
            case
            for case in load_plan().cases[name]
            if not case.refused and case.phase != "base" and "geoBlockExempt" in str(case.body.value)
        ]
        assert len(allowed) <= MOST_CREATIONS


def test_no_case_sends_a_real_user_with_another_password() -> None:
    for case in load_plan().cases["nmpsignontokens"]:
        passwords = [value for name, value in case.query if name == "password"]
        if case.value("query", "username") == "⟦user.username⟧":
            assert passwords in ([], ["⟦user.password⟧"])


def test_every_mandatory_parameter_is_missing_alone_once() -> None:
    for operation in fuzzed(CONTRACT):
        about = {case.about for case in load_plan(size=200).cases[operation.operation_id]}
        for entry in (*operation.parameters, *operation.fields):
            if entry.required and entry.location != "path":
                assert f"{entry.location} {entry.name}: missing" in about


def test_a_smaller_plan_is_the_beginning_of_the_shipped_one() -> None:
    small, large = load_plan(size=50), load_plan()
    assert all(cases == large.cases[name][:50] for name, cases in small.cases.items())


def test_the_plan_is_described() -> None:
    described = describe_plan(size=100)
    assert described["cases"] == sum(one["cases"] for one in described["operations"].values())
    assert described["operations"]["createAccount"]["phases"]["dictionary"] > 0


def test_the_shipped_plan_needs_no_schemathesis() -> None:
    code = (
        "import sys, conformance.fuzz, conformance.cli; conformance.fuzz.load_plan(); "
        "sys.exit('schemathesis' in sys.modules or 'hypothesis' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_compile_plan_is_public() -> None:
    assert callable(compile_plan)
