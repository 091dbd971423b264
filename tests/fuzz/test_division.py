"""The parts of a plan are the plan: each case once; what must stay together is in one part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.fuzz import load_plan
from conformance.fuzz.division import cases_of_part, unit_of, walks_of_part
from conformance.model.division import ACCOUNTS, DEVICES, WRONG_PASSWORDS
from conformance.stream import events


@pytest.mark.parametrize("of", range(1, 17))
def test_the_parts_of_a_plan_are_its_cases_each_once_in_their_order(of):
    plan = load_plan(size=20)
    parts = [cases_of_part(plan, events.Part(index, of)) for index in range(1, of + 1)]
    for name, cases in plan.cases.items():
        places = {id(case): place for place, case in enumerate(cases)}
        dealt = [[places[id(case)] for case in part[name]] for part in parts]
        assert sorted(place for part in dealt for place in part) == list(range(len(cases)))
        assert all(part == sorted(part) for part in dealt)


def test_what_creates_something_is_in_one_part():
    plan = load_plan(size=60)
    parts = [cases_of_part(plan, events.Part(index, 5)) for index in range(1, 6)]
    for together in (("createAccount", "createAccountOnSsp"), ("initialiseDeviceByGet", "initialiseDeviceByPost")):
        assert sum(any(part[name] for name in together) for part in parts) == 1


def test_cases_with_a_wrong_password_of_a_user_are_in_one_part():
    bundles = {case.about: unit_of(case).bundle for cases in load_plan().cases.values() for case in cases}
    assert {ACCOUNTS, DEVICES, WRONG_PASSWORDS, ""} == set(bundles.values())
    case = next(iter(load_plan(size=60).cases["nmpsignontokens"]))
    right = (("username", "⟦user.username⟧"), ("password", "⟦user.password⟧"))
    wrong = (("username", " ⟦user.username⟧"), ("password", "guess"))
    nobody = (("username", "⟦user.username|other⟧"), ("password", "guess"))
    found = [unit_of(replace(case, query=query)).bundle for query in (right, wrong, nobody)]
    assert found == ["", WRONG_PASSWORDS, ""]


@pytest.mark.parametrize("of", [1, 2, 7, 16])
def test_the_walks_of_all_parts_are_those_of_the_run(of):
    parts = [list(walks_of_part(9, events.Part(index, of))) for index in range(1, of + 1)]
    assert sorted(number for part in parts for number in part) == list(range(1, 10))
