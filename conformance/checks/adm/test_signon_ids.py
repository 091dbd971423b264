"""adm-creating-an-account, Mandatory arguments: signonId is an e-mail address, whichever characters it has."""

from __future__ import annotations

import secrets
from dataclasses import replace

from conformance.checks.adm.signons import created, first_person, signs_on, signs_on_soon
from conformance.checks.api import Check, requirement
from conformance.errors import ControlFailed
from conformance.model import Exchange
from conformance.session.accounts import Account, fresh_account
from conformance.session.creations import OPF, opening, send_account
from conformance.session.lookalikes import lengthened_password, wrong_password
from conformance.session.once import once
from conformance.target import Secret, reveal

# What stands before the @; a server that takes the one takes each of them.
LOCAL_PARTS = ("conformance+{0}", "Conformance.Suite-{0}_x")
RESERVED = " Aa1+%41&=/;#\\  {0} "
# What a page, a shell or a database writes otherwise; a guard in front of the platform may take it for an attack.
QUOTED = "Aa1\"'<b>$?:@,|^~`*!()[]{0}{{}}"
# Longer than what servers like to cut passwords to; PBKDF2 takes any length.
LONG = "Aa1-" + "0123456789abcdef" * 4
LONGEST = 76
CUTS = (72, 32)


@requirement("ADM-079")
def test_an_address_with_any_usual_character_is_taken(check: Check) -> None:
    first = opening(check, OPF)
    check.control(first.exchange, what="the same request with a plainer signonId")
    for local in LOCAL_PARTS:
        account = addressed(fresh_account(check, first.form), local)
        answer = send_account(check, OPF, account.body, valid=True)
        check.expect(
            "ADM-079",
            answer.succeeded,
            answer,
            expected="HTTP 201",
            actual=f"HTTP {answer.status}",
            cause=f"a signonId of the form {local.format('x')}@…: answered {answer.status}",
        )


@requirement("ADM-080")
def test_reserved_characters_sign_on(check: Check) -> None:
    check.control(first_person(check).signon, 200, what="the signon of an account with plainer characters")
    form = first_person(check).form
    reserved, quoted = (Secret(text.format(secrets.token_hex(4))) for text in (RESERVED, QUOTED))
    for account, what in (
        (fresh_account(check, form, password=reserved), "password"),
        (fresh_account(check, form, password=quoted), "password, quotes and brackets"),
        (addressed(fresh_account(check, form), LOCAL_PARTS[0]), "signonId"),
    ):
        try:
            created(check, account)
        except ControlFailed:
            if what != "signonId":
                raise
            continue  # whether such an address is taken at all is ADM-079's question
        if what.endswith("brackets") and signs_on(check, account).foreign:
            continue  # a guard in front of the platform takes them for an attack
        answer = signs_on_soon(check, account)
        check.expect_status("ADM-080", answer, 200, cause=f"the signon with reserved characters in the {what}")


@requirement("ADM-083")
def test_a_long_password_signs_on(check: Check) -> None:
    _, answer = _of_a_long_password(check)
    check.expect_status("ADM-083", answer, 200, cause="the signon with a password of 76 characters")


@requirement("ADM-081")
def test_a_long_password_counts_to_its_last_character(check: Check) -> None:
    account, answer = _of_a_long_password(check)
    if answer.succeeded:
        other = signs_on(check, account, wrong_password(check.session, account.password))
        check.expect_status("ADM-081", other, 403, cause="the signon with another end of a long password")
    # Of a password that is just as long as what a server cuts it to, one with more behind it is another.
    lengths = CUTS if answer.succeeded else (*CUTS, _longest_that_signs_on(check))
    shorter = [_with_password_of(check, length) for length in lengths]
    signing = [account for account in shorter if signs_on_soon(check, account).succeeded]
    for account in signing:
        longer = signs_on(check, account, lengthened_password(check.session, account.password))
        cause = f"the signon with more behind a password of {len(reveal(account.password))} characters"
        # One that is longer than any that signs on may be refused for its length.
        right = (403,) if answer.succeeded else (403, 400)
        check.expect_status("ADM-081", longer, *right, cause=cause)
    if not signing and not answer.succeeded:
        check.not_declared(f"long passwords do not sign on here (exchange {answer.id})")


def _with_password_of(check: Check, length: int) -> Account:
    """Create an account with a password of so many characters."""
    password = Secret((LONG + secrets.token_hex(length))[:length])
    account = fresh_account(check, first_person(check).form, password=password)
    created(check, account)
    return account


def _longest_that_signs_on(check: Check) -> int:
    """How long a password may be where the long one does not sign on: what a server cuts passwords to, if it does."""
    signs, fails = len(reveal(first_person(check).account.password)), LONGEST
    while fails - signs > 1:
        length = (signs + fails) // 2
        if signs_on(check, _with_password_of(check, length)).succeeded:
            signs = length
        else:
            fails = length
    return signs


@once
def _of_a_long_password(check: Check) -> tuple[Account, Exchange]:
    """Return an account with a password of 76 characters, and the answer to its signon."""
    check.control(first_person(check).signon, 200, what="the signon of an account with a shorter password")
    account = _with_password_of(check, LONGEST)
    return account, signs_on_soon(check, account)


def addressed(account: Account, local: str, *, capitals: bool = False) -> Account:
    """Return the account with another local part in its address, and its domain in `capitals` if that is asked for."""
    _, _, domain = account.signon_id.partition("@")
    address = f"{local.format(secrets.token_hex(5))}@{domain.upper() if capitals else domain}"
    return replace(account, signon_id=address, body=account.having(signonId=address))
