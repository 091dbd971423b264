"""adm-creating-an-account, Mandatory arguments: whatever signonId, salt and hash an account has, it alone signs on."""

from __future__ import annotations

import secrets
from base64 import b64decode
from collections.abc import Callable
from functools import partial
from hashlib import pbkdf2_hmac, sha1

from conformance.checks.adm.signons import create, created, first_person, signs_on, signs_on_soon
from conformance.checks.adm.test_signon_ids import addressed
from conformance.checks.api import Check, requirement
from conformance.checks.repetition import Sent, in_turns, judge_all, send_all
from conformance.errors import ControlFailed
from conformance.model import Exchange
from conformance.session.accounts import HASH_BYTES, ITERATIONS, Account, encoded, fresh_account, hashed
from conformance.session.creations import OPF, send_account
from conformance.session.hdm import Query, nmp_signon
from conformance.session.near import Near
from conformance.session.once import once
from conformance.stream import AccountForm
from conformance.target import Secret, reveal

# One address with all of it; where it does not sign on, each alone says why. Local parts have 64 characters at most.
WHOLE = "0007Conformance.Suite+tag-{0}-of-a-name-with-many-letters"
ALONE = (
    ("of more than 64 characters", "conformance-{0}-of-a-name-with-many-many-letters-in-it"),
    ("with leading zeros", "0007{0}"),
    ("with a plus sign", "conformance+tag-{0}"),
    ("with capital letters", "Conformance-Suite-{0}"),
    ("with dots", "conformance.suite.{0}"),
)
# What an address may hold, and a query, a database or a page writes otherwise.
RESERVED = "o'suite&{0}%41#x=y"
FOREIGN = "käthe-жанна-{0}"
LONG_SALT_BYTES, REST_OF_16 = 80, 12
SECOND_BLOCK = 25  # a place in the second of the blocks of 20 bytes that PBKDF2 with hmac_sha1 makes
# A zero byte, white space at both ends, and bytes that are no UTF-8.
ODD_SALT = (b" \x00", b"\xff\xfe\n ")
Digest = Callable[[str, bytes, AccountForm], bytes]


@requirement("ADM-091")
def test_an_account_signs_on_whatever_its_name_looks_like(check: Check) -> None:
    form = _form(check)
    tried = [_signs_on(check, form, "a long signonId with capitals, zeros, dots and a plus sign", WHOLE)]
    if not tried[0]:
        tried += [_signs_on(check, form, f"a signonId {what}", local) for what, local in ALONE]
    tried.append(_signs_on(check, form, "a signonId of reserved characters", RESERVED))
    if (account := _foreign(check)) is not None:
        answer = signs_on_soon(check, account)
        check.expect_status("ADM-091", answer, 200, cause="the signon of an account with letters beyond a to z")
    elif all(one is None for one in tried):
        check.lacks("no account with such a signonId is created: see ADM-079")


def _signs_on(check: Check, form: AccountForm, what: str, local: str) -> bool | None:
    """Judge that an account that was created signs on; return whether it did, None where it was not created."""
    account = addressed(fresh_account(check, form), local)
    if not create(check, account).succeeded:
        return None  # which addresses are taken, ADM-079 asks
    answer = signs_on_soon(check, account)
    if answer.succeeded or local != WHOLE:
        check.expect_status("ADM-091", answer, 200, cause=f"the signon of an account with {what}")
    return answer.succeeded


@requirement("ADM-092")
def test_a_signon_id_that_is_nearly_an_accounts_does_not_sign_on(check: Check) -> None:
    form = _form(check)
    account = addressed(fresh_account(check, form), WHOLE)
    if not create(check, account).succeeded:
        account = fresh_account(check, form)
        created(check, account)
    check.control(signs_on_soon(check, account), 200, what="the signon of the account itself")
    names = _near_names(account.signon_id)
    foreign = _foreign(check)
    if foreign is not None and signs_on_soon(check, foreign).succeeded:
        names.append(Near("other letters beyond a to z", foreign.signon_id.translate(str.maketrans("äжн", "öшл"))))
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
    account = addressed(fresh_account(check, _form(check)), FOREIGN)
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
        Near("more behind it", f"{signon_id}.{drawn}"),
        Near("more before it", f"{drawn}.{signon_id}"),
    ]
    return [near for near in found if near.value != signon_id]


def _called(account: Account, signon_id: str) -> Account:
    return Account(signon_id, account.password, account.body)


@requirement("ADM-073", "ADM-075")
def test_a_hash_that_is_nearly_the_passwords_does_not_sign_on(check: Check) -> None:
    form = _form(check)
    places = (-1, 0, SECOND_BLOCK, form.length // 2)
    flipped: dict[str, Digest] = {f"another byte at {place}": partial(_flipped, place) for place in places}
    _none_sign_on(check, "ADM-073", flipped, form, "a hash of which one byte is another signs on")
    _none_sign_on(
        check,
        "ADM-075",
        {
            "no salt": lambda text, _salt, form: _pbkdf2(text, b"", form),
            "the first half of the salt": lambda text, salt, form: _pbkdf2(text, salt[: len(salt) // 2], form),
            "all but the last byte of the salt": lambda text, salt, form: _pbkdf2(text, salt[:-1], form),
        },
        form,
        "a hash that was made with another salt signs on",
    )


@requirement("ADM-076")
def test_a_hash_of_another_configuration_does_not_sign_on(check: Check) -> None:
    digests: dict[str, Digest] = {
        "one iteration": lambda text, salt, form: _pbkdf2(text, salt, form, iterations=1),
        "10,000 iterations": lambda text, salt, form: _pbkdf2(text, salt, form, iterations=ITERATIONS // 2),
        "hmac_sha256": lambda text, salt, form: _pbkdf2(text, salt, form, algorithm="sha256"),
        "hmac_sha512": lambda text, salt, form: _pbkdf2(text, salt, form, algorithm="sha512"),
        "plain SHA-1": lambda text, salt, form: (sha1(text.encode() + salt).digest() * HASH_BYTES)[: form.length],  # noqa: S324
    }
    cause = "a hash of another configuration signs on"
    _none_sign_on(check, "ADM-076", digests, _form(check), cause)


@requirement("ADM-093")
def test_an_account_signs_on_whatever_its_salt_is(check: Check) -> None:
    form = _form(check)
    salt = secrets.token_bytes(LONG_SALT_BYTES).join(ODD_SALT)
    # No document says how long a salt may be.
    if not send_account(check, OPF, fresh_account(check, form, salt=salt).body).succeeded:
        salt = salt[:REST_OF_16] + ODD_SALT[1]
    account = fresh_account(check, form, salt=salt)
    created(check, account)
    answer = signs_on_soon(check, account)
    check.expect_status("ADM-093", answer, 200, cause="the signon of an account with a salt of any bytes")


def _form(check: Check) -> AccountForm:
    """The form of the password that this target takes: of an account that signs on, which is the control."""
    found = first_person(check)
    check.control(found.signon, 200, what="the signon of a created account")
    return found.form


def _none_sign_on(check: Check, requirement_id: str, digests: dict[str, Digest], form: AccountForm, cause: str) -> None:
    """Create an account with each hash, and judge that none signs on with the password."""
    sends = [partial(_signon_with, check, digest, form) for digest in digests.values()]
    sent = [Sent(what, exchange) for what, exchange in zip(digests, send_all(sends), strict=True)]
    judge_all(check, requirement_id, sent, lambda one: not one.succeeded, expected="a refusal", cause=cause)


def _signon_with(check: Check, digest: Digest, form: AccountForm) -> Exchange:
    plain = fresh_account(check, form)
    salt = b64decode(reveal(plain.body["salt"]))  # type: ignore[arg-type]
    text = encoded(digest(reveal(plain.password), salt, form), form.encoding)
    check.session.stream.redactor.learn(text)
    body = plain.having(password=Secret(text))
    account = Account(plain.signon_id, plain.password, body)
    created(check, account)
    answer = signs_on(check, account)
    if answer.response is None:
        raise ControlFailed(f"a signon was not answered: {answer.failure}")
    return answer


def _pbkdf2(
    text: str, salt: bytes, form: AccountForm, *, algorithm: str = "sha1", iterations: int = ITERATIONS
) -> bytes:
    return pbkdf2_hmac(algorithm, text.encode(), salt, iterations, form.length)


def _flipped(place: int, text: str, salt: bytes, form: AccountForm) -> bytes:
    """The hash of a password with one byte changed."""
    changed = bytearray(hashed(text, salt, form.length))
    changed[place] ^= 0xFF
    return bytes(changed)
