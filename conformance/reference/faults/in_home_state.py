"""In-home flags that depend on what was asked before, or by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.faults import Fault, register
from conformance.reference.faults.making import (
    answers,
    body_of,
    memory,
    overriding,
    reclaiming,
)
from conformance.reference.faults.operations import IN_HOME, UPDATE
from conformance.reference.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.claims import Claims
    from conformance.reference.in_home import InHome
    from conformance.reference.platform import Platform
    from conformance.reference.wire import Answer, Call

STATE = "state"

Home = tuple[str, str]

# State


def _sticky(value: bool) -> Callable[[dict[str, Any], Call, Platform], None]:
    """Once a device's flag was `value`, it stays so."""

    def change(claims: dict[str, Any], _call: Call, platform: Platform) -> None:
        stuck: set[str] = memory(platform).setdefault("stuck", set())
        if claims["inHome"] is value:
            stuck.add(str(claims["deviceId"]))
        elif str(claims["deviceId"]) in stuck:
            claims["inHome"] = value

    return change


def _last_flag(claims: dict[str, Any], _call: Call, platform: Platform) -> None:
    store = memory(platform)
    store["flag"], claims["inHome"] = claims["inHome"], store.get("flag", claims["inHome"])


def _per_account(claims: dict[str, Any], _call: Call, platform: Platform) -> None:
    store = memory(platform).setdefault("first", {})
    claims["inHome"] = store.setdefault(claims["accountId"], claims["inHome"])


def _third_wrong(claims: dict[str, Any], _call: Call, platform: Platform) -> None:
    store = memory(platform)
    store["updates"] = store.get("updates", 0) + 1
    if store["updates"] % 5 == 0:
        claims["inHome"] = not claims["inHome"]


def _last_caller(claims: dict[str, Any], _call: Call, platform: Platform) -> None:
    store = memory(platform)
    mine = {name: claims[name] for name in ("accountId", "deviceId")}
    claims |= store.get("caller", mine)
    store["caller"] = mine


for _name, _summary, _change in (
    ("true-sticks-to-device", "A device that was in-home once stays so.", _sticky(True)),
    ("false-sticks-to-device", "A device that was out of home once stays so.", _sticky(False)),
    ("flag-of-update-before", "An update answers with the flag of the update before.", _last_flag),
    ("first-flag-of-account", "The first update of an account decides all later ones.", _per_account),
    ("every-fifth-flag-wrong", "Every fifth update has the wrong flag.", _third_wrong),
    ("update-of-caller-before", "An update names account and device of the caller before.", _last_caller),
):
    reclaiming(_name, STATE, _summary, _change, operations=(UPDATE,))


@answers(UPDATE, kind=STATE)
def update_answers_request_token(answer: Answer, call: Call, _platform: Platform) -> None:
    """An update answers with the token that it got."""
    answer.data["access_token"] = call.headers.get("authorization", "").removeprefix("Bearer ")


def _refuses_updated(original: Callable[[Call], Claims], service: InHome) -> Callable[[Call], Claims]:
    """Only tokens of a signon are known; updated ones are not."""

    def authenticate(call: Call) -> Claims:
        if service.bearer(call) in memory(service.platform).get("updated", ()):
            raise service.ias.bad_token("The access token is not known.")
        return original(call)

    return authenticate


def _notes_updated(original: Callable[[Claims], str], service: InHome) -> Callable[[Claims], str]:
    def write_updated(claims: Claims) -> str:
        token = original(claims)
        memory(service.platform).setdefault("updated", set()).add(token)
        return token

    return write_updated


register(
    Fault(
        "updated-token-refused",
        STATE,
        "The in-home calls refuse an updated token.",
        IN_HOME,
        {("in_home", "authenticate"): _refuses_updated, ("in_home", "write_updated"): _notes_updated},
    )
)


def _spent(call: Call, platform: Platform) -> bool:
    used: set[Any] = memory(platform).setdefault("used", set())
    broadcast = str((body_of(call) or {}).get("updateInHomeToken"))
    seen = broadcast in used
    used.add(broadcast)
    return seen


@answers(UPDATE, kind=STATE)
def broadcast_good_for_once(answer: Answer, call: Call, platform: Platform) -> None:
    """A broadcast token is good for one update."""
    if _spent(call, platform):
        answer.status, answer.data = 400, {"message": "updateInHomeToken was used.", "code": 400, "errorCode": 0}


def _mismatch(status: int) -> Callable[..., Any]:
    def replacement(original: Callable[..., bool], _service: InHome) -> Callable[..., bool]:
        def same_home(home: Home, claims: Claims) -> bool:
            if not original(home, claims):
                raise Refusal(status, "The broadcast token is of another home.")
            return True

        return same_home

    return replacement


for _status in (403, 409, 404, 500):
    overriding(f"broadcast-mismatch-is-{_status}", "status", f"Another account's broadcast token is answered {_status}.", (UPDATE,),
               "in_home", "same_home", _mismatch(_status))  # fmt: skip
