"""The client before a scripted server: what httpx would do of its own accord, it does not do."""

from __future__ import annotations

import httpx
import pytest
import respx

from conformance.client import Client, Wire
from conformance.errors import BudgetSpent
from conformance.target import HttpSettings
from tests.client.hostile import HostileServer, silent
from tests.client.lanes import TurnedClock

URL = "http://platform.example/api/authentication/v2/stbsignontokens"


@pytest.fixture
def router():
    return respx.Router(assert_all_called=True)


@pytest.fixture
def client(router):
    with Client(HttpSettings(timeout=2), transport=httpx.MockTransport(router.handler)) as found:
        yield found


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["http://elsewhere.example/", "http://[::1", "//", "\x00", ""])
def test_a_redirect_is_a_response_wherever_it_points(client, router, status, location):
    route = router.get(URL).respond(status, headers={"Location": location})
    reply = client.send(Wire("GET", URL, (("Authorization", "Bearer s3cret"),)))
    assert reply.response is not None
    assert (reply.response.status, reply.response.header("location")) == (status, location)
    assert route.call_count == 1


def test_a_cookie_of_one_response_is_not_sent_with_the_next_request(client, router):
    route = router.get(URL).respond(200, headers={"Set-Cookie": "session=1"})
    for _ in range(2):
        reply = client.send(Wire("GET", URL))
        assert reply.response is not None
        assert reply.response.header("set-cookie") == "session=1"
    assert "cookie" not in route.calls.last.request.headers


def test_nothing_of_the_environment_is_used(router, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine platform.example login other password other\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    route = router.get(URL).respond(200)
    with Client(HttpSettings(timeout=2), transport=httpx.MockTransport(router.handler)) as client:
        assert client.send(Wire("GET", URL)).response is not None
    assert "authorization" not in route.calls.last.request.headers


def test_the_headers_of_a_response_keep_their_case_order_and_repeats(client, router):
    headers = [("X-b", "1"), ("x-A", "2"), ("X-B", "3")]
    router.get(URL).mock(httpx.Response(200, headers=headers))
    reply = client.send(Wire("GET", URL))
    assert reply.response is not None
    assert reply.response.headers == tuple(headers)


@pytest.mark.parametrize(
    ("raised", "kind", "words"),
    [
        (httpx.ConnectTimeout, "connect", "no connection within 2 s"),
        (httpx.ReadTimeout, "timeout", "no complete response within 2 s"),
        (httpx.ConnectError, "connect", "no connection: "),
        (httpx.ReadError, "reset", "the connection was reset before the response was complete"),
        (httpx.RemoteProtocolError, "malformed", "invalid HTTP response: "),
    ],
)
def test_what_httpx_raises_is_sorted_like_our_own_failures(client, router, raised, kind, words):
    router.get(URL).mock(side_effect=raised(""))
    reply = client.send(Wire("GET", URL))
    assert (reply.response, reply.kind, reply.failure) == (None, kind, words)


def test_a_mistake_of_ours_is_not_the_targets_failure(client, router):
    router.get(URL).mock(side_effect=ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        client.send(Wire("GET", URL))


def test_a_refused_request_is_not_sent_and_one_that_must_wait_waits(router):
    route = router.get(URL).respond(200)
    clock = TurnedClock()

    def guard(operation, method):
        if operation == "createAccount":
            raise BudgetSpent("enough")
        return 7.5

    with Client(HttpSettings(), guard=guard, transport=httpx.MockTransport(router.handler), clock=clock) as client:
        reply = client.send(Wire("GET", URL), "stbsignontokens")
        with pytest.raises(BudgetSpent):
            client.send(Wire("GET", URL), "createAccount")
    assert route.call_count == 1
    assert (clock.now, reply.sent_at, reply.received_at) == (1_007.5, 1_795_001_007_500, 1_795_001_007_500)


def test_no_url_is_logged(client, router, caplog):
    router.get(URL).respond(200)
    caplog.set_level("DEBUG")
    client.send(Wire("GET", f"{URL}?dasChallenge=s3cret"))
    assert "s3cret" not in caplog.text


def test_one_request_may_have_a_limit_of_its_own():
    with HostileServer(silent) as server, Client(HttpSettings(timeout=30)) as client:
        reply = client.send(Wire("GET", server.url), limit=0.2)
    assert (reply.kind, reply.failure) == ("timeout", "no complete response within 0.2 s")
