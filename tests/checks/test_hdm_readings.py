"""HDM's checks on conformant platforms: no finding that fails, whatever reading they follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from conformance.checks import hdm
from conformance.reference.faults import Fault
from conformance.reference.wire import Answer, Call, Refusal

from .verdicts import run_checks

PASSWORDS = {"NMP-020", "NMP-032", "NMP-033", "NMP-034", "NMP-035", "NMP-037", "ADM-071", "ADM-072", "ADM-081"}

# Together they take every option of HDM's readings.
PLATFORMS: dict[str, dict[str, str]] = {
    "default": {},
    "direct mode alone": {
        "nmp-mode": "direct",
        "stb-casn-name": "caSn",
        "hdm-token-form": "hex",
        "hdm-token-lifetime": "minutes",
        "initialise-parameters": "positional",
        "initialise-base": "qsp",
        "initialise-gate": "401",
        "error-body": "text",
    },
    "dynamic provisioning": {
        "dynamic-provisioning": "on",
        "stb-casn-name": "both",
        "hdm-token-form": "base64url",
        "hdm-token-lifetime": "day",
        "hdm-result": "text",
        "hdm-empty-parameter": "403",
        "first-signon-gateway": "ignored",
        "initialise-parameters": "named",
        "initialise-base": "hue-gateway",
        "initialise-payload-padding": "unpadded",
        "initialise-gate": "200",
        "correlation-id": "made",
        "charset": "upper",
    },
    "non-direct mode": {
        "nmp-mode": "non-direct",
        "hdm-token-form": "short",
        "hdm-request-id": "uuid",
        "initialise-missing-parameter": "400",
        "initialise-error-status": "upgrade",
        "initialise-token": "same",
        "initialise-download-url": "text",
        "initialise-payload-padding": "padded",
        "initialise-gate": "in-body",
        "error-body": "html",
        "extra-fields": "everywhere",
        "correlation-id": "echoed",
        "connections": "close",
    },
}


@pytest.mark.parametrize("readings", PLATFORMS.values(), ids=PLATFORMS.keys())
def test_no_reading_is_accused(readings: dict[str, str]) -> None:
    found = run_checks(hdm, readings=readings)
    assert not found.findings
    assert not found.untested
    assert max(found.wrong_passwords.values()) <= 3


def test_what_a_target_was_seen_to_follow_is_recorded() -> None:
    readings = {"stb-casn-name": "caSn", "initialise-parameters": "positional", "first-signon-gateway": "ignored"}
    found = run_checks(hdm, readings=readings, only={"STB-001", "NMP-052", "INI-001", "INI-101"})
    assert found.readings.items() >= readings.items()


def test_direct_mode_alone_is_told_from_a_platform_that_only_refuses_first_signons() -> None:
    ids = {"NMP-001", "NMP-002", "NMP-004"}
    found = run_checks(hdm, readings={"nmp-mode": "direct"}, only=ids)
    assert not found.findings
    assert found.readings["nmp-mode"] == "direct"


@pytest.mark.parametrize(("mode", "failed"), [("direct", set()), ("both", {"INI-001", "INI-101"})])
def test_direct_mode_alone_needs_no_initialisation(mode: str, failed: set[str]) -> None:
    absent = Fault("one", "test", "", ("initialiseDeviceByGet", "initialiseDeviceByPost"), on_request=_not_found)
    found = run_checks(hdm, fault=absent, readings={"nmp-mode": mode}, only={"INI-001", "INI-101"})
    assert found.failed == failed


def _not_found(_call: Call, _platform: object) -> Answer:
    return Answer(404)


@pytest.mark.parametrize(
    ("status", "failed"), [("MAXIMUM_DEVICE_PER_ACCOUNT_REACHED", set()), ("INTERNAL_ERROR", {"INI-001", "INI-101"})]
)
def test_an_account_with_all_the_devices_that_it_may_have_is_no_failure(status: str, failed: set[str]) -> None:
    def full(_call: Call, answer: Answer, _platform: object) -> Answer:
        answer.data["result"]["status"] = status
        del answer.data["result"]["response"]
        return answer

    refused = Fault("one", "test", "", ("initialiseDeviceByGet", "initialiseDeviceByPost"), on_response=full)
    found = run_checks(hdm, fault=refused, only={"INI-001", "INI-101"})
    assert found.failed == failed
    assert ("all the devices that it may have" in "".join(found.untested.values())) == (not failed)


@pytest.mark.parametrize(("first", "failed"), [(2, set()), (0, {"INI-001", "INI-101"})])
def test_a_platform_that_initialises_no_more_after_some_devices_is_not_accused(first: int, failed: set[str]) -> None:
    served: list[Call] = []

    def limited(call: Call, _platform: object) -> Answer | Call:
        if len(served) >= first:
            return Answer(403, {"message": "no more devices"})
        served.append(call)
        return call

    operations = ("initialiseDeviceByGet", "initialiseDeviceByPost")
    found = run_checks(hdm, fault=Fault("one", "test", "", operations, on_request=limited), only={"INI-001", "INI-101"})
    assert found.failed == failed
    assert ("all the devices that it may have" in "".join(found.untested.values())) == (not failed)


@pytest.mark.parametrize("operation", ["initialiseDeviceByGet", "initialiseDeviceByPost"])
def test_an_initialisation_that_one_method_alone_refuses_is_a_finding(operation: str) -> None:
    refused = Fault("one", "test", "", (operation,), on_request=lambda *_: Answer(403, {"message": "no"}))
    found = run_checks(hdm, fault=refused, only={"INI-001", "INI-101"})
    assert found.failed == {"INI-001" if operation.endswith("Get") else "INI-101"}


@pytest.mark.parametrize("allowed", [1, 2, 3])
def test_a_platform_that_locks_users_out_after_few_wrong_passwords_locks_no_user_of_the_file(allowed: int) -> None:
    wrong: Counter[str] = Counter()

    def locking(original: Callable[..., Any], _service: Any) -> Callable[..., Any]:
        async def check_password(username: str, password: str) -> Any:
            if wrong[username] >= allowed:
                raise Refusal(403, "The user is locked.")
            try:
                return await original(username, password)
            except Refusal:
                wrong[username] += 1
                raise

        return check_password

    users: list[str] = []

    def named(document: dict[str, Any]) -> None:
        users.extend(document["subjects"][name]["username"] for name in ("user", "user_other_account"))

    fault = Fault("locks", "test", "", ("nmpsignontokens",), overrides={("hdm", "check_password"): locking})
    found = run_checks(hdm, fault=fault, only=PASSWORDS, edit=named)
    assert not found.findings
    assert all(wrong[user] < allowed for user in users)
    assert all("locked out after" in reason for reason in found.untested.values())


def test_direct_mode_alone_is_not_guessed_without_a_gateway() -> None:
    found = run_checks(
        hdm,
        readings={"nmp-mode": "direct"},
        only={"NMP-001", "NMP-002"},
        edit=lambda document: document["subjects"].pop("gateway"),
    )
    assert not found.findings
    assert len(found.untested) == 2


def test_a_pinned_reading_binds() -> None:
    def pin(document: dict[str, Any]) -> None:
        document["readings"] = {"first-signon-gateway": "ignored", "stb-casn-name": "caSn"}

    found = run_checks(hdm, only={"NMP-052", "STB-001"}, edit=pin)
    assert found.failed == {"NMP-052", "STB-001"}


def test_a_target_file_that_lacks_things_is_no_defect_of_the_target() -> None:
    def strip(document: dict[str, Any]) -> None:
        for name in ("stb_other_account", "stb_disabled", "user_other_account", "expired_tokens", "gateway"):
            del document["subjects"][name]
        del document["subjects"]["user"]["deviceId"]
        del document["conditions"]

    found = run_checks(hdm, edit=strip)
    assert not found.findings
    assert "subjects.user.deviceId" in found.untested["test_a_wrong_password_with_a_device_id_is_refused"]
    assert "subjects.gateway" in found.untested["test_a_first_signon_may_name_the_gateway"]
    assert "conditions.esps_unreachable" in found.untested["test_a_signon_is_answered_503_while_esps_is_unreachable"]
