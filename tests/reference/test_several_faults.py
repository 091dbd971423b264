"""Several faults at once: all of them act, wherever they sit, and each says how often."""

import pytest

from conformance.reference import faults
from conformance.reference.faults import Fault, IncompatibleFaults

from .caller import calling, claims_of


def acted(caller):
    return {one["fault"]: one["acted"] for one in caller.control("fault").json()["faults"]}


def test_two_replaced_decisions_of_two_services_act():
    with calling(faults=("unverified-signature", "long-smartcard-breaks")) as caller:
        assert caller.sign_on_stb(smartcardId="1" * 201).status_code == 500
        assert acted(caller) == {"unverified-signature": 0, "long-smartcard-breaks": 1}


def test_a_fault_named_twice_is_there_once():
    with calling(faults=("long-smartcard-breaks",) * 2) as caller:
        assert caller.sign_on_stb(smartcardId="1" * 201).status_code == 500
        assert acted(caller) == {"long-smartcard-breaks": 1}


def test_two_changes_of_one_answer_act():
    def adding(text):
        def altered(_call, answer, _platform):
            answer.data[text] = 1
            return answer

        return Fault(text, "test", "A test.", operations=("stbsignontokens",), on_response=altered)

    with calling() as caller:
        caller.platform.fault = faults.ActiveFaults([adding("first"), adding("second")])
        body = caller.sign_on_stb().json()
        assert (body["first"], body["second"]) == (1, 1)
        assert acted(caller) == {"first": 1, "second": 1}


def test_two_replacements_of_one_decision_act():
    def adding(text):
        def replacement(original, _service):
            def updated_claims(claims, in_home):
                return original(claims, in_home) | {text: True}

            return updated_claims

        return Fault(text, "test", "A test.", overrides={("in_home", "updated_claims"): replacement})

    with calling() as caller:
        active = faults.ActiveFaults([adding("first"), adding("second")])
        active.install(caller.platform)
        caller.platform.fault = active
        token = caller.access_token()
        claims = claims_of(caller.update(token, False, caller.broadcast_token(token)))
        assert claims["first"]
        assert claims["second"]
        assert acted(caller) == {"first": 1, "second": 1}


def test_faults_that_need_different_readings_are_refused_unless_the_reading_is_given(monkeypatch):
    known = {
        name: Fault(name, "test", "A test.", readings={"nmp-mode": option})
        for name, option in (("one", "direct"), ("other", "non-direct"))
    }
    monkeypatch.setattr("conformance.reference.faults.active.find", known.__getitem__)
    with pytest.raises(
        IncompatibleFaults, match="one needs the reading nmp-mode=direct, the other nmp-mode=non-direct"
    ):
        faults.readings_for(known)
    assert faults.readings_for(known, {"nmp-mode": "direct"})["nmp-mode"] == "direct"
