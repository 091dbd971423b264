"""The checks, run by pytest in a process of its own.

In its own process assertion rewriting works and a hostile answer cannot take the run down; with `-P`, its own
ini file and no plugins but ours, nothing of the user's folder or environment leaks in.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.checks.division import checks_of_part
from conformance.errors import SuiteError
from conformance.opening import RunSettings
from conformance.resources import checks
from conformance.stream import RunFolder, events
from conformance.terminal import ENDING

POLL_S = 0.1
INTERRUPTED = 2
GRACE_S = 20.0
_INI = "[pytest]\npython_files = test_*.py\n"


def run_checks(settings: RunSettings, folder: Path, *, poll: Callable[[], None]) -> None:
    """Run the checks; `folder` takes the files that the process needs, `poll` is called while it runs.

    Raises:
        SuiteError: the process itself failed; the target's failures are in the stream.
        KeyboardInterrupt: the user interrupted; the process has left its conditions then.
    """
    ini, file = folder / "pytest.ini", folder / "run.json"
    ini.write_text(_INI, encoding="utf-8")
    file.write_text(settings.dump(), encoding="utf-8")
    log = folder / "pytest.log"
    paths = files_of(settings)
    if not paths:
        return
    command = [sys.executable, "-P", "-m", "pytest", *paths, "-c", str(ini), "--rootdir", str(checks())]
    command += ["-p", "conformance.plugin", "-p", "no:cacheprovider", "--noconftest", "--import-mode=importlib"]
    command += ["-q", "--no-header", "--conformance-run", str(file)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    environment["PYTHONDONTWRITEBYTECODE"] = environment.get("PYTHONDONTWRITEBYTECODE", "")
    with log.open("wb") as output, _watched_by_checks() as (inherited, number), _interruptible():
        command += ["--conformance-parent", str(number)] if inherited else []
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
            start_new_session=True,
            pass_fds=inherited,
        )
        try:
            while process.poll() is None:
                time.sleep(POLL_S)
                poll()
        except BaseException:
            with uninterrupted():
                _stop(process)
            raise
    poll()
    # 0: all passed; 1: some failed; 2: stopped, by us or by a signal; 5: none selected. 3 and 4 are pytest's own.
    stopped = process.returncode == INTERRUPTED and not _given_up(settings)
    if stopped or process.returncode not in (0, 1, INTERRUPTED, 5):
        tail = log.read_text(encoding="utf-8", errors="replace")[-1500:].strip()
        raise SuiteError(f"the process of the checks ended with {process.returncode}", advice=tail)


def _given_up(settings: RunSettings) -> bool:
    """Tell whether a check ended the run: the others were not to be made."""
    written = RunFolder(Path(settings.stream).parent).events()
    return any(isinstance(event, events.Abort) for event in written)


def files_of(settings: RunSettings) -> list[str]:
    """Return what pytest is to collect: all checks, or the files of those that are selected (perhaps none)."""
    if settings.selected is None and settings.part.of == 1:
        return [str(checks())]
    found = checks_of_part(settings.part, settings.selected, settings.checks)
    return list(dict.fromkeys(str(check.path) for check in found))


@contextmanager
def _watched_by_checks() -> Iterator[tuple[tuple[int, ...], int]]:
    """Hold the end of a pipe: should this process be killed, the checks see it close, and end."""
    if os.name != "posix":
        yield (), -1
        return
    theirs, ours = os.pipe()
    try:
        yield (theirs,), theirs
    finally:
        os.close(theirs)
        os.close(ours)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let the checks take an interrupt although this process ignores it, as one that a script started with `&` does.

    Being ignored is inherited; a handler, even one that does nothing, is not.
    """
    ignored = (
        threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    )
    if ignored:
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        if ignored:
            signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let no second Ctrl-C cut off what must be put back in order."""
    try:
        before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    except ValueError:  # not in the main thread: the caller's signals are the caller's
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupt the checks as Ctrl-C would, so that conditions are left and the stream is closed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            continue
