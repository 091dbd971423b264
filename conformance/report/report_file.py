"""`report.json` read back, typed: as much of it as a comparison needs. Whoever wrote it is not trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from conformance.errors import RunFolderError
from conformance.register import load_register
from conformance.report.fold import results_of
from conformance.report.report_json import REPORT_SCHEMA_VERSION, report_json
from conformance.report.results import Results
from conformance.report.text import counted
from conformance.stream import read_run, violation
from conformance.stream.events import LATEST


class FindingFacts(Struct, frozen=True):
    """A finding."""

    cause: str


class RequirementFacts(Struct, frozen=True, kw_only=True):
    """What became of a requirement."""

    id: str
    service: str
    operation: str
    level: str
    outcome: str
    basis: str = ""
    title: str = ""
    reason: str = ""
    findings: list[FindingFacts] = []

    @property
    def causes(self) -> tuple[str, ...]:
        """The causes of its findings, each once."""
        return tuple(dict.fromkeys(finding.cause for finding in self.findings))


class SuiteFacts(Struct, frozen=True):
    """The suite that ran, and the edition of its register."""

    version: str = ""
    edition: int = 0


class TargetFacts(Struct, frozen=True):
    """What was tested."""

    name: str = "target"


class Timings(Struct, frozen=True):
    """When the run began, in milliseconds since 1970."""

    started_at: Annotated[int, Meta(ge=0, le=LATEST)]


class DetectionFacts(Struct, frozen=True):
    """How many planted faults the suite of the run was measured to find; 0 of 0 where nobody measured it."""

    faults: int = 0
    caught: int = 0
    false_alarms: int = 0

    @property
    def said(self) -> str:
        """The score in words; empty where it was not measured."""
        if not self.faults:
            return ""
        return f"{self.caught:,} of {self.faults:,} planted faults found, {counted(self.false_alarms, 'false alarm')}"


class ReportFile(Struct, frozen=True, kw_only=True):
    """A report."""

    schema_version: int
    suite: SuiteFacts
    target: TargetFacts
    verdict: str
    counts: dict[str, int]
    requirements: list[RequirementFacts]
    timings: Timings
    detection: DetectionFacts = DetectionFacts()


def report_in(folder: Path) -> ReportFile:
    """Return the report of a run folder; where it has none, or one in another form, what its stream says.

    Raises:
        RunFolderError: the folder holds no run, or its report was changed.
    """
    run = read_run(folder)
    written = run.path / "report.json"
    found = read_report(written) if written.is_file() else None
    return found or report_of(results_of(run, load_register()))


def read_report(path: Path) -> ReportFile | None:
    """Return a report, or None where another version of the suite wrote it in another form.

    Raises:
        RunFolderError: it is not a report; with file and key.
    """
    advice = "Make it again: opentv-conformance report FOLDER"
    try:
        report = msgspec.json.decode(path.read_bytes(), type=ReportFile)
    except OSError as problem:
        raise RunFolderError(f"cannot be read: {problem.strerror or problem}", where=str(path)) from None
    except msgspec.ValidationError as problem:
        raise RunFolderError(violation(str(problem)), where=str(path), advice=advice) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RunFolderError("not JSON", where=str(path), advice=advice) from None
    return report if report.schema_version == REPORT_SCHEMA_VERSION else None


def report_of(results: Results) -> ReportFile:
    """Return the report of a run whose folder has none."""
    return msgspec.convert(report_json(results), ReportFile)
