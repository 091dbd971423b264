"""From results to a score: a fault that never acted is void, whatever failed."""

import pytest

from conformance.register import load_register
from conformance.selftest import Case, CaseResult, ExpectedFault, judge_case, score

EXPECTED = {
    "late": ExpectedFault("late", ("SGN-013",), "expiry is in milliseconds"),
    "other-echo": ExpectedFault("other-echo", ("SGN-016", "SGN-116"), "x-correlation-id ties request and answer"),
}
FAULT = Case("fault", "late", group="unit", fault="late")
WARNING_FAULT = Case("fault", "other-echo", group="echo", fault="other-echo")
READING = Case("reading", "charset=utf-8", readings={"charset": "utf-8"})


def judged(case=FAULT, *, failed=(), warned=(), acted=True, verdict="nonconformant", errors=()):
    seen = dict.fromkeys(warned, "check")
    active = (case.fault,) if acted and case.fault else ()
    result = CaseResult(
        case, verdict, dict.fromkeys(failed, "rule"), {}, warned=seen, errors=tuple(errors), active=active
    )
    return judge_case(result, EXPECTED, load_register())


@pytest.mark.parametrize(
    ("failed", "acted", "word"),
    [
        (["SGN-013"], True, "caught"),
        (["SGN-013", "SGN-001"], True, "caught"),
        (["SGN-001"], True, "caught for another reason"),
        ([], True, "missed"),
        ([], False, "void"),
        (["SGN-013"], False, "void"),
    ],
)
def test_what_becomes_of_a_fault(failed, acted, word):
    assert judged(failed=failed, acted=acted).word == word


@pytest.mark.parametrize(
    ("failed", "warned", "word"),
    [
        ([], ["SGN-116"], "caught"),
        ([], ["SGN-010"], "missed"),
        ([], [], "missed"),
        (["SGN-001"], ["SGN-016"], "false alarm"),
        (["SGN-001"], [], "false alarm"),
    ],
)
def test_a_fault_of_what_only_warns_must_warn_and_must_not_fail(failed, warned, word):
    assert judged(WARNING_FAULT, failed=failed, warned=warned).word == word


def test_a_warning_does_not_catch_a_fault_of_what_binds():
    assert judged(warned=["SGN-013"]).word == "missed"


def test_what_becomes_of_a_reading():
    assert judged(READING, verdict="conformant").word == "clean"
    assert judged(READING, verdict="incomplete").word == "trouble"
    assert judged(READING, failed=["SGN-001"]).word == "false alarm"
    assert judged(READING, verdict="conformant", errors=["SGN-001"]).word == "trouble"
    assert judged(READING, verdict="error").word == "trouble"


def test_a_score_counts():
    perfect = score([judged(failed=["SGN-013"]), judged(READING, verdict="conformant")])
    assert perfect.perfect
    assert perfect.facts()["kinds"] == {"unit": {"caught": 1}}
    mixed = score([judged(failed=["SGN-013"]), judged(failed=["SGN-001"]), judged(), judged(acted=False)])
    assert (mixed.faults, mixed.caught, mixed.for_the_stated_reason, mixed.void) == (4, 2, 1, 1)
    assert not mixed.perfect


def test_a_void_fault_is_never_caught():
    assert score([judged(failed=["SGN-013"], acted=False)]).caught == 0
