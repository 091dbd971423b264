"""What a killed run left behind goes with the next one."""

from __future__ import annotations

import os
import subprocess
import sys

from conformance.runner.scratch import scratch


def test_the_folder_of_a_killed_process_is_removed_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    remains = tmp_path / f"opentv-conformance-{dead.pid}-abc123"
    others = [tmp_path / f"opentv-conformance-{os.getppid()}-abc123", tmp_path / "opentv-conformance-abc123"]
    for folder in (remains, *others):
        folder.mkdir()
        (folder / "run.json").write_text("{}")
    with scratch() as own:
        assert own.is_dir()
        assert own.stat().st_mode & 0o777 == 0o700
        assert not remains.exists()
    assert not own.exists()
    assert all((folder / "run.json").exists() for folder in others)
