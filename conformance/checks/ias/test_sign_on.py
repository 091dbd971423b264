"""ias-das-signon-by-casn, "Request", "Response": sign-ons that succeed."""

from __future__ import annotations

from conformance.checks.api import REFUSALS, Check, requirement
from conformance.checks.ias.attempts import rests_on_challenge
from conformance.opentv.tokens import read_jwt, verify_hmac
from conformance.session.ias import das_sign_on, sign_on
from conformance.session.minting import key_of


@requirement("DAS-001")
def test_a_complete_sign_on_is_answered_200(check: Check) -> None:
    answer = das_sign_on(check, "stb", valid=True)
    rests_on_challenge(check, "stb", answer)
    check.expect_status("DAS-001", answer, 200, cause="complete sign-on")


@requirement("DAS-002")
def test_a_device_signs_on_with_the_scheme_of_its_challenge(check: Check) -> None:
    for name in ("stb", "stb_other_account"):
        answer = das_sign_on(check, name, valid=True)
        rests_on_challenge(check, name, answer)
        check.expect_status("DAS-002", answer, 200, cause="sign-on with the scheme of the challenge")


@requirement("DAS-003")
def test_a_sign_on_without_correlation_id_is_accepted(check: Check) -> None:
    sign_on(check)
    answer = das_sign_on(check, "stb", without=("x-correlation-id",))
    rests_on_challenge(check, "stb", answer)
    check.expect_status("DAS-003", answer, 200, cause="sign-on without x-correlation-id")


@requirement("DAS-004")
def test_a_sign_on_with_correlation_id_is_accepted(check: Check) -> None:
    answer = das_sign_on(check, "stb")
    rests_on_challenge(check, "stb", answer)
    check.expect_status("DAS-004", answer, 200, cause="sign-on with x-correlation-id")


@requirement("TOK-007", "TOK-207")
def test_signatures_verify(check: Check) -> None:
    signed = sign_on(check, anew=True)
    if signed.decoded:
        check.not_declared("the tokens are returned decoded (reading ias-token-form): claims without a signature")
    for requirement_id, token in (("TOK-007", signed.bearer), ("TOK-207", signed.refresh)):
        jwt = read_jwt(token)
        if jwt is None and requirement_id == "TOK-207":
            check.not_observed("the refresh token is opaque: the platform alone reads it")
        if jwt is None or not jwt.signature:
            check.lacks("the token is not a signed JWT")
        verified = verify_hmac(jwt, key_of(check, token))
        check.expect(
            requirement_id,
            bool(verified),
            signed.exchange,
            expected="a signature by the key that the target file gives for the token's kid",
            actual="another signature",
            cause="the signature does not verify",
        )


@requirement("DAS-001")
def test_a_sign_on_without_mac_address_succeeds_or_is_refused(check: Check) -> None:
    """Which of the two is a reading; anything else is neither."""
    sign_on(check)
    answer = das_sign_on(check, "stb", without=("nv-mac-address",))
    if answer.status in (200, 400):
        check.reading("ias-mac-address", "optional" if answer.status == 200 else "required", answer)
    check.expect_status("DAS-001", answer, 200, *REFUSALS, cause="sign-on without nv-mac-address")
