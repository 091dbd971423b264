"""adm-creating-an-account: a second request for an account that exists. Its status is not documented."""

from __future__ import annotations

from conformance.checks.adm.signons import person, signs_on
from conformance.checks.api import Check, requirement
from conformance.session.accounts import fresh_account, fresh_password
from conformance.session.creations import OPF, send_account


@requirement("ADM-061")
def test_a_second_request_with_the_same_id_keeps_the_password(check: Check) -> None:
    keeps_password(check, "ADM-061", "_id")


@requirement("ADM-062")
def test_a_second_request_with_the_same_signon_id_keeps_the_password(check: Check) -> None:
    keeps_password(check, "ADM-062", "signonId")


def keeps_password(check: Check, requirement_id: str, name: str) -> None:
    """Send the first account's _id or signonId again, with another password."""
    first = person(check, "an account to be named twice")
    same = first.account_id if name == "_id" else first.account.signon_id
    if not same:
        check.lacks("the answer to the first request contains no _id")
    again = fresh_account(check, first.form, password=fresh_password())
    send_account(check, OPF, again.having(**{name: same}))
    answer = signs_on(check, first.account)
    check.expect_status(requirement_id, answer, 200, cause=f"signon after a second request with the same {name}")
