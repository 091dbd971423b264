"""Whatever cuts a run off, its folder stays readable, and what was not proved is run again."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys

import pytest

from conformance.errors import StreamError
from conformance.register import load_register
from conformance.report import results_of
from conformance.runner.options import RunOptions, select
from conformance.stream import RunFolder
from tests.staging.conftest import ROOT

REGISTER = load_register()


@pytest.fixture(scope="module")
def whole(tmp_path_factory, platform):
    """The stream of a short run that passed, as lines."""
    import yaml

    folder = tmp_path_factory.mktemp("whole")
    (folder / "target.yaml").write_text(yaml.safe_dump(platform.target_document()))
    command = [sys.executable, "-m", "conformance", "run", "--target", "target.yaml", "--no-fuzz", "--only", "STB-0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*command, "--out", "out"], cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "out" / "run.jsonl").read_text().splitlines(keepends=True)


def written(tmp_path, lines):
    (tmp_path / "run.jsonl").write_text("".join(lines))
    return RunFolder(tmp_path)


def test_a_run_that_was_cut_off_in_a_line_is_tested_again_from_there(whole, tmp_path):
    half = len(whole) // 2
    folder = written(tmp_path, [*whole[:half], whole[half][:20]])
    results = results_of(folder, REGISTER)
    assert (results.verdict.value, results.exit_code) == ("error", 3)
    passed = {result.requirement.id for result in results.results if result.outcome.value == "passed"}
    again = select(RunOptions(rerun_failed=tmp_path), REGISTER)
    assert passed
    assert again
    assert passed.isdisjoint(again)


@pytest.mark.parametrize("glued", [False, True], ids=["a line of its own", "the next line on it"])
def test_a_line_that_a_killed_process_left_unfinished_costs_the_verdict_and_no_more(whole, tmp_path, cli, glued):
    half = len(whole) // 2
    torn = whole[half][:20] + ("" if glued else "\n")
    folder = written(tmp_path, [*whole[:half], torn, *whole[half + 1 :]])
    results = results_of(folder, REGISTER)
    assert (results.verdict.value, results.finished) == ("error", False)
    assert any(f"line {half + 1} of run.jsonl" in note.text for note in results.notes)
    done = cli("report", tmp_path)
    assert done.returncode == 3, done.stderr
    assert json.loads((tmp_path / "report.json").read_text())["verdict"] == "error"
    assert f"line {half + 1} of run.jsonl" in (tmp_path / "report.html").read_text()


def test_what_is_no_stream_at_all_is_told(tmp_path):
    with pytest.raises(StreamError, match="not a line of JSON"):
        list(written(tmp_path, ["hello\n", "world\n"]).events())


def test_a_full_disk_ends_the_run_with_a_message_and_a_readable_folder(tmp_path, write, document, cli):
    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

    out = tmp_path / "out"
    command = [sys.executable, "-m", "conformance", "run", "--target", str(write(document)), "--no-fuzz"]
    done = subprocess.run(
        [*command, "--service", "hdm", "--out", str(out)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=little_room,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "run.jsonl: the run cannot be written down" in done.stderr
    assert "Is the disk full?" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "defect of the suite" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3
    assert cli("report", out).returncode == 3
    assert json.loads((out / "report.json").read_text())["verdict"] == "error"
