"""JUnit, SARIF, HAR and the Markdown summary are what their readers expect."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

from conformance.model import Outcome, Verdict
from conformance.register import Register
from conformance.report import write_reports
from conformance.report.detection import detection, planted_faults
from conformance.resources import specs
from conformance.stream import events

from .conftest import Written
from .streams import FEATURES, Stream, example


def cases(written: Written) -> dict[str, ET.Element]:
    root = ET.fromstring(written.text("junit.xml"))
    return {str(case.get("name")).split()[0]: case for case in root.iter("testcase")}


def test_junit_has_a_case_per_requirement(written: Written, register: Register) -> None:
    """A case is named by the id and the title, and classed by service and operation."""
    found = cases(written)
    assert set(found) == {entry.id for entry in register}
    assert found["STB-020"].get("classname") == "hdm.stbsignontokens"


def test_junit_says_how_each_case_ended(written: Written) -> None:
    """Failed is a failure, error an error, untested is skipped with the reason, warned and waived pass with output."""
    tags = {
        Outcome.FAILED: "failure",
        Outcome.ERROR: "error",
        Outcome.NOT_DECLARED: "skipped",
        Outcome.COULD_NOT_TEST: "skipped",
        Outcome.NOT_OBSERVED: "skipped",
        Outcome.LEFT_OUT: "skipped",
        Outcome.WARNED: "system-out",
        Outcome.WAIVED: "system-out",
    }
    found = cases(written)
    for result in written.results.results:
        children = [child.tag for child in found[result.requirement.id]]
        assert children == ([tags[result.outcome]] if result.outcome in tags else [])
    assert "add to the target file: credentials" in found["TOK-007"].find("skipped").get("message")
    failure = found["STB-020"].find("failure").text
    assert "expected: HTTP 403" in failure
    assert "actual: HTTP 404" in failure


def test_sarif_has_a_rule_per_requirement_and_a_result_per_finding(written: Written, register: Register) -> None:
    """Results point at their rule, at the line of the specification, and at the line of the stream with the exchange."""
    log = json.loads(written.text("report.sarif"))
    assert log["version"] == "2.1.0"
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [entry.id for entry in register]
    lines = written.text("run.jsonl").splitlines()
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        line = result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"]
        assert json.loads(lines[line - 1])["id"] == result["properties"]["exchange"]
        place = result["locations"][0]["physicalLocation"]
        stated = (specs().parent / place["artifactLocation"]["uri"]).read_text(encoding="utf-8").splitlines()
        entry = register[result["ruleId"]]
        family = {entry.id, *(name for _, name in entry.siblings)}
        said = stated[place["region"]["startLine"] - 1]
        assert entry.operation in said or any(name in said for name in family)
    assert len(run["results"]) == sum(len(one.findings) for one in written.results.results if one.outcome != "waived")


def test_sarif_fingerprints_stay_when_values_change(tmp_path: Path, written: Written, register: Register) -> None:
    """The same defect has the same fingerprint in the next run."""
    stream = example(register)
    for place, event in enumerate(stream.events):
        if isinstance(event, events.Finding):
            stream.change(place, actual=f"{event.actual} at 2027-01-01T00:00:00Z")
    write_reports(stream.save(tmp_path), register)

    def prints(text: str) -> list[dict[str, str]]:
        return [result["partialFingerprints"] for result in json.loads(text)["runs"][0]["results"]]

    assert prints((tmp_path / "report.sarif").read_text()) == prints(written.text("report.sarif"))


def test_the_har_holds_every_exchange(written: Written) -> None:
    """Entries have what HAR 1.2 demands, in the order of the stream; silence has status 0."""
    log = json.loads(written.text("evidence.har"))["log"]
    assert log["version"] == "1.2"
    exchanges = [event for event in written.stream.events if isinstance(event, events.Exchange)]
    assert [entry["_id"] for entry in log["entries"]] == [event.id for event in exchanges]
    for entry in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
        request, response = entry["request"], entry["response"]
        assert {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"} <= set(
            request
        )
        assert {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL"} <= set(response)
    assert [entry["comment"] for entry in log["entries"] if not entry["response"]["status"]] == ["timeout after 10 s"]


def test_the_summary_fits_a_merge_request(written: Written) -> None:
    """Verdict, matrix, findings by cause, what to add, how to open the rest."""
    text = written.text("summary.md")
    assert "**Do not accept:" in text
    assert "| **all** |" in text
    assert "signon of an unknown set top box: answered 404** (STB-020, STB-021, STB-022, STB-023)" in text
    assert "Open `report.html`" in text
    assert len(text) < 60_000


def test_a_conformant_run_is_accepted(tmp_path: Path, register: Register) -> None:
    """Where all that is claimed holds, every report says so."""
    run = Stream()
    run.open()
    run.change(0, waivers=[])
    claimed = [entry.id for entry in register if set(entry.needs.features) <= set(FEATURES)]
    for name in claimed:
        run.write("verified", requirement=name, exchange="E00001", by="test_list")
    run.write("end")
    results = write_reports(run.save(tmp_path), register)
    assert results.verdict is Verdict.CONFORMANT
    assert (
        f'<span class="action">Accept: </span>all {len(claimed)} tested requirements hold.'
        in (tmp_path / "report.html").read_text()
    )
    assert (tmp_path / "summary.md").read_text().startswith("# ✅ Conformant")


def test_the_detection_score_is_shown_where_it_was_measured(tmp_path: Path) -> None:
    """The numbers of the self-test stand in the report; without them it says `not measured`."""
    path = tmp_path / "detection.json"
    assert detection(path).headline == "not measured"
    score = {"suite": "0.1.0", "date": "2026-11-22", "faults": 120, "caught": 118, "for_the_stated_reason": 117}
    path.write_text(
        json.dumps(
            {
                **score,
                "readings": 24,
                "false_alarms": 0,
                "kinds": {"wrong status": {"caught": 7, "caught for another reason": 1, "missed": 1}},
            }
        )
    )
    found = detection(path)
    assert found.headline == "118 of 120 planted faults found"
    assert found.misses
    assert {fact.name: fact.value for fact in found.details}["wrong status"] == "8 of 9"
    path.write_text("[]")
    assert not detection(path).measured


def test_each_requirement_names_the_faults_planted_against_it(tmp_path: Path, written: Written) -> None:
    """The catalogue of faults is turned round; a broken one costs the reader nothing else."""
    path = tmp_path / "faults.yaml"
    path.write_text("faults: {b: {requirements: [X-1, X-2]}, a: {requirements: [X-1]}}")
    assert planted_faults(path) == {"X-1": ("b", "a"), "X-2": ("b",)}
    for text in ("[", "[]", "faults: {a: 1}", "faults: {a: {}}"):
        path.write_text(text)
        assert planted_faults(path) == {}
    assert planted_faults(tmp_path / "none.yaml") == {}
    planted = planted_faults()["STB-020"]
    assert f"<code>{planted[0]}</code>" in written.text("report.html")
