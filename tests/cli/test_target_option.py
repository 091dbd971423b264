"""`--target`: a file, standard input, a pipe; what comes once is known to the process of the checks, too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conformance.reference.server import RunningPlatform

ROOT = Path(__file__).resolve().parents[2]
RUN = ("run", "--only", "STB-001", "--no-fuzz", "--out", "out")


@pytest.fixture(scope="module")
def document():
    with RunningPlatform() as running:
        yield running.target_document()


@pytest.fixture
def shell(tmp_path):
    def run(script, text):
        return subprocess.run(
            ["bash", "-c", script],
            input=text,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "SUITE": f"{sys.executable} -m conformance"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.mark.parametrize("target", ["-", "/dev/stdin", "<(cat)"])
def test_a_target_file_that_can_be_read_only_once_is_enough_for_a_run(shell, document, tmp_path, target):
    (tmp_path / "password").write_text(document["subjects"]["user"]["password"])
    user = {**document["subjects"]["user"], "password": {"file": "password"}}
    given = {**document, "subjects": {**document["subjects"], "user": user}}
    done = shell(f"$SUITE {' '.join(RUN)} --target {target}", yaml.safe_dump(given))
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert {one["outcome"] for one in report["requirements"] if one["id"] == "STB-001"} == {"passed"}


@pytest.mark.parametrize("target", ["-", "/dev/stdin"])
def test_a_mistake_on_standard_input_has_its_line(shell, target):
    done = shell(f"$SUITE preflight --target {target}", "version: 1\nname: x\ntenant: t\nservices: {}\n")
    assert done.returncode == 2
    where = "standard input" if target == "-" else target
    assert f"{where}:4: services must have at least 1 key" in done.stderr
