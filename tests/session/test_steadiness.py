"""Right requests that are refused now and then: told from a guard's single refusal, and from what stays refused."""

from __future__ import annotations

import json
import threading

import pytest

from conformance.session import Sender, steadiness
from conformance.session.bans import LEAST_WRONG
from conformance.session.limits import PROVOKED
from conformance.session.steadiness import BURST, ENOUGH
from conformance.session.tokens import Bare, issuer
from conformance.stream import TargetProfile

STB = "stbsignontokens"
GOOD = json.dumps({"token": {"token": "t" * 40, "result": None, "resultCode": "0", "requestId": "1"}}).encode()
REFUSAL = (403, b'{"resultCode": "23010", "result": "no"}', {})


def send(session, *, valid=True):
    return session.send(STB, made_by="test", query={"smartcardId": "1"}, valid=valid)


def refusals_of_right_requests(events):
    return [event for event in events("finding") if event["requirement"] == "WIR-001"]


def test_a_right_request_that_is_refused_every_tenth_time_is_a_finding_that_says_how_often(server, session, events):
    server.answer = lambda path, number, headers: REFUSAL if number % 10 == 0 else (200, GOOD, {})
    answers = [send(session) for _ in range(12)]
    assert {answer.status for answer in answers} == {200}
    first = refusals_of_right_requests(events)[0]
    assert "right requests were refused" in first["actual"]
    assert int(first["actual"].split("(")[1].split()[0]) >= ENOUGH


def test_a_right_request_that_is_refused_now_and_then_is_looked_into_while_tokens_are_issued(server, session, events):
    server.answer = lambda path, number, headers: REFUSAL if number % 10 == 0 else (200, GOOD, {})
    served = []

    @issuer
    def twelve_times(sender):
        served.extend(send(session).status for _ in range(12))
        return Bare("t" * 40, float("inf"))

    # In a thread of its own: what waits for the lock that the issuer holds would wait for ever.
    issuing = threading.Thread(target=twelve_times, args=(Sender(session, "test"),), daemon=True)
    issuing.start()
    issuing.join(60)
    assert served == [200] * 12
    assert refusals_of_right_requests(events)


def test_a_single_refusal_is_looked_into_and_accuses_nobody(server, session, events):
    server.answer = lambda path, number, headers: REFUSAL if number == 5 else (200, GOOD, {})
    for _ in range(8):
        assert send(session).status == 200
    assert not refusals_of_right_requests(events)
    # To see whether a limit of the path refuses it; once more; and a burst.
    assert sum("smartcardId" in path for path in server.paths) == 8 + PROVOKED + 1 + BURST


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(steadiness, "GUARD_WAITS_S", (0.02, 0.02, 0.02))


def test_a_sign_on_that_a_guard_refuses_for_a_while_is_waited_for_and_accuses_nobody(server, session, events):
    assert send(session).status == 200
    server.paths.clear()
    # Refused, sent again, once more on its own, and twice while the guard lasts.
    server.answer = lambda path, number, headers: REFUSAL if len(server.paths) < 6 else (200, GOOD, {})
    assert send(session).status == 200
    assert not refusals_of_right_requests(events)


def after_wrong_ones(server, session, refuses):
    """Send enough wrong sign-ons, then right ones, of which `refuses` says by their number which are refused."""
    right = []

    def answer(path, number, headers):
        if "=9" in path:
            return REFUSAL
        right.append(path)
        return REFUSAL if refuses(len(right)) else (200, GOOD, {})

    server.answer = lambda path, number, headers: REFUSAL if "=9" in path else (200, GOOD, {})
    assert [send(session).status for _ in range(2)] == [200, 200]
    for number in range(LEAST_WRONG):
        session.send(STB, made_by="test", query={"smartcardId": f"9{number}"})
    server.answer = answer
    for _ in range(12):
        assert send(session).status == 200


def test_right_sign_ons_that_meet_the_end_of_a_guard_that_was_seen_accuse_nobody(server, session, events):
    session.steadiness.guard_passed(STB)
    after_wrong_ones(server, session, lambda number: number in (1, 40, 44, 48))
    assert not refusals_of_right_requests(events)


def test_right_sign_ons_that_are_refused_now_and_then_are_found_after_wrong_ones_as_well(server, session, events):
    after_wrong_ones(server, session, lambda number: number % 10 == 0)
    assert refusals_of_right_requests(events)


def test_a_sign_on_that_never_was_served_is_asked_a_few_times_once(server, session):
    server.answer = lambda path, number, headers: REFUSAL if "=2" in path else (200, GOOD, {})
    send(session)
    server.paths.clear()
    assert session.send(STB, made_by="test", query={"smartcardId": "2"}, valid=True).status == 403
    assert sum("=2" in path for path in server.paths) <= 6
    server.paths.clear()
    assert session.send(STB, made_by="test", query={"smartcardId": "2"}, valid=True).status == 403
    assert sum("=2" in path for path in server.paths) <= 3


def test_what_stays_refused_is_not_called_unsteady(server, session, events):
    send(session)
    server.answer = lambda path, number, headers: REFUSAL
    assert send(session).status == 403
    assert not refusals_of_right_requests(events)


def test_a_request_that_was_not_meant_to_succeed_is_not_sent_again(server, session, events):
    send(session)
    server.answer = lambda path, number, headers: REFUSAL
    server.paths.clear()
    assert session.send(STB, made_by="test", query={"smartcardId": "2"}).status == 403
    assert sum("=2" in path for path in server.paths) == 1


TOKEN = json.dumps({"token": {"token": "b" * 40, "result": None, "resultCode": "0", "requestId": "1"}}).encode()


def ask(session):
    return session.send("isContentAuthorised", made_by="test", query={"token": "b" * 40, "arg0": "1"}, valid=True)


def known_after(seconds, waits):
    """Answer as a platform whose SDP knows a token so long after its signon."""

    def answer(path, number, headers):
        known = "smartcardId" in path or sum(waits) >= seconds
        return (200, TOKEN, {}) if known else REFUSAL

    return answer


def test_a_new_token_that_another_service_learns_of_a_moment_later_is_waited_for(server, session, events, waits):
    server.answer = known_after(0.7, waits)
    assert send(session).status == 200
    assert ask(session).status == 200
    assert session.profile.tokens_known_after_s is not None
    assert not refusals_of_right_requests(events)
    # From now on a new token is not used before.
    session.profile = session.profile.with_facts(TargetProfile(tokens_known_after_s=2.5))
    waited = len(waits)
    send(session)
    ask(session)
    assert len(waits) == waited + 1


def test_a_service_that_learns_of_tokens_later_than_another_is_waited_for_as_long(server, session, events, waits):
    session.profile = session.profile.with_facts(TargetProfile(tokens_known_after_s=0.1))

    server.answer = known_after(0.7, waits)
    assert send(session).status == 200
    assert ask(session).status == 200
    assert (session.profile.tokens_known_after_s or 0) > 0.1
    assert not refusals_of_right_requests(events)


def test_a_refusal_that_passes_at_once_is_no_token_that_spreads(server, session, waits):
    server.answer = lambda path, number, headers: REFUSAL if number == 3 else (200, TOKEN, {})
    assert send(session).succeeded
    assert ask(session).succeeded
    assert ask(session).status == 200
    assert session.profile.tokens_known_after_s is None
