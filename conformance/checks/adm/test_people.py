"""adm-creating-an-account, Mandatory arguments: whatever signonId and salt an account has, it alone signs on."""

from __future__ import annotations

import secrets
import string
from functools import partial

from conformance.checks.adm.signons import create, created, expect_no_signon, first_person, signs_on, signs_on_soon
from conformance.checks.adm.test_signon_ids import addressed
from conformance.checks.api import Check, requirement
from conformance.checks.repetition import Sent, in_turns, judge_all, send_all
from conformance.session.accounts import Account, fresh_account, fresh_password
from conformance.session.hdm import Query, nmp_signon
from conformance.session.near import Near
from conformance.session.once import once
from conformance.stream import AccountForm

# One address with all of it; where it does not sign on, each alone says why. Local parts have 64 characters at most.
WHOLE = "0007Conformance.Suite_x.y+tag-{0}-of-a-name-with-letters"
ALONE = (
    ("of more than 64 characters", "conformance-{0}-of-a-name-with-many-many-letters-in-it"),
    ("with leading zeros", "0007{0}"),
    ("with a plus sign", "conformance+tag-{0}"),
    ("with capital letters", "Conformance-Suite-{0}"),
    ("with dots", "conformance.suite.{0}"),
    ("with an underscore", "conformance_suite_{0}"),
)
# What an address may hold, and a query, a database or a page writes otherwise.
RESERVED = "o'suite&{0}%41#x=y"
OTHERS = "--!/?$*~^{{}}-{0}"
FOREIGN = "käthe-жанна-{0}"
# A letter of more than 16 bits, one that is written in two parts, and one whose capital is two letters.
ODD_LETTERS = "straße-e\u0301-\U0001d49c-{0}"
LONGEST_LOCAL = 64
LONG_SALT_BYTES, REST_OF_16 = 80, 12
# Zero bytes, at the beginning, too, white space, and bytes that are no UTF-8.
ODD_SALT = (b"\x00 \x00", b"\xff\xfe\n ")


@requirement("ADM-072", "ADM-091")
def test_an_account_signs_on_whatever_its_name_looks_like(check: Check) -> None:
    form = password_form(check)
    tried = [_signs_on(check, form, "a long signonId with capitals, zeros, dots and a plus sign", WHOLE)]
    if not tried[0]:
        tried += [_signs_on(check, form, f"a signonId {what}", local) for what, local in ALONE]
    tried.append(_signs_on(check, form, "a signonId of reserved characters", RESERVED))
    tried.append(_signs_on(check, form, "a signonId of other characters that an address may have", OTHERS))
    tried.append(_signs_on(check, form, "a signonId of odd letters beyond a to z", ODD_LETTERS))
    digits = "0" + "".join(secrets.choice(string.digits) for _ in range(LONGEST_LOCAL - 1))
    tried.append(_signs_on(check, form, "a signonId of 64 digits and a domain in capitals", digits, capitals=True))
    if (account := _foreign(check)) is not None:
        answer = signs_on_soon(check, account)
        check.expect_status("ADM-091", answer, 200, cause="the signon of an account with letters beyond a to z")
        if answer.succeeded:
            _refuses_another_password(check, account, "letters beyond a to z")
    elif all(one is None for one in tried):
        check.lacks("no account with such a signonId is created: see ADM-079")


def _signs_on(check: Check, form: AccountForm, what: str, local: str, *, capitals: bool = False) -> bool | None:
    """Judge that an account that was created signs on; return whether it did, None where it was not created."""
    account = addressed(fresh_account(check, form), local, capitals=capitals)
    if not create(check, account).succeeded:
        return None  # which addresses are taken, ADM-079 asks
    answer = signs_on_soon(check, account)
    if answer.succeeded or local != WHOLE:
        check.expect_status("ADM-091", answer, 200, cause=f"the signon of an account with {what}")
    if answer.succeeded:
        _refuses_another_password(check, account, what)
    return answer.succeeded


def _refuses_another_password(check: Check, account: Account, what: str) -> None:
    cause = f"the signon with another password of an account with {what}"
    expect_no_signon(check, "ADM-072", account, fresh_password(), cause=cause)


@requirement("ADM-092")
def test_a_signon_id_that_is_nearly_an_accounts_does_not_sign_on(check: Check) -> None:
    form = password_form(check)
    account = addressed(fresh_account(check, form), WHOLE)
    if not create(check, account).succeeded:
        account = fresh_account(check, form)
        created(check, account)
    check.control(signs_on_soon(check, account), 200, what="the signon of the account itself")
    names = _near_names(account.signon_id)
    foreign = _foreign(check)
    if foreign is not None and signs_on_soon(check, foreign).succeeded:
        names.append(Near("other letters beyond a to z", foreign.signon_id.translate(str.maketrans("äжн", "öшл"))))
        names.append(Near("no accents", foreign.signon_id.translate(str.maketrans("ä", "a"))))
    right: Query = {"username": account.signon_id, "password": account.password}
    tries = [partial(signs_on, check, _called(account, near.value)) for near in names]
    own = [partial(nmp_signon, check, right, valid=True) for _ in names]
    exchanges = send_all(in_turns(tries, own))
    sent = [Sent(near.what, exchange) for near, exchange in zip(names, exchanges[::2], strict=True)]
    cause = "a signonId that is nearly an account's signs on with its password"
    judge_all(check, "ADM-092", sent, lambda one: not one.succeeded, expected="HTTP 403", cause=cause)


@once
def _foreign(check: Check) -> Account | None:
    """An account with letters beyond a to z in its name; None where such an address is refused."""
    account = addressed(fresh_account(check, password_form(check)), FOREIGN)
    return account if create(check, account).succeeded else None


def _near_names(signon_id: str) -> list[Near]:
    local, _, domain = signon_id.partition("@")
    drawn = secrets.token_hex(3)
    found = [
        Near("another end of the local part", f"{local[:-6]}{drawn}@{domain}"),
        Near("another tag behind the plus sign", f"{local.partition('+')[0]}+{drawn}@{domain}"),
        Near("no tag behind the plus sign", f"{local.partition('+')[0]}@{domain}"),
        Near("another domain", f"{local}@{drawn}.{domain}"),
        Near("no dots", f"{local.replace('.', '')}@{domain}"),
        Near("no leading zeros", f"{local.lstrip('0')}@{domain}"),
        Near("no hyphens", f"{local.replace('-', '')}@{domain}"),
        Near("its characters in another order", f"{local[::-1]}@{domain}"),
        Near("more behind it", f"{signon_id}.{drawn}"),
        Near("more before it", f"{drawn}.{signon_id}"),
    ]
    return [near for near in found if near.value != signon_id]


def _called(account: Account, signon_id: str) -> Account:
    return Account(signon_id, account.password, account.body)


@requirement("ADM-093")
def test_an_account_signs_on_whatever_its_salt_is(check: Check) -> None:
    form = password_form(check)
    salt = secrets.token_bytes(LONG_SALT_BYTES).join(ODD_SALT)
    account = fresh_account(check, form, salt=salt)
    # No document says how long a salt may be.
    if not create(check, account).succeeded:
        account = fresh_account(check, form, salt=salt[:REST_OF_16] + ODD_SALT[1])
        created(check, account)
    answer = signs_on_soon(check, account)
    check.expect_status("ADM-093", answer, 200, cause="the signon of an account with a salt of any bytes")


def password_form(check: Check) -> AccountForm:
    """The form of the password that this target takes: of an account that signs on, which is the control."""
    found = first_person(check)
    check.control(found.signon, 200, what="the signon of a created account")
    return found.form
