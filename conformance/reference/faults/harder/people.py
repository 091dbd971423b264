"""Created accounts that work for most people: names, passwords and salts of unusual forms, and hashes compared in part.

A created account signs on with its plain password whatever its name is; with another password, or with a hash that is
not the prescribed one, it does not.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unicodedata import combining, normalize
from urllib.parse import unquote

from conformance.reference import seed
from conformance.reference.faults.making import overriding
from conformance.reference.faults.operations import ACCOUNTS, CREATE, NMP
from conformance.reference.wire import Answer, Refusal

if TYPE_CHECKING:
    from conformance.reference.adm import Adm, NewAccount
    from conformance.reference.hdm import Hdm
    from conformance.reference.state import User

SOME, ALMOST = "for some", "almost"
SEEDED = (seed.USER_A.username, seed.USER_B.username)
ITERATIONS, HASH_BYTES = 20_000, 320
Check = Callable[[str, str], Awaitable[Any]]


def _refuse() -> Refusal:
    return Refusal(403, "User name or password is wrong.", code="23017")


# Names


def _lost(wanted: Callable[[str], bool]) -> Callable[..., Check]:
    """Users whose names are of one form never sign on."""

    def replacement(original: Check, _service: Hdm) -> Check:
        async def check_password(username: str, password: str) -> Any:
            user = await original(username, password)
            if username not in SEEDED and wanted(username):
                raise _refuse()
            return user

        return check_password

    return replacement


def _local(name: str) -> str:
    return name.partition("@")[0]


LONG = 64
FORMS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "long": ("longer than 64 characters", lambda name: len(name) > LONG),
    "plus": ("with a plus sign", lambda name: "+" in name),
    "upper-case": ("with capital letters", lambda name: name.lower() != name),
    "non-ascii": ("with other letters than a to z", lambda name: not name.isascii()),
    "leading-zero": ("that begin with a zero", lambda name: name.startswith("0")),
    "underscore": ("with an underscore", lambda name: "_" in name),
    "digits": ("of digits", lambda name: _local(name).isdigit()),
    "several-dots": ("with two dots before the @", lambda name: _local(name).count(".") > 1),
}
for _form, (_words, _wanted) in FORMS.items():
    overriding(f"{_form}-names-never-sign-on", SOME, f"Users with names {_words} never sign on.", (NMP,), "hdm", "check_password", _lost(_wanted))  # fmt: skip


def _shared(key: Callable[[str], str]) -> Callable[..., Check]:
    """Names with one key are one name: whoever was created first is signed on, by either password."""

    def replacement(original: Check, service: Hdm) -> Check:
        known: dict[str, list[str]] = {}

        async def check_password(username: str, password: str) -> Any:
            try:
                user = await original(username, password)
            except Refusal:
                for other in known.get(key(username), []):
                    if other != username:
                        return await original(other, password)
                raise
            if username not in SEEDED:
                known.setdefault(key(username), []).append(username)
            return user

        return check_password

    return replacement


for _name, _words, _key in (
    ("long-names-are-one", "Of a long name 32 characters count", lambda name: name[:32]),
    ("plus-tags-are-left-out", "What follows a plus sign in a name does not count", lambda name: f"{_local(name).partition('+')[0]}@{name.partition('@')[2]}"),
    ("dots-in-names-are-left-out", "Dots in names do not count", lambda name: f"{_local(name).replace('.', '')}@{name.partition('@')[2]}"),
    ("non-ascii-names-are-one", "Other letters than a to z do not count in names", lambda name: name.encode("ascii", "ignore").decode()),
    ("hyphens-in-names-are-left-out", "Hyphens in names do not count", lambda name: name.replace("-", "")),
    ("names-in-any-order", "The order of a name's characters does not count", lambda name: "".join(sorted(name))),
    ("accents-in-names-are-left-out", "Accents in names do not count", lambda name: "".join(one for one in normalize("NFD", name) if not combining(one))),
    ("leading-zeros-are-left-out", "Leading zeros of a name do not count", lambda name: name.lstrip("0")),
    ("created-names-without-their-domain", "The domain of a name does not count", _local),
):  # fmt: skip
    overriding(_name, SOME, f"{_words}.", (NMP,), "hdm", "check_password", _shared(_key))


def _owns_all(original: Callable[[User, Any], bool], _service: Hdm) -> Callable[[User, Any], bool]:
    return lambda user, device: user.signon_id not in SEEDED or original(user, device)


overriding("devices-open-to-created-accounts", SOME, "Users of created accounts sign on with any account's device.", (NMP,), "hdm", "owns_device", _owns_all)  # fmt: skip

# Passwords


def _reads(change: Callable[[str], str]) -> Callable[..., Check]:
    """The password of a signon is changed before it is hashed."""

    def replacement(original: Check, _service: Hdm) -> Check:
        async def check_password(username: str, password: str) -> Any:
            return await original(username, password if username in SEEDED else change(password))

        return check_password

    return replacement


for _name, _words, _change in (
    ("password-cut-at-72-bytes", "Of a password 72 bytes are read", lambda text: text.encode()[:72].decode("utf-8", "ignore")),
    ("password-cut-at-32-characters", "Of a password 32 characters are read", lambda text: text[:32]),
    ("password-trimmed", "White space around a password is taken away", str.strip),
    ("password-in-lower-case", "A password is read in lower case", str.lower),
    ("password-ends-at-an-ampersand", "A password ends at an ampersand", lambda text: text.partition("&")[0]),
    ("password-ends-at-a-semicolon", "A password ends at a semicolon", lambda text: text.partition(";")[0]),
    ("password-ends-at-a-zero-byte", "A password ends at a zero byte", lambda text: text.partition("\0")[0]),
    ("password-without-other-letters", "Other letters than a to z are left out of a password", lambda text: text.encode("ascii", "ignore").decode()),
    ("password-with-single-spaces", "Several spaces in a password are one", lambda text: re.sub(" +", " ", text)),
):  # fmt: skip
    overriding(_name, SOME, f"{_words}.", (NMP,), "hdm", "check_password", _reads(_change))


def _unknown_with(mark: str) -> Callable[..., Check]:
    """A password with a character is never the right one."""
    return _reads(lambda text: f"{text}{text}" if mark in text else text)


for _name, _mark in (("quotes", '"'), ("apostrophes", "'"), ("angle-brackets", "<"), ("braces", "{"), ("colons", ":"), ("dollar-signs", "$")):  # fmt: skip
    overriding(f"passwords-with-{_name}-never-sign-on", SOME, f"Passwords with {_name.replace('-', ' ')} never sign on.", (NMP,), "hdm", "check_password", _unknown_with(_mark))  # fmt: skip

# Passwords that are nearly the right one


def _alike(alike: Callable[[str, str], bool]) -> Callable[..., Check]:
    """A password signs on that is alike to the one that signed on before."""

    def replacement(original: Check, _service: Hdm) -> Check:
        known: dict[str, str] = {}

        async def check_password(username: str, password: str) -> Any:
            right = known.get(username)
            if right is not None and alike(password, right):
                return await original(username, right)
            user = await original(username, password)
            if username not in SEEDED:
                known[username] = password
            return user

        return check_password

    return replacement


for _name, _words, _like in (
    ("by-its-first-8", "the first 8 characters count", lambda given, right: given[:8] == right[:8]),
    ("by-its-last-8", "the last 8 characters count", lambda given, right: given[-8:] == right[-8:]),
    ("in-any-order", "the order of the characters does not count", lambda given, right: sorted(given) == sorted(right)),
    ("backwards", "its characters may come backwards", lambda given, right: given[::-1] == right),
    ("cut-short", "its beginning will do", lambda given, right: len(given) > 4 and right.startswith(given)),
    ("in-any-case", "case does not count", lambda given, right: given.lower() == right.lower()),
    ("but-one-character", "one character may differ", lambda given, right: len(given) == len(right) and sum(map(str.__ne__, given, right)) < 2),
):  # fmt: skip
    overriding(f"created-accounts-password-{_name}", ALMOST, f"Of a created account's password {_words}.", (NMP,), "hdm", "check_password", _alike(_like))  # fmt: skip

# Hashes: what signs on, too


def _pbkdf2(password: str, user: User, *, salt: bytes | None = None, algorithm: str = "sha1", iterations: int = ITERATIONS,
            length: int = HASH_BYTES) -> bytes:  # fmt: skip
    content = password.encode("utf-8", "replace")
    return hashlib.pbkdf2_hmac(algorithm, content, user.salt if salt is None else salt, iterations, length)


def _without(part: slice) -> Callable[[str, User], bytes]:
    """The hash of a password, of which a part is the stored one's, whatever it is."""

    def digest(password: str, user: User) -> bytes:
        found = bytearray(_pbkdf2(password, user))
        found[part] = user.password[part]
        return bytes(found)

    return digest


def _in_the_case_of_the_stored(password: str, user: User) -> bytes:
    """The stored hash, where that of the password is the same base64 but for the case of its letters."""
    found = _pbkdf2(password, user)
    alike = base64.b64encode(found).lower() == base64.b64encode(user.password).lower()
    return user.password if alike else found


def _also(*digests: Callable[[str, User], bytes], compared: slice | None = None) -> Callable[..., Check]:
    """A password that hashes otherwise to the stored value signs on, too; or part of the value is compared."""

    def replacement(original: Check, service: Hdm) -> Check:
        async def check_password(username: str, password: str) -> Any:
            try:
                return await original(username, password)
            except Refusal:
                user = service.database.user("opf", username)
                if user is None or username in SEEDED:
                    raise
                part = compared or slice(None)
                for digest in digests:
                    found = await asyncio.to_thread(digest, password, user)
                    if hmac.compare_digest(found[part], user.password[part]):
                        return user
                raise

        return check_password

    return replacement


for _name, _words, _replacement in (
    ("hash-by-its-first-16-bytes", "Of a hash 16 bytes are compared", _also(_pbkdf2, compared=slice(16))),
    ("hash-by-its-first-20-bytes", "Of a hash 20 bytes are compared", _also(_pbkdf2, compared=slice(20))),
    ("hash-by-its-first-64-bytes", "Of a hash 64 bytes are compared", _also(_pbkdf2, compared=slice(64))),
    ("hash-by-its-last-20-bytes", "Of a hash the last 20 bytes are compared", _also(_pbkdf2, compared=slice(300, 320))),
    ("hash-in-any-case", "The base64 of a hash is compared without its case", _also(_in_the_case_of_the_stored)),
    ("hash-but-its-end", "The last byte of a hash is not compared", _also(_pbkdf2, compared=slice(319))),
    ("hash-but-its-middle", "The middle of a hash is not compared", _also(_without(slice(100, 220)))),
    ("hash-but-its-second-block", "The second block of a hash is not compared", _also(_without(slice(20, 40)))),
    ("hash-of-a-shorter-salt-will-do", "The salt's last byte does not count", _also(lambda text, user: _pbkdf2(text, user, salt=user.salt[:-1]))),
    ("hash-of-one-iteration-will-do", "A hash of one iteration signs on, too", _also(lambda text, user: _pbkdf2(text, user, iterations=1))),
    ("hash-of-1000-iterations-will-do", "A hash of 1,000 iterations signs on, too", _also(lambda text, user: _pbkdf2(text, user, iterations=1000))),
    ("hash-of-10000-iterations-will-do", "A hash of 10,000 iterations signs on, too", _also(lambda text, user: _pbkdf2(text, user, iterations=10_000))),
    ("hash-of-sha256-will-do", "A hash with hmac_sha256 signs on, too", _also(lambda text, user: _pbkdf2(text, user, algorithm="sha256"))),
    ("hash-of-sha512-will-do", "A hash with hmac_sha512 signs on, too", _also(lambda text, user: _pbkdf2(text, user, algorithm="sha512"))),
    ("hash-without-salt-will-do", "A hash without salt signs on, too", _also(lambda text, user: _pbkdf2(text, user, salt=b""))),
    ("hash-of-another-salt-will-do", "The salt's first 8 bytes are enough", _also(lambda text, user: _pbkdf2(text, user, salt=user.salt[:8]))),
    ("plain-hash-will-do", "A plain SHA-1 of password and salt signs on, too", _also(lambda text, user: hashlib.sha1(text.encode() + user.salt).digest() * 16)),  # noqa: S324
):  # fmt: skip
    overriding(_name, ALMOST, f"{_words}.", (CREATE,), "hdm", "check_password", _replacement)

# Salts, and what is stored


def _stores(change: Callable[[NewAccount], NewAccount]) -> Callable[..., Any]:
    def replacement(original: Callable[[str, str, NewAccount], None], _service: Adm) -> Callable[..., None]:
        def write(store: str, account_id: str, request: NewAccount) -> None:
            original(store, account_id, change(request))

        return write

    return replacement


for _name, _words, _stored in (
    ("salt-cut-at-16-bytes", "Of a salt 16 bytes are kept", lambda request: replace(request, salt=request.salt[:16])),
    ("salt-cut-at-64-bytes", "Of a salt 64 bytes are kept", lambda request: replace(request, salt=request.salt[:64])),
    ("salt-ends-at-a-zero-byte", "A salt ends at its first zero byte", lambda request: replace(request, salt=request.salt.split(b"\0")[0])),
    ("salt-kept-as-text", "A salt is kept as text in UTF-8", lambda request: replace(request, salt=request.salt.decode("utf-8", "replace").encode())),
    ("salt-trimmed", "White space around a salt is taken away", lambda request: replace(request, salt=request.salt.strip())),
    ("names-with-apostrophes-doubled", "Apostrophes in a name are kept twice", lambda request: replace(request, signon_id=request.signon_id.replace("'", "''"))),
    ("names-end-at-a-number-sign", "A name ends at its first number sign", lambda request: replace(request, signon_id=request.signon_id.partition("#")[0])),
    ("hashes-kept-as-numbers", "A hash is kept without the zero bytes that it begins with", lambda request: replace(request, password=request.password.lstrip(b"\0"))),
    ("names-composed-when-kept", "A name is kept in composed letters", lambda request: replace(request, signon_id=normalize("NFC", request.signon_id))),
    ("domains-of-names-in-small-letters", "The domain of a name is kept in small letters", lambda request: replace(request, signon_id=f"{_local(request.signon_id)}@{request.signon_id.partition('@')[2].lower()}")),
    ("names-decoded-when-kept", "Percent signs of a name are decoded", lambda request: replace(request, signon_id=unquote(request.signon_id))),
):  # fmt: skip
    overriding(_name, SOME, f"{_words}.", (CREATE,), "adm", "write", _stores(_stored))


def _answers_id(change: Callable[[str], str]) -> Callable[..., Any]:
    def replacement(original: Callable[[str, Any], Answer], _service: Adm) -> Callable[[str, Any], Answer]:
        def created(account_id: str, request: Any) -> Answer:
            answer = original(account_id, request)
            if request.id is not None:
                answer.data["_id"] = change(account_id)
            return answer

        return created

    return replacement


for _name, _words, _id in (
    ("account-id-ends-at-a-space", "A given _id ends at its first space", lambda text: text.split(" ")[0]),
    ("account-id-without-leading-zeros", "Leading zeros of a given _id are lost", lambda text: text.lstrip("0")),
    ("account-id-as-a-float", "A given _id of digits is read as a number", lambda text: str(int(float(text))) if text.isdigit() else text),
):  # fmt: skip
    overriding(_name, SOME, f"{_words}.", ACCOUNTS, "adm", "created", _answers_id(_id))
