"""A stored run judged again: the same suite changes nothing, another one says what changed, and why."""

import json
from pathlib import Path

import pytest

from conformance.model import broken, held
from conformance.reference.server import RunningPlatform, default_settings
from conformance.rules import rule_versions
from conformance.rules.base import RULES
from conformance.runner.rejudge import rejudge
from conformance.selftest.trial import trial

# Each broken in another way: by a rule, by a check, on secrets, in the frame of a response.
FAULTS = ["", "expiry-in-seconds", "crm-alg-none", "token-signature-lost", "update-cut-off", "das-broken-json"]


def stored(folder, *faults, **options):
    folder.mkdir()
    with RunningPlatform(default_settings(faults=faults)) as running:
        document = {**running.target_document(), "http": {"timeout": 3, "verify": False}}
        trial(document, folder, **options)
    return folder / "run"


@pytest.fixture(scope="module")
def faultless(tmp_path_factory):
    return stored(tmp_path_factory.mktemp("stored") / "x", services=("hdm",), fuzz_cases=20)


def outcomes(folder):
    report = json.loads((folder / "report.json").read_text())
    return {one["id"]: (one["outcome"], one["findings"], one["exercised_by"]) for one in report["requirements"]}


def other(versions, *rules):
    return {name: "changed" if name in rules else version for name, version in versions.items()}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_suite_changes_nothing_and_contradicts_itself_nowhere(fault, tmp_path):
    run = stored(tmp_path / "stored", *filter(None, (fault,)))
    found = rejudge(run, out=tmp_path / "again")
    assert found.difference.same
    assert found.reasons == {}
    assert not found.changes.contradicted
    assert not found.changes.rules


def test_rules_whose_code_changed_and_say_the_same_change_nothing(faultless, tmp_path):
    versions = other(rule_versions(), *rule_versions())
    found = rejudge(faultless, out=tmp_path / "again", versions=versions)
    assert found.difference.same, found.difference.to_text()
    assert not found.changes.rules


def test_what_a_stricter_rule_sees_was_missed(faultless, tmp_path, monkeypatch):
    def strict(exchange, context):
        yield broken("SGN-013", expected="another expiry", actual="this one", cause="expiry as it is")

    replaced(monkeypatch, "signon_expiry", strict)
    found = rejudge(faultless, out=tmp_path / "again", versions=other(rule_versions(), "signon_expiry"))
    assert found.reasons["SGN-013"] == "the suite missed it (rule signon_expiry)"
    result = found.results.of("SGN-013")
    assert [(one.cause, one.by) for one in result.findings] == [("expiry as it is", "signon_expiry")]
    assert result.findings[0].repeats == found.results.of("SGN-002").exercised_by.exchanges
    assert (found.results.verdict.value, found.results.exit_code) == ("nonconformant", 1)


def test_what_a_milder_rule_no_longer_sees_was_an_accusation(tmp_path, monkeypatch):
    run = stored(tmp_path / "stored", "expiry-in-seconds", only=("SGN",))

    def mild(exchange, context):
        yield held("SGN-013")

    replaced(monkeypatch, "signon_expiry", mild)
    found = rejudge(run, out=tmp_path / "again", versions=other(rule_versions(), "signon_expiry"))
    assert found.reasons["SGN-013"] == "the suite accused wrongly (rule signon_expiry)"
    assert found.results.of("SGN-013").outcome.value == "passed"


def test_the_stored_run_stays_as_it_is_and_no_mark_is_redacted_twice(faultless, tmp_path):
    before = (faultless / "run.jsonl").read_bytes()
    rejudge(faultless, out=tmp_path / "again")
    assert (faultless / "run.jsonl").read_bytes() == before
    lines = zip(before.splitlines(), (tmp_path / "again" / "run.jsonl").read_bytes().splitlines(), strict=True)
    different = [json.loads(old)["event"] for old, new in lines if old != new]
    assert set(different) <= {"run"}


def test_a_folder_without_a_run_is_one_message(tmp_path):
    from conformance.errors import RunFolderError

    Path(tmp_path / "run.jsonl").write_text('{"event": "note", "at": 1, "text": "x"}\n')
    with pytest.raises(RunFolderError, match="the opening line is missing"):
        rejudge(tmp_path, out=tmp_path / "again")


def replaced(monkeypatch, name, function):
    from dataclasses import replace

    from conformance.rules import judging

    monkeypatch.setitem(RULES, name, replace(RULES[name], function=function))
    judging._rules_of.cache_clear()
    monkeypatch.setattr(judging, "_rules_of", judging._rules_of.__wrapped__)
