"""Preflight and a short run against servers that do everything wrong: each ends, in time and memory, as finding or error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.client.hostile import BEHAVIOURS, HostileServer, whole

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 300 * 1024  # KB
# Whole runs, in a process of their own; tests/session/test_hostile.py has every behaviour in this one.
RULED = ["deep", "huge_number", "invalid_utf8", "scripts", "endless_retry_after"]
SILENT = ["silent", "dripping_headers", "dropped", "continues_forever", "gigabyte"]
BOX = {"smartcardId": "1", "nuId": "2", "casn": "3", "csadList": "44", "dasChallenge": "abcdef"}


def run(tmp_path, url, *arguments):
    target = {
        "version": 1,
        "name": "hostile",
        "tenant": "nagra",
        "services": {"hdm": {"url": url}, "ias": {"url": url}},
        "subjects": {"stb": BOX},
        "http": {"timeout": 1},
        "safety": {"max_requests": 60},
    }
    (tmp_path / "target.yaml").write_text(yaml.safe_dump(target))
    script = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run([sys.executable, '-m', 'conformance', *sys.argv[1:]])\n"
        "print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
        "sys.exit(done.returncode)\n"
    )
    command = [sys.executable, "-c", script, "run", "--target", "target.yaml", "--out", "out", "--no-fuzz", *arguments]
    begun = time.monotonic()
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    took = time.monotonic() - begun
    peak = int(done.stdout.rpartition("peak ")[2])
    assert peak < MEMORY, f"{peak // 1024} MB"
    assert "Traceback" not in done.stdout + done.stderr
    assert "defect of the suite" not in done.stderr
    return done, took


@pytest.mark.parametrize("name", RULED)
def test_a_strange_answer_ends_as_a_finding_or_could_not_be_tested(tmp_path, name):
    unknown = b"" if name == "endless_retry_after" else whole(b"{}", status=b"404 Not Found")
    with HostileServer(BEHAVIOURS[name], unknown=unknown) as server:
        done, took = run(tmp_path, server.url, "--only", "STB-00", "--only", "WIR")
    # A target that throttles whatever is asked ends the run.
    # A target that throttles without an end leaves nothing verified within these few requests.
    expected = (3, 5) if name == "endless_retry_after" else (1, 3, 4)
    assert done.returncode in expected, done.stdout + done.stderr
    assert took < 60
    facts = json.loads((tmp_path / "out" / "report.json").read_text())
    assert facts["verdict"] in ("nonconformant", "error", "incomplete")
    page = (tmp_path / "out" / "report.html").read_text()
    for evil in ("<script>document.title='owned'", "<img src=x onerror"):
        assert evil not in page


def test_a_server_that_redirects_everything_is_not_followed_and_is_no_platform(tmp_path):
    with HostileServer(BEHAVIOURS["redirect_away"]) as server:
        done, _took = run(tmp_path, server.url, "--only", "STB-00")
        assert all(b"127.0.0.1:9" not in request for request in server.requests)
    assert done.returncode == 2
    assert "Write http://127.0.0.1:9" in done.stderr


@pytest.mark.parametrize("name", SILENT)
def test_a_server_that_gives_no_answer_ends_as_unreachable_or_a_finding(tmp_path, name):
    with HostileServer(BEHAVIOURS[name]) as server:
        done, took = run(tmp_path, server.url, "--only", "STB-001")
    assert done.returncode in (1, 3), done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) <= 4
    assert took < 60
