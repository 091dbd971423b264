"""A reference platform for every test of this folder that asks for one, and target files for it."""

from __future__ import annotations

import contextlib
import copy
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conformance.opening import RunSettings, open_session
from conformance.reference.server import RunningPlatform, default_settings
from conformance.target import load_target
from tests.facts import facts

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def platform():
    with RunningPlatform() as running:
        yield running


@pytest.fixture
def document(platform):
    """The target file of the platform as plain data, to be changed."""
    return copy.deepcopy(platform.target_document())


@pytest.fixture
def write(tmp_path):
    def write_document(document, name="target.yaml"):
        path = tmp_path / name
        path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
        return path

    return write_document


@pytest.fixture
def opened(write, tmp_path):
    """Open a session on a target document; its stream is `events()`."""
    with contextlib.ExitStack() as stack:

        def open_on(document, **settings):
            path = write(document)
            stream = tmp_path / "run" / "run.jsonl"
            stream.parent.mkdir(exist_ok=True)
            chosen = RunSettings(str(path), str(stream), ledger=str(tmp_path / "spent.json"), **settings)
            return stack.enter_context(open_session(chosen, load_target(path), prefix="T"))

        yield open_on


@pytest.fixture
def events(tmp_path):
    def read(kind=None):
        found = facts(tmp_path / "run")
        return [event for event in found if kind in (None, event["event"])]

    return read


@pytest.fixture
def platform_with():
    """Start another platform, with settings of its own."""
    with contextlib.ExitStack() as stack:
        yield lambda **changes: stack.enter_context(RunningPlatform(default_settings(**changes)))


@pytest.fixture
def cli(tmp_path):
    """Run the command line as a user does; the result has returncode, stdout, stderr."""

    def run(*arguments, cwd=None, env=None, timeout=240):
        return subprocess.run(
            [sys.executable, "-m", "conformance", *map(str, arguments)],
            cwd=cwd or tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **(env or {})},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture
def started(tmp_path):
    """Start the command line and give the process; what is left of it is killed."""
    running = []

    def start(*arguments, ignores_interrupts=False):
        def as_wanted():
            # Tests that a script runs with `&` ignore interrupts, and those run by nohup a hang-up; what they start
            # shall not, unless that is tested.
            signal.signal(signal.SIGINT, signal.SIG_IGN if ignores_interrupts else signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)

        process = subprocess.Popen(
            [sys.executable, "-m", "conformance", *map(str, arguments)],
            preexec_fn=as_wanted,  # noqa: PLW1509 - it only sets a signal
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()
