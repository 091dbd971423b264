"""Generated cases that follow from a challenge: nobody can learn them by heart before it is given."""

from __future__ import annotations

from conformance.contract import load_contract
from conformance.fuzz import load_plan
from conformance.fuzz.compile import CHALLENGE_CASES, challenge_cases
from conformance.fuzz.template import fuzzed

ONE, OTHER = "4711-one-nonce", "4711-other-nonce"


def keys(plan):
    return {case.key for cases in plan.cases.values() for case in cases}


def test_a_challenge_adds_cases_behind_those_of_the_plan_and_takes_none_away():
    plain, challenged = load_plan(size=40), load_plan(size=40, challenge=ONE)
    for name, cases in plain.cases.items():
        assert challenged.cases[name][: len(cases)] == cases
        assert 0 < len(challenged.cases[name]) - len(cases) <= CHALLENGE_CASES
    assert challenged.digest != plain.digest
    assert challenged.digest == load_plan(size=40, challenge=ONE).digest


def test_another_challenge_gives_other_cases():
    one, other = (keys(load_plan(size=40, challenge=nonce)) - keys(load_plan(size=40)) for nonce in (ONE, OTHER))
    takes = [entry for entry in fuzzed(load_contract()) if len(entry.parameters) + len(entry.fields) > 1]
    assert len(one - other) > len(takes) * CHALLENGE_CASES / 2


def test_cases_of_a_challenge_create_nothing():
    """They are as harmless as the others: a case that might create an account is made such that it is refused."""
    for name in ("createAccount", "createAccountOnSsp"):
        cases = challenge_cases(name, ONE)
        assert len(cases) == CHALLENGE_CASES
        assert all(case.refused for case in cases)
