"""The people, boxes and contents that a fresh platform knows.

Account A and account B each have a set top box and a user with a device; A also has a disabled box and a gateway.
Passwords hold only characters that survive a client which does not escape them (`A-Z a-z 0-9 - . _ ~ !`).
Their PBKDF2 values are written out, so that starting costs nothing.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from conformance.reference.state import (
    Account,
    Channel,
    Database,
    Device,
    Entitlement,
    Gateway,
    SignonToken,
    User,
)

DAY_MS = 86_400_000
ACCOUNT_PROFILES = ("DEFAULT", "FAMILY", "PREMIUM")
NPVR_PROFILES = ("NPVR_NONE", "NPVR_100H", "NPVR_300H")
CLIENT_ID = "crm-adapter"
SDP_USERNAME = "mdrm"
SDP_PASSWORD = "Licence-Desk.9~sdp"  # noqa: S105 - a test platform's own


@dataclass(frozen=True, slots=True)
class Person:
    """A user with the plain password, as the target document gives it."""

    username: str
    password: str
    account: str
    device: str
    salt: str
    hashed: str


USER_A = Person(
    "ada.keller@example.test",
    "Sofa-Evening.2026~A!",
    "7f3a91c2e5d84b06",
    "NMP-4410A7",
    "hearth-and-home!",
    "zY7qDaCrSFsdxzeNTELH2Qj6CuPJrF8Y3fEDFG8ejmzMpgJAGLFNNxtVNy/2MOujixCtj5tLvYzaSFomODKehfRADXwdvxBqoZDaMG6Ursqw"
    "t+RHfrSLdn42TBlA1R7dr5V7ZR7WDHZ4f5ggO0+b94apdD4UaomlI4wBMgzIACptiMFaAuG9vxhWRZ5cef22ZIddbpDO0ynpmE4rzIwT2yBY"
    "Q4rbZcTmCJjnu+7sePPKK0d9VYMa6u3SFI7OE46MLDzhqAJbBzCcn838EOMwRjHUWWoeI5Q6k2sSyeB/m97UTIKf7OEarODE+WbxQaqqkiXd"
    "wm3Pfs3KUnljzxICxlM+tu36lcfjK95tFv2Y3HoUH4GxRXAUfRdm74SeSsVaXurwMPqpV46MCKFCElo61+GnbNY/Mrso+bzw67u6dOM=",
)
USER_B = Person(
    "bo.lindqvist@example.test",
    "Garden_Bench-7.dusk~B",
    "c08d44b19a6f7723",
    "NMP-9921B3",
    "window-on-summer",
    "5NeIE3gEy1MRJelC8WtVkDYN8XtFhTdzYn1VMjkPg+zJDpyA9jktHEZOjSZkS0n9ZxP76iqO1OgNNu94B9w3gX3W4y38g9y0AZrmUYipG+GE"
    "q++GxFIiv31Fux7mfNjBUkG96Xyd8cw1odVRGT4pcnRxtnidgzvUOhAGkCgkQeZXQdX/sWVNaSiKhs5inMm+8ykPNjIkB15/jqS/yghlxAds"
    "wVu+ONbsfp7z5nox0naTnHfi138kQwzWXfPD0iNqCC1vrqWOiYeJC6ygMYvzj6IcLkuKybgzSGWyQjiChmzRIwSksx1vTIf4yeKunqHHu0BW"
    "IwXRcTI3vF3FCZ37/xbc2dyqJGjGt16N3qvaWPXW8y6RGlz/7W3bHX7KOAnbzxjBJSS5IPzrf0jP8HLDX9beNOu/lFNPjYrU+YEGNus=",
)


@dataclass(frozen=True, slots=True)
class Operator:
    """A Keycloak user; `operatorRole` opens the operator APIs."""

    username: str
    password: str
    roles: tuple[str, ...]


CRM_OPERATOR = Operator("crm-service", "Ledger-Key.51~crm", ("operatorRole",))
CRM_READER = Operator("crm-reader", "Ledger-Look.52~crm", ("viewerRole",))
OPERATORS = {operator.username: operator for operator in (CRM_OPERATOR, CRM_READER)}

STB_A = Device(
    id="STB-5D0C11E0A2",
    account=USER_A.account,
    kind="stb",
    status="ACTIVE",
    profile="STB_4K",
    smartcard="038110046612",
    nuid="3A7F0091C4D2",
    casn="2954017731",
    csad_list="4E435331303041303743435331303142",
    challenge="ZGFzOmNvbm5lY3Q6MjAyNi5ob21lLWE",
    scheme="CONNECT",
    mac="02:00:00:00:00:01",
)
STB_B = Device(
    id="STB-88E4F2700B",
    account=USER_B.account,
    kind="stb",
    status="ACTIVE",
    profile="STB_HD",
    smartcard="038110052297",
    nuid="3A7F0102E8B6",
    casn="2954020418",
    csad_list="4E435331303041303743435331303243",
    challenge="ZGFzOndpZGV2aW5lOjIwMjYuaG9tZS1i",
    scheme="WIDEVINE",
    mac="02:00:00:00:00:02",
)
STB_DISABLED = Device(
    id="STB-1107C9D3F5",
    account=USER_A.account,
    kind="stb",
    status="DISABLED",
    profile="STB_HD",
    smartcard="038110060035",
    nuid="3A7F01151D40",
    casn="2954033186",
    csad_list="4E435331303041303743435331303344",
    challenge="ZGFzOmNvbm5lY3Q6MjAyNi5jZWxsYXI",
    scheme="CONNECT",
    mac="02:00:00:00:00:03",
)
OPEN_A = Device(USER_A.device, USER_A.account, "open", "ACTIVE", "TABLET")
OPEN_B = Device(USER_B.device, USER_B.account, "open", "ACTIVE", "PHONE")

GATEWAY = Gateway("038110071190", USER_A.account, True)
GATEWAY_UNPROVISIONED = Gateway("038110099904", None, False)

AUTHORISED = "CMS-20417733"
NOT_AUTHORISED = "CMS-20418806"
LIVE_PPV = "CMS-30990151"
CONTENTS = (AUTHORISED, NOT_AUTHORISED, LIVE_PPV)

CHANNELS = (
    Channel("SVC-0001", "Morgenblick", 1, False),
    Channel("SVC-0002", "Kanal Mitte", 2, False),
    Channel("SVC-0003", "Studio Nord", 3, False),
    Channel("SVC-0101", "Heimkino Eins", 101, True),
    Channel("SVC-0102", "Heimkino Zwei", 102, True),
)


def plant(database: Database, tenant: str, now_ms: int) -> None:
    """Writes the seed; whatever a database file already knows stays as it is."""
    with database.transaction():
        for number, person in enumerate((USER_A, USER_B), start=1):
            for store in ("opf", "ssp"):
                account = Account(
                    store,
                    person.account,
                    tenant,
                    f"10004{number}7",
                    "DEFAULT",
                    "NPVR_100H",
                    "ACTIVE",
                    "ENABLED",
                    False,
                    "[]",
                )
                database.insert("accounts", account, keep=True)
                hashed, salt = base64.b64decode(person.hashed), person.salt.encode()
                user = User(store, person.username, f"user-{number:04d}", person.account, hashed, salt)
                database.insert("users", user, keep=True)
            subscription = Entitlement(
                person.account, AUTHORISED, "subscription", now_ms - DAY_MS, now_ms + 365 * DAY_MS
            )
            database.insert("entitlements", subscription, renew=True)
            event = Entitlement(person.account, LIVE_PPV, "event", now_ms - 600_000, now_ms + 7 * DAY_MS)
            database.insert("entitlements", event, renew=True)
        for device in (STB_A, STB_B, STB_DISABLED, OPEN_A, OPEN_B):
            database.insert("devices", device, keep=True)
        for gateway in (GATEWAY, GATEWAY_UNPROVISIONED):
            database.insert("gateways", gateway, keep=True)
        for channel in CHANNELS:
            database.insert("channels", channel, keep=True)


def plant_expired_token(database: Database, token: str, now_ms: int) -> None:
    """An HDM token of user A that expired an hour ago."""
    expired = SignonToken(token, USER_A.account, USER_A.device, USER_A.username, now_ms - 7_200_000, now_ms - 3_600_000)
    database.insert("signon_tokens", expired, keep=True)
