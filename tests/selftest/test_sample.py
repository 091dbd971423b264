"""A few faults of every service really are caught, for the stated reason."""

import pytest

from conformance.register import load_register
from conformance.selftest import (
    Case,
    batches,
    captures_score,
    cases,
    combination,
    execute,
    execute_together,
    judge_case,
    load_faults,
)

SAMPLE = [
    "expiry-in-seconds",
    "stb-mixed-details-is-404",
    "foreign-device-accepted",
    "initialise-error-says-ok",
    "crm-alg-none",
    "hash-of-10000-iterations",
    "dasSignOnByCasn.access_token.inHome.wrong-type",
    "any-home-is-home",
    "broadcast-readable-reversed-base64",
    "licence-isauthorized-lower-case",
    "channels-cached-for-all",
    "dynamic-provisioning-off",
    # What a stored run does not hold: secrets, the end of a response.
    "token-signature-lost",
    "update-cut-off",
    "das-broken-json",
]


@pytest.mark.parametrize("name", SAMPLE)
def test_a_fault_is_caught_for_the_stated_reason_and_its_stored_run_judged_again_changes_nothing(name):
    case = next(one for one in cases([name], ()) if one.kind == "fault")
    found = judge_case(execute(case, 0, again="stream"), load_faults(), load_register())
    assert found.word == "caught", found.result.causes or found.result.message
    assert found.result.again.changed == ()


# Two of one operation at places of their own, one that only warns, one whose place holds another's.
TOGETHER = [
    "stbsignontokens.expiry.wrong-type",
    "stbsignontokens.token.requestId.null",
    "stbsignontokens.token.resultCode.other-value",
    "stbsignontokens.token.missing",
]


def test_faults_of_form_share_a_platform_where_their_places_and_requirements_differ():
    expected, register = load_faults(), load_register()
    stated = {name: entry.requirements for name, entry in expected.items()}
    chosen = [one for one in cases(TOGETHER, ()) if one.kind == "fault"]
    groups = batches(chosen, stated, register)
    assert [[case.name for case in group] for group in groups] == [
        [TOGETHER[0], TOGETHER[1]],
        [TOGETHER[2]],
        [TOGETHER[3]],
    ]
    results = [result for group in groups for result in execute_together(group, 0, stated, again="captures")]
    assert [judge_case(result, expected, register).word for result in results] == ["caught"] * 4
    captured = captures_score([(result.case, result.again) for result in results], stated)
    assert (captured["by_rules"], captured["found"], captured["alarms"]) == (3, 3, 0)


def test_readings_share_a_platform_where_they_answer_different_questions_of_the_same_services():
    chosen = [one for one in cases((), None) if one.kind == "reading"]
    groups = batches(chosen, {}, load_register())
    assert sorted(case.name for group in groups for case in group) == sorted(case.name for case in chosen)
    for group in groups:
        assert len({name for case in group for name in case.readings}) == len(group)
        assert len({case.services for case in group}) == 1
    assert len(groups) < len(chosen) / 2


def test_of_readings_that_share_an_accused_platform_only_the_one_that_is_accused_by_itself_is():
    accused = Case("reading", "x", fault="expiry-in-seconds", readings={"stb-csad-list": "taken"}, services=("hdm",))
    clean = Case("reading", "y", readings={"header-case": "title"}, services=("hdm",))
    results = execute_together([accused, clean], 0, {})
    assert [judge_case(result, {}, load_register()).word for result in results] == ["false alarm", "clean"]


# Each showed the suite a false alarm, or left something untested, when it was first run.
COMBINATIONS = [7, 12, 24, 36]


@pytest.mark.parametrize("seed", COMBINATIONS)
def test_many_readings_at_once_are_not_accused_nor_is_what_the_run_stored(seed):
    """The stored run of each is judged again; the HAR of one as well, as it is, and with what exports leave out."""
    case = Case("reading", f"combination {seed}", readings=combination(seed))
    found = judge_case(execute(case, 0, again="captures" if seed == 7 else "stream"), {}, load_register())
    assert not found.result.again.changed
    assert not found.result.again.accused
    assert found.word == "clean", f"{dict(found.result.causes)} {found.result.message}"


def test_a_combination_is_the_same_each_time():
    for seed in range(40):
        assert combination(seed) == combination(seed)
    assert len({tuple(combination(seed).items()) for seed in range(40)}) == 40
