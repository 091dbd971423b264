"""Many requests at once: their order, what is not sent, and the rate."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time

import pytest

from conformance.client import Budget, ConcurrentClient, NotSent, Wire
from conformance.errors import BudgetSpent
from conformance.target import HttpSettings, Safety
from tests.client.hostile import HostileServer, silent, whole

OK = whole(b"ok")


@pytest.fixture
def server():
    with HostileServer(lambda conn: conn.sendall(OK)) as found:
        yield found


def send(url, count, *, timeout=2.0, connections=2, guard=lambda *_: None, **more):
    settings = HttpSettings(timeout=timeout)
    with ConcurrentClient(settings, guard=guard, connections=connections, **more) as client:
        return list(client.send_all(("stbsignontokens", Wire("GET", f"{url}?{number}")) for number in range(count)))


@pytest.mark.parametrize("connections", [1, 8])
def test_outcomes_come_in_the_order_of_the_requests(server, connections):
    outcomes = send(server.url, 250, connections=connections)
    assert [one.request.url for one in outcomes] == [f"{server.url}?{number}" for number in range(250)]
    assert {one.response.status for one in outcomes} == {200}


def test_after_a_while_without_answers_the_rest_of_a_batch_is_not_sent():
    with HostileServer(silent) as server:
        outcomes = send(server.url, 20, timeout=0.2)
        assert sum(isinstance(one, NotSent) for one in outcomes) >= 14
        assert len(server.requests) <= 6


def test_once_a_request_was_left_without_a_response_the_next_are_waited_for_shortly():
    asked = []
    with HostileServer(silent) as server:
        outcomes = send(server.url, 2, timeout=0.5, connections=1, short=lambda name: asked.append(name) or 0.1)
    assert [one.failure for one in outcomes] == [
        "no complete response within 0.5 s",
        "no complete response within 0.1 s",
    ]
    assert asked == ["stbsignontokens"]


def test_a_target_that_is_known_to_hang_is_waited_for_shortly_from_the_first_request_on():
    with HostileServer(silent) as server:
        outcomes = send(server.url, 1, connections=1, short=lambda _name: 0.1, hangs=lambda: True)
    assert [one.failure for one in outcomes] == ["no complete response within 0.1 s"]


def test_the_guard_is_asked_before_every_request(server):
    asked = []

    def guard(operation, method):
        asked.append((operation, method))
        if len(asked) > 2:
            raise BudgetSpent("enough")

    outcomes = send(server.url, 4, connections=1, guard=guard)
    assert [isinstance(one, BudgetSpent) for one in outcomes] == [False, False, True, True]
    assert asked[0] == ("stbsignontokens", "GET")
    assert len(server.requests) == 2


def test_a_rate_is_kept_over_all_connections_and_no_response_waits_for_it(server):
    budget = Budget(Safety(), rate=40)
    begun = time.monotonic()
    outcomes = send(server.url, 13, connections=8, guard=budget.take)
    assert 0.29 < time.monotonic() - begun < 3
    sent = sorted(one.sent_at for one in outcomes)
    assert sent[-1] - sent[0] > 290
    # A loop that slept between two requests would see a response only after its sleep, and a limit pass meanwhile.
    assert sorted(one.received_at - one.sent_at for one in outcomes)[6] < 50


INTERRUPTED = """
import sys
from conformance.client import ConcurrentClient, Wire
from conformance.target import HttpSettings
with ConcurrentClient(HttpSettings(timeout=60), guard=lambda *_: None, connections=4) as client:
    for number, _ in enumerate(client.send_all((("x", Wire("GET", sys.argv[1])) for _ in range(40)), batch_size=4)):
        if number == 3:
            raise SystemExit(7)
"""


def test_a_client_that_is_left_in_the_middle_gives_up_its_requests_in_silence():
    held = threading.Event()
    answered = itertools.count()

    def some(conn):
        if next(answered) < 4:
            conn.sendall(OK)
        else:
            held.wait(30)

    with HostileServer(some) as server:
        command = [sys.executable, "-X", "dev", "-c", INTERRUPTED, server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=25, check=False)
        held.set()
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")
