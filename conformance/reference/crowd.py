"""More people than the two accounts of `seed`, for many users at once: each has an account, a user and a set top box.

They have user A's password and its value, which costs a tenth of a second to make.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from typing import TYPE_CHECKING

from conformance.reference import seed
from conformance.reference.state import Account, Device, Entitlement, User

if TYPE_CHECKING:
    from conformance.reference.state import Database

COLUMNS = (
    "username", "password", "deviceId", "accountId",
    "smartcardId", "nuId", "casn", "csadList", "dasChallenge", "scheme", "macAddress",
)  # fmt: skip


def account_of(number: int) -> str:
    """The account of a household: sixteen hexadecimal digits, as those of the seed."""
    return hashlib.sha256(b"household %d" % number).hexdigest()[:16]


def box_of(number: int) -> Device:
    """The set top box of a household."""
    digits = f"{number:06d}"
    return Device(
        id=f"STB-{account_of(number)[:10].upper()}",
        account=account_of(number),
        kind="stb",
        status="ACTIVE",
        profile="STB_4K",
        smartcard=f"038120{digits}",
        nuid=f"3A7F02{int(digits):06X}",
        casn=f"2955{digits}",
        csad_list=seed.STB_A.csad_list,
        challenge=base64.urlsafe_b64encode(f"das:connect:2026.household-{digits}".encode()).decode().rstrip("="),
        scheme="CONNECT",
        mac=f"02:00:01:{digits[:2]}:{digits[2:4]}:{digits[4:]}",
    )


def name_of(number: int) -> str:
    """The user name of a household."""
    return f"viewer.{number:06d}@example.test"


def device_of(number: int) -> str:
    """The id of its user's open device."""
    return f"NMP-{account_of(number)[10:].upper()}{number:04d}"


def plant(database: Database, tenant: str, now_ms: int, households: int) -> None:
    """Writes the households; whatever a database file already knows stays as it is."""
    password = base64.b64decode(seed.USER_A.hashed), seed.USER_A.salt.encode()
    with database.transaction():
        for number in range(1, households + 1):
            account, name = account_of(number), name_of(number)
            known = (tenant, f"2{number:06d}", "DEFAULT", "NPVR_100H", "ACTIVE", "ENABLED", False, "[]")
            database.insert("accounts", Account("opf", account, *known), keep=True)
            database.insert("users", User("opf", name, f"user-{number:06d}", account, *password), keep=True)
            database.insert("devices", Device(device_of(number), account, "open", "ACTIVE", "TABLET"), keep=True)
            database.insert("devices", box_of(number), keep=True)
            right = Entitlement(
                account, seed.AUTHORISED, "subscription", now_ms - seed.DAY_MS, now_ms + 365 * seed.DAY_MS
            )
            database.insert("entitlements", right, renew=True)


def pool(households: int) -> str:
    """The households as `subjects_pool` of a target file has them: a CSV."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for number in range(1, households + 1):
        box = box_of(number)
        rows.writerow(
            (name_of(number), seed.USER_A.password, device_of(number), account_of(number), box.smartcard, box.nuid,
             box.casn, box.csad_list, box.challenge, box.scheme, box.mac)
        )  # fmt: skip
    return text.getvalue()
