"""Totals and verdict are the same in every report of a run, and in its exit code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from conformance.model import Outcome, Verdict
from conformance.register import Register
from conformance.report import write_reports
from conformance.report.formats import FORMATS
from conformance.resources import specs
from conformance.stream import events

from .conftest import Written
from .streams import Stream, example


def counts_in_json(written: Written) -> dict[str, int]:
    return json.loads(written.text("report.json"))["counts"]


def counts_in_html(written: Written) -> dict[str, int]:
    found = re.findall(r'class="req" id="[^"]+" data-outcome="(\w+)"', written.text("report.html"))
    return {outcome.value: found.count(outcome.value) for outcome in Outcome}


def counts_in_summary(written: Written) -> dict[str, int]:
    rows = [line for line in written.text("summary.md").splitlines() if line.startswith("|")]
    names = [cell.strip().replace(" ", "_") for cell in rows[0].split("|")[2:-2]]
    return {name: int(cell) for name, cell in zip(names, rows[-1].split("|")[2:-2], strict=True)}


def counts_in_sarif(written: Written) -> dict[str, int]:
    return json.loads(written.text("report.sarif"))["runs"][0]["properties"]["counts"]


@pytest.mark.parametrize("read", [counts_in_json, counts_in_html, counts_in_summary, counts_in_sarif])
def test_every_report_counts_the_same(written: Written, read) -> None:
    """The number of requirements of each outcome is that of the results, whichever report is read."""
    assert read(written) == dict(written.results.counts)


def test_the_example_has_every_outcome(written: Written) -> None:
    """The made-up run shows each of the nine outcomes."""
    assert all(written.results.counts.values())


def test_junit_agrees(written: Written) -> None:
    """JUnit's totals are those of its cases and of the results."""
    root = ET.fromstring(written.text("junit.xml"))
    counts = written.results.counts
    assert int(root.get("tests", 0)) == sum(counts.values()) == len(root.findall(".//testcase"))
    assert int(root.get("failures", 0)) == counts["failed"] == len(root.findall(".//failure"))
    assert int(root.get("errors", 0)) == counts["error"] == len(root.findall(".//error"))
    skipped = sum(counts[key] for key in ("not_declared", "left_out", "could_not_test", "not_observed"))
    assert sum(int(suite.get("skipped", 0)) for suite in root) == skipped == len(root.findall(".//skipped"))
    for key in ("tests", "failures", "errors"):
        assert sum(int(suite.get(key, 0)) for suite in root) == int(root.get(key, 0))


def test_every_report_gives_the_same_verdict_and_exit_code(written: Written) -> None:
    """The verdict and the exit code stand in each report, and are the same."""
    verdict, code = written.results.verdict.value, written.results.exit_code
    report = json.loads(written.text("report.json"))
    run = json.loads(written.text("report.sarif"))["runs"][0]
    properties = {p.get("name"): p.get("value") for p in ET.fromstring(written.text("junit.xml")).iter("property")}
    assert (report["verdict"], report["exit_code"]) == (verdict, code)
    assert (run["properties"]["verdict"], run["invocations"][0]["exitCode"]) == (verdict, code)
    assert (properties["verdict"], properties["exit_code"]) == (verdict, str(code))
    assert f'<body data-verdict="{verdict}" data-exit-code="{code}">' in written.text("report.html")
    assert written.text("summary.md").startswith(f"# ❌ {verdict.capitalize()}")
    assert f"Exit code {code}." in written.text("summary.md")


def test_an_aborted_run_ends_with_the_exit_code_of_its_closing_line(tmp_path: Path, register: Register) -> None:
    """A run that was given up has no verdict, and the exit code that its `end` event names."""
    stream = example(register)
    stream.change(-1, aborted=True, exit_code=3, message="interrupted")
    results = write_reports(stream.save(tmp_path), register)
    assert (results.verdict, results.exit_code) == (Verdict.ERROR, 3)
    assert json.loads((tmp_path / "report.json").read_text())["exit_code"] == 3
    assert 'data-exit-code="3"' in (tmp_path / "report.html").read_text()


def test_a_run_that_broke_off_is_reported(tmp_path: Path, register: Register) -> None:
    """A stream without its closing line, cut in the middle of a line, still gives every report."""
    folder = example(register).save(tmp_path)
    text = (folder / "run.jsonl").read_text()
    (folder / "run.jsonl").write_text(text[: len(text) * 2 // 3])
    results = write_reports(folder, register)
    assert results.verdict is Verdict.ERROR
    assert "No verdict: the run broke off" in (folder / "report.html").read_text()
    assert "No verdict: the run broke off" in (folder / "summary.md").read_text()


def test_a_run_without_anything_is_reported(tmp_path: Path, register: Register) -> None:
    """Nothing verified is no basis for a decision, and exit code 5."""
    stream = Stream()
    stream.open(services={})
    stream.change(0, waivers=[])
    stream.end()
    results = write_reports(stream.save(tmp_path), register)
    assert (results.verdict, results.exit_code) == (Verdict.INCOMPLETE, 5)
    assert "nothing was verified" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("which", ["written", "poisoned"])
def test_report_json_keeps_its_schema(which: str, request: pytest.FixtureRequest) -> None:
    """report.json fits the published schema, whatever the target says."""
    written: Written = request.getfixturevalue(which)
    schema = json.loads((specs() / "schemas" / "report.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(written.text("report.json")))


def test_reports_are_a_function_of_the_stream(written: Written, register: Register) -> None:
    """Rebuilding changes no byte."""
    names = [one.file for one in FORMATS]
    before = {name: (written.folder / name).read_bytes() for name in names}
    write_reports(written.folder, register)
    assert {name: (written.folder / name).read_bytes() for name in names} == before


@pytest.mark.parametrize(("allowed", "code", "head"), [(False, 4, "Not yet:"), (True, 0, "With a reservation:")])
def test_untested_musts_are_no_acceptance(
    tmp_path: Path, register: Register, allowed: bool, code: int, head: str
) -> None:
    """Nothing broken but untested musts is incomplete, and the first screen says what the next run needs."""
    stream = example(register)
    stream.events = [event for event in stream.events if not isinstance(event, events.Finding | events.Trouble)]
    stream.change(0, waivers=[], options={"allow_untested": allowed})
    results = write_reports(stream.save(tmp_path), register)
    assert (results.verdict, results.exit_code) == (Verdict.INCOMPLETE, code)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f'<span class="action">{head} </span>' in page
    assert "What the next run needs" in page


def test_a_run_that_broke_down_says_why_first(tmp_path: Path, register: Register) -> None:
    """The message of the closing line is the first of the circumstances."""
    stream = example(register)
    stream.change(-1, aborted=True, exit_code=3, message="the target answers nothing any more")
    write_reports(stream.save(tmp_path), register)
    assert '<p class="why">The target answers nothing any more. ' in (tmp_path / "report.html").read_text(
        encoding="utf-8"
    )
