"""Operations without subjects in the target file get generated cases with synthetic values: judged by the rules alone."""

from __future__ import annotations

import contextlib

import pytest
import yaml

from conformance.contract import load_contract
from conformance.fuzz import run_fuzz
from conformance.fuzz.case import PLACEHOLDER
from conformance.fuzz.loading import load_plan
from conformance.fuzz.synthetic import SyntheticValues
from conformance.opening import RunSettings, open_session
from conformance.reference.server import RunningPlatform, default_settings
from conformance.stream import RunFolder, events
from conformance.target import load_target


@pytest.fixture
def fuzzed(tmp_path):
    """Send generated cases to a platform whose target file has only some keys; return the stream."""

    def go(*keys, faults=(), operations=None, **changes):
        with RunningPlatform(default_settings(faults=faults)) as platform, contextlib.ExitStack() as stack:
            whole = platform.target_document()
            kept = {name: whole[name] for name in ("version", "name", "tenant", "services", "features", *keys)}
            (tmp_path / "target.yaml").write_text(yaml.safe_dump({**kept, **changes}))
            settings = RunSettings(str(tmp_path / "target.yaml"), str(tmp_path / "run.jsonl"))
            target = load_target(tmp_path / "target.yaml")
            session = stack.enter_context(open_session(settings, target, prefix="F"))
            run_fuzz(session, cases_per_operation=60, operations=operations)
        return list(RunFolder(tmp_path).events())

    return go


def of_kind(stream, kind):
    return [event for event in stream if isinstance(event, kind)]


def sent(stream):
    return {one.operation: one.sent for one in of_kind(stream, events.Fuzz)}


def test_every_operation_that_does_not_write_gets_cases_without_any_subject(fuzzed):
    stream = fuzzed(safety={"writes": "deny"})
    writes = {"createAccount", "createAccountOnSsp", "initialiseDeviceByGet", "initialiseDeviceByPost"}
    assert {name for name, number in sent(stream).items() if number == 0} == writes
    assert min(number for name, number in sent(stream).items() if name not in writes) > 20
    assert of_kind(stream, events.Finding) == []


def test_a_platform_without_subjects_creates_nothing_for_nobody(fuzzed):
    stream = fuzzed()
    assert sent(stream)["createAccount"] > 20
    assert of_kind(stream, events.Created) == []
    assert of_kind(stream, events.Finding) == []


def test_what_a_subject_is_given_for_is_tested_with_it(fuzzed):
    stream = fuzzed("subjects", operations={"dasSignOnByCasn"})
    assert any(event.valid and event.response.status == 200 for event in of_kind(stream, events.Exchange))


def test_a_refusal_of_nobody_proves_nothing(fuzzed):
    """Only rules, and refusals of methods as such, keep anything by it: no request beside it is known to succeed."""
    (counts,) = of_kind(fuzzed(safety={"writes": "deny"}), events.Counts)
    by_cases = {name for name, one in counts.requirements.items() if "fuzz" in one.by}
    assert by_cases == {name for name in by_cases if name.startswith("WIR-6")}
    assert {name for name, one in counts.requirements.items() if one.held} > by_cases


@pytest.mark.parametrize(
    ("fault", "operation", "requirement"),
    [
        ("any-user", "nmpsignontokens", "NMP-031"),
        ("das-unknown-casn-is-500", "dasSignOnByCasn", "WIR-207"),
        ("das-shows-python-trace", "dasSignOnByCasn", "WIR-507"),
    ],
)
def test_what_is_broken_for_nobody_is_found(fuzzed, fault, operation, requirement):
    stream = fuzzed(faults=(fault,), operations={operation})
    assert requirement in {event.requirement for event in of_kind(stream, events.Finding)}


def test_a_platform_that_lets_nobody_in_by_dynamic_provisioning_is_not_accused(fuzzed):
    """A file without subjects may claim too little as well."""
    assert of_kind(fuzzed(faults=("any-box",), operations={"stbsignontokens"}), events.Finding) == []


def test_every_placeholder_of_the_plan_has_a_synthetic_value(fuzzed, tmp_path):
    document = {"version": 1, "name": "n", "tenant": "t", "services": {"hdm": {"url": "http://127.0.0.1:1"}}}
    (tmp_path / "target.yaml").write_text(yaml.safe_dump(document))
    target = load_target(tmp_path / "target.yaml")
    plan = load_plan(None, 200)
    for operation in load_contract():
        values = SyntheticValues(target, operation.operation_id)
        for case in plan.cases.get(operation.operation_id, ()):
            for path, change in PLACEHOLDER.findall(repr(case)):
                if path != "stb.macAddress":
                    values.get(path, change)
