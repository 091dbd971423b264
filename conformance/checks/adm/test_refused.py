"""adm-creating-an-account, Response: what is refused is not done, and spoils nothing that follows."""

from __future__ import annotations

from conformance.checks.adm.attempts import at_both, attempt, candidate, unknown_name
from conformance.checks.adm.signons import SSP, signs_on
from conformance.checks.adm.test_tenant import with_tenant
from conformance.checks.api import Check
from conformance.errors import ControlFailed
from conformance.session import forgery
from conformance.session.accounts import Account
from conformance.session.hdm import direct_mode_only


@at_both("ADM-078", "SSP-078")
def test_a_refused_request_leaves_nothing_behind(check: Check, operation: str) -> None:
    account = candidate(check, operation)
    refused = (
        attempt(check, operation, account.body, token=forgery.arbitrary()),
        with_tenant(check, operation, unknown_name("tenant"), account),
        attempt(check, operation, account.without("geoBlockExempt")),
    )
    for answer in refused:
        if answer.succeeded or answer.response is None:
            raise ControlFailed(f"a request that had to be refused was answered {answer.status} (exchange {answer.id})")
    if operation != SSP:
        expect_no_signon(check, account)
    answer = attempt(check, operation, account.body)
    check.expect(
        "ADM-078",
        answer.succeeded,
        answer,
        expected="HTTP 201",
        actual=f"HTTP {answer.status}",
        cause=f"a complete request after the same was refused: answered {answer.status}",
    )


def expect_no_signon(check: Check, account: Account) -> None:
    """Judge that the account of a refused request does not sign on at HDM, where created accounts do."""
    declared = "created_accounts_sign_on" in check.target.features and "hdm" in check.target.services
    if not declared or direct_mode_only(check):
        return
    answer = signs_on(check, account)
    check.expect(
        "ADM-078",
        not answer.succeeded,
        answer,
        expected="a refusal",
        actual=f"HTTP {answer.status}",
        cause="the account of a refused request signs on",
    )
