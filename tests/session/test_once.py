"""What is done once in a process of a run."""

import threading
import time

import pytest

from conformance.errors import ControlFailed
from conformance.session import Sender
from conformance.session.once import once
from conformance.stream import InitialiseForm, TargetProfile

calls = []


@once
def numbered(sender, name):
    calls.append(name)
    time.sleep(0.01)
    return f"{name} {len(calls)}"


@once
def failing(sender):
    calls.append("failing")
    raise ControlFailed("not yet")


@pytest.fixture(autouse=True)
def no_calls():
    calls.clear()


def test_a_function_runs_once_for_each_session_and_arguments(session):
    first, second = Sender(session, "one"), Sender(session, "two")
    assert numbered(first, "a") == numbered(second, "a") == "a 1"
    assert numbered(first, "b") == "b 2"
    assert calls == ["a", "b"]


def test_threads_that_ask_at_the_same_time_get_one_result(session):
    found = []
    threads = [threading.Thread(target=lambda: found.append(numbered(Sender(session, "x"), "a"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["a 1"] * 8


def test_a_failure_is_not_kept(session):
    for _ in range(2):
        with pytest.raises(ControlFailed):
            failing(Sender(session, "one"))
    assert calls == ["failing", "failing"]


def test_what_is_forgotten_is_made_again(session):
    sender = Sender(session, "one")
    numbered(sender, "a")
    numbered.forget(sender, "a")
    assert numbered(sender, "a") == "a 2"


def test_a_profile_keeps_what_it_knows_and_takes_what_is_new():
    known = TargetProfile(casn_name="caSn", schemes={"stb": "CONNECT"}, direct_mode_only=False)
    found = known.with_facts(TargetProfile(schemes={"stb_other_account": "WIDEVINE"}, superseded_tokens_work=True))
    assert found == TargetProfile(
        casn_name="caSn",
        schemes={"stb": "CONNECT", "stb_other_account": "WIDEVINE"},
        direct_mode_only=False,
        superseded_tokens_work=True,
    )
    assert known.superseded_tokens_work is None


def test_a_place_that_was_redacted_is_not_handed_on():
    places = {"listServices": "http://***@mds.example/metadata", "stbsignontokens": "http://hdm.example/stb"}
    form = InitialiseForm(("arg0", "arg1", "arg2"))
    profile = TargetProfile(places=places, initialise={"initialiseDeviceByGet": form})
    assert profile.without_masks() == TargetProfile(
        places={"stbsignontokens": "http://hdm.example/stb"}, initialise={"initialiseDeviceByGet": form}
    )
