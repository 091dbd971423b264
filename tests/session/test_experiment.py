"""Experiments, against a host whose answers a test writes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from conformance.client import Reply, Wire
from conformance.model import Request, Response
from conformance.session.experiment import PASSING_TRIES, Experiments
from conformance.session.form import form_of
from conformance.session.host import Host, is_limit

URL = "https://tv.example.test/adm/v1/accounts"
OTHER = "https://tv.example.test/hdm/signon"
REFUSED = (400, b'{"message": "a parameter is missing"}')


def reply(wire, status, body):
    request = Request(wire.method, wire.url, wire.headers, wire.body)
    if not status:
        return Reply(request, None, "no complete response within 3 s", "timeout", 0, 1)
    return Reply(request, Response(status, (("Content-Type", "application/json"),), body), "", "", 0, 1)


@pytest.fixture
def experiments():
    """Make experiments on a host that `answer` speaks for: (wire) -> status, body."""

    def make(answer):
        plain = [("hdm", Wire("GET", OTHER))]
        routes = SimpleNamespace(
            of_other_services=lambda operation: [OTHER],
            plain_requests=lambda service: plain if service == "hdm" else (),
        )
        return Experiments(lambda wire, operation="", *, brief=False: reply(wire, *answer(wire)), routes)

    return make


@pytest.mark.parametrize("passing", [503, 502, 429, 0])
def test_a_plain_request_that_a_balancer_drops_makes_no_firewall_of_a_platform(experiments, passing):
    """Two services that refuse what is incomplete alike; of the plain requests, the first ones are dropped."""
    dropped = []

    def answer(wire):
        if "x=abc" in wire.url and len(dropped) < PASSING_TRIES - 1:
            dropped.append(wire)
            return passing, b""
        return REFUSED if "?x=" in wire.url else (404, b"")

    attack = Wire("GET", f"{URL}?name=%3Cscript%3E")
    found = experiments(answer).blocks("createAccount", attack, form_of(reply(attack, *REFUSED)))
    assert found is None
    assert len(dropped) == PASSING_TRIES - 1


def test_a_firewall_whose_page_is_a_503_is_told_from_a_plain_request_all_the_same(experiments):
    attack = Wire("GET", f"{URL}?name=%3Cscript%3E")
    blocked = (503, b'{"incident": "x"}')
    found = experiments(lambda wire: blocked if "script" in wire.url else (404, b"")).blocks(
        "createAccount", attack, form_of(reply(attack, *blocked))
    )
    assert found is not None


LIMITED = (403, b'{"message": "rate limit exceeded"}')


class Clock:
    """A clock by which nobody waits."""

    def sleep(self, seconds):
        pass


def limits(experiments, form, **how):
    return is_limit(experiments, Clock(), Host(), form, PLAIN, **how)


OWN = (404, b'{"message": "not found", "code": 404}')
PLAIN = Wire("GET", URL)


@pytest.mark.parametrize(("one_in", "found"), [(1, 1), (2, 0.5), (3, 1 / 3), (12, 1 / 12)])
def test_how_many_requests_to_a_path_that_nobody_has_are_answered_so(experiments, one_in, found):
    numbers = iter(range(1000))
    form = form_of(reply(Wire("GET", URL), *LIMITED))
    host = experiments(lambda wire: (404, b"") if next(numbers) % one_in else LIMITED)
    assert host.share(PLAIN, form) == found
    assert not host.is_calm(PLAIN, form) or one_in > 4


@pytest.mark.parametrize("one_in", [5, 10, 40])
def test_one_of_many_requests_shows_a_refusal_that_is_written_as_none_of_the_platforms(experiments, one_in):
    numbers = iter(range(1, 1000))
    form = form_of(reply(Wire("GET", URL), *LIMITED))
    found = experiments(lambda wire: OWN if next(numbers) % one_in else LIMITED)
    assert limits(found, form)
    assert not limits(found, form_of(reply(Wire("GET", URL), 403, OWN[1])), closer=True)


@pytest.mark.parametrize(("one_in", "is_gateways"), [(3, False), (10, False), (30, False), (50, True), (80, True)])
def test_a_failure_is_a_gateways_where_it_is_seldom_and_written_as_none_of_the_platforms(
    experiments, one_in, is_gateways
):
    numbers = iter(range(1, 1000))
    failure = (500, b'{"fault": "policy"}')
    form = form_of(reply(Wire("GET", URL), *failure))
    assert limits(experiments(lambda wire: OWN if next(numbers) % one_in else failure), form) is is_gateways


@pytest.mark.parametrize(
    ("status", "one_in", "found"), [(520, 3, True), (200, 20, True), (500, 50, True), (500, 15, True), (500, 10, False)]
)
def test_a_page_that_comes_now_and_then_is_no_answer_of_a_platform_that_speaks_json(experiments, status, one_in, found):
    numbers = iter(range(1, 1000))
    failure = (status, b"<html><h1>Web server is returning an unknown error</h1></html>")
    form = form_of(reply(Wire("GET", URL), *failure))
    assert limits(experiments(lambda wire: OWN if next(numbers) % one_in else failure), form) is found


@pytest.mark.parametrize("body", [b"", b"Internal Server Error"])
def test_a_failure_without_a_page_is_a_platforms_where_it_comes_one_time_in_thirty(experiments, body):
    numbers = iter(range(1, 1000))
    form = form_of(reply(Wire("GET", URL), 500, body))
    assert not limits(experiments(lambda wire: OWN if next(numbers) % 30 else (500, body)), form, closer=True)


def test_a_failure_in_the_words_of_the_platform_is_its_own_however_seldom(experiments):
    numbers = iter(range(1, 1000))
    failure = (500, b'{"message": "internal", "code": 500}')
    form = form_of(reply(Wire("GET", URL), *failure))
    assert not limits(experiments(lambda wire: OWN if next(numbers) % 50 else failure), form, closer=True)


@pytest.mark.parametrize(
    "request_", [Wire("GET", f"{URL}?username=ada"), Wire("PUT", URL, (("Authorization", "Bearer abc"),))]
)
def test_a_limit_that_counts_by_user_or_token_is_found(experiments, request_):
    numbers = iter(range(1, 1000))
    form = form_of(reply(request_, *LIMITED))
    found = experiments(
        lambda wire: LIMITED if ("username=ada" in wire.url or wire.headers) and next(numbers) % 3 else OWN
    )
    assert limits(found, form) is False
    assert is_limit(found, Clock(), Host(), form, request_)


def test_what_credentials_are_refused_by_on_every_path_is_no_limit(experiments):
    refused = Wire("GET", URL, (("Authorization", "Bearer made-up"),))
    form = form_of(reply(refused, *LIMITED))
    assert not is_limit(experiments(lambda wire: LIMITED if wire.headers else OWN), Clock(), Host(), form, refused)


def test_a_limit_is_over_a_moment_later(experiments):
    form = form_of(reply(Wire("GET", URL), *LIMITED))
    assert experiments(lambda wire: (404, b"")).is_calm(PLAIN, form)
    assert not limits(experiments(lambda wire: (404, b"")), form)


def test_a_page_that_refuses_one_of_many_requests_is_of_a_node_that_has_no_routes_yet(experiments):
    page = (404, b"<html><h1>404 Not Found</h1></html>")
    numbers = iter(range(1000))
    form = form_of(reply(Wire("GET", URL), *page))
    assert limits(experiments(lambda wire: (404, b"") if next(numbers) % 12 else page), form)
