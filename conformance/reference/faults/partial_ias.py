"""Sign-ons that are looked at less closely for one device, one value, or the second time."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.faults import replaces
from conformance.reference.faults.making import body_of, calling, memory, overriding
from conformance.reference.faults.operations import DAS
from conformance.reference.ias import SCHEMES
from conformance.reference.wire import Call, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.platform import Platform
    from conformance.reference.state import Device

KIND = "partial check"


def _is_base64(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) > 16 and len(text) % 4 == 0
    except (binascii.Error, ValueError):
        return False


def _lets_pass(passes: Callable[[Device, str], bool]) -> Callable[..., Any]:
    def replacement(original: Callable[[Device, str], None], _service: Any) -> Callable[[Device, str], None]:
        def check_challenge(device: Device, challenge: str) -> None:
            if not passes(device, challenge):
                original(device, challenge)

        return check_challenge

    return replacement


for _name, _summary, _passes in (
    (
        "challenge-of-widevine-unverified",
        "The challenge of a device with WIDEVINE is not verified.",
        lambda device, challenge: device.scheme == "WIDEVINE",
    ),
    (
        "challenge-but-its-end",
        "The last fifth of a challenge is not compared.",
        lambda device, challenge: (
            len(challenge) == len(device.challenge or "")
            and challenge[: len(challenge) * 4 // 5] == (device.challenge or "")[: len(challenge) * 4 // 5]
        ),
    ),
    (
        "challenge-too-long-to-verify",
        "A long challenge is not verified.",
        lambda device, challenge: len(challenge) > 256,
    ),
    (
        "challenge-of-whole-base64",
        "Whatever is padded Base64 passes as a challenge.",
        lambda device, challenge: _is_base64(challenge),
    ),
):
    overriding(_name, KIND, _summary, (DAS,), "ias", "check_challenge", _lets_pass(_passes))


@replaces("ias", "known_scheme", DAS, kind=KIND)
def das_takes_every_ssp_scheme(
    original: Callable[[dict[str, Any]], str], _service: Any
) -> Callable[[dict[str, Any]], str]:
    """WEB and TVKEYCLOUD are taken."""

    def known_scheme(body: dict[str, Any]) -> str:
        scheme = body.get("scheme")
        return "CONNECT" if scheme in ("WEB", "TVKEYCLOUD") else original(body)

    return known_scheme


@replaces("ias", "check_tenant", DAS, kind=KIND)
def das_tenant_by_its_start(original: Callable[[Call], str], service: Any) -> Callable[[Call], str]:
    """A tenant whose ID only begins like a tenant's is that tenant."""

    def check_tenant(call: Call) -> str:
        tenant: str = service.platform.settings.tenant
        return tenant if call.headers.get("nv-tenant-id", "").startswith(tenant) else original(call)

    return check_tenant


def _unauthorised(concerns: Callable[[Any, dict[str, Any]], bool]) -> Callable[..., Any]:
    def replacement(original: Callable[[Call], dict[str, str]], service: Any) -> Callable[[Call], dict[str, str]]:
        def signon_parameters(call: Call) -> dict[str, str]:
            try:
                return original(call)
            except Refusal as refusal:
                body = body_of(call)
                if isinstance(body, dict) and "casn" not in body and concerns(service.platform, body):
                    raise Refusal(401, str(refusal)) from None
                raise

        return signon_parameters

    return replacement


def _seen_before(platform: Any, _body: dict[str, Any]) -> bool:
    seen = memory(platform)
    seen["casn"] = seen.get("casn", 0) + 1
    return bool(seen["casn"] > 1)


for _name, _summary, _concerns in (
    (
        "das-missing-casn-is-401-for-widevine",
        "A sign-on without casn is answered 401 where its scheme is WIDEVINE.",
        lambda platform, body: body.get("scheme") == "WIDEVINE",
    ),
    ("das-missing-casn-is-401-when-repeated", "The second sign-on without casn is answered 401.", _seen_before),
):
    overriding(_name, KIND, _summary, (DAS,), "ias", "signon_parameters", _unauthorised(_concerns))


def _scheme_inside_another(body: dict[str, Any], _platform: Platform) -> None:
    scheme = body.get("scheme")
    if isinstance(scheme, str):
        body["scheme"] = next((known for known in SCHEMES if known in scheme), scheme)


def _true_is_any_challenge(body: dict[str, Any], platform: Platform) -> None:
    device = platform.database.device_by_casn(str(body.get("casn", "")))
    if body.get("dasChallenge") is True and device is not None:
        body["dasChallenge"] = device.challenge


def _challenge_of_the_account(body: dict[str, Any], platform: Platform) -> None:
    device = platform.database.device_by_casn(str(body.get("casn", "")))
    others = [seed.STB_A, seed.STB_B, seed.STB_DISABLED]
    if device and body.get("dasChallenge") in [box.challenge for box in others if box.account == device.account]:
        body["dasChallenge"] = device.challenge


def _in_body(change: Callable[[dict[str, Any], Platform], None]) -> Callable[[Call, Platform], None]:
    def changed(call: Call, platform: Platform) -> None:
        body = body_of(call)
        if isinstance(body, dict):
            change(body, platform)
            call.body = json.dumps(body).encode()

    return changed


for _name, _summary, _change in (
    ("scheme-inside-another", "A scheme that holds a known one is it.", _scheme_inside_another),
    ("challenge-true-is-any", "The challenge is compared loosely: true is any.", _true_is_any_challenge),
    ("challenge-of-the-account", "A challenge of any box of the account signs a box on.", _challenge_of_the_account),
):
    calling(_name, KIND, _summary, (DAS,), _in_body(_change))
