"""`diff` compares outcomes and reasons, not counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from conformance.errors import StreamError
from conformance.register import Register
from conformance.report import Difference, diff, write_reports
from conformance.report.causes import normalised
from conformance.report.difference import KINDS, MOST_SHOWN
from conformance.stream import events

from .conftest import Written
from .streams import START, Stream, example

Edit = Callable[[Stream], None]


@pytest.fixture
def against(tmp_path: Path, written: Written, register: Register) -> Callable[[Edit], Difference]:
    """Compare the example with an edited copy of itself."""

    def compare(edit: Edit) -> Difference:
        stream = example(register)
        edit(stream)
        write_reports(stream.save(tmp_path), register)
        return diff(written.folder, tmp_path)

    return compare


def ids(difference: Difference) -> dict[str, list[str]]:
    return {
        kind: [change.id for change in changes]
        for kind, changes in difference.changes.items()
        if changes and kind != "still"
    }


def findings(stream: Stream, requirement: str) -> list[int]:
    return [
        place
        for place, event in enumerate(stream.events)
        if isinstance(event, events.Finding) and event.requirement == requirement
    ]


def test_a_run_does_not_differ_from_itself(written: Written) -> None:
    """Nothing changed between a run and itself."""
    found = diff(written.folder, written.folder)
    assert found.same
    assert not found.worse
    assert found.head == "Nothing changed."


def test_volatile_values_are_no_difference(against) -> None:
    """Other tokens, dates, ids and numbers in a cause do not make another reason."""

    def edit(stream: Stream) -> None:
        stream.change(findings(stream, "WIR-205")[0], cause="salt is null: answered 500")
        stream.change(findings(stream, "UPD-040")[0], actual="something else")
        stream.clock += 10_000

    assert against(edit).same
    one = "token eyJhbGciOi.eyJ0eXAi.*** of 2026-11-22T06:41:07Z took 12 ms at https://x:8443/ E00012 5f0c1d1d6b1c8f0a 1795330867"
    two = "token eyJxxxxxxx.eyJ1234i.*** of 2027-01-02T00:00:00Z took 900 ms at https://x:9000/ E70012 aaaa1d1d6b1c8f0a 1895330867"
    assert normalised(one) == normalised(two)


def test_what_breaks_is_new(against) -> None:
    """A requirement that was kept and is broken now is new, and makes the run worse."""
    found = against(lambda stream: stream.finding("STB-010", "E00001", ["HTTP 400"], "HTTP 200", "accepted", by="test"))
    assert ids(found) == {"new": ["STB-010"]}
    assert found.worse


def test_what_is_kept_again_is_fixed(against) -> None:
    """A requirement that was broken and is kept now is fixed."""

    def edit(stream: Stream) -> None:
        (finding,) = findings(stream, "UPD-040")
        stream.events[finding] = events.Verified(requirement="UPD-040", exchange="E00001", by="hdm/x::y", at=START)

    found = against(edit)
    assert ids(found) == {"fixed": ["UPD-040"]}
    assert not found.worse
    assert found.changes["fixed"][0].words == "failed → passed"


def test_another_cause_is_another_reason(against) -> None:
    """A requirement that fails for another cause is neither new nor still the same."""

    def edit(stream: Stream) -> None:
        stream.change(findings(stream, "STB-020")[0], cause="signon of an unknown set top box: answered 500")

    found = against(edit)
    assert ids(found) == {"other_reason": ["STB-020"]}
    assert "was: signon of an unknown set top box: answered 404" in found.to_text()
    assert "now: signon of an unknown set top box: answered 500" in found.to_text()


def test_what_can_no_longer_be_tested_is_not_fixed(against) -> None:
    """A failure that disappears because nothing was tested is newly untestable."""

    def edit(stream: Stream) -> None:
        (finding,) = findings(stream, "UPD-040")
        add = ["subjects: {stb_other_account: …}"]
        stream.events[finding] = events.Untested(requirement="UPD-040", reason="no second account", add=add, at=START)

    found = against(edit)
    assert ids(found) == {"newly_untestable": ["UPD-040"]}
    assert found.worse


def test_added_and_removed_requirements(tmp_path: Path, written: Written) -> None:
    """Each side's requirements are those of its own suite."""
    report = json.loads(written.text("report.json"))
    gone = report["requirements"].pop(0)
    (tmp_path / "run.jsonl").write_text(written.text("run.jsonl"))
    (tmp_path / "report.json").write_text(json.dumps(report))
    assert ids(diff(tmp_path, written.folder)) == {"added": [gone["id"]]}
    assert ids(diff(written.folder, tmp_path)) == {"removed": [gone["id"]]}


def test_a_folder_without_report_json_is_read_from_its_stream(
    tmp_path: Path, written: Written, register: Register
) -> None:
    """The stream alone will do."""
    assert diff(example(register).save(tmp_path), written.folder).same


def test_a_folder_without_a_run_is_refused(tmp_path: Path, written: Written) -> None:
    """One message, no traceback."""
    with pytest.raises(StreamError, match="no run"):
        diff(tmp_path, written.folder)


def test_a_terminal_gets_the_first_changes_of_each_kind(against) -> None:
    """A comparison of two runs that have little in common is a screen, too; the files have all."""

    def break_many(stream: Stream) -> None:
        place = findings(stream, "STB-020")[0]
        for number in range(24, 24 + 2 * MOST_SHOWN):
            stream.events.append(replace(stream.events[place], requirement=f"DAS-0{number}"))

    found = against(break_many)
    new = len(found.changes["new"])
    assert new > MOST_SHOWN
    said = found.to_text()
    hidden = sum(map(len, found.changes.values())) - MOST_SHOWN
    assert f"{hidden} more: --html FILE and --json FILE have all" in said
    assert len([line for line in said.splitlines() if " → " in line]) == MOST_SHOWN
    assert all(f"{heading} (" in said for kind, (heading, _) in KINDS.items() if found.changes[kind])


def test_the_difference_as_html_and_json(against) -> None:
    """Both name every change; the page has the policy of the report."""
    found = against(
        lambda stream: stream.finding("STB-010", "E00001", ["HTTP 400"], "HTTP 200", "<script>x", by="test")
    )
    page = found.to_html()
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "&lt;script&gt;x" in page
    assert 'id="STB-010"' in page
    assert json.loads(json.dumps(found.to_json()))["new"][0]["id"] == "STB-010"
