"""ADM's checks on conformant platforms: no finding that fails, whatever the documents leave open."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest

from conformance.checks import adm
from conformance.reference.faults import Fault
from conformance.reference.wire import Answer, Call

from .verdicts import run_checks

CREATE, ON_SSP = "createAccount", "createAccountOnSsp"


@pytest.mark.parametrize(("seconds", "failed"), [(0.8, set()), (1000.0, {"SSP-001", "SSP-081"})])
def test_an_account_may_be_known_on_ssp_a_moment_after_its_creation(seconds: float, failed: set[str]) -> None:
    created: dict[str, float] = {}

    def unknown_for_a_moment(call: Call, _platform: object) -> Answer | Call:
        account = json.loads(call.body).get("_id") if call.operation == ON_SSP else None
        if time.monotonic() - created.get(str(account), -math.inf) < seconds:
            return Answer(404, {"message": "There is no such account."})
        return call

    def noted(call: Call, answer: Answer, _platform: object) -> Answer:
        if call.operation == CREATE and isinstance(answer.data, dict) and "_id" in answer.data:
            created[answer.data["_id"]] = time.monotonic()
        return answer

    late = Fault("late", "test", "", (CREATE, ON_SSP), on_request=unknown_for_a_moment, on_response=noted)
    found = run_checks(adm, fault=late, only={"SSP-001", "SSP-081", "SSP-004"})
    assert found.failed == failed


def test_that_no_created_account_signs_on_is_found_out_once() -> None:
    def claimed(document: dict[str, Any]) -> None:
        document["features"]["created_accounts_sign_on"] = True
        del document["subjects_vouched"]

    ids = {"ADM-071", "ADM-074", "ADM-080", "ADM-093"}
    found = run_checks(adm, readings={"created-accounts-sign-on": "off"}, only=ids, edit=claimed)
    assert not found.findings
    assert len(found.untested) >= len(ids)
    assert len(set(found.untested.values())) == 1
