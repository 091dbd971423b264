"""Waivers stand in every report with reason, owner, link and end; one that holds no more fails the run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from conformance.register import Register
from conformance.report import write_reports
from conformance.stream import events

from .conftest import Written
from .streams import WAIVERS, example

REPORTS = ["report.json", "report.html", "junit.xml", "summary.md"]


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("key", ["id", "reason", "owner", "expires", "link"])
def test_a_waiver_stands_in_every_report(written: Written, name: str, key: str) -> None:
    """Whoever reads only one of them knows what was waived, by whom and until when."""
    text = written.text(name).replace("\\", "").replace("\u2060", "")  # Markdown's escapes
    for waiver in WAIVERS:
        assert waiver[key] in text, waiver


def test_junit_gives_the_reason_where_something_is_waived(written: Written) -> None:
    """The case of a waived requirement passes, and says why."""
    cases = {
        str(case.get("name")).partition(" ")[0]: case
        for case in ET.fromstring(written.text("junit.xml")).iter("testcase")
    }
    assert str(cases["SDP-008"].findtext("system-out")).startswith("waived: The gateway asks for Accept")


DAY = datetime(2027, 3, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (DAY, "applied"),
        (DAY.replace(hour=23, minute=59, second=59), "applied"),
        (datetime(2027, 4, 1, tzinfo=UTC), "expired"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_waiver_holds_to_the_end_of_its_day_in_utc_wherever_the_report_is_made(
    tmp_path: Path, register: Register, monkeypatch: pytest.MonkeyPatch, at: datetime, state: str, zone: str
) -> None:
    """A report that is rebuilt elsewhere, or later, says the same."""
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    stream = example(register)
    shift = round(at.timestamp() * 1000) - stream.events[0].at
    stream.events = [replace(event, at=event.at + shift) for event in stream.events]
    results = write_reports(stream.save(tmp_path), register)
    monkeypatch.undo()
    time.tzset()
    (found,) = [waiver for waiver in results.waivers if waiver.id == "SDP-008"]
    assert (found.state, found.fails) == (state, state == "expired")
    assert results.of("SDP-008").outcome.value == ("waived" if state == "applied" else "warned")


@pytest.mark.parametrize(("name", "fails"), [("NOP-001", True), ("STB-001", True), ("SDP-008", False)])
def test_what_does_not_fit_a_finding_fails_an_otherwise_clean_run(
    tmp_path: Path, register: Register, name: str, fails: bool
) -> None:
    """One of nothing is unmatched, one of what passes is stale; the exit code says so, and so does each report."""
    stream = example(register)
    kinds = events.Finding | events.Trouble
    stream.events = [e for e in stream.events if not isinstance(e, kinds) or e.requirement == "SDP-008"]
    waivers = [WAIVERS[0], *([{**WAIVERS[0], "id": name}] if name != "SDP-008" else [])]
    stream.change(0, waivers=waivers, options={"allow_untested": True})
    results = write_reports(stream.save(tmp_path), register)
    assert results.exit_code == (1 if fails else 0)
    state = next(waiver.state for waiver in results.waivers if waiver.id == name)
    assert state == {"NOP-001": "unmatched", "STB-001": "stale", "SDP-008": "applied"}[name]
    assert f"`{name}` " + (f"**{state}**" if fails else state) in (tmp_path / "summary.md").read_text()
    assert json.loads((tmp_path / "report.json").read_text())["waivers"][-1]["state"] == state
