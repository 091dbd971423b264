"""ias-in-home-detection, "STB - getting the encrypted account ID and tenant ID"."""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.session.ias import broadcast_of, generate, in_home_token, sign_on


@requirement("GEN-001")
def test_a_request_with_an_access_token_is_answered_200(check: Check) -> None:
    answer = generate(check, sign_on(check).bearer, valid=True)
    check.expect_status("GEN-001", answer, 200, cause="request with a good access token")


@requirement("BRD-006")
def test_two_accounts_broadcast_different_tokens(check: Check) -> None:
    first = generate(check, sign_on(check, "stb").bearer, valid=True)
    second = generate(check, sign_on(check, "stb_other_account").bearer, valid=True)
    check.expect(
        "BRD-006",
        broadcast_of(check, first) != broadcast_of(check, second),
        second,
        expected="two different tokens",
        actual="the same token for two accounts",
        cause="two accounts broadcast the same token",
    )


@requirement("UPD-090")
def test_generate_takes_an_updated_token(check: Check) -> None:
    check.control(generate(check, sign_on(check).bearer, valid=True), what="the call with the token of the sign-on")
    answer = generate(check, in_home_token(check, "stb", in_home=True), valid=True)
    check.expect_status("UPD-090", answer, 200, cause="request with an updated access token")
