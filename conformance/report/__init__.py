"""Reports: pure functions of a run folder and the register."""

from conformance.report.causes import Cause, causes_of, explained
from conformance.report.difference import Change, Difference, compared, diff
from conformance.report.fold import results_of
from conformance.report.report_file import report_in
from conformance.report.results import EXIT_NOTHING_VERIFIED, Results
from conformance.report.runs import Runs, runs_of
from conformance.report.tally import ClientMistake
from conformance.report.text import counted
from conformance.report.todo import todo_of
from conformance.report.verdict_summary import summary_of
from conformance.report.words import REFERENCE_PLATFORM, fails_from, source_words
from conformance.report.write import write_reports

__all__ = [
    "EXIT_NOTHING_VERIFIED",
    "REFERENCE_PLATFORM",
    "Cause",
    "Change",
    "ClientMistake",
    "Difference",
    "Results",
    "Runs",
    "causes_of",
    "compared",
    "counted",
    "diff",
    "explained",
    "fails_from",
    "report_in",
    "results_of",
    "runs_of",
    "source_words",
    "summary_of",
    "todo_of",
    "write_reports",
]
