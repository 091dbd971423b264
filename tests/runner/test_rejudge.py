"""A stored run judged again: another suite says what changed, and why.

That the same suite changes nothing is shown where faults and readings are run anyway (tests/selftest/test_sample.py).
"""

import json
import shutil
from pathlib import Path

import pytest

from conformance.model import broken, held
from conformance.reference.server import RunningPlatform, default_settings
from conformance.register import load_register
from conformance.report import write_reports
from conformance.rules import rule_versions
from conformance.rules.base import RULES
from conformance.runner.rejudge import rejudge
from conformance.selftest.trial import trial


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


def test_rules_whose_code_changed_and_say_the_same_change_nothing(faultless, tmp_path):
    versions = other(rule_versions(), *rule_versions())
    found = rejudge(faultless, out=tmp_path / "again", versions=versions)
    assert found.difference.same, found.difference.to_text()
    assert not found.changes.rules


def test_what_an_edition_changed_since_is_the_reason(faultless, tmp_path, monkeypatch):
    """A run of edition 1: SGN-013 and its rule are other ones since, and the edition says why."""

    def strict(exchange, context):
        yield broken("SGN-013", expected="another expiry", actual="this one", cause="expiry as it is")

    older = tmp_path / "older"
    older.mkdir()
    text = (faultless / "run.jsonl").read_text().replace('"edition": 2', '"edition": 1', 1)
    (older / "run.jsonl").write_text(text)
    replaced(monkeypatch, "signon_expiry", strict)
    found = rejudge(older, out=tmp_path / "again", versions=other(rule_versions(), "signon_expiry"))
    assert found.reasons["SGN-013"] == (
        "the documents were read again: changed in edition 2: Accepts a year far ahead, and the largest long."
    )
    assert (found.difference.before.edition, found.difference.after.edition) == (1, load_register().edition)


def test_what_an_older_suite_did_not_have_is_new_for_the_reason_that_the_edition_gives(faultless, tmp_path):
    """A run of edition 1, whose suite had neither WIR-001, which its stream shows, nor MDS-091, which it does not."""
    older = tmp_path / "older"
    shutil.copytree(faultless, older)
    text = (older / "run.jsonl").read_text().replace('"edition": 2', '"edition": 1', 1)
    (older / "run.jsonl").write_text(text)
    write_reports(older, load_register())
    report = json.loads((older / "report.json").read_text())
    report["requirements"] = [one for one in report["requirements"] if one["id"] not in ("WIR-001", "MDS-091")]
    for one in report["requirements"]:
        if one["id"] == "MDS-001":
            one["outcome"] = "not_declared"
    (older / "report.json").write_text(json.dumps(report))
    found = rejudge(older, out=tmp_path / "again")
    # Of what was not selected nothing is said, whatever an older suite called it.
    assert "MDS-001" not in found.reasons
    assert found.reasons["WIR-001"].startswith(
        "new in this suite: shown by the traffic of the run (added in edition 2: "
    )
    assert found.reasons["MDS-091"].startswith(
        "new in this suite: it needs new traffic (added in edition 2: A token is "
    )


def test_what_a_changed_rule_cannot_judge_again_needs_a_secret(tmp_path):
    run = stored(tmp_path / "stored", only=("TOK",))
    found = rejudge(run, out=tmp_path / "again", versions=other(rule_versions(), *rule_versions()))
    assert found.difference.same
    assert found.changes.secret["TOK-007"] > 0
    assert not found.changes.kept["TOK-007"]


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
    # Digests are of their own file.
    sides = (before, (tmp_path / "again" / "run.jsonl").read_bytes())
    lines = zip(
        *([one for one in side.splitlines() if not one.startswith(b'{"event": "digest"')] for side in sides),
        strict=True,
    )
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
