"""The embedded platform in a process of its own, so that it does not share a core with the suite."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from conformance.errors import SuiteError


@contextmanager
def embedded_platform(folder: Path, arguments: Sequence[str] = ()) -> Iterator[Path]:
    """Start the reference platform, and write its target file into a folder; yield the file.

    Raises:
        SuiteError: it does not start.
    """
    command = [sys.executable, "-P", "-m", "conformance.reference", "--port", "0", "--print-target"]
    command.append("--die-with-parent")
    process = subprocess.Popen(  # noqa: S603 - our own module
        [*command, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Ctrl-C is the suite's: the platform must outlive it until its conditions are left.
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        try:
            printed = json.loads(line)
            document = printed["target"]
        except (ValueError, KeyError, TypeError):
            process.kill()
            raise SuiteError(f"the embedded platform does not start: {process.stderr.read()[-500:].strip()}") from None
        path, pool = folder / "embedded-target.yaml", folder / "embedded-pool.csv"
        for file in (path, pool):
            file.touch(mode=0o600)
        if printed.get("pool"):
            pool.write_text(printed["pool"], encoding="utf-8")
            document["subjects_pool"] = {"file": str(pool)}
        path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
        yield path
    finally:
        process.kill()
        process.communicate()
