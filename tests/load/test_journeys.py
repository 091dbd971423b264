import json

import pytest

from conformance.client import Reply
from conformance.model import Request, Response
from conformance.stream import events

OPERATIONS = {
    "stbsignontokens", "nmpsignontokens", "initialiseDeviceByPost", "dasSignOnByCasn", "generateUpdateInHomeToken",
    "updateInHomeStatus", "isContentAuthorised", "listServices",
}  # fmt: skip


def walk(load, *numbers):
    for number in numbers:
        for way in (load.journey(number).user, load.journey(number).box):
            way()
    period = load.shared.tallies.period(len(numbers))
    load.shared.sample.write(period)
    return period


def findings(load):
    return [event for event in load.written() if isinstance(event, events.Finding)]


def test_journeys_of_a_right_platform_send_every_operation_and_break_nothing(load_of):
    load = load_of()
    period = walk(load, 4, 5, 4, 5)
    assert set(period.flows) == OPERATIONS
    assert {name: (set(flow.statuses), flow.held > 0, flow.broken) for name, flow in period.flows.items()} == {
        name: ({"200"}, True, 0) for name in OPERATIONS
    }
    assert findings(load) == []
    exchanges = [event for event in load.written() if isinstance(event, events.Exchange) and event.by == "load"]
    assert sorted(one.operation for one in exchanges) == sorted(OPERATIONS), "only the first of each"
    assert period.flows["initialiseDeviceByPost"].sent == 2, "each user initialises once"


def test_a_token_of_another_user_is_a_finding_with_both_exchanges(load_of):
    load = load_of("account-of-first-signon-in-token")
    walk(load, 4, 5)
    crossed = [event for event in load.written() if isinstance(event, events.Crossing)]
    kept = {event.id for event in load.written() if isinstance(event, events.Exchange)}
    assert crossed
    assert {crossed[0].exchange, crossed[0].other} <= kept
    assert "DAS-045" in {one.requirement for one in findings(load)}


def answered(load, status, body=b"{}", headers=(("Content-Type", "application/json"),)):
    """Let the client of a load answer a signon so."""
    client = load.shared.session.client

    def send(wire, operation="", *, limit=None):
        sent = Request(wire.method, wire.url, wire.headers, wire.body)
        here = operation == "nmpsignontokens"
        return Reply(
            sent, Response(status if here else 404, headers, body) if status else None, "", "timeout", 0.0, 1.0
        )

    client.send = send
    load.journey(4).user()
    return load.shared.tallies.period(1).flows["nmpsignontokens"]


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (429, b"{}", (("Content-Type", "application/json"),)),
        (503, b'{"resultCode": "20503", "result": "busy"}', (("Content-Type", "application/json"),)),
        (502, b"<html>Bad Gateway</html>", (("Content-Type", "text/html"),)),
        (403, b"<html>Forbidden</html>", (("Content-Type", "text/html"),)),
    ],
)
def test_what_turns_load_away_or_stands_in_front_is_no_breach(load_of, status, body, headers):
    load = load_of()
    walk(load, 4)
    flow = answered(load, status, body, headers)
    assert flow.shed == sum(flow.statuses.values()) > 0
    assert findings(load) == []


def test_no_response_is_counted_and_proves_nothing(load_of):
    load = load_of()
    walk(load, 4)
    assert answered(load, 0).statuses == {"0": 2}
    assert findings(load) == []


REFUSED = json.dumps({"resultCode": "23017", "result": "User name or password is wrong. code=23017"}).encode()


def test_a_refusal_counts_only_where_the_same_request_worked_before(load_of):
    load = load_of()
    answered(load, 403, REFUSED)
    assert findings(load) == [], "the target file may be wrong"
    del load.shared.session.client.send
    walk(load, 4)
    answered(load, 403, REFUSED)
    assert {one.requirement for one in findings(load)} == {"WIR-002"}


def test_a_server_error_under_load_is_a_breach(load_of):
    load = load_of()
    walk(load, 4)
    assert answered(load, 500, REFUSED).broken
    assert "WIR-202" in {one.requirement for one in findings(load)}
