"""Requests that the pages promise an answer, and that a server refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.faults import Fault, register, replaces
from conformance.reference.faults.making import (
    answers,
    body_of,
    intercepting,
    memory,
    reclaiming,
)
from conformance.reference.faults.operations import DAS, GENERATE, INITIALISE, NMP, STB, UPDATE
from conformance.reference.wire import Answer, Call, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.hdm import Hdm
    from conformance.reference.in_home import InHome
    from conformance.reference.platform import Platform

KIND = "refusal"


def _refused(status: int) -> Callable[[], Answer]:
    return lambda: Answer(
        status=status, data={"resultCode": "23011", "result": "not possible", "localeMessage": "none"}
    )


def _names(*wanted: str, without: tuple[str, ...] = ()) -> Callable[[Call], bool]:
    return lambda call: all(name in call.query for name in wanted) and not any(name in call.query for name in without)


for _name, _summary, _wanted, _status in (
    ("device-signon-refused", "A signon with deviceId is refused.", _names("deviceId"), 401),
    (
        "device-signon-without-gateway-is-404",
        "A signon with deviceId and without a gateway is 404.",
        _names("deviceId", "username", without=("smartcardId",)),
        404,
    ),
    (
        "first-signon-with-gateway-is-403",
        "A first signon that names the gateway is refused.",
        _names("smartcardId", "username", without=("deviceId",)),
        403,
    ),
    (
        "signon-with-gateway-and-device-is-403",
        "A signon with gateway and device is refused.",
        _names("smartcardId", "deviceId"),
        403,
    ),
    (
        "first-signon-refused",
        "A signon without deviceId is refused.",
        _names("username", "password", without=("deviceId",)),
        404,
    ),
):
    intercepting(_name, KIND, _summary, (NMP,), _wanted, _refused(_status))
intercepting("boxes-refused", KIND, "No box signs on.", (STB,), _names("smartcardId", "casn"), _refused(404))
for _status in (411, 414):
    intercepting(
        f"initialise-large-post-is-{_status}",
        KIND,
        f"More than 2 KB by POST are {_status}.",
        INITIALISE,
        lambda call: call.method == "POST" and len(call.body) > 2048,
        _refused(_status),
    )

# Dynamic provisioning

DYNAMIC = {"dynamic-provisioning": "on"}


def _refuses_unknown(_original: Any, _service: Hdm) -> Any:
    def provision_unknown_stb(_details: dict[str, str]) -> Any:
        raise Refusal(403, "The smartcard is unknown.")

    return provision_unknown_stb


register(
    Fault(
        "dynamic-provisioning-off",
        KIND,
        "An unknown box is refused, though the platform provisions dynamically.",
        (STB,),
        {("hdm", "provision_unknown_stb"): _refuses_unknown},
        readings=DYNAMIC,
    )
)


def _once(call: Call, platform: Platform) -> bool:
    seen: set[str] = memory(platform).setdefault("boxes", set())
    box = call.query.get("smartcardId", "")
    again = box in seen
    seen.add(box)
    return again and not box.startswith("0381100")


def _second_time_refused(call: Call, platform: Platform) -> Call | Answer:
    return _refused(403)() if _once(call, platform) else call


register(
    Fault(
        "provisioned-box-refused-later",
        "state",
        "A box that was provisioned dynamically signs on once.",
        (STB,),
        on_request=_second_time_refused,
        readings=DYNAMIC,
    )
)

# What is refused depends on what was done before


def _notes_flag(claims: dict[str, Any], call: Call, platform: Platform) -> None:
    """The flag of a device's last update is the flag of its next signon."""
    flags: dict[str, bool] = memory(platform).setdefault("flags", {})
    if call.operation == UPDATE:
        flags[claims["deviceId"]] = claims["inHome"]
    else:
        claims["inHome"] = flags.get(claims["deviceId"], claims["inHome"])


reclaiming("signon-keeps-updated-flag", "state", "A signon has the flag of the update before it.", _notes_flag)


@replaces("in_home", "seal_home", GENERATE, kind="isolation")
def broadcast_of_first_home(original: Callable[[str, str], str], service: InHome) -> Callable[[str, str], str]:
    """All broadcast tokens are the first home's."""

    def seal_home(tenant: str, account: str) -> str:
        return original(*memory(service.platform).setdefault("home", (tenant, account)))

    return seal_home


@replaces("in_home", "token_home", GENERATE, kind="state")
def broadcast_of_an_updated_token_is_of_no_home(
    original: Callable[[Any], Any], _service: InHome
) -> Callable[[Any], Any]:
    """A broadcast token that is requested with a token of inHome true is of another home."""

    def token_home(claims: Any) -> Any:
        tenant, account = original(claims)
        return tenant, f"{account}-home" if claims.get("inHome") is True else account

    return token_home


@replaces("in_home", "seal_home", GENERATE, kind="isolation")
def broadcast_cached_by_tenant(original: Callable[[str, str], str], service: InHome) -> Callable[[str, str], str]:
    """A tenant's first broadcast token is all its homes'."""

    def seal_home(tenant: str, account: str) -> str:
        cache = memory(service.platform).setdefault("sealed", {})
        return str(cache.setdefault(tenant, original(tenant, account)))

    return seal_home


@answers(UPDATE, kind=KIND)
def update_to_false_refused(answer: Answer, call: Call, _platform: Platform) -> None:
    """An update to false is refused."""
    if (body_of(call) or {}).get("inHome") is False:
        answer.status, answer.data = 400, {"message": "nothing to update", "code": 400, "errorCode": 0}


@answers(UPDATE, kind=KIND)
def update_to_true_refused(answer: Answer, call: Call, _platform: Platform) -> None:
    """An update to true is refused."""
    if (body_of(call) or {}).get("inHome") is True:
        answer.status, answer.data = 403, {"message": "not allowed", "code": 403, "errorCode": 0}


intercepting(
    "signon-at-ias-refused", KIND, "No box signs on at IAS.", (DAS,), lambda call: bool(call.body), _refused(422)
)
