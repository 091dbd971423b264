"""What was not observed, not selected, or tested on the suite's own platform is said as such, and decides nothing."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from conformance.cli.summary import print_summary
from conformance.model import Outcome, Verdict
from conformance.register import Register
from conformance.report import Results, diff, write_reports
from conformance.report.causes import causes_of

from .streams import Stream

CHECK, OTHER = "STB-001", "STB-020"


def a_run(folder: Path, register: Register, *, selected: list[str] | None = None, **target: Any) -> Results:
    """One signon that succeeds, and one check that holds."""
    stream = Stream()
    stream.open(**target)
    stream.change(0, waivers=[], selected=selected, options={"allow_untested": True})
    identity = stream.exchange("stbsignontokens", 200, {"token": {}}, by="hdm/x::y")
    stream.write("verified", requirement=CHECK, exchange=identity, by="hdm/x::y")
    stream.write("unobserved", requirement=OTHER, reason="the password has no letters", by="hdm/x::z")
    stream.end()
    return write_reports(stream.save(folder), register)


def terminal(results: Results, folder: Path) -> str:
    console = Console(file=io.StringIO(), soft_wrap=True)
    print_summary(results, folder, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_rule_that_no_answer_exercised_has_not_passed(tmp_path: Path, register: Register) -> None:
    """Its operation succeeded, and no exchange was judged by it: nothing is known of it, and nothing is blocked."""
    rules = [e.id for e in register if e.operation == "stbsignontokens" and e.judged_by == "rule"]
    results = a_run(tmp_path, register)
    assert rules
    assert {results.of(name).outcome for name in rules if not register[name].needs.features} == {Outcome.NOT_OBSERVED}
    assert results.counts["passed"] == 1
    assert results.exit_code == 0


def test_a_check_says_that_nothing_could_show_a_breach(tmp_path: Path, register: Register) -> None:
    """The reason of the check is the reason of the requirement."""
    found = a_run(tmp_path, register).of(OTHER)
    assert (found.outcome, found.reason) == (Outcome.NOT_OBSERVED, "the password has no letters")


def test_a_selection_that_holds_decides_nothing(tmp_path: Path, register: Register) -> None:
    """The verdict is partial, exit 0; every report says how many of how many were selected."""
    results = a_run(tmp_path, register, selected=[CHECK])
    said = f"No decision: 1 of {len(list(register))} requirements was selected, and it holds."
    assert (results.verdict, results.exit_code) == (Verdict.PARTIAL, 0)
    assert results.of("DAS-001").outcome is Outcome.LEFT_OUT
    assert said in terminal(results, tmp_path)
    assert said in (tmp_path / "summary.md").read_text()
    assert said in (tmp_path / "report.html").read_text().replace('<span class="action">', "").replace("</span>", "")
    assert json.loads((tmp_path / "report.json").read_text())["counts"]["left_out"] > 600


def test_a_selection_in_which_nothing_was_verified_is_no_partial_result(tmp_path: Path, register: Register) -> None:
    """What could not be tested, or not be observed, proves nothing: exit 5."""
    results = a_run(tmp_path, register, selected=[OTHER])
    assert (results.verdict, results.exit_code) == (Verdict.INCOMPLETE, 5)


def test_a_selection_of_all_that_is_declared_decides(tmp_path: Path, register: Register) -> None:
    """What the target does not declare is not declared, whether it was selected or not."""
    services = {"hdm": {"url": "https://hdm.acme.example"}}
    chosen = [entry.id for entry in register if entry.service == "hdm"]
    assert a_run(tmp_path, register, selected=chosen, services=services).counts["left_out"] == 0


def test_a_run_on_the_own_platform_says_so_in_the_verdict_line(tmp_path: Path, register: Register) -> None:
    """Nobody takes it for the acceptance of a delivery."""
    results = a_run(tmp_path, register, embedded=True)
    line = next(line for line in terminal(results, tmp_path).splitlines() if line.startswith(results.verdict.value))
    assert "the reference platform that ships with the suite" in line
    accepted = replace(results, verdict=Verdict.CONFORMANT)
    assert "Accept" not in terminal(accepted, tmp_path)


def test_what_a_selection_leaves_out_is_one_line_of_a_comparison(tmp_path: Path, register: Register) -> None:
    """A rerun of one requirement is not worse because it tested no other."""
    a_run(tmp_path / "all", register)
    a_run(tmp_path / "one", register, selected=[CHECK])
    found = diff(tmp_path / "all", tmp_path / "one")
    assert not found.worse
    assert not found.changes["newly_untestable"]
    assert found.head.startswith("Nothing changed; ")
    assert len(found.to_text().splitlines()) == 5
    assert len(found.to_json()["left_out"]) == len(found.changes["left_out"]) > 600
    back = diff(tmp_path / "one", tmp_path / "all")
    assert not back.worse


def test_a_waiver_waives_its_requirement_and_no_other_of_the_cause(tmp_path: Path, register: Register) -> None:
    """One cause breaks two requirements, and one of them is waived: the other stays broken, each in its list."""
    stream = Stream()
    stream.open()
    waiver = {"id": CHECK, "reason": "known", "owner": "jo", "link": "", "expires": "2030-01-01"}
    stream.change(0, waivers=[waiver])
    identity = stream.exchange("stbsignontokens", 200, {}, by="hdm/x::y")
    for name in (CHECK, OTHER):
        stream.finding(name, identity, ["HTTP 400"], "HTTP 200", "taken as it comes", by="hdm/x::y")
    stream.end()
    results = write_reports(stream.save(tmp_path), register)
    assert results.verdict is Verdict.NONCONFORMANT
    causes = {cause.outcome: [result.requirement.id for result, _ in cause.shown] for cause in causes_of(results)}
    assert causes == {Outcome.FAILED: [OTHER], Outcome.WAIVED: [CHECK]}


@pytest.mark.parametrize("selected", [None, [CHECK]])
def test_one_number_of_binding_requirements_stands_everywhere(
    tmp_path: Path, register: Register, selected: list[str] | None
) -> None:
    """The matrix counts those that can fail a target, as the sentence does, whatever their level."""
    results = a_run(tmp_path, register, selected=selected)
    binding = sum(entry.binding for entry in register)
    rows = [line for line in (tmp_path / "summary.md").read_text().splitlines() if line.startswith("| binding")]
    assert [cell.strip() for cell in rows[0].split("|")][-2] == str(binding)
    assert sum(results.binding.values()) == binding
    assert json.loads((tmp_path / "report.json").read_text())["binding"] == dict(results.binding)


@pytest.mark.parametrize("fail_on", ["must", "should"])
def test_a_broken_preview_is_shown_and_decides_nothing(tmp_path: Path, register: Register, fail_on: str) -> None:
    """It warns, says from which edition on it fails, and is a cause of its own; the verdict is as without it."""
    preview = replace(register[OTHER], fails_from=register.edition + 1)
    entries = tuple(preview if entry.id == OTHER else entry for entry in register)
    stream = Stream()
    stream.open()
    stream.change(0, waivers=[], selected=[CHECK, OTHER], options={"fail_on": fail_on})
    identity = stream.exchange("stbsignontokens", 404, {}, by="hdm/x::y")
    stream.write("verified", requirement=CHECK, exchange=identity, by="hdm/x::y")
    stream.finding(OTHER, identity, ["403"], "404", "answered 404", by="hdm/x::z")
    stream.end()
    results = write_reports(stream.save(tmp_path), replace(register, requirements=entries))
    said = f"fails from edition {register.edition + 1} on: answered 404"
    assert (results.verdict, results.exit_code) == (Verdict.PARTIAL, 0)
    assert (results.of(OTHER).outcome, results.of(OTHER).reason) == (Outcome.WARNED, said)
    assert [cause.text for cause in causes_of(results)] == [said]
    assert said in terminal(results, tmp_path)
    for name in ("report.html", "summary.md", "junit.xml", "report.sarif"):
        assert said in (tmp_path / name).read_text(), name
    entry = next(e for e in json.loads((tmp_path / "report.json").read_text())["requirements"] if e["id"] == OTHER)
    assert entry["fails_from"] == register.edition + 1
