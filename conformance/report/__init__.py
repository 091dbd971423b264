"""Reports: pure functions of a run folder and the register."""

from conformance.report.results import Results, results_of

__all__ = ["Results", "results_of"]
