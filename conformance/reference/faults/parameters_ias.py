"""Mandatory parameters of IAS and SDP that a server does without."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.faults import replaces
from conformance.reference.faults.making import CallChange, body_of, calling, calls, leaving_out, overriding, unwrap
from conformance.reference.faults.operations import DAS, IN_HOME, SDP, UPDATE
from conformance.reference.faults.parameters_adm import any_tenant, default_tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.platform import Platform
    from conformance.reference.wire import Call

KIND = "parameter not required"


@calls(DAS, kind=KIND)
def das_with_empty_tenant(call: Call, platform: Platform) -> None:
    """For an empty nv-tenant-id there is a default."""
    if not call.headers.get("nv-tenant-id", "x").strip():
        call.headers["nv-tenant-id"] = platform.settings.tenant


calling("das-of-any-tenant", KIND, "nv-tenant-id is not looked at.", (DAS,), any_tenant)
calling("das-without-tenant", KIND, "Without nv-tenant-id there is a default.", (DAS,), default_tenant)

# dasSignOnByCasn

CHALLENGES = {str(box.challenge): box for box in (seed.STB_A, seed.STB_B)}


def _fill_das(name: str, lacks: Callable[[dict[str, Any], str], bool]) -> CallChange:
    def change(call: Call, platform: Platform) -> None:
        body = body_of(call)
        if not isinstance(body, dict) or not lacks(body, name):
            return
        box = CHALLENGES.get(str(body.get("dasChallenge"))) or platform.database.device_by_casn(str(body.get("casn")))
        if box is not None:
            attribute = {"casn": "casn", "dasChallenge": "challenge", "scheme": "scheme"}[name]
            call.body = json.dumps({**body, name: getattr(box, attribute)}).encode()

    return change


MISSING = {
    "missing": lambda body, name: name not in body,
    "null": lambda body, name: name in body and body[name] is None,
    "empty": lambda body, name: body.get(name) == "",
}
for _name in ("casn", "dasChallenge", "scheme"):
    for _how, _lacks in MISSING.items():
        calling(
            f"das-{_how}-{_name.lower()}-accepted",
            KIND,
            f"A box signs on with {_name} {_how}.",
            (DAS,),
            _fill_das(_name, _lacks),
        )
calling(
    "das-any-scheme",
    KIND,
    "A scheme that is neither CONNECT nor WIDEVINE is taken.",
    (DAS,),
    _fill_das("scheme", lambda body, name: bool(body.get(name)) and body[name] not in ("CONNECT", "WIDEVINE")),
)


@calls(DAS, kind=KIND)
def das_without_body(call: Call, _platform: Platform) -> None:
    """Without a usable body the last box signs on."""
    if not body_of(call):
        box = seed.STB_A
        call.body = json.dumps({"casn": box.casn, "dasChallenge": box.challenge, "scheme": box.scheme}).encode()


calling("das-from-array", KIND, "A list around the parameters is unwrapped.", (DAS,), unwrap)

# updateInHomeStatus


def _truthy(value: Any) -> bool:
    return value in (1, "true", "True", "TRUE", "1", "yes")


def _coerced(accepted: type, default: bool | None = None) -> Callable[..., Any]:
    def replacement(original: Callable[..., Any], _service: Any) -> Callable[..., Any]:
        def in_home_argument(body: dict[str, Any]) -> bool:
            value = body.get("inHome")
            if isinstance(value, accepted) and not isinstance(value, bool) and "inHome" in body:
                return _truthy(value) if default is None else default
            return bool(original(body))

        return in_home_argument

    return replacement


def _defaulted(default: bool) -> Callable[..., Any]:
    def replacement(original: Callable[..., Any], _service: Any) -> Callable[..., Any]:
        return lambda body: original(body) if "inHome" in body else default

    return replacement


for _name, _summary, _replacement in (
    ("update-missing-flag-is-true", "A missing inHome counts as true.", _defaulted(True)),
    ("update-missing-flag-is-false", "A missing inHome counts as false.", _defaulted(False)),
    ("update-flag-as-text", "inHome may be a string.", _coerced(str)),
    ("update-flag-as-number", "inHome may be a number.", _coerced(int)),
    ("update-flag-null-is-false", "inHome null counts as false.", _coerced(type(None), default=False)),
    ("update-flag-null-is-true", "inHome null counts as true.", _coerced(type(None), default=True)),
):
    overriding(_name, KIND, _summary, (UPDATE,), "in_home", "in_home_argument", _replacement)


@replaces("in_home", "broadcast_argument", UPDATE, kind=KIND)
def update_without_broadcast(original: Callable[..., Any], _service: Any) -> Callable[..., Any]:
    """Without updateInHomeToken the answer is 200 with inHome false, whatever was asked."""

    def broadcast_argument(body: dict[str, Any], in_home: bool) -> str | None:
        value = body.get("updateInHomeToken")
        return None if value in (None, "") else str(original(body, in_home))

    return broadcast_argument


def _nothing_changes(call: Call, _platform: Platform) -> None:
    body = body_of(call)
    if not isinstance(body, dict):
        call.body = json.dumps({"updateInHomeToken": "", "inHome": False}).encode()


calling("update-from-array", KIND, "A list around the arguments is unwrapped.", (UPDATE,), unwrap)
leaving_out(
    "in-home-homeless-token-accepted",
    "A token without account or tenant is taken.",
    IN_HOME,
    "in_home",
    "token_home",
    result=("", ""),
    kind=KIND,
)


@calls(SDP, kind=KIND)
def licence_without_content(call: Call, _platform: Platform) -> None:
    """Without arg0 the answer is about some content."""
    call.query.setdefault("arg0", seed.AUTHORISED)


def _fill_sdp_token(*, empty: bool) -> CallChange:
    def change(call: Call, platform: Platform) -> None:
        token = call.query.get("token")
        if token == "" if empty else token is None:
            call.query["token"] = platform.hdm.issue_token(seed.USER_A.account, seed.USER_A.device, None).token

    return change


calling(
    "licence-without-token",
    KIND,
    "Without a token the answer is about some account.",
    (SDP,),
    _fill_sdp_token(empty=False),
)
calling("licence-with-empty-token", KIND, "An empty token is some account's.", (SDP,), _fill_sdp_token(empty=True))
