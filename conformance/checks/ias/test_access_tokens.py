"""ias-in-home-detection, "Mandatory arguments", "Response": access tokens that the in-home calls do not take."""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.checks.ias.attempts import (
    OPERATIONS,
    in_home_calls_work,
    judge_refusal,
    never_in_home,
    token_refused,
    with_token,
    without_authorization,
)
from conformance.session.crm import crm_token
from conformance.session.forgery import (
    altered,
    arbitrary,
    foreign_ones,
    made_up,
    unsigned_ones,
    with_altered_signature,
    without_signature,
)
from conformance.session.hdm import stb_token
from conformance.session.ias import access_token, broadcast_token, sign_on
from conformance.session.minting import expired_token, mint, require_minting


@requirement("GEN-010", "UPD-010")
def test_an_in_home_call_without_access_token_is_refused(check: Check) -> None:
    in_home_calls_work(check)
    # For generateUpdateInHomeToken the document gives 400; of an update it only says that an invalid one is 400.
    for operation, requirement_id, statuses in zip(
        OPERATIONS, ("GEN-010", "UPD-010"), ((400, 403), (400, 401, 403)), strict=True
    ):
        answer = without_authorization(check, operation)
        judge_refusal(check, requirement_id, answer, "call without Authorization", statuses)
        if answer.status in (400, 403):
            check.reading("ias-missing-authorization", str(answer.status), answer)


@requirement("GEN-011", "UPD-011")
def test_a_token_that_is_no_token_is_refused(check: Check) -> None:
    token_refused(check, 11, (made_up(), arbitrary(), "x"), cause="a made-up access token")


@requirement("GEN-012", "UPD-012")
def test_a_token_with_altered_claims_is_refused(check: Check) -> None:
    token = access_token(check)
    flag = sign_on(check).claims.get("inHome") is not True
    forged = (altered(token, inHome=flag), altered(token, accountId="another-account"))
    token_refused(check, 12, forged, cause="an access token with altered claims")


@requirement("GEN-013", "UPD-013")
def test_a_token_without_its_signature_is_refused(check: Check) -> None:
    token = without_signature(access_token(check))
    token_refused(check, 13, (token, token.rstrip(".")), cause="an access token without its signature")


@requirement("GEN-014", "UPD-014")
def test_a_token_with_algorithm_none_is_refused(check: Check) -> None:
    token_refused(check, 14, unsigned_ones(access_token(check)), cause="an access token with algorithm none")


@requirement("GEN-015", "UPD-015")
def test_a_token_with_a_foreign_signature_is_refused(check: Check) -> None:
    token = access_token(check)
    forged = (*foreign_ones(token), with_altered_signature(token))
    token_refused(check, 15, forged, cause="an access token signed with a foreign key")


@requirement("GEN-016", "UPD-016")
def test_an_expired_token_is_refused(check: Check) -> None:
    token_refused(check, 16, (expired_token(check),), cause="an expired access token")


@requirement("GEN-017", "UPD-017")
def test_a_refresh_token_is_no_access_token(check: Check) -> None:
    signed = sign_on(check)
    if not signed.refresh:
        check.lacks("the sign-on gave no refresh token that could be sent: see DAS-062")
    token_refused(check, 17, (signed.refresh,), cause="a refresh token in place of the access token")


@requirement("GEN-018", "UPD-018")
def test_a_broadcast_token_is_no_access_token(check: Check) -> None:
    token_refused(check, 18, (broadcast_token(check),), cause="a broadcast token in place of the access token")


@requirement("GEN-019", "UPD-019")
def test_a_signon_token_of_hdm_is_no_access_token(check: Check) -> None:
    token_refused(check, 19, (stb_token(check).reveal(),), cause="an HDM token in place of the access token")


@requirement("GEN-020", "UPD-020")
def test_a_crm_token_is_no_access_token(check: Check) -> None:
    token_refused(check, 20, (crm_token(check).reveal(),), cause="a CRM token in place of the access token")


@requirement("GEN-021", "GEN-022", "GEN-024", "UPD-021", "UPD-022")
def test_a_token_without_account_or_tenant_is_refused(check: Check) -> None:
    in_home_calls_work(check)
    require_minting(check)
    token = access_token(check)
    for number, claim in ((21, "accountId"), (22, "tenantId")):
        lacking = mint(check, token, without=(claim,))
        cause = f"an access token without {claim}"
        refused = with_token(check, OPERATIONS[0], lacking)
        judge_refusal(check, f"GEN-{number:03d}", refused, cause)
        judge_refusal(check, "GEN-024", refused, cause, (400, 403))
        never_in_home(check, f"UPD-{number:03d}", with_token(check, OPERATIONS[1], lacking), cause=cause)


@requirement("GEN-023", "UPD-023")
def test_a_refused_token_is_answered_with_an_http_error(check: Check) -> None:
    in_home_calls_work(check)
    for operation, requirement_id in zip(OPERATIONS, ("GEN-023", "UPD-023"), strict=True):
        judge_refusal(check, requirement_id, with_token(check, operation, made_up()), "a made-up token")
