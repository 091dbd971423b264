"""Requests that are wrong in two ways, or wrong and right at once, of which a server looks at one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.faults import Fault, register, replaces
from conformance.reference.faults.harder.occasions import bearer
from conformance.reference.faults.making import answers, body_of, calling, calls, claims_of, memory
from conformance.reference.faults.operations import CREATE, DAS, GENERATE, MDS, NMP, SDP, STB, UPDATE
from conformance.reference.tokens import InvalidToken, read_sealed
from conformance.reference.wire import Answer, Call, Refusal

if TYPE_CHECKING:
    from conformance.reference.platform import Platform
    from conformance.reference.state import Device

SOME, MISSING, STATE = "for some", "parameter not required", "state"
Claims = dict[str, Any]
BOXES = (seed.STB_A, seed.STB_B, seed.STB_DISABLED)

# Set top boxes and users


@calls(STB, kind=MISSING)
def stb_without_nuid_and_casn(call: Call, platform: Platform) -> None:
    """A box that says neither nuId nor casn is known by its smartcard."""
    box = platform.database.device_by_smartcard(call.query.get("smartcardId", ""))
    if box is not None and not {"nuId", "casn"} & call.query.keys():
        call.query |= {"nuId": box.nuid or "", "casn": box.casn or "", "csadList": box.csad_list or ""}


@calls(NMP, kind=MISSING)
def nmp_with_device_id_alone(call: Call, _platform: Platform) -> None:
    """A device ID without user name and password signs its owner on."""
    person = {seed.USER_A.device: seed.USER_A, seed.USER_B.device: seed.USER_B}.get(call.query.get("deviceId", ""))
    if person is not None and not {"username", "password"} & call.query.keys():
        call.query |= {"username": person.username, "password": person.password}


@replaces("hdm", "check_stb_details", STB, kind=SOME)
def details_of_any_box_of_the_account(original: Callable[..., None], _service: Any) -> Callable[..., None]:
    """A detail may be that of another box of the account."""

    def check_stb_details(device: Device, details: dict[str, str]) -> None:
        own = [box for box in BOXES if box.account == device.account]
        known = (details["nuId"] in [box.nuid for box in own], details["casn"] in [box.casn for box in own])
        if not all(known):
            original(device, details)

    return check_stb_details


@calls(STB, kind=SOME)
def disabled_box_signs_on_with_a_correlation_id(call: Call, _platform: Platform) -> None:
    """A disabled box signs on where the request has an x-correlation-id."""
    disabled, box = seed.STB_DISABLED, seed.STB_A
    own = (call.query.get("smartcardId"), call.query.get("casn")) == (disabled.smartcard, disabled.casn)
    if own and "x-correlation-id" in call.headers:
        call.query |= {"smartcardId": box.smartcard or "", "nuId": box.nuid or "", "casn": box.casn or ""}
        call.query["csadList"] = box.csad_list or ""


def _without_scheme(*missing: str) -> Callable[[Call, Platform], None]:
    def change(call: Call, _platform: Platform) -> None:
        body = body_of(call)
        if not isinstance(body, dict) or {*missing, "scheme"} & body.keys():
            return
        for box in BOXES[:2]:
            own = {"casn": box.casn, "dasChallenge": box.challenge, "scheme": box.scheme}
            if body and body.items() <= own.items():
                call.body = json.dumps(own).encode()

    return change


for _name in ("casn", "dasChallenge"):
    calling(f"das-without-{_name.lower()}-and-scheme", MISSING, f"A box signs on that lacks {_name} and scheme.", (DAS,), _without_scheme(_name))  # fmt: skip

# Accounts


def _has_id(call: Call) -> bool:
    body = body_of(call)
    return isinstance(body, dict) and bool(body.get("_id"))


@calls(CREATE, kind=SOME)
def account_with_a_given_id_of_any_tenant(call: Call, platform: Platform) -> None:
    """Where the request gives an _id, the tenant is not looked at."""
    if _has_id(call):
        call.headers["nv-tenant-id"] = platform.settings.tenant


@calls(CREATE, kind=MISSING)
def account_with_a_given_id_without_pvrstatus(call: Call, _platform: Platform) -> None:
    """Where the request gives an _id, pvrStatus has a default."""
    if _has_id(call):
        call.body = json.dumps({"pvrStatus": "ENABLED", **body_of(call)}).encode()


def _note_incomplete(call: Call, answer: Answer, platform: Platform) -> Answer:
    body = body_of(call)
    if answer.status == 400 and isinstance(body, dict):
        memory(platform).setdefault("incomplete", []).append(body.get("signonId"))
    return answer


def _spoilt_by_incomplete(original: Callable[..., Any], service: Any) -> Callable[..., Any]:
    async def check_password(username: str, password: str) -> Any:
        if username in memory(service.platform).get("incomplete", ()):
            raise Refusal(403, "User name or password is wrong.", code="23017")
        return await original(username, password)

    return check_password


register(
    Fault(
        "incomplete-request-spoils-the-account",
        STATE,
        "A request that lacks an argument spoils the account that it names.",
        (CREATE, NMP),
        {("hdm", "check_password"): _spoilt_by_incomplete},
        on_response=_note_incomplete,
    )
)

# Updates


def _counted(original: Callable[..., Claims], claims: Claims, in_home: bool) -> Claims:
    updated = original(claims, in_home)
    updated["updates"] = claims.get("updates", 0) + 1
    return updated


@replaces("in_home", "updated_claims", UPDATE, kind=STATE)
def second_update_to_one_flag_turns_it(original: Callable[..., Claims], _service: Any) -> Callable[..., Claims]:
    """An update to the flag that an updated token has turns it."""

    def updated_claims(claims: Claims, in_home: bool) -> Claims:
        updated = _counted(original, claims, in_home)
        if "updates" in claims and claims["inHome"] is in_home:
            updated["inHome"] = not in_home
        return updated

    return updated_claims


@replaces("in_home", "updated_claims", UPDATE, kind=STATE)
def token_of_the_fifth_update_refused(original: Callable[..., Claims], _service: Any) -> Callable[..., Claims]:
    """A token that was updated five times is not updated again."""

    def updated_claims(claims: Claims, in_home: bool) -> Claims:
        if claims.get("updates", 0) >= 5:
            raise Refusal(400, "The access token was updated too often.")
        return _counted(original, claims, in_home)

    return updated_claims


@replaces("in_home", "in_home_flag", UPDATE, kind=STATE)
def forged_broadcast_keeps_a_device_at_home(original: Callable[..., bool], _service: Any) -> Callable[..., bool]:
    """What is no broadcast token leaves the flag of the token as it is."""

    def in_home_flag(claims: Claims, in_home: bool, broadcast: str | None) -> bool:
        try:
            return original(claims, in_home, broadcast)
        except Refusal:
            if claims["inHome"]:
                return True
            raise

    return in_home_flag


@replaces("in_home", "in_home_flag", UPDATE, kind=SOME)
def foreign_broadcast_with_false_is_home(original: Callable[..., bool], service: Any) -> Callable[..., bool]:
    """Where inHome is false, the comparison of the homes is turned."""

    def in_home_flag(claims: Claims, in_home: bool, broadcast: str | None) -> bool:
        found = original(claims, in_home, broadcast)
        try:
            home = service.platform.sealer.open(read_sealed(broadcast or "", service.reads("broadcast-token-encoding")))
        except InvalidToken:
            return found
        return found if in_home else not service.same_home(home, claims)

    return in_home_flag


def _note_flag(call: Call, platform: Platform) -> Call:
    memory(platform)["at home"] = (claims_of(bearer(call)) or {}).get("inHome") is True
    return call


def _without_broadcast(original: Callable[..., str | None], service: Any) -> Callable[..., str | None]:
    def broadcast_argument(body: dict[str, Any], in_home: bool) -> str | None:
        try:
            return original(body, in_home)
        except Refusal:
            if not memory(service.platform).get("at home"):
                raise
            return "at home"

    return broadcast_argument


def _at_home(original: Callable[..., bool], _service: Any) -> Callable[..., bool]:
    def in_home_flag(claims: Claims, in_home: bool, broadcast: str | None) -> bool:
        return in_home if broadcast == "at home" else original(claims, in_home, broadcast)

    return in_home_flag


register(
    Fault(
        "device-at-home-needs-no-broadcast",
        MISSING,
        "A device that is at home already stays so without a broadcast token.",
        (UPDATE,),
        {("in_home", "broadcast_argument"): _without_broadcast, ("in_home", "in_home_flag"): _at_home},
        on_request=_note_flag,
    )
)


def _out_of_home_refused(call: Call, platform: Platform) -> Call:
    if call.operation == GENERATE and bearer(call) in memory(platform).get("out of home", ()):
        call.headers["authorization"] = "Bearer a.b.c"
    return call


def _note_out_of_home(call: Call, answer: Answer, platform: Platform) -> Answer:
    token = answer.data.get("access_token") if call.operation == UPDATE and isinstance(answer.data, dict) else None
    if (claims_of(token) or {}).get("inHome") is False:
        memory(platform).setdefault("out of home", set()).add(token)
    return answer


register(
    Fault(
        "generate-refuses-tokens-out-of-home",
        STATE,
        "A token that was updated to inHome false gets no broadcast token.",
        (GENERATE, UPDATE),
        on_request=_out_of_home_refused,
        on_response=_note_out_of_home,
    )
)

# Questions, and lists


def _other_content(call: Call) -> bool:
    return call.query.get("arg0") != seed.AUTHORISED


@replaces("sdp", "check_token", SDP, kind=SOME)
def bad_token_looked_at_for_entitled_contents_only(original: Callable[..., Any], service: Any) -> Callable[..., Any]:
    """A question about a content without entitlement needs no token."""

    def check_token(call: Call) -> Any:
        try:
            return original(call)
        except Refusal:
            if _other_content(call):
                return service.hdm.issue_token("nobody", "nothing", None)
            raise

    return check_token


@replaces("sdp", "check_basic_authentication", SDP, kind=SOME)
def credentials_asked_for_entitled_contents_only(original: Callable[..., None], _service: Any) -> Callable[..., None]:
    """A question about a content without entitlement needs no credentials."""
    return lambda call: None if _other_content(call) else original(call)


def _refuses_streams(call: Call, _platform: Platform) -> Call | Answer:
    if re.search(r'"isDownload": ?false', call.query.get("arg1", "")):
        return Answer(status=400, data={"resultCode": "85001", "result": "isDownload"})
    return call


register(Fault("private-data-of-a-stream-refused", SOME, "Private data with isDownload false are refused.", (SDP,), on_request=_refuses_streams))  # fmt: skip


@replaces("mds", "caller", MDS, kind=SOME)
def expired_token_out_of_home_accepted(original: Callable[..., Any], service: Any) -> Callable[..., Any]:
    """MDS takes an expired token whose inHome is false."""

    def caller(call: Call) -> Any:
        try:
            return original(call)
        except Refusal:
            claims = claims_of(service.bearer(call)) or {}
            if claims.get("inHome") is not False or claims["exp"] > service.platform.now():
                raise
            service.ias.verify_signature(service.bearer(call))
            return claims

    return caller


@answers(SDP, kind=SOME, when=(400,))
def error_for_a_missing_content_without_result(answer: Answer, call: Call, _platform: Platform) -> None:
    """The error for a question without a content ID has no result."""
    if not call.query.get("arg0"):
        answer.data.pop("result", None)


def _note_limit(call: Call, platform: Platform) -> Call:
    memory(platform)["limit"] = "limit" in call.query
    return call


def _unverified_with_limit(original: Callable[[str], Claims], service: Any) -> Callable[[str], Claims]:
    def verify_token(token: str) -> Claims:
        claims = claims_of(token) if memory(service.platform).get("limit") else None
        return claims or original(token)

    return verify_token


register(
    Fault(
        "channels-unverified-with-a-limit",
        SOME,
        "A request with limit is not asked for a genuine token.",
        (MDS,),
        {("mds", "verify_token"): _unverified_with_limit},
        on_request=_note_limit,
    )
)
