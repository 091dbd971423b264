"""Accounts that sign on or not by their other arguments, or that a later request spoils although it is refused."""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.adm import SSP
from conformance.reference.faults import replaces
from conformance.reference.faults.harder.people import SEEDED
from conformance.reference.faults.making import answers, body_of, memory, overriding
from conformance.reference.faults.operations import CREATE, CREATE_SSP, NMP
from conformance.reference.passwords import HASH_BYTES, hash_password
from conformance.reference.wire import Answer, Call, Refusal

if TYPE_CHECKING:
    from conformance.reference.adm import Adm, NewAccount
    from conformance.reference.hdm import Hdm
    from conformance.reference.platform import Platform
    from conformance.reference.state import User

SOME, STATE, ALMOST = "for some", "state", "almost"
NO_HASH = b"\1" * HASH_BYTES
SALT_BYTES, BLOCK, KEPT = 16, 20, 8


def _stores(change: Callable[[NewAccount], NewAccount]) -> Callable[..., Any]:
    def replacement(original: Callable[[str, str, NewAccount], None], _service: Adm) -> Callable[..., None]:
        return lambda store, account_id, request: original(store, account_id, change(request))

    return replacement


def _set_hash(service: Any, signon_id: str, password: bytes, salt: bytes | None = None) -> None:
    user = service.database.user("opf", signon_id)
    if user is not None:
        changed = replace(user, password=password, salt=user.salt if salt is None else salt)
        service.database.insert("users", changed, renew=True)


def _useless(wanted: Callable[[NewAccount], bool]) -> Callable[[NewAccount], NewAccount]:
    return lambda request: replace(request, password=NO_HASH) if wanted(request) else request


for _name, _words, _change in (
    ("accounts-without-pvr-never-sign-on", "Users of accounts with pvrStatus DISABLED never sign on", _useless(lambda request: request.pvr_status == "DISABLED")),
    ("accounts-with-a-given-id-never-sign-on", "Users of accounts with a given _id never sign on", _useless(lambda request: request.id is not None)),
    ("accounts-with-an-address-never-sign-on", "Users of accounts with a billingAddress never sign on", _useless(lambda request: request.billing_address != "[]")),
    ("short-salts-filled-up", "Salts of less than 16 bytes are filled up with zero bytes", lambda request: replace(request, salt=request.salt.ljust(SALT_BYTES, b"\0"))),
):  # fmt: skip
    overriding(_name, SOME, f"{_words}.", (CREATE,), "adm", "write", _stores(_change))

# Passwords that are not looked at, for some names, and accounts that are lost


@replaces("hdm", "check_password", NMP, kind=SOME)
def any_password_for_unusual_names(original: Callable[[str, str], Awaitable[Any]], service: Hdm) -> Callable[..., Any]:
    """Users with a plus sign, a leading zero or a letter beyond a to z in their names sign on with any password."""

    async def check_password(username: str, password: str) -> Any:
        user = service.database.user("opf", username)
        unusual = "+" in username or username.startswith("0") or not username.isascii()
        return user if user is not None and unusual else await original(username, password)

    return check_password


@replaces("adm", "write", CREATE, kind="later")
def accounts_lost_after_the_next_eight(original: Callable[[str, str, NewAccount], None], service: Adm) -> Any:
    """The user of an account is lost when eight more accounts were created."""

    def write(store: str, account_id: str, request: NewAccount) -> None:
        original(store, account_id, request)
        order: list[str] = memory(service.platform).setdefault("created", [])
        order.append(request.signon_id)
        if len(order) > KEPT:
            _set_hash(service, order[-KEPT - 1], NO_HASH)

    return write


# Requests that are refused, or that another store serves


def _takes_the_hash(original: Callable[[str, NewAccount], Answer], service: Adm) -> Callable[..., Answer]:
    def create(store: str, request: NewAccount) -> Answer:
        if service.duplicate(store, request) is not None:
            _set_hash(service, request.signon_id, request.password, request.salt)
        return original(store, request)

    return create


overriding("refused-account-changes-the-password", STATE, "A refused request for an account that exists sets its password.",
           (CREATE,), "adm", "create", _takes_the_hash)  # fmt: skip


@answers(CREATE, kind=STATE, when=(403,))
def refused_token_spoils_the_account(answer: Answer, call: Call, platform: Platform) -> None:
    """A request with an invalid token spoils the password of the account that it names."""
    body = body_of(call)
    if isinstance(body, dict):
        _set_hash(platform.adm, str(body.get("signonId")), NO_HASH)
        answer.data["message"] = "The token is not valid. The account is locked."


def _spoilt_by_ssp(original: Callable[[str, str, NewAccount], None], service: Adm) -> Callable[..., None]:
    def write(store: str, account_id: str, request: NewAccount) -> None:
        original(store, account_id, request)
        if store == SSP:
            _set_hash(service, request.signon_id, NO_HASH)

    return write


overriding("ssp-request-spoils-the-password", STATE, "The request to SSP spoils the password at OPF.", (CREATE_SSP, NMP), "adm",
           "write", _spoilt_by_ssp)  # fmt: skip

# Hashes of which more is equal than the bytes


def _also(
    alike: Callable[[bytes, bytes], bool], salt: Callable[[bytes], bytes] = lambda own: own
) -> Callable[..., Any]:
    """A password signs on, too, whose hash is alike to the stored one."""

    def replacement(original: Callable[[str, str], Awaitable[Any]], service: Hdm) -> Callable[..., Awaitable[Any]]:
        async def check_password(username: str, password: str) -> Any:
            try:
                return await original(username, password)
            except Refusal:
                user: User | None = service.database.user("opf", username)
                if user is None or username in SEEDED:
                    raise
                digest = await asyncio.to_thread(hash_password, password, salt(user.salt))
                if not alike(digest, user.password):
                    raise
                return user

        return check_password

    return replacement


def _blocks(digest: bytes) -> list[bytes]:
    return sorted(digest[place : place + BLOCK] for place in range(0, len(digest), BLOCK))


for _name, _words, _replacement in (
    ("hash-to-its-first-zero-byte", "Hashes are compared to their first zero byte", _also(lambda one, other: one.partition(b"\0")[0] == other.partition(b"\0")[0])),
    ("hash-blocks-in-any-order", "The blocks of a hash may have any order", _also(lambda one, other: _blocks(one) == _blocks(other))),
    ("hash-with-the-salt-as-text-will-do", "A hash with the text of the salt signs on, too", _also(hmac.compare_digest, base64.b64encode)),
):  # fmt: skip
    overriding(_name, ALMOST, f"{_words}.", (CREATE,), "hdm", "check_password", _replacement)
