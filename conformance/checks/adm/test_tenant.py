"""adm-creating-an-account, Headers and Response: the tenant."""

from __future__ import annotations

from conformance.checks.adm.attempts import at_both, attempt, candidate, unknown_name
from conformance.checks.api import REFUSALS, Check
from conformance.model import Exchange
from conformance.session.accounts import Account
from conformance.session.creations import SSP, send_account_to, ssp_url, tenant_in_ssp_path


@at_both("ADM-041", "SSP-041")
def test_a_request_without_a_tenant_creates_nothing(check: Check, operation: str) -> None:
    answer = with_tenant(check, operation, None)
    check.expect_status("ADM-041", answer, *REFUSALS, cause="a request without nv-tenant-id")
    if answer.succeeded or answer.status in (400, 403, 404):
        check.reading("adm-missing-tenant", "own" if answer.succeeded else str(answer.status), answer)


@at_both("ADM-042", "SSP-042")
def test_a_tenant_that_does_not_exist_is_answered_404(check: Check, operation: str) -> None:
    unknown = unknown_name("tenant")
    # A name that only begins or ends as the right one is another name.
    for tenant in (unknown, f"{check.target.tenant}-{unknown}", f"{unknown}-{check.target.tenant}"):
        answer = with_tenant(check, operation, tenant)
        # A tenant in the path is a path that nobody has: a gateway may answer that with another status.
        in_path = operation == SSP and tenant_in_ssp_path(check) and check.session.not_here(answer)
        allowed = (404, answer.status or 404) if in_path else (404,)
        check.expect_status("ADM-042", answer, *allowed, cause="a tenant that does not exist")
        if answer.succeeded:
            break


def with_tenant(check: Check, operation: str, tenant: str | None, account: Account | None = None) -> Exchange:
    """Send a request that is right but for its tenant: in the header, or on some SSP in front of the path."""
    account = account or candidate(check, operation)
    without = "nv-tenant-id" if tenant is None else ""
    if operation == SSP and tenant_in_ssp_path(check):
        url = ssp_url(check, tenant)
        return send_account_to(check, url, account.body, tenant=tenant, made_by=check.name)
    return attempt(check, operation, account.body, tenant=tenant, without=without)
