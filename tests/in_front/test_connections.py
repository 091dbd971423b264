"""A limit of connections: the run keeps within it, and what is turned away is no finding."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from conformance.runner.preflight import examine
from conformance.session.repetition import Failure, Suspicion, repeat
from tests.in_front.gateway import Answered, json_page, one_in, written

BUSY = written(None, Answered(503, b"busy", (("Content-Type", "text/plain"), ("Connection", "close"))))


@pytest.mark.parametrize("busy", [b"", BUSY], ids=["reset", "503"])
def test_preflight_finds_out_how_many_connections_are_served_at_once(behind, opened, busy):
    session = opened(behind(most=4, busy=busy).target)
    assert not any(line.state.problem for line in examine(session))
    assert session.profile.connections in (2, 3, 4)
    assert session.target.http.connections == session.profile.connections


def test_what_serves_all_connections_has_no_limit(behind, opened):
    session = opened(behind().target)
    examine(session)
    assert session.profile.connections is None


def test_a_balancer_that_loses_a_node_now_and_then_limits_no_connections(behind, opened):
    session = opened(behind(one_in(9, json_page(503, {"message": "no healthy upstream"}))).target)
    examine(session)
    assert session.profile.connections is None


def new_connections(number):
    """Reset one new connection in so many, and no used one."""
    numbers, known = itertools.count(1), set()

    def before(asked):
        mine = threading.current_thread()
        if "/control/" in asked.path or mine in known:
            return None
        known.add(mine)
        return None if next(numbers) % number else Answered(reset=True)

    return before


@pytest.mark.parametrize(
    ("before", "found"),
    [(new_connections(6), ("note", "new connections are reset")), (one_in(6, Answered(reset=True)), ("finding", ""))],
    ids=["new connections alone", "requests"],
)
def test_resets_now_and_then_are_a_finding_unless_no_used_connection_is_reset(behind, opened, events, before, found):
    session = opened(behind(before).target)
    seen = [Failure(time.time() - 10, "the connection was reset", "E00001")] * 2
    repeat(session, Suspicion({"nmpsignontokens": seen}, {"nmpsignontokens": 10}))
    told = [(one["event"], one.get("text", "")) for one in events() if one["event"] in ("note", "finding")]
    assert [kind for kind, _ in told] == [found[0]]
    assert told[0][1].startswith(found[1])


@pytest.mark.parametrize("busy", [b"", BUSY], ids=["reset", "503"])
def test_generated_cases_keep_within_a_limit_of_connections(behind, failed, busy):
    target = behind(most=4, busy=busy).target
    bad, report = failed(target, services=("hdm",), only=("NMP-00", "WIR-2", "WIR-7"), fuzz_cases=20)
    assert bad == {}
    assert sum(one["outcome"] == "passed" for one in report["requirements"]) > 4
