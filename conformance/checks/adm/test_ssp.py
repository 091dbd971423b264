"""adm-creating-an-account, Request: "this request must be made twice - once to OPF, and once to SSP"."""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.session.creations import SSP, created_id, opening


@requirement("SSP-081")
def test_the_account_of_opf_is_created_on_ssp(check: Check) -> None:
    second = opening(check, SSP)
    given = second.account.body.get("_id")
    if not check.expect_status("SSP-081", second.exchange, 201, 200, cause="the request made again to SSP"):
        return
    answered = created_id(second.exchange)
    check.expect(
        "SSP-081",
        not given or answered == given,
        second.exchange,
        expected=f"_id {given}",
        actual=f"_id {answered}" if answered else "no _id",
        cause="SSP returns another `_id` than OPF",
    )
