"""`replay` on the command line: what it prints, and its exit codes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.test_terminal import EXAMPLE, environment, suite
from tests.runner.test_replay import found, platform


def replayed(folder: Path, named: tuple[str, ...], *faults: str) -> tuple[int, str]:
    with platform(folder.parent, *faults) as target:
        out = folder.parent / "-".join(("again", *faults))
        done = suite("replay", *named, "--target", target, "--out", out, env=environment())
    assert not done.stderr
    assert f"report: {out / 'report.html'}" in done.stdout.replace("\n", "")
    return done.returncode, done.stdout


def test_the_exit_code_is_0_where_it_is_fixed_1_where_it_is_not_and_4_where_nobody_can_say(tmp_path):
    folder = found(tmp_path, "expiry-in-seconds", "SGN-013")
    code, said = replayed(folder, (f"{folder}#SGN-013.1",))
    assert (code, said.splitlines()[-2][:16]) == (0, "FIXED SGN-013.1 ")
    code, said = replayed(folder, (str(folder), "SGN-013"), "expiry-in-seconds")
    assert (code, said.splitlines()[-2][:23]) == (1, "STILL BROKEN SGN-013.1 ")
    code, said = replayed(folder, (f"{folder}#SGN-013.1",), "boxes-refused")
    assert (code, said.splitlines()[-2][:17]) == (4, "CANNOT SGN-013.1 ")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ((), "no finding is named"),
        (("STB-999",), "no requirement has the id"),
        (("TOK-014.99",), "It has TOK-014.1"),
        (("TOK-014.1",), "--target"),
    ],
)
def test_a_mistake_is_one_message_and_exit_2(tmp_path, named, message):
    folder = tmp_path / "run"
    shutil.copytree(EXAMPLE.parent, folder)
    done = suite("replay", folder, *named, env=environment())
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
