"""Writes every report of a run folder."""

from __future__ import annotations

import json
from pathlib import Path

from conformance.register import Register
from conformance.report.report_json import report_json
from conformance.report.results import Results, results_of
from conformance.stream import read_run


def write_reports(folder: Path, register: Register) -> Results:
    """Write every report of a run folder, and return what they say.

    Raises:
        StreamError: the folder holds no run.
    """
    results = results_of(read_run(folder), register)
    (folder / "report.json").write_text(json.dumps(report_json(results), indent=1) + "\n", encoding="utf-8")
    return results
