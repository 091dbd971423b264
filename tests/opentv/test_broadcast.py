"""The token to broadcast is found under whatever name it has."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.model import Response
from conformance.opentv.broadcast import find_broadcast_token

TOKEN = "0cd85e3b59367f865a1a08c4b5314e"


def found(body, media_type="application/json"):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return find_broadcast_token(Response(200, (("Content-Type", media_type),), content))


@pytest.mark.parametrize(
    "body",
    [
        TOKEN,
        {"updateInHomeToken": TOKEN},
        {"token": TOKEN},
        {"in_home_token": TOKEN, "requestId": "a-request-id-that-is-longer-than-the-token-itself"},
        {"data": {"updateInHomeToken": TOKEN}, "status": "SUCCESS"},
        {"result": [{"token": TOKEN}], "token_type": "in-home-broadcast-token-of-some-kind"},
        {"broadcast": TOKEN, "message": "no-white-space-in-this-long-message-of-ours"},
        {"value": TOKEN, "type": "opaque"},
        {"encrypted": TOKEN, "expires": "2027-01-01T00:00:00Z"},
        {"access_token": "eyJ0eXAiOiJKV1QifQ.eyJ0eXAiOiJEZXZBdXRoTiJ9.AAAA", "inHomeToken": TOKEN},
        {"refresh_token": "x" * 40, "inHome": TOKEN},
        {"tokenType": "UpdateInHomeTokenType", "token": TOKEN},
    ],
)
def test_it_is_found(body):
    assert found(body) == TOKEN


def test_it_may_be_plain_text():
    assert found(f"{TOKEN}\n".encode(), "text/plain") == TOKEN
    assert found(b"123456789012345678901234567890", "text/plain") == "123456789012345678901234567890"


@pytest.mark.parametrize("body", [{}, [], None, True, 7, "", {"ok": True}, {"message": "all is well"}, {"token": ""}])
def test_without_one_there_is_none(body):
    assert found(body) is None


def test_a_page_is_no_token():
    assert found(b"<html>", "text/html") is None
    assert found(b"two words", "text/plain") is None


@settings(max_examples=150)
@given(st.binary(max_size=200))
def test_no_body_makes_it_raise(body):
    found(body)


@settings(max_examples=100)
@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(), st.lists, max_leaves=8))
def test_no_json_makes_it_raise(body):
    found(body)
