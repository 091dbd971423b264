"""What a check saw refused is sent again when it is over: with or without x-correlation-id, together, or beside itself."""

from __future__ import annotations

import pytest

from conformance.checks import hdm
from conformance.checks import sdp as licences
from conformance.reference import RunningPlatform
from conformance.reference.faults import Fault, find
from conformance.reference.wire import Answer, Call
from conformance.selftest import trial
from conformance.stream import events

from .verdicts import run_checks

OCCASIONS = {
    "stb-without-nuid-when-sent-again": "STB-011",
    "stb-without-nuid-after-a-refusal": "STB-011",
    "stb-missing-parameter-is-422-when-requests-overlap": "STB-014",
    "disabled-box-signs-on-with-a-correlation-id": "STB-029",
    "basic-optional-when-sent-again": "SDP-011",
}


@pytest.mark.parametrize("name", OCCASIONS)
def test_a_server_that_refuses_a_wrong_request_on_most_occasions_is_found(name):
    wanted = OCCASIONS[name]
    found = run_checks(hdm, licences, fault=find(name), only={wanted})
    assert found.acted
    assert found.failed == {wanted}


def test_a_guard_that_refuses_all_signons_after_many_wrong_ones_is_not_held_against_what_is_sent_again():
    wrong: list[str] = []

    def guarded(call: Call, _platform: object) -> Answer | Call:
        if "smartcardId" not in call.query or "nuId" not in call.query:
            wrong.append(call.operation)
        return Answer(403, {"resultCode": "23010", "result": "no", "token": None}) if len(wrong) > 3 else call

    guard = Fault("guard", "test", "", ("stbsignontokens",), on_request=guarded)
    found = run_checks(hdm, fault=guard, only={"STB-010", "STB-011"})
    assert len(wrong) > 3
    assert found.failed == set()


def test_what_is_sent_again_has_another_correlation_and_no_wrong_password_is(tmp_path):
    with RunningPlatform() as running:
        document = running.target_document()
        found = trial(document, tmp_path, only=("NMP-011", "NMP-032", "STB-014"))
    answered = [one for one in found.stream.events() if isinstance(one, events.Exchange) and one.response]
    missing = [one for one in answered if one.response.status == 400]
    assert {"x-correlation-id" in {name for name, _ in one.request.headers} for one in missing} == {True, False}
    username = document["subjects"]["user"]["username"].replace("@", "%40")
    guessed = [one for one in answered if one.response.status == 403 and username in one.request.url]
    budget = [one for one in found.stream.events() if isinstance(one, events.Budget)]
    assert len(guessed) == sum(budget[-1].wrong.values()) > 0
