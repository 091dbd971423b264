"""adm-creating-an-account: an account signs on whatever its other arguments are, and whatever is asked for it later."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping

import pytest

from conformance.checks.adm.attempts import attempt, unknown_name
from conformance.checks.adm.signons import (
    OPF,
    all_sign_on_soon,
    create,
    expect_no_signon,
    first_person,
    person,
    signs_on,
    signs_on_soon,
)
from conformance.checks.api import Check, requirement
from conformance.checks.repetition import Sent, judge_all
from conformance.session import forgery
from conformance.session.accounts import FILLED, Account, fresh_account, fresh_password
from conformance.session.creations import send_to_ssp
from conformance.target import Secret

# Shorter than what servers like to fill up.
SHORT_SALT_BYTES = 8
# Each signon costs the platform a hash.
MOST_ACCOUNTS = 64
USUAL_LENGTH = 20


@requirement("ADM-071")
def test_an_account_signs_on_whatever_its_other_arguments_are(check: Check) -> None:
    """All of them at once; where that account is refused or does not sign on, each alone says why."""
    form = first_person(check).form
    check.control(first_person(check).signon, 200, what="the signon of a created account")
    others: dict[str, Mapping[str, object]] = {
        "an _id of the request": {"_id": secrets.token_hex(12)},
        "the other pvrStatus": {"pvrStatus": "ENABLED" if form.pvr_status == "DISABLED" else "DISABLED"},
        "an address in billingAddress": {"billingAddress": FILLED[0]},
    }
    whole = {name: value for changed in others.values() for name, value in changed.items()}
    salt = b" " + secrets.token_bytes(SHORT_SALT_BYTES - 2) + b"\0"
    if _signs_on(check, fresh_account(check, form, salt=salt), whole, "such arguments", only_if=True):
        return
    for what, changed in others.items():
        again = {**changed, "_id": secrets.token_hex(12)} if "_id" in changed else changed
        _signs_on(check, fresh_account(check, form), again, what)
    _signs_on(check, fresh_account(check, form, salt=salt), {}, f"a salt of {SHORT_SALT_BYTES} bytes")


def _signs_on(check: Check, plain: Account, changed: Mapping[str, object], what: str, *, only_if: bool = False) -> bool:
    """Judge that an account that is created signs on, or (`only_if`) find out; False where it does not."""
    account = Account(plain.signon_id, plain.password, plain.having(**changed))
    if not create(check, account).succeeded:
        return False
    answer = signs_on_soon(check, account)
    if answer.succeeded or not only_if:
        check.expect_status("ADM-071", answer, 200, cause=f"the signon of an account with {what}")
    return answer.succeeded


@requirement("ADM-071", "ADM-072")
def test_a_later_request_leaves_the_user_of_an_account_as_it_is(check: Check) -> None:
    """The second request to SSP, and requests that are refused: for their token, tenant, arguments, or the account."""
    found = person(check, "later requests")
    account, other = found.account, fresh_account(check, found.form, password=fresh_password())
    for what in _later(check, account, found.account_id, other.having(signonId=account.signon_id)):
        answer = signs_on(check, account)
        check.expect_status("ADM-071", answer, 200, cause=f"the signon of an account after {what}")
    # After the right ones: a platform may lock an account out as soon as one wrong password came.
    cause = "the signon with another password after later requests for the account"
    expect_no_signon(check, "ADM-072", account, other.password, cause=cause)


def _later(check: Check, account: Account, account_id: str, taken: Mapping[str, object]) -> Iterator[str]:
    """Send requests for an account that there is already, with another password; yield what each lot was."""
    if "ssp" in check.target.features and check.target.services["adm"].ssp_url:
        send_to_ssp(check, account, account_id)
        yield "the same request to SSP"
    refused = (
        attempt(check, OPF, taken, token=forgery.arbitrary()),
        attempt(check, OPF, taken, tenant=unknown_name("tenant")),
        attempt(check, OPF, {name: value for name, value in taken.items() if name != "pvrStatus"}),
    )
    if all(not answer.succeeded and answer.response is not None for answer in refused):
        yield "refused requests for it"
        # What a request for an account that there is already gets, no document says.
        if 400 <= attempt(check, OPF, taken).status < 500:
            yield "a second request for it was refused"


@pytest.mark.requirement("ADM-071", place="last")
def test_every_account_of_the_run_signs_on(check: Check) -> None:
    """A platform that loses one account in thirty, or those of before, shows it here."""
    check.control(first_person(check).signon, 200, what="the signon of a created account")
    if check.session.profile.accounts_need_ssp:
        check.not_observed("accounts sign on once they are on SSP, too, where most accounts of a run are not created")
    # Whether long passwords sign on is ADM-083's question.
    known = check.session.history.passwords().items()
    usual = [Account(name, Secret(word), {}) for name, word in known if len(word) <= USUAL_LENGTH]
    if not usual:
        check.not_observed("no account was created in this run for which no wrong password was sent")
    sent = [Sent("", exchange) for exchange in all_sign_on_soon(check, usual[:MOST_ACCOUNTS])]
    cause = "an account that was created in this run does not sign on"
    judge_all(check, "ADM-071", sent, lambda one: one.succeeded, expected="HTTP 200", cause=cause)
