"""Reports: pure functions of a run folder and the register."""

from conformance.report.difference import Difference, diff
from conformance.report.results import Results, results_of
from conformance.report.write import write_reports

__all__ = ["Difference", "Results", "diff", "results_of", "write_reports"]
