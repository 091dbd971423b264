"""Many runs beside each other: by target and time, with what came and went, and never more than was tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.errors import RunFolderError
from conformance.register import Register
from conformance.report import runs_of, write_reports
from conformance.stream import events

from .streams import Stream, example

DAY = 86_400_000


def release(
    folder: Path, register: Register, days: int, *, mended: str = "", selected: list[str] | None = None
) -> Path:
    """A run of the example some days later; `mended` is a requirement that it keeps now."""
    stream = example(register)
    for place, event in enumerate(stream.events):
        if isinstance(event, events.Finding) and event.requirement == mended:
            kept = events.Verified(at=event.at, requirement=mended, exchange=event.exchange, by=event.by)
            stream.events[place] = kept
    for place, event in enumerate(stream.events):
        stream.change(place, at=event.at + days * DAY)
    if selected is not None:
        stream.change(0, selected=selected)
    saved = stream.save(folder)
    write_reports(saved, register)
    return saved


def test_runs_are_in_the_order_of_their_time_and_say_what_went(tmp_path: Path, register: Register) -> None:
    """Whatever the order of the folders; the first run of a target has nothing to be compared with."""
    later = release(tmp_path / "r2", register, 7, mended="STB-021")
    found = runs_of([later, release(tmp_path / "r1", register, 0)])
    assert [run.folder for run in found.runs] == ["r1", "r2"]
    assert found.runs[0].first
    assert found.runs[0].come == found.runs[0].gone == found.runs[1].come == ()
    assert [cause.partition(" ")[0] for cause in found.runs[1].gone] == ["STB-021"]
    row = next(row for row in found.rows if row.id == "STB-021")
    assert row.outcomes[0] == "failed"
    assert row.outcomes[1] != "failed"


def test_what_a_selection_left_out_is_not_gone(tmp_path: Path, register: Register) -> None:
    """A run of a few requirements says nothing of the others."""
    first = release(tmp_path / "r1", register, 0)
    second = release(tmp_path / "r2", register, 1, selected=["MDS-001"])
    assert runs_of([first, second]).runs[1].gone == ()


def test_runs_of_other_targets_are_not_compared(tmp_path: Path, register: Register) -> None:
    """Two vendors stand beside each other; neither has gained or lost what the other has."""
    stream = Stream()
    stream.open()
    stream.change(0, target=events.TargetFacts(name="other-vendor"))
    stream.end()
    other = stream.save(tmp_path / "other")
    found = runs_of([release(tmp_path / "r1", register, 0), other])
    assert {run.target for run in found.runs if run.first} == {"acme-staging", "other-vendor"}


def test_the_command_writes_a_page_and_json(tmp_path: Path, register: Register) -> None:
    """The JSON has the runs with their time, and each notable requirement with an outcome for each run."""
    folders = [release(tmp_path / name, register, days) for name, days in (("r1", 0), ("r2", 1))]
    page, facts = tmp_path / "runs.html", tmp_path / "runs.json"
    command = [sys.executable, "-m", "conformance", "matrix", *map(str, folders)]
    command += ["--html", str(page), "--json", str(facts)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "2 runs" in done.stdout
    said = json.loads(facts.read_text(encoding="utf-8"))
    assert [run["started"][:10] for run in said["runs"]] == ["2026-11-22", "2026-11-23"]
    assert all(len(row["outcomes"]) == 2 for row in said["requirements"])
    text = page.read_text(encoding="utf-8")
    assert "The same causes as the run before." in text


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    """One message with the folder."""
    with pytest.raises(RunFolderError):
        runs_of([tmp_path])
