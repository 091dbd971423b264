"""The proof that the suite bites: it is run against every fault and every reading of the reference platform."""

from conformance.selftest.cases import Case, cases, combination
from conformance.selftest.catalogue import ExpectedFault, load_faults
from conformance.selftest.execute import CaseResult, execute
from conformance.selftest.score import Judged, Score, judge_case, score

__all__ = [
    "Case",
    "CaseResult",
    "ExpectedFault",
    "Judged",
    "Score",
    "cases",
    "combination",
    "execute",
    "judge_case",
    "load_faults",
    "score",
]
