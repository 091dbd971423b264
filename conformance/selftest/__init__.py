"""The proof that the suite bites: it is run against every fault and every reading of the reference platform."""

from conformance.selftest.again import Again, captures_score
from conformance.selftest.cases import Case, batches, cases, combination
from conformance.selftest.catalogue import ExpectedFault, load_faults
from conformance.selftest.execute import CaseResult, execute, execute_together
from conformance.selftest.score import Judged, Score, judge_case, score
from conformance.selftest.trial import Trial, trial

__all__ = [
    "Again",
    "Case",
    "CaseResult",
    "ExpectedFault",
    "Judged",
    "Score",
    "Trial",
    "batches",
    "captures_score",
    "cases",
    "combination",
    "execute",
    "execute_together",
    "judge_case",
    "load_faults",
    "score",
    "trial",
]
