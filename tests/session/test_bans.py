"""Signons that are refused to whoever asks, since wrong ones were sent, accuse nobody; a defect without them does."""

from __future__ import annotations

import json

import pytest

from conformance.errors import CouldNotTest
from conformance.session.bans import AGAIN_S, LEAST_WRONG
from conformance.session.form import reply_of

STB, DAS = "stbsignontokens", "dasSignOnByCasn"
GOOD = json.dumps({"token": {"token": "t" * 40, "result": None, "resultCode": "0", "requestId": "1"}}).encode()
WRONG = b'{"resultCode": "23010", "result": "no"}'


class Guard:
    """Serves boxes 1 and 2, and nobody (or `banned` alone) after so many wrong signons."""

    def __init__(self, most, banned="", answer=(403, WRONG, {})):
        self.most, self.banned, self.answer, self.wrong, self.over = most, banned, answer, 0, False

    def __call__(self, path, number, headers):
        box = path.rpartition("=")[2]
        if self.wrong >= self.most and not self.over and (not self.banned or box == self.banned):
            return self.answer
        if box in ("1", "2"):
            return 200, GOOD, {}
        self.wrong += "smartcardId" in path
        return 403, WRONG, {}


def send(session, box, *, valid=True):
    return session.send(STB, made_by="test", query={"smartcardId": box}, valid=valid)


def guessed(server, session, guard):
    """Sign two boxes on, then send wrong signons."""
    server.answer = guard
    assert [send(session, box).status for box in ("1", "2")] == [200, 200]
    for number in range(LEAST_WRONG):
        send(session, f"9{number}", valid=False)


@pytest.mark.parametrize("answer", [(403, WRONG, {}), (401, b"", {}), (423, b'{"message": "locked"}', {})])
def test_a_ban_of_whoever_asks_is_named_and_accuses_nobody(server, session, events, waits, answer):
    guessed(server, session, Guard(LEAST_WRONG, answer=answer))
    with pytest.raises(CouldNotTest, match="refuses every right signon, of 2 callers"):
        send(session, "1")
    sent = len(server.paths)
    for valid in (True, False):
        with pytest.raises(CouldNotTest, match="is this machine banned"):
            send(session, "3", valid=valid)
    assert len(server.paths) == sent
    assert [one for one in events("finding") if one["requirement"] == "WIR-001"] == []
    assert STB in session.found().bans


def test_a_ban_that_is_over_is_forgotten(server, session, waits):
    guard = Guard(LEAST_WRONG)
    guessed(server, session, guard)
    with pytest.raises(CouldNotTest):
        send(session, "1")
    guard.over = True
    waits.append(AGAIN_S)
    assert send(session, "1").status == 200


def test_boxes_that_are_all_locked_for_some_seconds_are_no_ban(server, session, events, waits):
    """What was refused meanwhile could not be tested; the rest can."""
    guard = Guard(LEAST_WRONG)
    guessed(server, session, guard)
    refused = send(session, "94", valid=False)
    answer, until = server.answer, sum(waits) + 3
    server.answer = lambda path, number, headers: (
        answer(path, number, headers) if sum(waits) < until else (200, GOOD, {})
    )
    with pytest.raises(CouldNotTest, match="refuses every right signon, of 3 callers"):
        session.require_no_ban(STB, reply_of(refused))
    assert session.found().bans == {}
    assert send(session, "1").status == 200


@pytest.mark.parametrize(
    "guard", [Guard(LEAST_WRONG, banned="1"), Guard(1)], ids=["one box alone", "after a single refusal"]
)
def test_what_refuses_one_box_or_without_reason_is_the_platforms(server, session, waits, guard):
    if guard.banned:
        guessed(server, session, guard)
    else:
        server.answer = guard
        assert [send(session, box).status for box in ("1", "2")] == [200, 200]
        send(session, "90", valid=False)
    assert send(session, "1").status == 403
