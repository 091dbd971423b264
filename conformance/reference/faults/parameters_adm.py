"""Mandatory arguments of account creation that a server does without."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.reference.faults import replaces
from conformance.reference.faults.making import CallChange, body_of, calling, calls, filling, unwrap
from conformance.reference.faults.operations import ACCOUNTS
from conformance.reference.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.platform import Platform
    from conformance.reference.wire import Call

KIND = "parameter not required"

# createAccount

ARGUMENTS: dict[str, Any] = {
    "accountProfileId": "DEFAULT",
    "npvrProfileName": "NPVR_NONE",
    "billingAddress": [],
    "pvrStatus": "DISABLED",
    "signonId": "nobody@example.test",
    "password": "A" * 426 + "E=",
    "salt": "c2FsdA==",
    "geoBlockExempt": False,
}


def _fill_argument(name: str, default: Any) -> CallChange:
    fill = filling(name, default)

    def change(call: Call, platform: Platform) -> None:
        body = body_of(call)
        if name == "signonId" and isinstance(body, dict) and body and name not in body:
            call.body = json.dumps({**body, name: f"{platform.fresh_id()}@example.test"}).encode()
        else:
            fill(call, platform)

    return change


for _name, _default in ARGUMENTS.items():
    calling(
        f"account-without-{_name.lower()}",
        KIND,
        f"An account is created without {_name}.",
        ACCOUNTS,
        _fill_argument(_name, _default),
    )


def _complete(call: Call, platform: Platform) -> None:
    if body_of(call) == {}:
        blank = {**ARGUMENTS, "signonId": f"{platform.fresh_id()}@example.test"}
        call.body = json.dumps(blank).encode()


def _first_object(call: Call, _platform: Platform) -> None:
    text = call.body.decode("utf-8", "replace").rstrip()
    if body_of(call) is None and text.startswith("{"):
        for end in ("}", '"}', "null}", ": null}"):
            try:
                json.loads(text + end)
            except ValueError:
                continue
            call.body = (text + end).encode()
            return


@calls(*ACCOUNTS, kind=KIND)
def account_without_body(call: Call, platform: Platform) -> None:
    """A request without a body creates an account of defaults."""
    if not call.body:
        call.body = b"{}"
        _complete(call, platform)


calling("account-without-arguments", KIND, "An empty object creates an account of defaults.", ACCOUNTS, _complete)
calling("account-from-array", KIND, "A list around the arguments is unwrapped.", ACCOUNTS, unwrap)


def _complete_rest(call: Call, platform: Platform) -> None:
    for name, default in ARGUMENTS.items():
        _fill_argument(name, default)(call, platform)


@calls(*ACCOUNTS, kind=KIND)
def account_of_broken_json(call: Call, platform: Platform) -> None:
    """JSON that breaks off is completed."""
    _first_object(call, platform)
    _complete_rest(call, platform)


@replaces("adm", "pvr_status", *ACCOUNTS, kind=KIND)
def account_with_any_pvrstatus(original: Callable[..., Any], _service: Any) -> Callable[..., Any]:
    """Any text is a pvrStatus."""

    def pvr_status(body: dict[str, Any]) -> str:
        try:
            return str(original(body))
        except Refusal:
            if not isinstance(body.get("pvrStatus"), str):
                raise
            return str(body["pvrStatus"])

    return pvr_status


@replaces("adm", "pvr_status", *ACCOUNTS, kind=KIND)
def account_with_lower_pvrstatus(original: Callable[..., Any], _service: Any) -> Callable[..., Any]:
    """The values of pvrStatus may be in lower case."""

    def pvr_status(body: dict[str, Any]) -> str:
        value = body.get("pvrStatus")
        return str(original({"pvrStatus": value.upper() if isinstance(value, str) else value}))

    return pvr_status


def any_tenant(call: Call, platform: Platform) -> None:
    """Every tenant is the platform's own."""
    call.headers["nv-tenant-id"] = platform.settings.tenant


def default_tenant(call: Call, platform: Platform) -> None:
    """No tenant is the platform's own."""
    if "nv-tenant-id" not in call.headers:
        call.headers["nv-tenant-id"] = platform.settings.tenant


calling("account-of-any-tenant", KIND, "nv-tenant-id is not looked at.", ACCOUNTS, any_tenant)
calling("account-without-tenant", KIND, "Without nv-tenant-id there is a default.", ACCOUNTS, default_tenant)
