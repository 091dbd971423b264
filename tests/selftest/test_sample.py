"""A few faults of every service really are caught, for the stated reason."""

import pytest

from conformance.register import load_register
from conformance.selftest import cases, execute, judge_case, load_faults

SAMPLE = [
    "expiry-in-seconds",
    "stb-mixed-details-is-404",
    "foreign-device-accepted",
    "initialise-error-says-ok",
    "crm-alg-none",
    "hash-of-10000-iterations",
    "claim-inhome-mistyped",
    "any-home-is-home",
    "broadcast-readable-reversed-base64",
    "licence-isauthorized-lower-case",
    "channels-cached-for-all",
    "dynamic-provisioning-off",
]


@pytest.mark.parametrize("name", SAMPLE)
def test_a_fault_is_caught_for_the_stated_reason(name):
    case = next(one for one in cases([name], ()) if one.kind == "fault")
    found = judge_case(execute(case, 0), load_faults(), load_register())
    assert found.word == "caught", found.result.causes or found.result.message
