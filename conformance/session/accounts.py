"""Creating accounts: bodies with hashed passwords, the two places, and the readings that a platform may follow.

Source: adm-creating-an-account. The pages give no way to delete an account: create few, and tell the ledger of each.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from conformance.errors import CouldNotTest
from conformance.session.once import once
from conformance.session.sender import Sender
from conformance.stream import AccountForm
from conformance.target import Secret, Target, reveal

MANDATORY = (
    "accountProfileId",
    "npvrProfileName",
    "billingAddress",
    "pvrStatus",
    "signonId",
    "password",
    "salt",
    "geoBlockExempt",
)
ITERATIONS, HASH_BYTES, HASH_BITS_AS_BYTES = 20_000, 320, 40
SALT_BYTES = 16
BLANKS: Mapping[str, object] = {"list": [], "text": "", "null": None}
FILLED: tuple[object, ...] = (
    [{"key": "city", "value": "Cheseaux"}, {"key": "country", "value": "CH"}],
    "Route de Geneve 22, Cheseaux",
)
ENCODINGS = ("base64", "hex")


@dataclass(frozen=True)
class Account:
    """An account to be created: its user, the plain password, and the request's body."""

    signon_id: str
    password: Secret
    body: Mapping[str, object]

    def without(self, name: str) -> dict[str, object]:
        """The body without one argument."""
        return {key: value for key, value in self.body.items() if key != name}

    def having(self, **changed: object) -> dict[str, object]:
        """The body with arguments changed or added."""
        return {**self.body, **changed}


@lru_cache(maxsize=64)
def hashed(password: str, salt: bytes, length: int = HASH_BYTES, iterations: int = ITERATIONS) -> bytes:
    """Return the PBKDF2 hash that the page prescribes: hmac_sha1, 20,000 iterations, 320 bytes."""
    return hashlib.pbkdf2_hmac("sha1", password.encode(), salt, iterations, length)


def encoded(content: bytes, encoding: str) -> str:
    """Return bytes as base64 or hexadecimal text."""
    return content.hex() if encoding == "hex" else base64.b64encode(content).decode()


def fresh_password() -> Secret:
    """Return a password of letters and digits, which survives clients that do not escape it."""
    return Secret(f"Aa1-{secrets.token_hex(8)}")


def fresh_account(
    sender: Sender,
    form: AccountForm,
    *,
    password: Secret | None = None,
    salt: bytes | None = None,
    other_password: Secret | None = None,
    hash_salt: bytes | None = None,
    iterations: int = ITERATIONS,
) -> Account:
    """Return an account with a signonId that nobody has.

    Args:
        sender: who will send it.
        form: how the target wants what the page leaves open.
        password: the plain password; one for the whole run by default, so that it is hashed once.
        salt: the salt; one for the whole run by default, unless the target takes none a second time.
        other_password: the password that the hash is really made of, where it is another one.
        hash_salt: the salt that the hash is really made with, where it is another one.
        iterations: other than the page's number.
    """
    session = sender.session
    usual, usual_salt = _usual_password(sender)
    if session.profile.salts_again is False:
        usual_salt = secrets.token_bytes(SALT_BYTES)
    password, salt = password or usual, salt or usual_salt
    digest = hashed(reveal(other_password or password), hash_salt or salt, form.length, iterations)
    text = encoded(digest, form.encoding)
    for secret in (reveal(password), text):
        session.stream.redactor.learn(secret)
    template = session.target.account_template
    domain = template["email_domain"].read() if "email_domain" in template else "example.test"
    signon_id = f"conformance-{uuid.uuid4().hex[:12]}@{domain}"
    body: dict[str, object] = {
        "accountProfileId": _of_template(session.target, "accountProfileId"),
        "npvrProfileName": _of_template(session.target, "npvrProfileName"),
        "billingAddress": _billing_address(form, session.target),
        "pvrStatus": form.pvr_status,
        "signonId": signon_id,
        "password": Secret(text),
        "salt": Secret(base64.b64encode(salt).decode()),
        "geoBlockExempt": False,
    }
    if not (other_password or hash_salt) and iterations == ITERATIONS:
        session.history.hashed(signon_id, reveal(password), hash_of(body))
    return Account(signon_id, password, body)


def hash_of(body: Mapping[str, object]) -> tuple[str, ...]:
    """Return the hash and the salt of a request for an account, as text."""
    values = (body.get("password"), body.get("salt"))
    return tuple(value.reveal() if isinstance(value, Secret) else str(value) for value in values)


@once
def _usual_password(_sender: Sender) -> tuple[Secret, bytes]:
    """Return the password and the salt of most accounts of a run, so that they are hashed once."""
    return fresh_password(), secrets.token_bytes(SALT_BYTES)


def _kind_of(billing_address: object) -> str:
    return next((name for name, blank in BLANKS.items() if blank == billing_address), "given")


def _billing_address(form: AccountForm, target: Target) -> object:
    if form.billing == "given":
        return target.billing_address
    return FILLED[0] if form.billing == "filled" else BLANKS[form.billing]


def _of_template(target: Target, name: str) -> str:
    if name not in target.account_template:
        raise CouldNotTest(
            f"subjects.account_template has no {name}", add=[f'subjects: {{account_template: {{{name}: "…"}}}}']
        )
    return target.account_template[name].read()


def forms(target: Target) -> Iterator[AccountForm]:
    """Yield the documented forms, the likeliest first: bytes before bits, base64 before hex, blank before filled."""
    pinned = (
        target.account_template["password_encoding"].read() if "password_encoding" in target.account_template else ""
    )
    encodings = (pinned,) if pinned in ENCODINGS else ENCODINGS
    given = [] if target.billing_address is None else [_kind_of(target.billing_address)]
    for length, billings in ((HASH_BYTES, [*BLANKS, "filled"]), (HASH_BITS_AS_BYTES, ["list", "text", "filled"])):
        for encoding in encodings:
            for billing in [*given, *billings]:
                yield AccountForm(billing=billing, encoding=encoding, length=length)
    yield AccountForm(billing=(given or ["list"])[0], encoding=encodings[0], pvr_status="DISABLED")


def with_id(account: Account, account_id: str) -> Account:
    """Return an account with the ID that another place gave it."""
    return replace(account, body={**account.body, "_id": account_id}) if account_id else account
