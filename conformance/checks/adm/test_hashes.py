"""adm-creating-an-account, Mandatory arguments: a hash that is not wholly the password's does not open an account."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import partial
from hashlib import pbkdf2_hmac, sha1

from conformance.checks.adm.signons import created, signs_on
from conformance.checks.adm.test_people import password_form
from conformance.checks.api import Check, requirement
from conformance.checks.repetition import Sent, judge_all, send_all
from conformance.errors import ControlFailed
from conformance.model import Exchange
from conformance.session.accounts import HASH_BYTES, ITERATIONS, SALT_BYTES, Account, encoded, fresh_account, hashed
from conformance.session.once import once
from conformance.stream import AccountForm
from conformance.target import Secret, reveal

# PBKDF2 with hmac_sha1 makes blocks of so many bytes; one in thirteen has a zero byte.
BLOCK = 20
SECOND_BLOCK, MOST_SALTS = BLOCK + 5, 60
Digest = Callable[[str, bytes, AccountForm], bytes]


@requirement("ADM-073", "ADM-075")
def test_a_hash_that_is_nearly_the_passwords_does_not_sign_on(check: Check) -> None:
    form = password_form(check)
    places = (-1, 0, SECOND_BLOCK, form.length // 2)
    changed: dict[str, Digest] = {f"another byte at {place}": partial(_flipped, place) for place in places}
    changed["its halves exchanged"] = _turned
    changed["its base64 in the other case"] = _other_case
    _none_sign_on(check, "ADM-073", changed, form, "a hash that is nearly the password's signs on")
    _none_sign_on(
        check,
        "ADM-075",
        {
            "no salt": lambda text, _salt, form: _pbkdf2(text, b"", form),
            "the first half of the salt": lambda text, salt, form: _pbkdf2(text, salt[: len(salt) // 2], form),
            "all but the last byte of the salt": lambda text, salt, form: _pbkdf2(text, salt[:-1], form),
            "the salt as base64 text": lambda text, salt, form: _pbkdf2(text, b64encode(salt), form),
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
    _none_sign_on(check, "ADM-076", digests, password_form(check), cause)


def _none_sign_on(check: Check, requirement_id: str, digests: dict[str, Digest], form: AccountForm, cause: str) -> None:
    """Create an account with each hash, and judge that none signs on with the password."""
    again = check.session.profile.salts_again is not False
    salts = [_salt_for_a_zero(check, form, "all" if again else what) for what in digests]
    sends = [
        partial(_signon_with, check, digest, form, salt) for digest, salt in zip(digests.values(), salts, strict=True)
    ]
    sent = [Sent(what, exchange) for what, exchange in zip(digests, send_all(sends), strict=True)]
    judge_all(check, requirement_id, sent, lambda one: not one.succeeded, expected="a refusal", cause=cause)


@once
def _salt_for_a_zero(check: Check, form: AccountForm, _purpose: str) -> bytes:
    """Return a salt with which the hash soon has a zero byte, at which a reader of texts ends; if one is found."""
    text = reveal(fresh_account(check, form).password)
    salts = (secrets.token_bytes(SALT_BYTES) for _ in range(MOST_SALTS))
    return next(
        (salt for salt in salts if 0 in pbkdf2_hmac("sha1", text.encode(), salt, ITERATIONS, BLOCK)),
        secrets.token_bytes(SALT_BYTES),
    )


def _signon_with(check: Check, digest: Digest, form: AccountForm, salt: bytes) -> Exchange:
    plain = fresh_account(check, form, salt=salt)
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


def _turned(text: str, salt: bytes, form: AccountForm) -> bytes:
    """The second half of a password's hash, and then the first."""
    right, half = hashed(text, salt, form.length), form.length // 2
    return right[half:] + right[:half]


def _other_case(text: str, salt: bytes, form: AccountForm) -> bytes:
    """The hash whose base64 is that of a password with its letters in the other case, as a database may compare it."""
    whole = b64encode(hashed(text, salt, form.length))
    # In the last group are bits that mean nothing.
    return b64decode(whole[:-4].swapcase() + whole[-4:])
