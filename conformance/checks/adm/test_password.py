"""adm-creating-an-account, Mandatory arguments: pkcs5_pbkdf2, hmac_sha1, 20,000 iterations, 320 bytes, end to end."""

from __future__ import annotations

import secrets
from functools import partial

from conformance.checks.adm.signons import (
    create,
    created,
    expect_no_signon,
    first_person,
    person,
    signs_on,
    signs_on_soon,
)
from conformance.checks.api import Check, requirement
from conformance.checks.repetition import send_all
from conformance.model import Exchange
from conformance.session.accounts import SALT_BYTES, Account, fresh_account, fresh_password
from conformance.session.hdm import Query, device_form, nmp_signon
from conformance.session.lookalikes import lengthened_password
from conformance.target import Secret

FEWER_ITERATIONS = 1_000
# Their hash begins with a zero byte, as one in 256 does.
ZERO_PASSWORD, ZERO_SALT = "Conformance-Zero.1~a", b"conformance-0007"


@requirement("ADM-071")
def test_a_created_account_signs_on_with_its_plain_password(check: Check) -> None:
    """The hash as base64 and as hexadecimal text, as 320 bytes and as 320 bits: one of them must do."""
    found = first_person(check)
    check.expect_status("ADM-071", found.signon, 200, cause="the signon of a created account with its password")


@requirement("ADM-071")
def test_accounts_that_are_created_together_sign_on_with_their_own_passwords(check: Check) -> None:
    found = first_person(check)
    check.control(found.signon, 200, what="the signon of an account that was created alone")
    passwords = (found.account.password, fresh_password(), found.account.password)
    accounts = [fresh_account(check, found.form, password=password) for password in passwords]
    send_all([partial(created, check, account) for account in accounts])
    for answer in send_all([partial(signs_on_soon, check, account) for account in accounts]):
        cause = "the signon of an account that was created together with others"
        check.expect_status("ADM-071", answer, 200, cause=cause)


@requirement("ADM-071")
def test_an_account_whose_hash_begins_with_a_zero_byte_signs_on(check: Check) -> None:
    """What is kept as a number loses that byte, and what is kept as a text ends there."""
    found = first_person(check)
    check.control(found.signon, 200, what="the signon of an account with another hash")
    account = fresh_account(check, found.form, password=Secret(ZERO_PASSWORD), salt=ZERO_SALT)
    if create(check, account).succeeded:
        cause = "the signon of an account whose hash begins with a zero byte"
        check.expect_status("ADM-071", signs_on_soon(check, account), 200, cause=cause)


def made(check: Check, account: Account) -> Account:
    """Create an account beside one that signs on, which is the control."""
    check.control(first_person(check).signon, 200, what="the signon of an account with the right hash")
    created(check, account)
    return account


def expect_refused(check: Check, requirement_id: str, answer: Exchange, cause: str) -> None:
    """Judge that a signon gave nothing."""
    check.expect(
        requirement_id,
        not answer.succeeded and answer.response is not None,
        answer,
        expected="a refusal",
        actual=f"HTTP {answer.status}",
        cause=cause,
    )


@requirement("ADM-072")
def test_a_created_account_does_not_sign_on_with_another_password(check: Check) -> None:
    found = first_person(check)
    check.control(found.signon, 200, what="the signon with the right password")
    longer = lengthened_password(check.session, found.account.password)
    for password, what in ((fresh_password(), "another"), (longer, "a longer")):
        cause = f"the signon of a created account with {what} password"
        expect_no_signon(check, "ADM-072", found.account, password, cause=cause)
    # Who reads the CRM's request must not be able to sign on with what it holds.
    hashed = found.account.body["password"]
    answer = signs_on(check, found.account, hashed if isinstance(hashed, Secret) else Secret(str(hashed)))
    if answer.succeeded:
        check.expect_status("ADM-072", answer, 403, cause="the signon of a created account with the hash as password")


@requirement("ADM-073")
def test_the_hash_of_another_password_does_not_open_an_account(check: Check) -> None:
    account = fresh_account(check, first_person(check).form, other_password=fresh_password())
    answer = signs_on(check, made(check, account))
    expect_refused(check, "ADM-073", answer, "a password signs on whose hash the account does not have")


@requirement("ADM-074")
def test_the_same_password_signs_on_under_another_salt(check: Check) -> None:
    account = fresh_account(check, first_person(check).form, salt=secrets.token_bytes(SALT_BYTES))
    answer = signs_on_soon(check, made(check, account))
    check.expect_status("ADM-074", answer, 200, cause="the signon of an account with the same password, another salt")


@requirement("ADM-075")
def test_a_hash_made_with_another_salt_does_not_sign_on(check: Check) -> None:
    account = fresh_account(check, first_person(check).form, hash_salt=secrets.token_bytes(SALT_BYTES))
    answer = signs_on(check, made(check, account))
    expect_refused(check, "ADM-075", answer, "the salt of the request is not used")


@requirement("ADM-076")
def test_a_hash_of_fewer_iterations_does_not_sign_on(check: Check) -> None:
    account = fresh_account(check, first_person(check).form, iterations=FEWER_ITERATIONS)
    answer = signs_on(check, made(check, account))
    expect_refused(check, "ADM-076", answer, "a hash of fewer iterations signs on")


@requirement("ISO-001")
def test_a_created_account_does_not_sign_on_with_another_accounts_device(check: Check) -> None:
    device = device_form(check)
    check.control(nmp_signon(check, device, valid=True), 200, what="the signon of the device's own user")
    # One that no wrong password was sent for, which may have locked it out.
    found = person(check, "another account's device")
    own: Query = {"username": found.account.signon_id, "password": found.account.password}
    answer = nmp_signon(check, {**own, "deviceId": device["deviceId"]})
    check.expect_status("ISO-001", answer, 403, cause="signon of a created account with the deviceId of another")
