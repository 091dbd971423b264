"""Accounts, devices and tokens that are mixed up, between callers and between requests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.faults import Fault, register, replaces
from conformance.reference.faults.edits import put
from conformance.reference.faults.making import (
    answering,
    answers,
    body_of,
    claiming,
    leaving_out,
    memory,
    overriding,
    reclaiming,
)
from conformance.reference.faults.operations import DAS, INITIALISE, NMP, SIGNONS, STB
from conformance.reference.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.hdm import Hdm
    from conformance.reference.initialise import Initialise
    from conformance.reference.platform import Platform
    from conformance.reference.state import SignonToken, User
    from conformance.reference.wire import Answer, Call

KIND, STATE = "isolation", "state"

# HDM


@replaces("hdm", "check_device", NMP, kind=STATE)
def foreign_attempt_locks_device(original: Callable[[str, User], None], service: Hdm) -> Callable[[str, User], None]:
    """A foreign attempt locks the device."""

    def check_device(device_id: str, user: User) -> None:
        lost: set[str] = memory(service.platform).setdefault("lost", set())
        device = service.database.device(device_id)
        if device is not None and device.account != user.account:
            lost.add(device_id)
        if device_id in lost:
            raise Refusal(403, "The device is unknown.", code="23010")
        original(device_id, user)

    return check_device


def _token_by(name: str, summary: str, operations: tuple[str, ...], key: Callable[[Call], str]) -> None:
    def change(answer: Answer, call: Call, platform: Platform) -> None:
        tokens = memory(platform).setdefault("tokens", {})
        inner = answer.data["token"]
        inner["token"] = tokens.setdefault(key(call), inner["token"])

    answering(name, KIND, summary, operations, change)


_token_by("users-share-a-token", "All users get the first user's token.", (NMP,), lambda call: "user")
_token_by("boxes-share-a-token", "All boxes get the first box's token.", (STB,), lambda call: "box")
_token_by(
    "token-by-nuid-prefix", "Boxes of one chipset series share a token.", (STB,), lambda call: call.query["nuId"][:3]
)
_token_by(
    "token-by-name-domain",
    "Users of one mail domain share a token.",
    (NMP,),
    lambda call: call.query["username"].split("@")[-1],
)


@answers(*SIGNONS, kind=STATE)
def second_signon_refused(answer: Answer, call: Call, platform: Platform) -> None:
    """The same signon is refused when it is repeated."""
    seen: set[str] = memory(platform).setdefault("seen", set())
    who = str(sorted(call.query.items()))
    if who in seen:
        answer.status, answer.data = 403, {"resultCode": "23011", "result": "signed on already"}
    seen.add(who)


def _notes_initialisation(original: Callable[..., Any], service: Initialise) -> Callable[..., Any]:
    def provision(token: SignonToken, player: Any) -> Any:
        memory(service.platform).setdefault("initialised", set()).add(token.account)
        return original(token, player)

    return provision


def _after_initialisation(original: Callable[[str, User], None], service: Hdm) -> Callable[[str, User], None]:
    def check_device(device_id: str, user: User) -> None:
        if user.account in memory(service.platform).get("initialised", ()):
            raise Refusal(403, "The device was initialised again.")
        original(device_id, user)

    return check_device


register(
    Fault(
        "signon-after-initialisation-refused",
        STATE,
        "After an initialisation the user's device is refused.",
        (NMP, *INITIALISE),
        {("initialise", "provision"): _notes_initialisation, ("hdm", "check_device"): _after_initialisation},
    )
)
leaving_out(
    "gateway-not-checked",
    "The gateway's smartcard is not looked at.",
    (NMP,),
    "hdm",
    "check_gateway",
    kind="check left out",
)
leaving_out(
    "gateway-not-verified",
    "ESPS is not asked about a gateway.",
    (NMP,),
    "hdm",
    "can_verify_gateway",
    result=True,
    kind="check left out",
)
leaving_out(
    "configuration-not-checked",
    "A missing configuration is not noticed.",
    SIGNONS,
    "hdm",
    "check_systems_configured",
    kind="condition",
)
leaving_out(
    "outage-not-noticed",
    "Signons succeed while a system is unreachable.",
    SIGNONS,
    "hdm",
    "check_systems_reachable",
    kind="condition",
)


def _only(system: str, state: str) -> Callable[..., Any]:
    """Of two systems the one's trouble is not noticed."""

    def replacement(original: Callable[[], None], service: Hdm) -> Callable[[], None]:
        def check() -> None:
            if f"{system}_{state}" not in service.platform.conditions:
                original()

        return check

    return replacement


for _system in ("esps", "esso"):
    for _state, _method in (("unreachable", "check_systems_reachable"), ("not_configured", "check_systems_configured")):
        overriding(f"{_system}-{_state.replace('_', '-')}-not-noticed", "condition", f"Signons succeed while {_system.upper()} is {_state.replace('_', ' ')}.",
                   SIGNONS, "hdm", _method, _only(_system, _state))  # fmt: skip

# IAS: reads claims of tokens


def _signed_as(name: str, kind: str, summary: str, change: Callable[[dict[str, Any], Call, Platform], None]) -> None:
    reclaiming(name, kind, summary, change, operations=(DAS,))


def _constant(claim: str) -> Callable[[dict[str, Any], Call, Platform], None]:
    def change(claims: dict[str, Any], _call: Call, platform: Platform) -> None:
        if claim in claims:
            claims[claim] = memory(platform).setdefault(claim, claims[claim])

    return change


_signed_as("jti-constant", STATE, "All tokens have one jti.", _constant("jti"))
claiming("jti-of-the-page", "All tokens have the page's jti.", "jti", put("4789023423714089478"), kind=STATE)
_signed_as("device-of-first-signon", KIND, "All tokens name the first device.", _constant("deviceId"))
_signed_as(
    "account-of-first-signon-in-token", KIND, "All access tokens name the first account.", _constant("accountId")
)


def _whole_answer(name: str, summary: str, key: Callable[[dict[str, Any]], str]) -> None:
    def change(answer: Answer, call: Call, platform: Platform) -> None:
        cache = memory(platform).setdefault("answers", {})
        answer.data = cache.setdefault(key(body_of(call) or {}), answer.data)

    answering(name, KIND, summary, (DAS,), change)


_whole_answer("signon-cached-for-all", "Every signon gets the first one's answer.", lambda body: "one")
_whole_answer(
    "signon-cached-by-casn-prefix",
    "Signons are cached by the start of the caSN.",
    lambda body: str(body.get("casn"))[:4],
)


@answers(DAS, kind=KIND)
def every_fourth_signon_of_caller_before(answer: Answer, _call: Call, platform: Platform) -> None:
    """Every fourth signon gets the answer before it."""
    store = memory(platform)
    previous, store["answer"] = store.get("answer"), answer.data
    store["count"] = store.get("count", 0) + 1
    if previous is not None and store["count"] % 4 == 0:
        answer.data = previous


@answers(DAS, kind=KIND)
def simultaneous_signons_mixed_up(answer: Answer, call: Call, platform: Platform) -> None:
    """Simultaneous signons get one answer."""
    store, now, who = memory(platform), time.monotonic(), (body_of(call) or {}).get("casn")
    answer.delay = 0.05
    until, other, data = store.get("flight", (0.0, None, None))
    if now < until and other != who:
        answer.data = data
        return
    store["flight"] = (now + 0.05, who, answer.data)


@answers(DAS, kind=KIND)
def envelope_of_another_account(answer: Answer, _call: Call, platform: Platform) -> None:
    """The accountId of the answer is another account's."""
    mine = answer.data["accountId"]
    answer.data["accountId"] = seed.USER_B.account if mine == seed.USER_A.account else seed.USER_A.account


@answers(DAS, kind=KIND)
def refresh_token_of_signon_before(answer: Answer, _call: Call, platform: Platform) -> None:
    """An answer carries the refresh token of the signon before."""
    store = memory(platform)
    mine = answer.data["refresh_token"]
    answer.data["refresh_token"], store["refresh"] = store.get("refresh", mine), mine


@answers(*SIGNONS, DAS, kind="header")
def correlation_id_refused(answer: Answer, call: Call, platform: Platform) -> None:
    """A signon with x-correlation-id is refused."""
    correlation = call.headers.get("x-correlation-id")
    if correlation is not None:
        answer.status, answer.data = 400, {"message": "unexpected header", "code": 400, "errorCode": 0}


@answers(*SIGNONS, DAS, kind="header")
def correlation_id_required(answer: Answer, call: Call, _platform: Platform) -> None:
    """A signon without x-correlation-id is refused."""
    if "x-correlation-id" not in call.headers:
        answer.status, answer.data = 400, {"message": "x-correlation-id is missing", "code": 400, "errorCode": 0}


@answers(DAS, kind="check left out")
def widevine_refused(answer: Answer, call: Call, _platform: Platform) -> None:
    """Boxes of scheme WIDEVINE do not sign on."""
    if (body_of(call) or {}).get("scheme") == "WIDEVINE":
        answer.status, answer.data = 403, {"message": "scheme is not supported", "code": 403, "errorCode": 0}


@replaces("hdm", "issue_token", STB, kind=KIND)
def box_token_of_another_account(original: Callable[..., Any], _service: Any) -> Callable[..., Any]:
    """The token of the second account's box is of the first account."""

    def issue_token(account: str, device: str | None, user: str | None, **more: Any) -> Any:
        wrong = account == seed.STB_B.account and user is None
        return original(seed.STB_A.account if wrong else account, device, user, **more)

    return issue_token
