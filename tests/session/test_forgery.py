"""Forged tokens: none is signed with the platform's key, and no two are the same."""

from __future__ import annotations

import pytest

from conformance.opentv.tokens import make_jwt, parse_jwt
from conformance.session.forgery import foreign_ones, unsigned_ones

KEY = b"k" * 32
TOKEN = make_jwt({"alg": "HS256", "typ": "JWT", "kid": "321516"}, {"accountId": "a1b2c3", "inHome": False}, KEY)


@pytest.mark.parametrize("forged", [unsigned_ones, foreign_ones])
def test_no_forged_token_is_signed_with_the_platforms_key(forged):
    tokens = forged(TOKEN, inHome=True)
    assert len(set(tokens)) == len(tokens)
    for token in tokens:
        jwt = parse_jwt(token)
        assert jwt.claims == {"accountId": "a1b2c3", "inHome": True}
        assert make_jwt(jwt.header, jwt.claims, KEY) != token


def test_unsigned_tokens_say_so_in_every_spelling():
    assert {parse_jwt(token).header["alg"] for token in unsigned_ones(TOKEN)} == {"none", "None", "NONE", "nOnE"}


def test_foreign_keys_come_under_every_kid_that_a_careless_look_up_takes():
    headers = [parse_jwt(token).header for token in foreign_ones(TOKEN)]
    kids = [header.get("kid", ...) for header in headers]
    assert {"321516", "3215160", "32151", "", None, 0, ...} <= set(kids)
    assert any("jwk" in header for header in headers)
