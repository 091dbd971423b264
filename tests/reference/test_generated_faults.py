"""Faults of form, which are made of the contract: each breaks what it says, as the contract itself judges, and no more."""

import copy
import json

import pytest

from conformance.contract import load_contract
from conformance.reference.faults import catalogue
from conformance.reference.wire import Answer

from .caller import calling
from .test_contract import responses

CONTRACT = load_contract()
FAULTS = {name: fault for name, fault in catalogue().items() if fault.breaks and not fault.base}


@pytest.fixture(scope="module")
def answered():
    """Answers of the faultless platform by operation, and the platform."""
    found = {}
    with calling() as caller:
        recorded = [*responses(caller), ("createAccountOnSsp", caller.create(caller.new_account(), "ssp"))]
        for operation, response in recorded:
            data = json.loads(response.content) if response.content else None
            found.setdefault(operation, []).append(Answer(response.status_code, data))
        found["keycloakToken"] = [Answer(200, caller.crm_answer())]
        yield found, caller.platform


def test_every_operation_that_answers_json_has_faults_of_form():
    answering = {
        one.operation_id
        for one in CONTRACT
        if any(form.name == "application/json" for response in one.responses for form in response.media_types)
    }
    # The broadcast token may have any form, and isContentAuthorized is isContentAuthorised.
    silent = {"generateUpdateInHomeToken", "isContentAuthorized"}
    assert {fault.operations[0] for fault in FAULTS.values()} == answering - silent


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_what_the_contract_says_of_its_place_and_what_only_warns_breaks_nothing_else(answered, name):
    found, platform = answered
    fault = FAULTS[name]
    (operation,) = fault.operations
    violations = []
    for answer in found[operation]:
        altered = fault.on_response(None, copy.deepcopy(answer), platform)
        validator = CONTRACT.response_validator(operation, altered.status, "application/json")
        if altered != answer and validator is not None:
            violations += validator.judge(altered.data).violations
    broken = {one.requirement for one in violations}
    assert broken & set(fault.breaks), violations
    advice = {one.requirement for one in violations if one.advice}
    if set(fault.breaks) <= advice:
        assert broken <= advice
