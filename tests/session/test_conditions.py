"""Conditions are entered and always left again, whatever ends the check or its process."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.client import Client
from conformance.errors import CouldNotTest, StreamError, TargetUnreachable
from conformance.session.conditions import entered, leave_remaining
from conformance.stream import events as told
from conformance.target import Condition, Hook, HttpSettings, Safety, Source
from tests.session.conftest import TurnedClock


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


def test_a_condition_in_which_nothing_is_reached_is_another_than_its_name_says(session, server, events):
    """Whose fault it is, only the file's command shows: the run goes on once it is left."""
    with pytest.raises(CouldNotTest) as found, session.condition("esps_unreachable"):
        raise TargetUnreachable("the target stopped responding: 502")
    assert "the target stopped responding: 502; does conditions.esps_unreachable.enter (target.yaml:" in str(
        found.value
    )
    assert states(events) == ["entering", "entered", "left"]


def test_a_condition_that_cannot_be_entered_is_left_all_the_same(server, session, events):
    server.answer = lambda path, number, headers: (500, b"", {}) if path.endswith("enter") else (200, b"", {})
    with pytest.raises(CouldNotTest, match="cannot be entered"), session.condition("esps_unreachable"):
        pytest.fail("it was entered")
    assert hooks(server) == ["enter", "leave"]
    assert states(events) == ["entering", "failed", "left"]


def test_leaving_is_tried_again_after_a_while_and_the_run_ends_with_its_name_if_it_fails(server, session, events):
    """A limit of requests may refuse the hook for a moment."""
    session.client.clock = TurnedClock()
    server.answer = lambda path, number, headers: (500, b"", {}) if path.endswith("leave") else (200, b"", {})
    with (
        pytest.raises(TargetUnreachable, match=r"still be in the condition esps_unreachable: the hook answered 500"),
        session.condition("esps_unreachable"),
    ):
        pass
    assert hooks(server) == ["enter", "leave", "leave", "leave"]
    assert session.client.clock.waits == [0.0, 1.0, 4.0]
    assert "may still be in the condition" in events("note")[0]["text"]


def test_a_condition_that_stays_although_its_hook_succeeds_ends_the_run_with_its_name(server, session, waits):
    sign_on = {"made_by": "test", "query": {"smartcardId": "1"}, "valid": True}
    assert session.send("stbsignontokens", **sign_on).succeeded
    server.answer = lambda path, number, headers: (200 if "/chaos/" in path else 503, b"{}", {})
    with (
        pytest.raises(TargetUnreachable, match="stays in the condition esps_unreachable: stbsignontokens worked"),
        session.condition("esps_unreachable"),
    ):
        pass
    assert sum(waits) > 10


def test_a_condition_whose_hooks_were_exchanged_is_ended_and_could_not_be_tested(server, session, waits):
    sign_on = {"made_by": "test", "query": {"smartcardId": "1"}, "valid": True}
    assert session.send("stbsignontokens", **sign_on).succeeded
    down = []

    def answer(path, number, headers):
        if path.endswith(("enter", "leave")):
            down[:] = [path.endswith("leave")]
        return (503 if down == [True] and "/chaos/" not in path else 200), b"{}", {}

    server.answer = answer
    said = "stayed in the condition esps_unreachable until conditions.esps_unreachable.enter was run"
    with pytest.raises(CouldNotTest, match=said) as found, session.condition("esps_unreachable"):
        pass
    assert "conditions: {esps_unreachable: {enter: …, leave: …}}" in found.value.add[0]
    assert down == [False]
    assert session.send("stbsignontokens", **sign_on).succeeded


def test_a_target_that_needs_a_moment_to_come_back_from_a_condition_is_waited_for(server, session, waits):
    sign_on = {"made_by": "test", "query": {"smartcardId": "1"}, "valid": True}
    assert session.send("stbsignontokens", **sign_on).succeeded
    server.answer = lambda path, number, headers: (503 if "smartcard" in path and sum(waits) < 3 else 200, b"{}", {})
    with session.condition("esps_unreachable"):
        pass
    assert sum(waits) == 3.5


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
    past = [told.Condition(name="esps_unreachable", state=state) for state in seen]
    with Client(HttpSettings(timeout=1)) as client:
        leave_remaining(session.target, past, client, session.stream)
    assert hooks(server) == ["leave"] * left
    assert states(events) == ["left"] * left


def hooked(tmp_path, enter, leave="true"):
    """A condition whose hooks are shell lines."""
    where = {"folder": tmp_path, "where": "target.yaml:1"}
    return Condition("esps_unreachable", *(Hook(command=("sh", "-c", line), **where) for line in (enter, leave)))


def test_commands_run_in_the_folder_of_the_target_file(session, tmp_path):
    with entered(hooked(tmp_path, "echo down > state", "echo up > state"), session.client, session.stream):
        assert (tmp_path / "state").read_text() == "down\n"
    assert (tmp_path / "state").read_text() == "up\n"


def test_a_command_that_fails_is_no_condition(session, tmp_path):
    with (
        pytest.raises(CouldNotTest, match="sh ended with 3"),
        entered(hooked(tmp_path, "exit 3", "touch left"), session.client, session.stream),
    ):
        pytest.fail("it was entered")
    assert (tmp_path / "left").exists()


def test_a_command_that_hangs_is_ended_and_the_condition_left(session, tmp_path, monkeypatch):
    monkeypatch.setattr("conformance.session.conditions.HOOK_TIMEOUT_S", 0.5)
    with (
        pytest.raises(CouldNotTest, match="does not end within"),
        entered(hooked(tmp_path, "exec sleep 60", "touch left"), session.client, session.stream),
    ):
        pytest.fail("it was entered")
    assert (tmp_path / "left").exists()


def test_a_command_that_starts_a_service_is_not_waited_for_longer_than_itself(session, tmp_path):
    begun = time.monotonic()
    with entered(hooked(tmp_path, "sleep 8 & echo started"), session.client, session.stream):
        pass
    assert time.monotonic() - begun < 4


@pytest.fixture
def interruptible():
    """Take interrupts, also where a script runs the tests with `&`."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_while_a_condition_is_left_waits_until_it_is_left(session, tmp_path, events):
    slow = hooked(tmp_path, "true", f"kill -INT {os.getpid()}; sleep 0.5; touch left")
    with pytest.raises(KeyboardInterrupt), entered(slow, session.client, session.stream):
        pass
    assert (tmp_path / "left").exists()
    assert states(events) == ["entering", "entered", "left"]


def test_a_stream_that_cannot_be_written_keeps_no_condition_from_being_left(server, session, monkeypatch):
    def full(*_arguments, **_facts):
        raise StreamError("the run cannot be written down: No space left on device")

    past = [told.Condition(name=name, state="entered") for name in ("esps_unreachable", "esso_unreachable")]
    both = replace(session.target.conditions["esps_unreachable"], name="esso_unreachable")
    target = replace(session.target, conditions={**session.target.conditions, "esso_unreachable": both})
    with Client(HttpSettings(timeout=1)) as client, monkeypatch.context() as patched:
        patched.setattr(session.stream, "write", full)
        leave_remaining(target, past, client, session.stream)
    assert hooks(server) == ["leave", "leave"]


def test_a_hook_whose_header_cannot_be_read_is_told_and_tried_again(session, events, tmp_path):
    session.client.clock = TurnedClock()
    condition = session.target.conditions["esps_unreachable"]
    keyed = replace(condition.leave, headers={"x-key": Source(file=Path("gone"), folder=tmp_path)})
    with pytest.raises(TargetUnreachable), entered(replace(condition, leave=keyed), session.client, session.stream):
        pass
    assert states(events)[-1] == "failed"
    assert "the file gone cannot be read" in events("note")[0]["text"]


def test_nothing_is_entered_where_nothing_may_be_changed(server, session):
    session.budget._safety = Safety(writes=False)
    with pytest.raises(CouldNotTest, match="writes are not allowed"), session.condition("esps_unreachable"):
        pytest.fail("it was entered")
    assert hooks(server) == []
