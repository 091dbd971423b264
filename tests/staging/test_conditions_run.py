"""A condition that the checks entered is left even if their process is killed in the middle of it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.facts import facts
from tests.session.conftest import Scripted


@pytest.fixture
def chaos():
    """A server of its own for the hooks, which tells what was asked of it and takes its time to enter."""
    found = Scripted()
    yield found
    found.close()


def children_of(pid):
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "stat").read_text().rpartition(")")[2].split()[1] == str(pid):
                    yield int(entry.name)
            except OSError:
                continue


@pytest.mark.parametrize(
    "how", ["kill the checks", "kill the run", "Ctrl-C", "kill in the background", "end in the background"]
)
def test_a_condition_is_left_whoever_is_killed(started, write, platform, chaos, tmp_path, how):
    document = platform.target_document()
    real = document["conditions"]["esps_unreachable"]
    document["conditions"] = {
        "esps_unreachable": {
            "enter": {"http": {"method": "POST", "url": f"{chaos.url}/enter"}},
            "leave": {"http": {"method": "POST", "url": f"{chaos.url}/leave"}},
        }
    }
    assert real

    def answer(path, number, headers):
        if path == "/enter":
            time.sleep(8)
        return 200, b"{}", {}

    chaos.answer = answer
    out = tmp_path / "out"
    only = [option for name in ids_of("esps_unreachable") for option in ("--only", name)]
    background = how.endswith("in the background")
    command = ("run", "--target", write(document), "--no-fuzz", *only, "--out", out)
    process = started(*command, ignores_interrupts=background)
    until(lambda: "/enter" in chaos.paths)
    if how == "kill the checks":
        checks = [pid for pid in children_of(process.pid) if b"pytest" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        os.kill(checks[0], signal.SIGKILL)
    elif how.startswith("kill"):
        process.kill()
    elif background:
        process.terminate()
    else:
        process.send_signal(signal.SIGINT)
    # At once, not when the hook that was interrupted would have been done.
    until(lambda: "/leave" in chaos.paths, 6)
    process.communicate(timeout=60)
    if how == "kill the checks" or not how.startswith("kill"):
        assert process.returncode == 3
        until(lambda: any(e["event"] == "condition" and e["state"] == "left" for e in facts(out)))
        assert (out / "report.json").exists()


def ids_of(condition):
    from conformance.register import load_register

    found = [entry.id for entry in load_register() if condition in entry.needs.conditions]
    assert found
    return found


def until(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to it in time"
        time.sleep(0.05)
