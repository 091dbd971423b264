"""What the command line says of a run."""

from __future__ import annotations

import json

import pytest

from conformance.errors import NothingToTest, StreamError, UsageError
from conformance.redaction import Redactor
from conformance.register import load_register
from conformance.runner.options import RunOptions, operations_of, parse_challenge, parse_rate, select
from conformance.stream import StreamWriter, events

REGISTER = load_register()
BROKEN = next(e.id for e in REGISTER if e.service == "hdm" and e.binding and not e.needs.features and e.id != "STB-001")


@pytest.mark.parametrize(("text", "rate"), [("5", 5), ("5/s", 5), ("300/m", 5), ("0.5/s", 0.5), ("6/m", 0.1)])
def test_a_rate_is_requests_a_second(text, rate):
    assert parse_rate(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["", "fast", "5/h", "0", "-3", "5/"])
def test_what_is_no_rate_is_told(text):
    if text == "5/":
        assert parse_rate(text) == 5
        return
    with pytest.raises(UsageError):
        parse_rate(text)


@pytest.mark.parametrize("text", ["0f6b7d1c", "a.b-c_d~e", "x" * 128])
def test_a_nonce_is_a_value_of_tracestate(text):
    assert parse_challenge(text) == text


@pytest.mark.parametrize(
    "text", ["short", "x" * 129, "with,comma", "with=sign", "with blank", "-begins", "line\nbreak"]
)
def test_what_is_no_nonce_is_told(text):
    with pytest.raises(UsageError, match="not a nonce"):
        parse_challenge(text)


def test_nothing_said_selects_all():
    assert select(RunOptions(), REGISTER) is None


def test_a_service_an_id_and_the_beginning_of_ids_select():
    hdm = select(RunOptions(services=("hdm",)), REGISTER)
    assert {REGISTER[one].service for one in hdm} == {"hdm"}
    assert select(RunOptions(only=("STB-001",)), REGISTER) == ("STB-001",)
    some = select(RunOptions(only=("stb-0",)), REGISTER)
    assert len(some) > 1
    assert all(one.startswith("STB-0") for one in some)
    assert set(select(RunOptions(only=("STB-0",), exclude=("STB-001",)), REGISTER)) == set(some) - {"STB-001"}
    assert select(RunOptions(services=("mds",), only=("STB",)), REGISTER) == ()


def test_generated_cases_go_only_to_the_operations_that_are_selected():
    assert operations_of(None, REGISTER) is None
    assert operations_of(("GEN-001", "WIR-108", "DAS-001"), REGISTER) == {
        "generateUpdateInHomeToken",
        "dasSignOnByCasn",
    }


def a_run(folder, *facts, selected=None):
    target = events.TargetFacts(services={"hdm": events.Address("http://h")})
    opening = events.Run(schema_version=1, suite=events.Suite("x", "1"), target=target, selected=selected)
    holds = events.Verified(requirement="STB-001", exchange="E1", by="hdm/x::y")
    with StreamWriter(folder / "run.jsonl", Redactor()) as stream:
        for event in (opening, holds, *facts, events.End()):
            stream.write(event)


def test_a_rerun_takes_what_did_not_pass(tmp_path):
    a_run(
        tmp_path,
        events.Finding(requirement=BROKEN, expected=["a"], actual="b", cause="c", exchange="E1", by="x"),
    )
    chosen = select(RunOptions(rerun_failed=tmp_path), REGISTER)
    assert BROKEN in chosen
    assert "STB-001" not in chosen
    assert not any(REGISTER[one].service == "mds" for one in chosen)


def test_a_rerun_of_no_run_is_told(tmp_path):
    with pytest.raises(StreamError):
        select(RunOptions(rerun_failed=tmp_path), REGISTER)


def test_options_are_facts_of_the_stream(tmp_path):
    facts = RunOptions(target=tmp_path, services=("hdm",)).facts()
    assert json.loads(json.dumps(facts))["services"] == ["hdm"]


def test_a_rerun_of_a_run_in_which_nothing_failed_has_nothing_to_test(tmp_path):
    a_run(tmp_path, selected=["STB-001"])
    with pytest.raises(NothingToTest, match="nothing failed in") as told:
        select(RunOptions(rerun_failed=tmp_path), REGISTER)
    assert told.value.exit_code == 0
    with pytest.raises(NothingToTest, match="nothing selected failed in"):
        select(RunOptions(rerun_failed=tmp_path, services=("mds",)), REGISTER)
