"""What a run shows while it goes on."""

from __future__ import annotations

import io

from rich.console import Console

from conformance.redaction import Redactor
from conformance.runner.progress import LiveProgress
from conformance.stream import StreamWriter, events


def test_a_run_without_a_terminal_says_once_for_an_operation_what_it_waits_for(tmp_path):
    console = Console(file=io.StringIO(), width=200)
    path = tmp_path / "run.jsonl"
    with StreamWriter(path, Redactor()) as stream, LiveProgress(path, console) as progress:
        progress.phase("Checks")
        for note in ("waits 0.5 s", "waits 1 s"):
            stream.write(events.Control(operation="createAccount", verdict="throttled", note=note))
        stream.write(events.Control(operation="createAccount", verdict="flaky", note="first 503, then 200"))
        progress.poll()
    assert console.file.getvalue().splitlines() == ["· Checks", "  waits: createAccount throttled, waits 0.5 s"]
