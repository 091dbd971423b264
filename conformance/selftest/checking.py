"""The checks, run in this process: a self-test runs them hundreds of times, and starting pytest costs more than a run.

A target that is the reference platform is not hostile, so that nothing is lost by it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from conformance.errors import SuiteError
from conformance.opening import RunSettings
from conformance.resources import checks
from conformance.runner.checks import files_of

_INI = "[pytest]\npython_files = test_*.py\n"
_LEFT_OUT = ("cacheprovider", "faulthandler", "logging", "capture", "unraisableexception", "threadexception")


def checks_here(settings: RunSettings, folder: Path, *, poll: Callable[[], None]) -> None:
    """Run the checks as `conformance.runner.checks.run_checks` does, in this process.

    Raises:
        SuiteError: pytest itself failed.
    """
    ini, file = folder / "pytest.ini", folder / "run.json"
    ini.write_text(_INI, encoding="utf-8")
    file.write_text(settings.dump(), encoding="utf-8")
    paths = files_of(settings)
    if not paths:
        return
    arguments = [*paths, "-c", str(ini), "--rootdir", str(checks()), "-p", "conformance.plugin", "--noconftest"]
    arguments += [word for name in _LEFT_OUT for word in ("-p", f"no:{name}")]
    arguments += ["--import-mode=importlib", "--assert=plain", "--tb=native", "-q", "--no-header"]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = int(pytest.main([*arguments, "--conformance-run", str(file)]))
    poll()
    if code not in (0, 1, 2, 5):
        raise SuiteError(f"the checks ended with {code}", advice=said.getvalue()[-1500:].strip())
