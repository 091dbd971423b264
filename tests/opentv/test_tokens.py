"""Compact JWTs of a stranger: taken apart, verified, and never a reason to raise anything but NotJwt."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.opentv.tokens import (
    MAX_TOKEN_CHARACTERS,
    NotJwt,
    base64url,
    bearer_token,
    make_jwt,
    parse_jwt,
    read_jwt,
    verify_hmac,
)

HEADER = {"alg": "HS256", "kid": "321516", "typ": "JWT"}
KEY = b"a key of thirty-two bytes or so!"
DOCUMENTED = (
    "eyJ0eXAiOiJKV1QiLCJraWQiOiIzMjE1MTYiLCJhbGciOiJIUzI1NiJ9."
    "eyJ0eXAiOiJEZXZBdXRoTiIsImluSG9tZSI6dHJ1ZX0.f7QLeHJPAZpOBUGHMUNERY7nTn_jbcE3E8v-SngAydQ"
)


def test_a_token_is_taken_apart():
    jwt = parse_jwt(DOCUMENTED)
    assert jwt.header == {"typ": "JWT", "kid": "321516", "alg": "HS256"}
    assert jwt.claims == {"typ": "DevAuthN", "inHome": True}
    assert len(jwt.signature) == 32


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_made_token_verifies_with_its_key_alone(algorithm):
    jwt = parse_jwt(make_jwt({**HEADER, "alg": algorithm}, {"a": 1}, KEY))
    assert verify_hmac(jwt, KEY) is True
    assert verify_hmac(jwt, b"another") is False


def test_other_algorithms_are_not_judged():
    assert verify_hmac(parse_jwt(make_jwt({**HEADER, "alg": "RS256"}, {}, KEY)), KEY) is None


def test_without_a_key_the_signature_is_empty():
    assert make_jwt({"alg": "none"}, {}, None).endswith(".")
    assert parse_jwt(make_jwt({"alg": "none"}, {}, None)).signature == b""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "..",
        "a.b.c.d",
        "e30.e30.e30=",
        "e30.W10.AA",
        "W10.e30.AA",
        "e30 .e30.AA",
        "e30.e30.A",
        "e30." + base64url(b'{"a":NaN}') + ".AA",
        f"e30.{base64url(bytes([255, 254]))}.AA",
        f"e30.{base64url(b'[' * 100_000)}.AA",
        "e30." + "A" * MAX_TOKEN_CHARACTERS + ".AA",
        "\ud800.e30.AA",
        "é30.e30.AA",
    ],
)
def test_what_is_no_jwt_is_refused(text):
    with pytest.raises(NotJwt):
        parse_jwt(text)
    assert read_jwt(text) is None


@pytest.mark.parametrize("value", [None, 1, True, [], {}])
def test_what_is_no_text_is_no_jwt(value):
    assert read_jwt(value) is None


@settings(max_examples=200)
@given(st.text(max_size=80) | st.from_regex(r"[A-Za-z0-9_-]{0,30}(\.[A-Za-z0-9_-]{0,30}){1,3}", fullmatch=True))
def test_no_text_makes_the_parser_raise_anything_else(text):
    read_jwt(text)


json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5)


@settings(max_examples=100)
@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_claims_survive(claims):
    assert parse_jwt(make_jwt(HEADER, claims, KEY)).claims == claims


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("abc", "abc"),
        ("Bearer", ""),
        ("", ""),
        (None, ""),
        (f"Basic {base64.b64encode(b'a:b').decode()}", "Basic YTpi"),
    ],
)
def test_the_token_of_a_header(value, token):
    assert bearer_token(value) == token
