"""A cause is looked into once, and a run's waiting is bounded."""

from __future__ import annotations

import contextlib
import json
import time

import pytest

from conformance.errors import CouldNotTest, TargetUnreachable
from conformance.model import Response
from conformance.session.attribution import PATIENCE_TRIES
from conformance.session.form import skeleton_of
from conformance.session.patience import MOST_BUSY_S, MOST_WAITED_IN_VAIN_S, Patience
from tests.session.conftest import TurnedClock

STB, NMP = "stbsignontokens", "nmpsignontokens"
GOOD = json.dumps({"token": {"token": "t" * 40, "result": None, "resultCode": "0", "requestId": "1"}}).encode()
BAD = b'{"error":"Internal Server Error"}'


def send(session, operation=STB, **more):
    return session.send(operation, made_by="test", query={"smartcardId": "1"}, **more)


def often(times, session):
    for _ in range(times):
        with contextlib.suppress(CouldNotTest):
            send(session)


def asked(server, name):
    return sum(name in path for path in server.paths)


@pytest.mark.parametrize("status", [500, 502, 503, None])
def test_control_requests_are_sent_once_for_a_cause(server, session, waits, status):
    send(session, NMP, valid=True)
    server.answer = lambda path, number, headers: (
        (200, GOOD, {}) if "nmp" in path else None if status is None else (status, BAD, {})
    )
    send(session)
    controls, waited = asked(server, "nmp"), sum(waits)
    for _ in range(4):
        send(session)
    assert asked(server, "nmp") == controls
    assert sum(waits) == waited


def test_a_target_that_answers_500_to_all_for_longer_than_a_restart_has_failed(server, session, events, waits):
    send(session, NMP, valid=True)
    server.answer = lambda path, number, headers: (500, BAD, {})
    for operation in (NMP, STB, NMP, STB):
        assert send(session, operation, valid=True).status == 500
    assert len(waits) == PATIENCE_TRIES
    assert {event["requirement"] for event in events("finding")} >= {"WIR-201", "WIR-202"}


def test_another_form_of_response_is_another_cause(server, session, events):
    send(session, NMP, valid=True)
    bodies = iter([BAD, BAD, b"<h1>Oops</h1>", b"<h1>Oops</h1>"])
    server.answer = lambda path, number, headers: (200, GOOD, {}) if "nmp" in path else (500, next(bodies), {})
    send(session)
    send(session)
    assert asked(server, "nmpsignontokens?") == 3
    assert [event["verdict"] for event in events("control")] == ["real", "real"]


def test_a_target_that_dies_while_its_failures_are_known_is_still_noticed(server, session, waits):
    send(session, NMP, valid=True)
    server.answer = lambda path, number, headers: (200, GOOD, {}) if "nmp" in path else (500, BAD, {})
    send(session)
    server.answer = lambda path, number, headers: (503, BAD, {})
    with pytest.raises(TargetUnreachable, match="stopped responding"):
        often(20, session)
    assert sum(waits) < 10


def silent(seconds=1.2):
    def answer(path, number, headers):
        if "stb" in path:
            time.sleep(seconds)
        return 200, GOOD, {}

    return answer


def test_an_operation_that_is_silent_is_waited_for_at_full_length_once(server, session, events):
    send(session, NMP, valid=True)
    server.answer = silent()
    assert send(session).failure == "no complete response within 1 s"
    begun = time.monotonic()
    for _ in range(12):
        with pytest.raises(CouldNotTest, match="without"):
            send(session)
    assert asked(server, "stb") <= 2 + 4
    assert time.monotonic() - begun < 4
    assert len([event for event in events("finding") if event["requirement"] == "WIR-701"]) == 1


def test_what_is_answered_again_is_sent_again(server, session):
    send(session, NMP, valid=True)
    server.answer = silent()
    send(session)
    server.answer = lambda path, number, headers: (200, GOOD, {})
    assert send(session).status == 200


def test_the_first_silence_of_a_slow_target_is_given_the_whole_limit(server, session, events):
    server.answer = lambda path, number, headers: (time.sleep(0.8), (200, GOOD, {}))[1]
    for _ in range(2):
        assert send(session).status == 200
    assert events("control") == []


def test_a_retry_after_without_end_is_not_waited_for_without_end(server, session, waits):
    send(session, NMP, valid=True)
    server.answer = lambda path, number, head: (429, b"", {"Retry-After": "30"})
    with pytest.raises(TargetUnreachable, match="throttles"):
        often(10, session)
    assert sum(waits) <= MOST_WAITED_IN_VAIN_S


def test_waits_that_help_are_forgiven(server, session, waits):
    server.answer = lambda path, number, head: (429, b"", {"Retry-After": "20"}) if number % 2 else (200, GOOD, {})
    for _ in range(8):
        assert send(session, valid=True).status == 200
    assert sum(waits) == 160


class StoppedClock:
    def monotonic(self):
        return 0.0

    wall = monotonic

    def sleep(self, seconds):
        pass


def test_the_usual_time_follows_the_slowest_response():
    patience = Patience(10, StoppedClock())
    assert patience.limit(STB) == 10
    assert patience.usual(STB) == 2
    patience.answered(NMP, 0.3, valid=True, good=True)
    assert patience.usual(STB) == pytest.approx(1.5)
    patience.answered(STB, 3, valid=True, good=True)
    assert patience.usual(STB) == 10


def test_a_target_that_left_two_experiments_without_an_answer_is_waited_for_as_long_as_it_usually_takes():
    patience = Patience(10, StoppedClock())
    patience.heard(0.3, answered=True)
    patience.heard(9.9, answered=False)
    patience.heard(0.5, answered=False)  # cut short: says nothing
    assert patience.limit(NMP) == 10
    patience.heard(10.1, answered=False)
    assert patience.limit(NMP) == pytest.approx(1.5)
    # A valid request of an operation that was never answered may take longer than others do, twice.
    for _ in range(2):
        assert patience.limit(NMP, valid=True) == 10
        patience.silent(NMP, valid=True)
    assert patience.limit(NMP, valid=True) == pytest.approx(1.5)


def test_what_repeats_a_silent_request_is_waited_for_briefly_once_anything_was_answered():
    patience = Patience(10, StoppedClock())
    assert patience.brief(NMP) == 10
    patience.heard(0.01, answered=True)
    assert patience.brief(NMP) == 2
    patience.answered(NMP, 1.0, valid=True, good=True)
    assert patience.brief(NMP) == 5
    assert Patience(0.5, StoppedClock()).brief(NMP) == 0.5


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b'{"error":"a","id":1}', b'{"id":2,"error":"b"}', True),
        (b'{"error":"a"}', b'{"error":{"message":"a"}}', False),
        (b"<h1>one</h1>", b"<h1>two</h1>", True),
        (b"", b"{}", False),
    ],
)
def test_the_form_of_a_response_is_what_its_values_do_not_change(one, other, same):
    first, second = (skeleton_of(Response(500, (("Content-Type", "application/json"),), body)) for body in (one, other))
    assert (first == second) is same


def test_on_a_machine_with_too_much_to_do_what_got_no_response_is_waited_for_longer(monkeypatch):
    monkeypatch.setattr("conformance.session.patience.machine_load", lambda: 5.0)
    busy = Patience(3.0, TurnedClock())
    assert busy.busy
    looks = list(iter(busy.last_look, None))
    assert looks[0] == 15.0
    assert MOST_BUSY_S <= sum(looks) < MOST_BUSY_S + 15


def test_on_an_idle_machine_one_more_time_limit_is_waited_once(monkeypatch):
    monkeypatch.setattr("conformance.session.patience.machine_load", lambda: 0.5)
    idle = Patience(3.0, TurnedClock())
    assert not idle.busy
    assert list(iter(idle.last_look, None)) == [3.0]


def test_a_short_time_limit_of_the_file_is_no_limit_of_the_platform(monkeypatch):
    """It has some seconds in any case; looks that help are forgiven, and those in vain are few."""
    monkeypatch.setattr("conformance.session.patience.machine_load", lambda: 0.5)
    short = Patience(0.05, TurnedClock())
    # Looks of requests that were sent together take nothing from each other.
    assert [short.last_look() for _ in range(8)] == [3.0] * 8
    for _ in range(8):
        short.looked_last(helped=True)
    for _ in range(3):
        assert short.last_look() == 3.0
        short.looked_last(helped=False)
    assert short.last_look() is None
    short.looked_last(helped=True)
    assert short.last_look() == 3.0


def test_a_response_that_comes_after_a_short_time_limit_is_no_finding(server, opened_with, events):
    """A wrong line of the target file: `http: {timeout: 0.41}` of a platform that takes longer."""
    session = opened_with(timeout=0.41)

    def slow(path, number, headers):
        time.sleep(0.5 if "stb" in path else 0)
        return 200, GOOD, {}

    server.answer = slow
    send(session, NMP, valid=True)
    often(8, session)
    assert [event for event in events("finding") if event["requirement"].startswith("WIR")] == []


def test_less_is_waited_where_less_was_enough_before(monkeypatch):
    monkeypatch.setattr("conformance.session.patience.FIRST_WAIT_S", 0.5)
    patience = Patience(10, TurnedClock())
    seen = []
    for _ in range(5):
        first, *_rest = patience.pauses(2)
        seen.append(first)
        assert patience.pauses(2)[-2:] == (0.5, 1.0)
        patience.wait(first)
        patience.waited(helped=True)
    assert seen == [0.5, 0.25, 0.25, 0.25, 0.25]
    patience.wait(0.25)
    patience.waited(helped=False)
    assert patience.pauses(2) == (0.5, 1.0)
