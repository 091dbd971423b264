"""A run folder to all its reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conformance.errors import StreamError
from conformance.register import Register
from conformance.report.evidence import gather
from conformance.report.html import render
from conformance.report.junit import junit_xml
from conformance.report.page import page_of
from conformance.report.report_json import report_json
from conformance.report.results import Results, results_of
from conformance.report.sarif import sarif
from conformance.report.summary import summary_md
from conformance.stream import read_run


def write_reports(folder: Path, register: Register) -> Results:
    """Write report.json, report.html, junit.xml, summary.md, report.sarif and evidence.har beside `run.jsonl`.

    Raises:
        RunFolderError: the stream cannot be read.
        StreamError: the folder cannot be written.
    """
    run = read_run(folder)
    results = results_of(run, register)
    try:
        _json(run.path / "report.json", report_json(results))
        wanted = frozenset(finding.exchange for finding in results.findings)
        evidence = gather(run, wanted, run.path / "evidence.har", results.run.suite.version)
        (run.path / "junit.xml").write_bytes(junit_xml(results))
        _text(run.path / "summary.md", summary_md(results))
        _json(run.path / "report.sarif", sarif(results, evidence))
        _text(run.path / "report.html", render("report.html.j2", page=page_of(results, evidence, register)))
    except OSError as problem:
        raise StreamError(f"a report cannot be written: {problem.strerror or problem}", where=str(run.path)) from None
    return results


def _json(path: Path, value: Any) -> None:
    _text(path, json.dumps(value, indent=1, ensure_ascii=True) + "\n")


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
