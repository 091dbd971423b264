"""The command line in a process of its own, as a user calls it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def suite_in(folder, *arguments, env=None, stdin=None):
    """Run a command in a folder; return what came of it, which is never a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "conformance", *map(str, arguments)],
        stdin=stdin,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    assert "defect of the suite" not in done.stderr
    return done
