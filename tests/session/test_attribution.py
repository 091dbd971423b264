"""Whose fault is it: the target down, throttled, flaky, our token's end, or a real violation?"""

from __future__ import annotations

import json
import time
from email.utils import formatdate

import pytest

from conformance.errors import CouldNotTest, TargetUnreachable
from conformance.session import Sender
from conformance.session.tokens import Bare, issuer
from conformance.target import Secret

STB, NMP = "stbsignontokens", "nmpsignontokens"
GOOD = json.dumps({"token": {"token": "t" * 40, "result": None, "resultCode": "0", "requestId": "1"}}).encode()


def send(session, operation=STB, **more):
    return session.send(operation, made_by="test", query={"smartcardId": "1"}, **more)


def verdicts(events):
    return [event["verdict"] for event in events("control")]


def wire_findings(events):
    return [event for event in events("finding") if event["requirement"].startswith("WIR")]


def test_a_5xx_that_comes_once_is_flaky_and_no_finding(server, session, events):
    server.answer = lambda path, number, headers: (500, b"", {}) if number == 1 else (200, GOOD, {})
    assert send(session, valid=True).status == 200
    assert verdicts(events) == ["flaky"]
    assert not [e for e in events("finding") if "500" in e["cause"]]


def test_a_5xx_that_stays_while_other_requests_work_is_real(server, session, events):
    server.answer = lambda path, number, headers: (500, b"", {}) if "stbsignon" in path else (200, GOOD, {})
    send(session, NMP, valid=True)
    assert send(session).status == 500
    assert verdicts(events) == ["real"]
    assert [e for e in events("finding") if e["requirement"].startswith("WIR-")]


def test_a_5xx_of_a_target_that_never_worked_is_its_own(server, session, events):
    server.answer = lambda path, number, headers: (500, b"", {})
    assert send(session).status == 500
    assert verdicts(events) == ["real"]


def test_a_target_that_worked_and_now_answers_nothing_but_503_is_down(server, session, events):
    send(session, valid=True)
    server.answer = lambda path, number, headers: (503, b"", {})
    with pytest.raises(TargetUnreachable):
        send(session)
    assert verdicts(events)[-1] == "down"
    assert not [e for e in events("finding") if "503" in e["cause"]]


def test_a_service_that_is_out_while_its_gateway_answers_is_down_too(server, session, events):
    send(session, valid=True)
    server.answer = lambda path, number, headers: (503, b"", {}) if "signon" in path else (404, b"", {})
    with pytest.raises(TargetUnreachable):
        send(session)
    assert verdicts(events)[-1] == "down"


def test_a_target_that_restarts_is_waited_for(server, session, events):
    send(session, valid=True)
    back = time.monotonic() + 0.1
    server.answer = lambda path, number, headers: (503, b"", {}) if time.monotonic() < back else (200, GOOD, {})
    assert send(session).status == 200
    assert "flaky" in verdicts(events)


def test_a_connection_that_is_dropped_while_others_work_is_a_finding(server, session, events):
    server.answer = lambda path, number, headers: None if "stbsignon" in path else (200, GOOD, {})
    exchange = send(session)
    assert exchange.response is None
    assert [e["requirement"] for e in events("finding")]
    assert verdicts(events) == ["real"]


def test_a_target_that_was_waited_for_in_vain_is_waited_for_no_more(server, session):
    send(session, valid=True)
    server.answer = lambda path, number, headers: (503, b"", {})
    asked = []
    for _ in range(2):
        before = len(server.paths)
        with pytest.raises(TargetUnreachable):
            send(session)
        asked.append(len(server.paths) - before)
    assert asked[1] < asked[0]


def test_a_host_that_is_gone_is_unreachable(server, session):
    send(session, valid=True)
    server.answer = lambda path, number, headers: None
    server.close()
    with pytest.raises(TargetUnreachable) as found:
        send(session)
    assert found.value.exit_code == 3


def test_throttling_is_obeyed_and_no_finding(server, session, events):
    server.answer = lambda path, number, headers: (429, b"", {"Retry-After": "0.2"}) if number < 3 else (200, GOOD, {})
    begun = time.monotonic()
    assert send(session, valid=True).status == 200
    assert time.monotonic() - begun > 0.4
    assert verdicts(events) == ["throttled", "throttled"]
    assert not [e for e in events("finding") if "429" in e["cause"]]


@pytest.mark.parametrize("value", ["nan", "-5", "Thu, 01 Jan 1970 00:00:00 GMT", "soon", "1e400"])
def test_a_retry_after_that_is_nonsense_does_not_hang(server, session, value, waits):
    server.answer = lambda path, number, headers: (429, b"", {"Retry-After": value}) if number == 1 else (200, GOOD, {})
    assert send(session).status == 200
    assert all(0 <= wait <= 30 for wait in waits)


def test_a_documented_5xx_is_asked_for_twice_more(server, session):
    server.answer = lambda path, number, headers: (503, b"", {})
    assert send(session, expect_5xx=True).status == 503
    assert len(server.paths) == 3


def test_a_balancers_503_does_not_stand_for_the_documented_500(server, session):
    page = (503, b"<html>no server is available</html>", {"Content-Type": "text/html"})
    server.answer = lambda path, number, headers: page if number == 1 else (500, GOOD, {})
    assert send(session, expect_5xx=True).status == 500


def test_no_control_request_is_a_write(server, session):
    server.answer = lambda path, number, headers: (201, b'{"_id":"1"}', {})
    session.send("createAccount", made_by="test", json={"signonId": "a"}, valid=True)
    server.answer = lambda path, number, headers: (500, b"", {}) if "accounts" in path else (404, b"", {})
    session.send("createAccount", made_by="test", json={"signonId": "b"})
    assert sum("accounts" in path for path in server.paths) == 3


class Tokens:
    """A platform whose tokens live as long as a test says."""

    def __init__(self, server, life_s, slow_s=0.0, dated=False):
        self.made = {}
        self.life = life_s
        self.slow_s = slow_s
        self.headers = (lambda now: {"Date": formatdate(now, usegmt=True)}) if dated else (lambda now: {})
        server.answer = self.answer

    def answer(self, path, number, headers):
        now = time.time() - self.slow_s
        if "signontokens" in path:
            token = f"token-number-{number:06d}-of-the-platform"
            self.made[token] = now + self.life
            body = {"token": {"token": token, "resultCode": "0"}, "expiry": int((now + self.life) * 1000)}
            return 200, json.dumps(body).encode(), self.headers(now)
        good = any(token in path and end > now for token, end in self.made.items())
        return (200, b'{"resultCode":"0"}', {}) if good else (401, b"", {})


@issuer
def signed_on(sender):
    text = sender.send(STB, query={"smartcardId": "1"}, valid=True).response.json["token"]["token"]
    return Bare(text, time.monotonic() + 120)


def token_of(session):
    return Secret(signed_on(Sender(session, "test")).text)


def ask(session, token):
    query = {"token": token, "arg0": "1"}
    return Sender(session, "test").send("isContentAuthorised", query=query, valid=True)


def test_a_run_longer_than_a_tokens_life_stays_sound(server, session, events):
    platform = Tokens(server, 1.0)
    end = time.monotonic() + 2.5
    statuses = set()
    while time.monotonic() < end:
        statuses.add(ask(session, token_of(session)).status)
        time.sleep(0.1)
    assert statuses == {200}
    assert 3 <= len(platform.made) <= 12
    assert verdicts(events) == []


def test_a_refusal_because_our_token_ended_is_ours(server, session, events):
    Tokens(server, 0.3)
    token = token_of(session)
    time.sleep(0.4)
    assert ask(session, token).status == 200
    assert verdicts(events) == ["expired"]


@pytest.mark.parametrize("dated", [True, False], ids=["with Date", "without Date"])
def test_a_token_that_lives_shorter_than_the_targets_clock_is_slow_ends_as_any_other(server, session, events, dated):
    Tokens(server, 2.2, slow_s=30.0, dated=dated)
    token = token_of(session)
    assert ask(session, token).status == 200
    time.sleep(2.4)
    assert ask(session, token).status == 200
    assert verdicts(events) == ["expired"]


def test_a_refusal_of_a_token_that_has_not_ended_is_the_targets(server, session, events):
    platform = Tokens(server, 60)
    token = token_of(session)
    platform.made.clear()
    assert ask(session, token).status == 401
    assert verdicts(events) == []


def test_an_expiry_that_cannot_be_does_no_harm(server, session):
    for expiry in (-1, 0, True, "soon", 10**30, None):
        body = json.dumps({"token": {"token": "x" * 40, "resultCode": "0"}, "expiry": expiry}).encode()
        server.answer = lambda path, number, headers, body=body: (200, body, {})
        assert signed_on.anew(Sender(session, "test")).text == "x" * 40


def busy(sheds, status=503, **headers):
    """Answer requests by their number: those in `sheds` are sent away."""
    return lambda path, number, head: (status, b"", headers) if number in sheds else (200, GOOD, {})


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("sheds", [{2}, {2, 3}, {2, 3, 4}], ids=len)
def test_a_target_that_sheds_load_is_given_time(server, session, events, status, sheds):
    send(session, NMP, valid=True)
    server.answer = busy(sheds, status)
    assert send(session).status == 200
    assert verdicts(events) == ["flaky"]
    assert wire_findings(events) == []


def test_a_node_that_is_away_for_one_request_is_not_waited_for(server, session, waits):
    for _ in range(5):
        server.paths.clear()
        server.answer = busy({1})
        assert send(session).status == 200
    assert waits == []


def test_a_target_that_is_out_of_service_at_once_again_is_waited_for_next_time(server, session, waits):
    for requests in (3, 3, 3, 2):
        server.paths.clear()
        server.answer = busy({1, 2} if requests == 3 else {1})
        assert send(session).status == 200
        assert len(server.paths) == requests
    assert len(waits) == 4


def test_a_503_is_asked_again_when_it_says(server, session, waits):
    server.answer = busy({1}, **{"Retry-After": "7"})
    assert send(session).status == 200
    assert waits == [7]


def test_patience_with_an_operation_that_is_out_of_service_for_good_is_spent_once(server, session, events):
    send(session, NMP, valid=True)
    server.answer = lambda path, number, headers: (503, b"", {}) if "stbsignon" in path else (200, GOOD, {})
    for _ in range(3):
        assert send(session).status == 503
    assert verdicts(events) == ["real"] * 3
    assert sum("stbsignon" in path for path in server.paths) == 5 + 2 + 2


def test_a_date_in_retry_after_is_obeyed(server, session, waits):
    at = formatdate(time.time() + 20, usegmt=True)
    server.answer = busy({1}, 429, **{"Retry-After": at})
    assert send(session).status == 200
    assert [17 < wait <= 20 for wait in waits] == [True]


def test_no_wait_is_longer_than_half_a_minute(server, session, waits):
    server.answer = busy({1}, 429, **{"Retry-After": "86400"})
    assert send(session).status == 200
    assert waits == [30]


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}])
def test_a_target_that_throttles_for_long_is_no_violation_and_ends_the_run(server, session, events, headers):
    send(session, valid=True)
    server.answer = lambda path, number, head: (429, b"", headers)
    for _ in range(2):
        with pytest.raises(CouldNotTest, match="throttles"):
            send(session)
    with pytest.raises(TargetUnreachable, match="throttles") as found:
        send(session)
    assert "--rate" in found.value.advice
    assert set(verdicts(events)) == {"throttled"}
    assert wire_findings(events) == []


def test_one_operation_that_is_throttled_ends_nothing_and_is_waited_for_no_more(server, session):
    send(session, NMP, valid=True)
    server.answer = lambda path, number, head: (429, b"", {"Retry-After": "0"}) if "stb" in path else (200, GOOD, {})
    sent = []
    for _ in range(6):
        before = sum("stb" in path for path in server.paths)
        with pytest.raises(CouldNotTest, match="throttles"):
            send(session)
        sent.append(sum("stb" in path for path in server.paths) - before)
    assert sent == [4, 4, 4, 1, 1, 1]
    assert send(session, NMP).status == 200


def test_a_429_that_stays_while_the_operation_works_is_real(server, session, events):
    session.send(STB, made_by="test", query={"smartcardId": "good"}, valid=True)
    server.answer = lambda path, number, head: (200, GOOD, {}) if "good" in path else (429, b"", {})
    assert send(session).status == 429
    assert verdicts(events)[-1] == "real"


def test_a_timeout_while_others_are_answered_is_the_targets(server, session, events):
    def answer(path, number, headers):
        if "stbsignon" in path:
            time.sleep(1.5)
        return 200, GOOD, {}

    server.answer = answer
    exchange = send(session)
    assert (exchange.response, exchange.failure) == (None, "no complete response within 1 s")
    assert verdicts(events) == ["real"]
    assert events("finding")


def test_a_timeout_that_comes_once_is_flaky(server, session, events):
    server.answer = lambda path, number, headers: (time.sleep(1.5 if number == 1 else 0), (200, GOOD, {}))[1]
    assert send(session).status == 200
    assert verdicts(events) == ["flaky"]
    assert wire_findings(events) == []


@pytest.mark.parametrize("silent", [1, 2])
@pytest.mark.parametrize(("operation", "tells"), [("createAccount", False), (STB, True)])
def test_a_refusal_of_what_an_unanswered_request_may_have_created_tells_nothing(
    server, session, operation, tells, silent
):
    """After two without a response, a third is waited for longer."""
    session.send(NMP, made_by="test", query={"username": "good"}, valid=True)

    def answer(path, number, headers):
        if "nmpsignon" in path:
            return 200, GOOD, {}
        own.append(path)
        time.sleep(1.5 if len(own) <= silent else 0)
        return 409, b"{}", {}

    own, server.answer = [], answer
    exchange = session.send(operation, made_by="test", json={} if operation != STB else ...)
    assert (exchange.status, not exchange.foreign) == (409, tells)


def test_a_target_that_throttles_after_it_shed_load_is_no_violation(server, session, events):
    send(session, NMP, valid=True)
    server.answer = lambda path, number, head: (503 if number == 2 else 429, b"", {"Retry-After": "0"})
    with pytest.raises(CouldNotTest, match="throttles"):
        send(session)
    assert wire_findings(events) == []


def test_a_service_whose_every_path_answers_503_from_the_beginning_is_out_of_reach(server, session, events):
    server.answer = lambda path, number, headers: (503, b"", {})
    for _ in range(3):
        with pytest.raises(TargetUnreachable, match="nothing of hdm is reached: 503"):
            send(session)
    assert events("finding") == []


def test_one_service_that_a_gateway_cannot_reach_is_no_violation(server, session, events):
    send(session, "generateUpdateInHomeToken", valid=True)
    server.answer = lambda path, number, headers: (200, GOOD, {}) if "/ias/" in path else (502, b"", {})
    with pytest.raises(TargetUnreachable, match="nothing of hdm is reached: 502"):
        send(session)
    assert [one for one in events("finding") if "502" in one["actual"]] == []
