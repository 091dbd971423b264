"""`opentv-conformance diff` compares two run folders and says by its exit code whether the second is worse."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.stream import events, read_run

EXAMPLE = Path(__file__).parents[2] / "reports" / "examples"


def diff(*arguments):
    command = [sys.executable, "-P", "-m", "conformance", "diff", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    shutil.copy(next(EXAMPLE.rglob("run.jsonl")), folder / "run.jsonl")
    return folder


def test_a_run_is_no_worse_than_itself(run, tmp_path):
    done = diff(run, run, "--json", tmp_path / "d.json", "--html", tmp_path / "d.html")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "d.json").read_text())["worse"] is False
    assert "<html" in (tmp_path / "d.html").read_text()


def test_a_new_finding_is_worse(run, tmp_path):
    better = tmp_path / "better"
    better.mkdir()
    lines = run.joinpath("run.jsonl").read_text().splitlines()
    gone = next(event.requirement for event in read_run(run).events() if isinstance(event, events.Finding))
    kept = [
        line for line in lines if (json.loads(line)["event"], json.loads(line).get("requirement")) != ("finding", gone)
    ]
    (better / "run.jsonl").write_text("\n".join(kept) + "\n")
    assert diff(better, run).returncode == 1
    assert diff(run, better).returncode == 0


def test_a_folder_without_a_run_is_one_message(tmp_path):
    done = diff(tmp_path, tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "run.jsonl" in done.stderr
