"""A run is the same wherever it is started: nothing of the user's folder or environment reaches its checks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BROKEN = "raise RuntimeError('a file of the user was imported')\n"


def test_pytest_settings_and_packages_of_the_user_change_no_verdict(tmp_path: Path) -> None:
    """Own options of pytest, a plugin that does not exist, a conftest, an ini file, and a package of our name."""
    (tmp_path / "conformance").mkdir()
    for name in ("conformance/__init__.py", "conftest.py", "httpx.py", "sitecustomize.py"):
        (tmp_path / name).write_text(BROKEN)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\npython_files = nothing.py\n")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "conformance", "run", "--only", "STB-001", "--no-fuzz", "--out", "out"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTEST_ADDOPTS": "--collect-only -k nothing -p no_such_plugin",
            "PYTEST_PLUGINS": "no_such_plugin",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert {one["outcome"] for one in report["requirements"] if one["id"] == "STB-001"} == {"passed"}
