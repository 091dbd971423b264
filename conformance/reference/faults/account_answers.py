"""Accounts: answers that are not right, passwords that are hashed otherwise, stores that are mixed up."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.faults import replaces
from conformance.reference.faults.edits import Edit, rename
from conformance.reference.faults.making import answering, answers, body_of, editing, intercepting, memory, overriding
from conformance.reference.faults.operations import ACCOUNTS, CREATE, CREATE_SSP
from conformance.reference.wire import Answer, Call, Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance.reference.adm import NewAccount
    from conformance.reference.hdm import Hdm
    from conformance.reference.platform import Platform
    from conformance.reference.state import User

KIND = "account"
ANSWERS: tuple[tuple[str, str, Edit], ...] = (
    ("account-id-renamed", "_id is called id.", rename("id")),
    ("account-id-in-other-words", "_id is called accountId.", rename("accountId")),
)
for _name, _summary, _edit in ANSWERS:
    editing(_name, "shape", _summary, ACCOUNTS, "_id", _edit)


@answers(*ACCOUNTS, kind="shape")
def account_answer_empty(answer: Answer, _call: Call, _platform: Platform) -> None:
    """The answer has no body."""
    answer.data, answer.raw = None, b""


@answers(*ACCOUNTS, kind="state")
def account_id_not_honoured(answer: Answer, call: Call, platform: Platform) -> None:
    """A given _id is not the account's."""
    if "_id" in (body_of(call) or {}):
        answer.data["_id"] = platform.fresh_id()


@answers(CREATE, kind="state")
def account_id_constant(answer: Answer, call: Call, platform: Platform) -> None:
    """Every account gets the first one's id."""
    if "_id" not in (body_of(call) or {}):
        answer.data["_id"] = memory(platform).setdefault("id", answer.data["_id"])


@answers(*ACCOUNTS, kind="state")
def account_id_rewritten(answer: Answer, call: Call, _platform: Platform) -> None:
    """A given _id is normalised."""
    if "_id" in (body_of(call) or {}):
        answer.data["_id"] = answer.data["_id"].upper() + "-1"


# What a request says is echoed


def _echoing(name: str, summary: str, member: str) -> None:
    def change(answer: Answer, call: Call, _platform: Platform) -> None:
        body = body_of(call)
        if isinstance(body, dict) and member in body and isinstance(answer.data, dict):
            answer.data[member] = body[member]

    answering(name, "leak", summary, ACCOUNTS, change)


_echoing("account-answer-shows-hash", "The answer shows the hashed password.", "password")
_echoing("account-answer-shows-salt", "The answer shows the salt.", "salt")

# Hashing

SEEDED = (seed.USER_A.username, seed.USER_B.username)


def _hashes(digest: Callable[[str, User], bytes]) -> Callable[..., Any]:
    """Passwords of created accounts are compared by `digest(password, user)`."""

    def replacement(original: Callable[[str, str], Awaitable[User]], service: Hdm) -> Callable[..., Awaitable[User]]:
        async def check_password(username: str, password: str) -> User:
            user = service.database.user("opf", username)
            if user is None or username in SEEDED:
                return await original(username, password)
            computed = await asyncio.to_thread(digest, password, user)
            if not (computed and hmac.compare_digest(computed, user.password[: len(computed)])):
                raise Refusal(403, "User name or password is wrong.", code="23017")
            return user

        return check_password

    return replacement


def _pbkdf2(algorithm: str = "sha1", iterations: int = 20_000, length: int = 320) -> Callable[[str, User], bytes]:
    return lambda password, user: hashlib.pbkdf2_hmac(algorithm, password.encode(), user.salt, iterations, length)


def _unsalted(password: str, _user: User) -> bytes:
    return hashlib.pbkdf2_hmac("sha1", password.encode(), b"", 20_000, 320)


def _salt_as_text(password: str, user: User) -> bytes:
    import base64

    return hashlib.pbkdf2_hmac("sha1", password.encode(), base64.b64encode(user.salt), 20_000, 320)


for _name, _summary, _digest in (
    ("hash-of-10000-iterations", "Created passwords are hashed 10,000 times.", _pbkdf2(iterations=10_000)),
    ("hash-of-19999-iterations", "Created passwords are hashed once too little.", _pbkdf2(iterations=19_999)),
    ("hash-of-sha256", "Created passwords are hashed with hmac_sha256.", _pbkdf2("sha256")),
    ("hash-of-sha512", "Created passwords are hashed with hmac_sha512.", _pbkdf2("sha512")),
    ("hash-without-salt", "Created passwords are hashed without their salt.", _unsalted),
    ("hash-of-encoded-salt", "Created passwords are hashed with the salt's Base64 text.", _salt_as_text),
):
    overriding(_name, KIND, _summary, (CREATE,), "hdm", "check_password", _hashes(_digest))


@replaces("hdm", "check_password", CREATE, kind=KIND)
def created_account_any_password(
    original: Callable[[str, str], Awaitable[User]], service: Hdm
) -> Callable[..., Awaitable[User]]:
    """Any password opens a created account."""

    async def check_password(username: str, password: str) -> User:
        user = service.database.user("opf", username)
        return user if user is not None and username not in SEEDED else await original(username, password)

    return check_password


@replaces("hdm", "check_password", CREATE, kind=KIND)
def created_account_never_opens(
    original: Callable[[str, str], Awaitable[User]], _service: Hdm
) -> Callable[..., Awaitable[User]]:
    """A created account never signs on."""

    async def check_password(username: str, password: str) -> User:
        if username not in SEEDED:
            raise Refusal(403, "User name or password is wrong.", code="23017")
        return await original(username, password)

    return check_password


def _rewrites(**changes: Any) -> Callable[..., Any]:
    """What is written is not what was asked for."""

    def replacement(original: Callable[..., None], _service: Any) -> Callable[..., None]:
        def write(store: str, account_id: str, request: NewAccount) -> None:
            from dataclasses import replace

            made = {name: value(request) if callable(value) else value for name, value in changes.items()}
            original(store, account_id, replace(request, **made))

        return write

    return replacement


overriding(
    "created-password-cut", KIND, "Of the hash 64 bytes are kept, and nobody signs on.", (CREATE,), "adm", "write",
    _rewrites(password=lambda request: request.password[:64] + bytes(256)),
)  # fmt: skip
overriding(
    "created-salt-lost",
    KIND,
    "The salt is replaced by the platform's own.",
    (CREATE,),
    "adm",
    "write",
    _rewrites(salt=b"own-salt"),
)
overriding(
    "created-password-hashed-again", KIND, "The hash is hashed again when it is written.", (CREATE,), "adm", "write",
    _rewrites(password=lambda request: hashlib.pbkdf2_hmac("sha1", request.password, request.salt, 1, 320)),
)  # fmt: skip
overriding(
    "created-signon-id-lost", KIND, "The user is written under another name.", (CREATE,), "adm", "write",
    _rewrites(signon_id=lambda request: f"user:{request.signon_id}"),
)  # fmt: skip

# Stores


@replaces("adm", "duplicate", CREATE_SSP, kind=KIND)
def ssp_shares_ids_with_opf(
    original: Callable[[str, NewAccount], str | None], service: Any
) -> Callable[..., str | None]:
    """SSP refuses an account that OPF has."""

    def duplicate(store: str, request: NewAccount) -> str | None:
        return original("opf", request) if store == "ssp" else original(store, request)

    return duplicate


@answers(CREATE_SSP, kind=KIND)
def ssp_makes_own_ids(answer: Answer, _call: Call, platform: Platform) -> None:
    """SSP gives every account an id of its own."""
    answer.data["_id"] = f"ssp-{platform.fresh_id()}"


# Values that are refused though they are right


def _refuses_body(name: str, summary: str, wanted: Callable[[dict[str, Any]], bool], status: int = 400) -> None:
    def applies(call: Call) -> bool:
        body = body_of(call)
        return isinstance(body, dict) and wanted(body)

    data = {"message": "Bad request.", "code": status, "errorCode": 0}
    intercepting(
        name, KIND, summary, ACCOUNTS, applies, lambda: Answer(status=status, data=json.loads(json.dumps(data)))
    )


_refuses_body(
    "account-enabled-refused", "pvrStatus ENABLED is refused.", lambda body: body.get("pvrStatus") == "ENABLED"
)
_refuses_body(
    "account-disabled-refused", "pvrStatus DISABLED is refused.", lambda body: body.get("pvrStatus") == "DISABLED"
)
_refuses_body(
    "account-blank-address-refused",
    "A blank billingAddress is refused.",
    lambda body: body.get("billingAddress", 1) in ([], "", None),
)
_refuses_body(
    "account-exempt-false-refused", "geoBlockExempt false is refused.", lambda body: body.get("geoBlockExempt") is False
)
