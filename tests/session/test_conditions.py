"""Conditions are entered and always left again, whatever ends the check or its process."""

from __future__ import annotations

import pytest

from conformance.client import Client
from conformance.errors import CouldNotTest
from conformance.session.conditions import leave_remaining
from conformance.target import HttpSettings


def hooks(server):
    return [path.rpartition("/")[2] for path in server.paths if path.startswith("/chaos")]


def states(events):
    return [event["state"] for event in events("condition")]


def test_a_condition_is_entered_and_left(server, session, events):
    with session.condition("esps_unreachable"):
        assert hooks(server) == ["enter"]
    assert hooks(server) == ["enter", "leave"]
    assert states(events) == ["entering", "entered", "left"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_condition_is_left_whatever_ends_the_check(server, session, error):
    with pytest.raises(error), session.condition("esps_unreachable"):
        raise error
    assert hooks(server) == ["enter", "leave"]


def test_a_condition_that_cannot_be_entered_is_left_all_the_same(server, session, events):
    server.answer = lambda path, number, headers: (500, b"", {}) if path.endswith("enter") else (200, b"", {})
    with pytest.raises(CouldNotTest, match="cannot be entered"), session.condition("esps_unreachable"):
        pytest.fail("it was entered")
    assert hooks(server) == ["enter", "leave"]
    assert states(events) == ["entering", "failed", "left"]


def test_leaving_is_tried_again_and_the_report_warns_if_it_fails(server, session, events):
    server.answer = lambda path, number, headers: (500, b"", {}) if path.endswith("leave") else (200, b"", {})
    with session.condition("esps_unreachable"):
        pass
    assert hooks(server) == ["enter", "leave", "leave"]
    assert "may still be in the condition" in events("note")[0]["text"]


def test_an_unknown_condition_says_what_to_add(session):
    with pytest.raises(CouldNotTest) as found, session.condition("gateway_unverifiable"):
        pytest.fail("it was entered")
    assert "conditions: {gateway_unverifiable:" in found.value.add[0]


@pytest.mark.parametrize(
    ("seen", "left"),
    [
        (["entering"], 1),
        (["entering", "entered"], 1),
        (["entering", "entered", "left"], 0),
        (["entering", "failed", "left"], 0),
        (["entering", "entered", "left", "entering", "entered"], 1),
        ([], 0),
    ],
)
def test_what_a_killed_process_entered_is_left_by_the_stream(server, session, seen, left, events):
    past = [{"event": "condition", "name": "esps_unreachable", "state": state} for state in seen]
    with Client(HttpSettings(timeout=1)) as client:
        leave_remaining(session.target, past, client, session.stream)
    assert hooks(server) == ["leave"] * left
    assert states(events) == ["left"] * left
