"""In-home flags that are not true."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from conformance.reference.faults import Fault, register, replaces
from conformance.reference.faults.making import (
    claims_of,
    leaving_out,
    memory,
    overriding,
)
from conformance.reference.faults.operations import UPDATE
from conformance.reference.tokens import InvalidToken

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.claims import Claims
    from conformance.reference.in_home import InHome

LEAK, KIND, STATE = "leak", "in-home", "state"

# The flag

leaving_out(
    "any-home-is-home",
    "Account and tenant are not compared.",
    (UPDATE,),
    "in_home",
    "same_home",
    result=True,
    kind=KIND,
)
leaving_out(
    "no-home-is-home",
    "No broadcast token is of the same home.",
    (UPDATE,),
    "in_home",
    "same_home",
    result=False,
    kind=KIND,
)
leaving_out(
    "flag-always-true", "Every updated token is in-home.", (UPDATE,), "in_home", "in_home_flag", result=True, kind=KIND
)
leaving_out(
    "flag-always-false", "No updated token is in-home.", (UPDATE,), "in_home", "in_home_flag", result=False, kind=KIND
)
leaving_out(
    "request-flag-ignored",
    "inHome of the request is taken for true.",
    (UPDATE,),
    "in_home",
    "in_home_argument",
    result=True,
    kind=KIND,
)

Home = tuple[str, str]


def _compares(same: Callable[[Home, Claims], bool]) -> Callable[..., Any]:
    return lambda _original, _service: same


register(
    Fault(
        "tenant-not-compared",
        KIND,
        "A token of another tenant is taken, and of its home only the account is compared.",
        (UPDATE,),
        {
            ("ias", "check_token_tenant"): lambda _original, _service: lambda _claims: None,
            ("in_home", "same_home"): _compares(lambda home, claims: home[1] == claims.get("accountId")),
        },
    )
)
overriding("account-not-compared", KIND, "Only the tenant is compared.", (UPDATE,), "in_home", "same_home",
           _compares(lambda home, claims: home[0] == claims.get("tenantId")))  # fmt: skip
overriding("account-compared-by-length", KIND, "Of the account the length is compared.", (UPDATE,), "in_home", "same_home",
           _compares(lambda home, claims: len(home[1]) == len(str(claims.get("accountId")))))  # fmt: skip


@replaces("in_home", "same_home", UPDATE, kind=KIND)
def device_account_compared(_original: Any, service: InHome) -> Callable[[Home, Claims], bool]:
    """The device's account is compared, not the token's."""

    def same_home(home: Home, claims: Claims) -> bool:
        device = service.database.device(str(claims.get("deviceId")))
        return device is not None and device.account == home[1]

    return same_home


def _flag_of(decide: Callable[[Claims, bool, bool], bool]) -> Callable[..., Any]:
    """The flag is `decide(claims, asked, right)`."""

    def replacement(original: Callable[..., bool], _service: InHome) -> Callable[[Claims, bool, str | None], bool]:
        return lambda claims, in_home, broadcast: decide(claims, in_home, original(claims, in_home, broadcast))

    return replacement


def _lenient(opens: Callable[[InHome, str, Claims], bool]) -> Callable[..., Any]:
    """Broadcast tokens that `opens` are taken for the caller's home."""

    def replacement(original: Callable[..., bool], service: InHome) -> Callable[[Claims, bool, str | None], bool]:
        def in_home_flag(claims: Claims, in_home: bool, broadcast: str | None) -> bool:
            if in_home and broadcast is not None and opens(service, broadcast, claims):
                return True
            return original(claims, in_home, broadcast)

        return in_home_flag

    return replacement


def _names_home(_service: InHome, broadcast: str, claims: Claims) -> bool:
    account = str(claims.get("accountId"))
    decoded = [broadcast]
    for decode in (base64.b64decode, bytes.fromhex, base64.urlsafe_b64decode):
        try:
            decoded.append(decode(broadcast).decode())
        except ValueError:
            continue
    return any(account in text for text in decoded)


def _opens_start(service: InHome, broadcast: str, claims: Claims) -> bool:
    known: set[str] = memory(service.platform).setdefault("broadcast", set())
    try:
        service.platform.sealer.open(bytes.fromhex(broadcast))
    except (InvalidToken, ValueError):
        return any(one.startswith(broadcast[:24]) for one in known if len(broadcast) >= 24)
    known.add(broadcast)
    return False


def _unsealed(service: InHome, broadcast: str, _claims: Claims) -> bool:
    try:
        service.platform.sealer.open(bytes.fromhex(broadcast))
    except (InvalidToken, ValueError):
        return True
    return False


for _name, _summary, _decide in (
    (
        "flag-sticks-when-true",
        "A token that is in-home stays so.",
        lambda claims, asked, right: right or claims.get("inHome") is True,
    ),
    ("flag-of-request-believed", "inHome of the request is believed.", lambda claims, asked, right: asked),
    ("flag-inverted", "The flag is inverted.", lambda claims, asked, right: not right),
):
    overriding(_name, KIND, _summary, (UPDATE,), "in_home", "in_home_flag", _flag_of(_decide))
for _name, _summary, _opens in (
    ("plain-ids-are-home", "Account and tenant in plain are a broadcast token.", _names_home),
    ("broadcast-by-its-start", "Of a broadcast token the first 24 characters count.", _opens_start),
    ("forged-broadcast-is-home", "What does not decrypt is taken for the caller's home.", _unsealed),
    (
        "access-token-is-broadcast",
        "An access token is a broadcast token.",
        lambda service, broadcast, claims: claims_of(broadcast) is not None,
    ),
):
    overriding(_name, KIND, _summary, (UPDATE,), "in_home", "in_home_flag", _lenient(_opens))


def _blank_is_home(original: Callable[..., Any], service: InHome) -> Callable[..., Any]:
    def broadcast_argument(body: dict[str, Any], in_home: bool) -> Any:
        value = body.get("updateInHomeToken", ...)
        if value == "" or (value is not ... and not isinstance(value, str)):
            memory(service.platform)["blank"] = True
            return "blank"
        memory(service.platform)["blank"] = False
        return original(body, in_home)

    return broadcast_argument


def _blank_flag(original: Callable[..., Any], service: InHome) -> Callable[..., Any]:
    return lambda claims, in_home, broadcast: in_home if broadcast == "blank" else original(claims, in_home, broadcast)


register(
    Fault(
        "blank-broadcast-is-home",
        KIND,
        "An updateInHomeToken that is empty, null or no string is not compared.",
        (UPDATE,),
        {("in_home", "broadcast_argument"): _blank_is_home, ("in_home", "in_home_flag"): _blank_flag},
    )
)
