"""What a finding expected becomes an expression over the response, or nothing where only a reader can say."""

from __future__ import annotations

import httpx
import pytest

from conformance.reproduction import prelude
from conformance.reproduction.expectations import expression

CLAIMS = "eyJhbGciOiJIUzI1NiJ9.eyJpbkhvbWUiOnRydWUsImV4cCI6MTJ9.x"


@pytest.mark.parametrize(
    ("expected", "cause", "body", "holds"),
    [
        ("HTTP 200", "answered 404", {}, True),
        ("HTTP 403", "answered 200", {}, False),
        ("a refusal (4xx)", "answered 200", {}, False),
        ("a string", "token.resultCode is a number", {"token": {"resultCode": "0"}}, True),
        ("a string", "token.resultCode is a number", {"token": {"resultCode": 0}}, False),
        ("an integer or null", "expiry is a string", {"expiry": None}, True),
        ("an integer or null", "expiry is a string", {"expiry": True}, False),
        ("true or false or null", "inHome is a string", {"inHome": False}, True),
        ("the field 'token'", "token is missing", {"token": ""}, True),
        ("the field 'token'", "token is missing", {}, False),
        ("the field 'exp'", "access_token.exp is missing", {"access_token": CLAIMS}, True),
        ("at most 4294967295", "access_token.exp is more than 4294967295", {"access_token": CLAIMS}, True),
        ("milliseconds since 1970", "expiry is in seconds, not a moment", {"expiry": 1795758981}, False),
        ("milliseconds since 1970", "expiry is in seconds, not a moment", {"expiry": 1795758981000}, True),
        ("13 or more", "access_token.exp is not 13 or more", {"access_token": CLAIMS}, False),
        ("inHome false", "x sets inHome true", {"access_token": CLAIMS}, False),
        ('one of "a", "b"', 'list[0].kind is not "a" or "b"', {"list": [{"kind": "b"}]}, True),
        ('"0"', 'resultCode is not "0"', {"resultCode": "1"}, False),
        ("a string that is not empty", "requestId is empty", {"requestId": " "}, False),
        ("a string that matches ^[0-9]+$", "n has another form", {"n": "12"}, True),
        ("an object", "the body is a list", {}, True),
    ],
)
def test_an_expectation_is_tried_on_a_response(expected, cause, body, holds):
    found = expression(expected, cause)
    assert eval(found, {**vars(prelude), "response": httpx.Response(200, json=body)}) is holds


@pytest.mark.parametrize("expected", ["two different tokens", "HTTP 200 with a result", "the answer of before"])
def test_what_only_a_reader_can_see_is_left_to_him(expected):
    assert expression(expected, "the answers differ") == ""
