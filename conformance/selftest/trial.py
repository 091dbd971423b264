"""One run of the suite in this process: against a platform of ours, or any other that is not hostile."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from conformance.register import Register
from conformance.report import Results, results_of
from conformance.runner.options import RunOptions
from conformance.runner.run import run
from conformance.selftest.checking import checks_here
from conformance.stream import RunFolder, read_run


@dataclass(frozen=True)
class Trial:
    """What the suite said of a platform: its results, what ended the run early if anything did, and its stream."""

    results: Results
    message: str
    stream: RunFolder


def trial(document: Mapping[str, Any], folder: Path, **options: Any) -> Trial:
    """Run the suite against the target of a target file, whose content is `document`, in a folder that exists.

    `options` are those of `RunOptions`; without `fuzz_cases` none are generated.

    Raises:
        ConformanceError: the run could not begin.
    """
    target, out = folder / "target.yaml", folder / "run"
    target.write_text(yaml.safe_dump(dict(document)), encoding="utf-8")
    fuzz_cases = options.pop("fuzz_cases", 0)
    chosen = RunOptions(target=target, out=out, fuzz=fuzz_cases > 0, fuzz_cases=max(fuzz_cases, 1), **options)
    ended = run(chosen, Console(file=io.StringIO()), reports=results_in, checks=checks_here)
    return Trial(ended.results, ended.message, read_run(out))


def results_in(folder: Path, register: Register) -> Results:
    """Return the results of a run folder, without writing reports."""
    return results_of(read_run(folder), register)
