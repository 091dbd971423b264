"""Requests that arrive together: a variable that all of them share, and the answer that goes to the wrong one."""

from __future__ import annotations

import hmac
import time
from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.adm import from_base64, from_hex
from conformance.reference.faults import replaces
from conformance.reference.faults.making import AnswerChange, answering, memory
from conformance.reference.faults.operations import CREATE, GENERATE, MDS, NMP, SDP, STB, UPDATE
from conformance.reference.tokens import opaque_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance.reference.hdm import Hdm
    from conformance.reference.platform import Platform
    from conformance.reference.state import User
    from conformance.reference.wire import Answer, Call

KIND = "concurrency"
FLIGHT_S = 0.05


def _mixed_up(name: str, summary: str, operation: str, who: Callable[[Call], str], status: int = 200) -> None:
    """An answer takes a moment; another caller who asks in that moment gets it, too."""

    def change(answer: Answer, call: Call, platform: Platform) -> None:
        store, now = memory(platform), time.monotonic()
        answer.delay = FLIGHT_S
        until, caller, data = store.get("flight", (0.0, "", None))
        if now < until and caller != who(call):
            answer.data = data
        else:
            store["flight"] = (now + FLIGHT_S, who(call), answer.data)

    answering(name, KIND, summary, (operation,), change, when=(status,))


def _authorization(call: Call) -> str:
    return call.headers.get("authorization", "")


_mixed_up(
    "simultaneous-users-mixed-up", "Users who sign on together get one token.", NMP, lambda call: call.query["username"]
)
_mixed_up(
    "simultaneous-boxes-mixed-up",
    "Boxes that sign on together get one token.",
    STB,
    lambda call: call.query["smartcardId"],
)
_mixed_up(
    "simultaneous-questions-mixed-up", "Questions asked together get one answer.", SDP, lambda call: call.query["token"]
)
_mixed_up("simultaneous-lists-mixed-up", "Lists asked for together are one list.", MDS, _authorization)
_mixed_up("simultaneous-broadcasts-mixed-up", "Homes that ask together get one token.", GENERATE, _authorization)
_mixed_up("simultaneous-updates-mixed-up", "Updates made together get one token.", UPDATE, _authorization)
_mixed_up(
    "simultaneous-accounts-mixed-up",
    "Accounts that are created together get one answer.",
    CREATE,
    lambda call: call.body.decode("utf-8", "replace"),
    201,
)


def _exchanged(parameter: str) -> AnswerChange:
    """Callers who sign on together get each other's tokens; a parameter names them."""

    def change(answer: Answer, call: Call, platform: Platform) -> None:
        store, now, name = memory(platform), time.monotonic(), call.query[parameter]
        answer.delay = FLIGHT_S
        until, caller, other = store.pop("waiting", (0.0, name, answer))
        if now < until and caller != name:
            answer.data, other.data = other.data, answer.data
        else:
            store["waiting"] = (now + FLIGHT_S / 2, name, answer)

    return change


for _operation, _who, _parameter in ((STB, "boxes", "smartcardId"), (NMP, "users", "username")):
    answering(
        f"simultaneous-{_who}-exchanged",
        KIND,
        f"{_who.capitalize()} that sign on together get each other's tokens.",
        (_operation,),
        _exchanged(_parameter),
    )


def _stale_token(which: Callable[[Call], bool]) -> AnswerChange:
    def change(answer: Answer, call: Call, platform: Platform) -> None:
        if which(call) and isinstance(answer.data, dict) and isinstance(answer.data.get("token"), dict):
            answer.data["token"]["token"] = opaque_token(platform.now_ms(), platform.reads("hdm-token-form"))

    return change


answering(
    "device-token-unknown-to-sdp",
    "tokens",
    "The token of a device is not known to SDP.",
    (NMP,),
    _stale_token(lambda call: "deviceId" in call.query),
    when=(200,),
)


@replaces("hdm", "check_password", CREATE, kind="credentials")
def hash_opens_account(original: Callable[[str, str], Awaitable[User]], service: Hdm) -> Callable[..., Awaitable[Any]]:
    """The hash that the CRM sent signs on as the password."""

    async def check_password(username: str, password: str) -> Any:
        user = service.database.user("opf", username)
        seeded = username in (seed.USER_A.username, seed.USER_B.username)
        if user is not None and not seeded and hmac.compare_digest(_bytes(password), user.password):
            return user
        return await original(username, password)

    return check_password


def _bytes(text: str) -> bytes:
    return from_hex(text) or from_base64(text) or b""
