"""adm-creating-an-account, Response: "A request with an invalid token returns an HTTP 403 status"."""

from __future__ import annotations

from conformance.checks.adm.attempts import at_both, attempt, candidate
from conformance.checks.api import Check, requirement
from conformance.errors import CouldNotTest
from conformance.session import forgery, hdm, ias
from conformance.session.crm import crm_token, current_token
from conformance.target import Secret, Value, reveal


def expect_403(check: Check, operation: str, requirement_id: str, token: Value, cause: str) -> None:
    """Send a complete request with an invalid token."""
    account = candidate(check, operation)
    answer = attempt(check, operation, account.body, token=token)
    check.expect_status(requirement_id, answer, 403, cause=cause)


@at_both("ADM-051", "SSP-051")
def test_an_arbitrary_token_is_answered_403(check: Check, operation: str) -> None:
    expect_403(check, operation, "ADM-051", forgery.arbitrary(), "an arbitrary token")


@at_both("ADM-052", "SSP-052")
def test_a_token_with_altered_claims_is_answered_403(check: Check, operation: str) -> None:
    token = forgery.with_altered_claims(reveal(crm_token(check)))
    expect_403(check, operation, "ADM-052", Secret(token), "a token with altered claims")


@at_both("ADM-053", "SSP-053")
def test_a_token_with_an_altered_signature_is_answered_403(check: Check, operation: str) -> None:
    token = forgery.with_altered_signature(reveal(crm_token(check)))
    expect_403(check, operation, "ADM-053", Secret(token), "a token with an altered signature")


@at_both("ADM-054", "SSP-054")
def test_an_unsigned_token_is_answered_403(check: Check, operation: str) -> None:
    token = forgery.unsigned(reveal(crm_token(check)), typ="Bearer", exp=4_102_444_800)
    expect_403(check, operation, "ADM-054", Secret(token), "a token with alg none")


@at_both("ADM-055", "SSP-055")
def test_an_expired_token_is_answered_403(check: Check, operation: str) -> None:
    token = check.subject("expired_tokens")["crm"]
    expect_403(check, operation, "ADM-055", token, "an expired token")


@at_both("ADM-056", "SSP-056")
def test_a_token_of_a_client_is_answered_403(check: Check, operation: str) -> None:
    expect_403(check, operation, "ADM-056", signon_token(check), "a token of a client's sign-on")


def signon_token(check: Check) -> Secret:
    """Return a token that HDM gave to a user, or to a set top box."""
    try:
        return hdm.device_token(check)
    except CouldNotTest:
        return hdm.stb_token(check)


@at_both("ADM-060", "SSP-060")
def test_an_access_token_of_ias_is_answered_403(check: Check, operation: str) -> None:
    signed = ias.sign_on(check)
    token = Secret(signed.access or forgery.of_claims(signed.claims))
    expect_403(check, operation, "ADM-060", token, "an access token of IAS")


@at_both("ADM-057", "SSP-057")
def test_a_request_without_a_token_creates_nothing(check: Check, operation: str) -> None:
    account = candidate(check, operation)
    answer = attempt(check, operation, account.body, without="authorization")
    check.expect_status("ADM-057", answer, 401, 403, 400, cause="a request without a token")


@at_both("ADM-058", "SSP-058")
def test_a_token_cut_short_is_answered_403(check: Check, operation: str) -> None:
    token = forgery.cut_short(reveal(crm_token(check)))
    expect_403(check, operation, "ADM-058", Secret(token), "a token cut short")


@requirement("ADM-059")
def test_a_refresh_token_is_answered_403(check: Check) -> None:
    """What Keycloak gives beside the access token opens no operator API."""
    refresh = current_token(check).refresh
    if refresh is None:
        check.lacks("no refresh token came with the CRM's token", "credentials: {crm: {keycloak: {…}}}")
    expect_403(check, "createAccount", "ADM-059", refresh, "Keycloak's refresh token")
