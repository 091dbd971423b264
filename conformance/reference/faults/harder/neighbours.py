"""What is kept of the request that is served, and gets into the answer to a request of another operation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.faults import Fault, register
from conformance.reference.faults.harder.occasions import account_of
from conformance.reference.faults.making import claims_of, memory
from conformance.reference.faults.operations import DAS, GENERATE, MDS, NMP, SDP, STB, UPDATE

if TYPE_CHECKING:
    from conformance.reference.platform import Platform
    from conformance.reference.wire import Answer, Call

KIND = "together"
FLIGHT_S, OK = 0.05, 200
Mix = Callable[["Answer", str, "Platform"], None]
"""Changes an answer into one for another account."""


def _beside(name: str, summary: str, operation: str, other: str, mix: Mix) -> None:
    """While another account's request of `other` is served, an answer of `operation` is that account's."""

    def on_response(call: Call, answer: Answer, platform: Platform) -> Answer:
        if answer.status != OK:
            return answer
        store, now, caller = memory(platform), asyncio.get_event_loop().time(), account_of(call, platform)
        if call.operation == other:
            answer.delay = FLIGHT_S
            store["beside"] = (now + FLIGHT_S, caller)
        else:
            until, served = store.get("beside", (0.0, ""))
            if now < until and caller and served and served != caller:
                mix(answer, served, platform)
        return answer

    register(Fault(name, KIND, summary, (operation, other), on_response=on_response))


def _broadcast(answer: Answer, account: str, platform: Platform) -> None:
    answer.data = {name: platform.in_home.seal_home(platform.settings.tenant, account) for name in answer.data}


def _claims(change: Callable[[dict[str, Any], str], None]) -> Mix:
    def mix(answer: Answer, account: str, platform: Platform) -> None:
        claims = claims_of(answer.data["access_token"])
        if claims is not None:
            change(claims, account)
            answer.data["access_token"] = platform.ias_key.sign(claims)

    return mix


def _account(claims: dict[str, Any], account: str) -> None:
    claims["accountId"] = account


def _flag(claims: dict[str, Any], _account: str) -> None:
    claims["inHome"] = not claims["inHome"]


def _number(answer: Answer, account: str, platform: Platform) -> None:
    known = platform.database.account("opf", account)
    if known is not None and "accountNumber" in answer.data["result"]:
        answer.data["result"]["accountNumber"] = known.number


def _token(answer: Answer, account: str, platform: Platform) -> None:
    answer.data["token"]["token"] = platform.hdm.issue_token(account, None, None).token


def _list(answer: Answer, _account: str, platform: Platform) -> None:
    hidden = {channel.name for channel in platform.database.channels() if channel.in_home_only}
    answer.data["services"] = [one for one in answer.data["services"] if hidden.isdisjoint(_texts(one))]


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {text for member in value.values() for text in _texts(member)}
    return {str(value)}


_beside("broadcast-of-the-home-that-signs-on", "During a sign-on others get the broadcast token of its home.", GENERATE, DAS, _broadcast)  # fmt: skip
_beside("update-of-the-account-that-signs-on", "During a sign-on others are updated to its account.", UPDATE, DAS, _claims(_account))  # fmt: skip
_beside("flag-turned-during-a-list", "While a list is served, another account's update has the other flag.", UPDATE, MDS, _claims(_flag))  # fmt: skip
_beside(
    "list-of-the-device-that-is-updated", "During an update others get the list out of the home.", MDS, UPDATE, _list
)
_beside("question-of-the-user-who-signs-on", "During a signon others' questions are answered for its account.", SDP, NMP, _number)  # fmt: skip
_beside(
    "token-of-the-box-that-signs-on", "During a box's signon others' users get its account's token.", NMP, STB, _token
)
