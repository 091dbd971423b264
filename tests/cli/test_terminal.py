"""Whatever reaches a terminal is readable there, steers nothing, and changes no exit code."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from conformance import terminal
from conformance.redaction import Redactor
from conformance.stream import StreamWriter, events
from conformance.terminal import clean

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "reports" / "examples" / "run.jsonl"
SUITE = [sys.executable, "-P", "-m", "conformance"]
EVIL = "\x1b[31mred\x07\u202e[bold]x[/] [/]"


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def suite(*arguments: object, **how: object) -> subprocess.CompletedProcess[str]:
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [*SUITE, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120, **how
    )
    return done


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    shutil.copy(EXAMPLE, folder / "run.jsonl")
    return folder


@pytest.mark.parametrize("reader", ["head -1", "true"])
def test_a_reader_that_goes_away_changes_no_exit_code(run: Path, reader: str) -> None:
    """The verdict's code, nothing on standard error, and the reports are written."""
    command = f"{' '.join(SUITE)} report {run} | {reader}; echo ${{PIPESTATUS[0]}} >&2"
    done = subprocess.run(
        ["bash", "-c", command], env=environment(), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stderr == "1\n"
    assert {"report.json", "report.html", "junit.xml", "summary.md"} <= {path.name for path in run.iterdir()}


@pytest.mark.parametrize("command", ["report {run}", "diff {run} {run}", "requirements STB-001"])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "utf-8"])
def test_a_terminal_of_any_encoding_is_written_to(run: Path, command: str, encoding: str) -> None:
    """What it cannot show is shown otherwise; the exit code is what it is elsewhere."""
    done = subprocess.run(
        [*SUITE, *command.format(run=run).split()],
        env=environment(PYTHONIOENCODING=encoding),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == (1 if command.startswith("report") else 0), done.stderr
    assert done.stderr == b""
    assert done.stdout.decode(encoding)


def test_nothing_in_a_report_steers_the_terminal(run: Path, tmp_path: Path) -> None:
    """report.json is a file that anybody may have written."""
    assert suite("report", run, env=environment()).returncode == 1
    report = json.loads((run / "report.json").read_text())
    report["target"]["name"] = EVIL
    for entry in report["requirements"]:
        entry["title"] = EVIL
        entry["outcome"] = "failed"
        entry["findings"] = [{"cause": EVIL, "expected": [], "actual": "", "exchange": ""}]
    other = tmp_path / "other"
    shutil.copytree(run, other)
    (other / "report.json").write_text(json.dumps(report))
    done = suite("diff", run, other, env=environment())
    assert done.returncode == 1
    assert "[bold]x[/] [/]" in done.stdout
    assert not any(steering in done.stdout for steering in ("\x1b", "\x07", "\u202e"))


@pytest.mark.parametrize("line", ['name: "a\\x1b[2J"', '"te\\x1b[2Jnant": nagra'])
def test_a_target_file_cannot_steer_the_terminal(tmp_path: Path, line: str) -> None:
    """`plan` is what one runs on somebody else's file first."""
    path = tmp_path / "target.yaml"
    rest = 'version: 1\nservices: {hdm: {url: "http://127.0.0.1:1"}}\n'
    path.write_text(f"{line}\n{rest}")
    done = suite("plan", "--target", path, env=environment())
    assert done.returncode == 2
    assert "\x1b" not in done.stdout + done.stderr
    assert "target.yaml:1: " in done.stderr


@pytest.mark.parametrize(
    "change",
    [
        {"requirements": [1]},
        {"requirements": {}},
        {"target": []},
        {"timings": {"started_at": "now"}},
        {"verdict": 7},
        {"counts": None},
        {"schema_version": "1"},
    ],
)
def test_a_wrong_type_in_a_report_is_one_message(run: Path, change: dict[str, object]) -> None:
    """File and key, exit 2."""
    assert suite("report", run, env=environment()).returncode == 1
    path = run / "report.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    done = suite("diff", run, run, env=environment())
    assert done.returncode == 2, done.stdout + done.stderr
    assert "report.json" in done.stderr
    assert next(iter(change)) in done.stderr
    assert "Traceback" not in done.stderr


def test_markup_is_printed_as_it_is() -> None:
    """A name in square brackets is a name; an escape sequence is none."""
    console = terminal.console()
    console.file = shown = io.StringIO()
    console.print(f"report: {EVIL}")
    # rich itself takes the bell away.
    assert shown.getvalue() == f"report: {clean(EVIL.replace(chr(7), ''))}\n"
    assert "[bold]x[/] [/]" in clean(EVIL)


@pytest.mark.parametrize("name", ["[/]", "[bold]acme[/]", "acme\x1b[2J"])
def test_a_folder_whose_name_is_markup_ends_a_finished_run_as_any_other(tmp_path: Path, name: str) -> None:
    """Neither does the name disappear, nor does the run end in an error of ours."""
    folder = tmp_path / name.replace("/", "-")
    folder.mkdir()
    shutil.copy(EXAMPLE, folder / "run.jsonl")
    done = suite("report", folder, env=environment())
    assert done.returncode == 1, done.stderr
    assert clean(str(folder / "report.html")) in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("delay", [0.03, 0.06, 0.1, 0.2])
def test_ctrl_c_is_quiet_from_the_first_moments_on(delay: float, tmp_path: Path) -> None:
    """One word and exit 3, whatever was being loaded; before anything of ours runs, the interpreter decides."""
    # Whoever runs the tests in the background ignores interrupts, and that is inherited; a handler is not.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*SUITE, "run", "--only", "STB-001", "--no-fuzz"],
        env=environment(),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + delay
    while time.monotonic() < deadline:
        pass
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    # While the module of the command line is itself being imported, nothing of ours can catch it yet.
    ours = "opentv-conformance" in errors
    assert process.returncode in ((3,) if ours else (3, 1, 130, -signal.SIGINT))
    assert not ours or "Traceback" not in errors


def test_a_run_folder_with_texts_of_a_hostile_target_is_shown(tmp_path: Path) -> None:
    """A stream that holds escape sequences shows none on the terminal."""
    target = events.TargetFacts(name=EVIL, services={"hdm": events.Address("http://h")})
    finding = events.Finding(
        requirement="STB-001", expected=[EVIL], actual=EVIL, cause=EVIL, exchange="E00001", by="hdm/x::y"
    )
    with StreamWriter(tmp_path / "run.jsonl", Redactor()) as stream:
        stream.write(events.Run(schema_version=1, suite=events.Suite("x", EVIL), target=target))
        stream.write(finding)
        stream.write(events.End(message=EVIL))
    done = suite("report", tmp_path, env=environment())
    assert done.returncode == 1, done.stderr
    assert "[bold]x[/] [/]" in done.stdout
    assert "\x1b" not in done.stdout
    assert msgspec.json.decode((tmp_path / "report.json").read_bytes())["exit_code"] == 1
