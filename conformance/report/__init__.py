"""Reports: pure functions of a run folder and the register."""

from conformance.report.difference import Difference, diff
from conformance.report.results import Results, results_of
from conformance.report.sentence import sentence_of
from conformance.report.text import counted
from conformance.report.words import REFERENCE_PLATFORM
from conformance.report.write import write_reports

__all__ = [
    "REFERENCE_PLATFORM",
    "Difference",
    "Results",
    "counted",
    "diff",
    "results_of",
    "sentence_of",
    "write_reports",
]
