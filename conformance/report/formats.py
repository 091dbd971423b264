"""The formats of a report, each a pure function of a run: one list, and one way to a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from conformance.register import Register
from conformance.report.ctrf import ctrf
from conformance.report.evidence import Evidence
from conformance.report.har import har
from conformance.report.html import render
from conformance.report.junit import junit_xml
from conformance.report.markdown import summary_md
from conformance.report.page import page_of
from conformance.report.report_json import report_json
from conformance.report.results import Results
from conformance.report.sarif import sarif


class Write(Protocol):
    """Makes the text of a report, a piece at a time, so that a run of any size needs no memory."""

    def __call__(self, results: Results, evidence: Evidence, register: Register, /) -> Iterable[str]:
        """Yield the text of the file."""


@dataclass(frozen=True)
class Format:
    """A format: its name, the name of its file in the run folder, and what writes it."""

    name: str
    file: str
    write: Write


def _json(results: Results, _evidence: Evidence, _register: Register) -> Iterator[str]:
    yield json.dumps(report_json(results), indent=1) + "\n"


def _html(results: Results, evidence: Evidence, register: Register) -> Iterator[str]:
    page = page_of(results, evidence, register)
    head = f"{page.target}: {page.verdict}, {page.when} – run.jsonl {evidence.digest[:16]}"
    yield render("report.html.j2", head=head, page=page)


def _junit(results: Results, _evidence: Evidence, _register: Register) -> Iterator[str]:
    yield junit_xml(results).decode()


def _markdown(results: Results, _evidence: Evidence, _register: Register) -> Iterator[str]:
    yield summary_md(results)


def _sarif(results: Results, evidence: Evidence, _register: Register) -> Iterator[str]:
    yield json.dumps(sarif(results, evidence), indent=1) + "\n"


def _ctrf(results: Results, evidence: Evidence, _register: Register) -> Iterator[str]:
    yield json.dumps(ctrf(results, evidence), indent=1) + "\n"


def _har(results: Results, evidence: Evidence, _register: Register) -> Iterator[str]:
    yield from har(evidence.run, results.run.suite.version, results.run.gaps)


FORMATS = (
    Format("JSON", "report.json", _json),
    Format("HTML", "report.html", _html),
    Format("JUnit", "junit.xml", _junit),
    Format("Markdown", "summary.md", _markdown),
    Format("SARIF", "report.sarif", _sarif),
    Format("CTRF", "ctrf.json", _ctrf),
    Format("HAR", "evidence.har", _har),
)
