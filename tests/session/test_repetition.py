"""What fails sometimes is found; what failed once, for some seconds, or as announced accuses nobody."""

from __future__ import annotations

import json

import pytest

from conformance.session import repetition
from conformance.session.repetition import Failure, Suspicion, repeat
from conformance.stream import RunFolder

STB, NMP = "stbsignontokens", "nmpsignontokens"
GOOD = json.dumps({"token": {"token": "t" * 40, "result": None, "resultCode": "0", "requestId": "1"}}).encode()


@pytest.fixture
def run(server, session, events, waits, monkeypatch, tmp_path):
    """Send valid requests, then repeat what is suspicious; return the findings of the repetition."""
    monkeypatch.setitem(repetition.BASELINES, STB, lambda sender: send(sender.session))

    def go(answer, requests=40, operation=STB, **more):
        server.answer = lambda path, number, headers: (200, GOOD, {})
        session.send(NMP, made_by="test", query={"smartcardId": "1"}, valid=True)
        server.answer = answer
        for _ in range(requests):
            send(session, operation, **more)
        repeat(session, suspicion(session, tmp_path))
        return [event for event in events("finding") if event["by"] == repetition.BY]

    return go


def suspicion(session, folder):
    return Suspicion.of([*RunFolder(folder).events(), session.counts()])


def send(session, operation=STB, **more):
    return session.send(operation, made_by="test", query={"smartcardId": "1"}, valid=True, **more)


@pytest.mark.parametrize(("every", "status"), [(10, 500), (30, 500), (10, None), (30, None)])
def test_what_fails_once_in_so_many_requests_is_found_with_its_number(run, every, status):
    def answer(path, number, headers):
        return (200, GOOD, {}) if number % every else None if status is None else (status, b"{}", {})

    findings = run(answer, requests=90 if status is None else 60)
    (finding,) = [one for one in findings if one["requirement"] == ("WIR-701" if status is None else "WIR-201")]
    assert "requests were" in finding["actual"]
    assert finding["cause"].startswith("fails sometimes")
    assert finding["exchange"].startswith("T")


def test_one_failure_accuses_nobody(run, server):
    assert run(lambda path, number, headers: None if number == 9 else (200, GOOD, {})) == []
    assert len(server.paths) <= 40 + 5 + repetition.MOST_REPEATED


def test_failures_of_some_seconds_accuse_nobody(run, waits):
    """A load balancer that still asks a node which restarts: every other request fails, for a while."""
    assert run(lambda path, number, headers: None if 5 < number < 30 and number % 2 else (200, GOOD, {})) == []
    assert sum(waits) <= repetition.RESTART_S


@pytest.mark.parametrize(
    ("status", "headers"), [(429, {"Retry-After": "1"}), (503, {"Retry-After": "1"}), (502, {}), (503, {}), (504, {})]
)
def test_a_target_that_sheds_load_or_has_a_node_away_is_not_accused(run, status, headers):
    def answer(path, number, _headers):
        return (200, GOOD, {}) if number % 10 else (status, b"{}", headers)

    assert run(answer) == []


def test_a_request_that_creates_something_is_not_repeated(server, session, waits, tmp_path):
    server.answer = lambda path, number, headers: (201, b'{"_id":"1"}', {}) if number % 4 else (500, b"{}", {})
    for _ in range(20):
        session.send("createAccount", made_by="test", json={"signonId": "a"}, valid=True)
    before = sum("accounts" in path for path in server.paths)
    repeat(session, suspicion(session, tmp_path))
    assert sum("accounts" in path for path in server.paths) == before


def flaky(at, failure="500"):
    return Failure(at, failure, "T00001")


@pytest.mark.parametrize(
    ("failures", "sent", "found"),
    [
        ([flaky(0), flaky(4), flaky(9)], 60, True),
        ([flaky(0), flaky(1), flaky(2)], 60, False),
        ([flaky(0), flaky(400), flaky(900)], 6000, False),
    ],
    ids=["lasting", "as long as a restart", "rare"],
)
def test_what_cannot_be_repeated_is_judged_by_how_long_and_often_it_showed(session, events, failures, sent, found):
    repeat(session, Suspicion({"createAccount": failures}, {"createAccount": sent}))
    assert bool(events("finding")) is found


def test_connections_that_break_off_cast_suspicion_on_every_operation():
    assert Suspicion({}, {STB: 100}, broken_off=9).operations == (STB,)
    assert Suspicion({}, {STB: 1000}, broken_off=9).operations == ()


CUT = (200, GOOD[:-9], {})


def test_json_that_breaks_off_once_is_sent_again_and_accuses_nobody(server, session, events):
    cut = iter([False, True])

    def answer(path, number, headers):
        return CUT if "smartcardId" in path and next(cut, False) else (200, GOOD, {})

    server.answer = answer
    assert [json.loads(send(session).response.body)["token"]["resultCode"] for _ in range(3)] == ["0"] * 3
    assert "SGN-003" not in {one["requirement"] for one in events("finding")}


def test_json_that_breaks_off_each_time_is_the_platforms(server, session, events):
    server.answer = lambda path, number, headers: CUT
    send(session)
    assert [one["cause"] for one in events("finding") if one["requirement"] == "SGN-003"] == ["the body is not JSON"]


def test_json_that_breaks_off_once_in_so_many_requests_is_found(run):
    findings = run(lambda path, number, headers: (200, GOOD, {}) if number % 10 else CUT, requests=60)
    assert [one["requirement"] for one in findings] == ["WIR-701"]


def test_what_was_carried_out_is_not_sent_again_where_its_response_breaks_off(server, session, events):
    carried_out = []

    def answer(path, number, headers):
        carried_out.extend(["signonId"] * ("signonId" in headers["body"]))
        return 201, b'{"_id": "7', {}

    server.answer = answer
    exchanges = [session.send("createAccount", made_by="test", json={"signonId": "a"}, valid=True) for _ in range(2)]
    assert [bool(one.foreign) for one in exchanges] == [True, False]
    assert len(carried_out) == 2
    assert {one["requirement"] for one in events("finding")} == {"ADM-002"}


def test_json_of_several_services_that_breaks_off_is_cut_by_what_all_of_it_passes_through(server, session, tmp_path):
    server.answer = lambda path, number, headers: CUT if number % 2 else (200, GOOD, {})
    for operation in (STB, "isContentAuthorised"):
        send(session, operation)
    assert suspicion(session, tmp_path).operations == ()


def test_what_has_no_request_to_repeat_is_left_alone(session, events):
    seen = [Failure(0.0, "500", "T00001")] * 3
    repeat(session, Suspicion({"keycloakToken": seen}, {"keycloakToken": 1000}))
    assert events("finding") == []
