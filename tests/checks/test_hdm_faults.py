"""HDM's checks on platforms with one fault: each is found, for the stated reason, and hardly anything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from conformance.checks import hdm
from conformance.reference.faults import Fault, find
from conformance.reference.wire import Answer, Call, Refusal

from .verdicts import run_checks

SIGNONS = ("stbsignontokens", "nmpsignontokens")
STB, NMP = SIGNONS
INITIALISE = ("initialiseDeviceByGet", "initialiseDeviceByPost")
BY_GET, BY_POST = INITIALISE
# Preflight signs on some times, too.
FEW = 6


@dataclass
class Case:
    """A fault, the requirements that must fail, and others that may fail with them."""

    breaks: set[str]
    calls: Callable[[Call], Answer | None] | None = None
    answers: Callable[[Call, Answer], object] | None = None
    replaces: tuple[str, str, Callable[..., Any]] | None = None
    operations: tuple[str, ...] = SIGNONS
    also: set[str] = field(default_factory=set)
    readings: dict[str, str] = field(default_factory=dict)

    def fault(self) -> Fault:
        calls, answers = self.calls, self.answers

        def on_request(call: Call, _platform: object) -> Call | Answer:
            return (calls(call) if calls else None) or call

        def on_response(call: Call, answer: Answer, _platform: object) -> Answer:
            if answers:
                answers(call, answer)
            return answer

        overrides = {self.replaces[:2]: self.replaces[2]} if self.replaces else {}
        return Fault("one", "test", "", self.operations, overrides, on_request, on_response)


def refuses(status: int, when: Callable[[Call], bool]) -> Callable[[Call], Answer | None]:
    return lambda call: Answer(status=status, data={}) if when(call) else None


def turns(old: int, new: int) -> Callable[[Call, Answer], object]:
    return lambda call, answer: setattr(answer, "status", new) if answer.status == old else None


def ignores(detail: str) -> Callable[..., Any]:
    columns = {"nuId": "nuid", "casn": "casn", "csadList": "csad_list"}

    def replacement(original: Any, service: Any) -> Any:
        return lambda device, details: original(device, {**details, detail: getattr(device, columns[detail])})

    return replacement


def accepts_password(wrong: Callable[[str, str], bool]) -> Callable[..., Any]:
    real = {"ada.keller@example.test": "Sofa-Evening.2026~A!", "bo.lindqvist@example.test": "Garden_Bench-7.dusk~B"}

    def replacement(original: Any, service: Any) -> Any:
        async def check_password(username: str, password: str) -> Any:
            right = real.get(username)
            return await original(username, right if right and wrong(password, right) else password)

        return check_password

    return replacement


def unknown_devices_pass(original: Any, service: Any) -> Any:
    return lambda device_id, user: original(device_id, user) if service.database.device(device_id) else None


def anybody(original: Any, service: Any) -> Any:
    def verify_token(token: str) -> Any:
        return original(token) or service.platform.hdm.issue_token("7f3a91c2e5d84b06", None, None)

    return verify_token


def token_prefix_is_enough(original: Any, service: Any) -> Any:
    def verify_token(token: str) -> Any:
        row = service.database._row("SELECT token FROM signon_tokens WHERE token LIKE ?", token[:20] + "%")
        return original(token) or (original(row[0]) if row and len(token) > 20 else None)

    return verify_token


def not_found(original: Any, service: Any) -> Any:
    def refuse() -> None:
        raise Refusal(404, "no such gateway")

    return refuse


def initialised_result(answer: Answer) -> dict[str, Any]:
    data = answer.data if isinstance(answer.data, dict) else {}
    return data["result"] if isinstance(data.get("result"), dict) else {}


def error_becomes(**changes: Any) -> Callable[[Call, Answer], object]:
    def change(call: Call, answer: Answer) -> None:
        if initialised_result(answer).get("status") == "INTERNAL_ERROR":
            initialised_result(answer).update(changes)

    return change


def refuses_repetition() -> Callable[[Call], Answer | None]:
    """Details sign on a few times, which is enough for what comes before the checks, and then no more."""
    seen: Counter[tuple[tuple[str, str], ...]] = Counter()

    def calls(call: Call) -> Answer | None:
        details = tuple(sorted(call.query.items()))
        seen[details] += 1
        return Answer(status=403, data={}) if seen[details] > FEW else None

    return calls


def per_box(number: int) -> set[str]:
    return {f"STB-{number:03d}"}


CASES: dict[str, Case] = {
    "a signon is good a few times": Case({"SGN-019"}, refuses_repetition(), operations=(STB,)),
    "smartcardId is not mandatory": Case(
        per_box(10), refuses(403, lambda c: "smartcardId" not in c.query), also={"STB-014"}
    ),
    "nuId is not mandatory": Case(
        per_box(11), refuses(403, lambda c: c.operation == STB and "nuId" not in c.query), also={"STB-014"}
    ),
    "422 for 400": Case(
        {f"STB-{n:03d}" for n in (10, 11, 12, 13, 14)},
        answers=turns(400, 422),
        operations=(STB,),
        also={f"STB-{n:03d}" for n in (15, 16, 17, 18)},
    ),
    "422 for 400 of users": Case(
        {f"NMP-{n:03d}" for n in (*range(10, 16), 18)},
        answers=turns(400, 422),
        operations=(NMP,),
        also={"NMP-019", "NMP-020"},
    ),
    "nuId is not compared": Case({"STB-021", "STB-024"}, replaces=("hdm", "check_stb_details", ignores("nuId"))),
    "casn is not compared": Case({"STB-022", "STB-025"}, replaces=("hdm", "check_stb_details", ignores("casn"))),
    "csadList is not compared": Case(
        {"STB-023", "STB-026"}, replaces=("hdm", "check_stb_details", ignores("csadList"))
    ),
    "unknown boxes get 404": Case(
        {"STB-020", "STB-028"},
        refuses(
            404,
            lambda c: (
                c.query.get("smartcardId", "038110046612") not in ("038110046612", "038110052297", "038110060035")
            ),
        ),
        operations=(STB,),
        also={"STB-015"},
    ),
    "disabled boxes sign on": Case(
        {"STB-029"}, replaces=("hdm", "check_device_active", lambda o, s: lambda device: None)
    ),
    "no provisioning where it is claimed": Case(
        {"STB-002"},
        replaces=("hdm", "provision_unknown_stb", lambda o, s: lambda details: (_ for _ in ()).throw(Refusal(403, ""))),
        readings={"dynamic-provisioning": "on"},
    ),
    "401 for a wrong password": Case(
        {"NMP-032", "NMP-033", "NMP-034", "NMP-035", "NMP-037"},
        answers=turns(403, 401),
        operations=(NMP,),
        also={"NMP-030", "NMP-031", "NMP-036", "NMP-038", "NMP-039", "ISO-001", "ISO-002"},
    ),
    "passwords in any case": Case(
        {"NMP-034"},
        replaces=("hdm", "check_password", accepts_password(lambda given, right: given.lower() == right.lower())),
    ),
    "a password's beginning": Case(
        {"NMP-035"}, replaces=("hdm", "check_password", accepts_password(lambda given, right: right.startswith(given)))
    ),
    "a password's first letters": Case(
        {"NMP-032"},
        replaces=("hdm", "check_password", accepts_password(lambda given, right: given[:8] == right[:8])),
        also={"NMP-033", "NMP-035", "NMP-037"},
    ),
    "any known password": Case(
        {"NMP-033"},
        replaces=(
            "hdm",
            "check_password",
            accepts_password(lambda given, right: given in ("Sofa-Evening.2026~A!", "Garden_Bench-7.dusk~B")),
        ),
    ),
    "unknown devices sign on": Case({"NMP-036", "NMP-039"}, replaces=("hdm", "check_device", unknown_devices_pass)),
    "other accounts' devices": Case(
        {"ISO-001", "ISO-002"}, replaces=("hdm", "owns_device", lambda o, s: lambda user, device: True)
    ),
    "first signons need a device": Case(
        {"NMP-001", "NMP-004"},
        refuses(400, lambda c: "deviceId" not in c.query),
        operations=(NMP,),
        also={"SGN-120", "SGN-121"},
    ),
    "no gateway in first signons": Case(
        {"NMP-004"},
        refuses(400, lambda c: "smartcardId" in c.query and "deviceId" not in c.query),
        operations=(NMP,),
        also={"NMP-017"},
    ),
    "no gateway beside a device": Case(
        {"NMP-003", "NMP-005"},
        refuses(400, lambda c: "smartcardId" in c.query and "deviceId" in c.query),
        operations=(NMP,),
    ),
    "404 for an unprovisioned gateway": Case(
        {"NMP-050", "NMP-051", "NMP-052"}, replaces=("hdm", "refuse_unprovisioned_gateway", not_found)
    ),
    "unprovisioned gateways pass": Case(
        {"NMP-050", "NMP-051"}, replaces=("hdm", "refuse_unprovisioned_gateway", lambda o, s: lambda: None)
    ),
    "gateways are not verified": Case(
        {"NMP-053", "NMP-054"}, replaces=("hdm", "can_verify_gateway", lambda o, s: lambda: True)
    ),
    "500 while a system is unreachable": Case(
        {"SGN-201", "SGN-202"}, answers=turns(503, 500), also={f"NMP-{n:03d}" for n in (50, 51, 52, 53, 54, 55)}
    ),
    "503 while a system is not configured": Case({"SGN-203", "SGN-204"}, answers=turns(500, 503)),
    "outages go unnoticed": Case(
        {"SGN-201", "SGN-202"}, replaces=("hdm", "check_systems_reachable", lambda o, s: lambda: None)
    ),
    "x-correlation-id is mandatory": Case(
        {"SGN-020"}, refuses(400, lambda c: "x-correlation-id" not in c.headers), operations=(STB,), also={"STB-001"}
    ),
    "x-correlation-id must be a UUID": Case(
        {"SGN-124"}, refuses(400, lambda c: len(c.headers.get("x-correlation-id", "-" * 36)) != 36), operations=(NMP,)
    ),
    "all tokens are one": Case(
        {"ISO-004", "ISO-005", "ISO-006"},
        answers=lambda c, a: a.data["token"].update(token="QUJD" * 24) if a.status == 200 else None,
        also={"INI-001", "INI-101"},
    ),
    "status 201": Case({"STB-001", "SGN-001"}, answers=turns(200, 201), operations=(STB,), also={"SGN-020", "SGN-021"}),
    "no token is needed": Case(
        {f"INI-{n + m:03d}" for n in (23, 25, 26, 27, 28, 29) for m in (0, 100)},
        replaces=("hdm", "verify_token", anybody),
    ),
    "half a token is enough": Case({"INI-027", "INI-127"}, replaces=("hdm", "verify_token", token_prefix_is_enough)),
    "expired tokens": Case({"INI-029", "INI-129"}, replaces=("hdm", "has_expired", lambda o, s: lambda token: False)),
    "player data are not decoded": Case(
        {"INI-024", "INI-124"}, replaces=("initialise", "decode_payload", lambda o, s: lambda call, encoded: b"x")
    ),
    "errors are called OK": Case(
        {f"INI-{n + m:03d}" for n in (20, 21, 22, 24, 30) for m in (0, 100)},
        answers=error_becomes(status="OK", response="QUJD"),
        operations=INITIALISE,
    ),
    "errors are 500": Case(
        {"INI-034"},
        answers=lambda c, a: (
            setattr(a, "status", 500) if initialised_result(a).get("status") == "INTERNAL_ERROR" else None
        ),
        operations=(BY_GET,),
        also={"INI-022", "INI-020"},
    ),
    "2 KB at most by POST": Case({"INI-133"}, refuses(413, lambda c: len(c.body) > 2048), operations=(BY_POST,)),
    "no initialisation by GET": Case({"INI-001"}, refuses(405, lambda c: True), operations=(BY_GET,)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_fault_is_found_for_the_stated_reason(case: Case) -> None:
    found = run_checks(hdm, fault=case.fault(), readings=case.readings, only=case.breaks | case.also)
    assert found.acted
    assert found.broken >= case.breaks
    assert found.failed <= case.breaks | case.also


CATALOGUED = {
    "user-by-local-part": "NMP-030",
    "user-by-start": "NMP-030",
    "device-token-unknown-to-sdp": "ISO-007",
    "simultaneous-users-exchanged": "ISO-009",
}


@pytest.mark.parametrize(("name", "requirement"), CATALOGUED.items())
def test_a_fault_of_the_catalogue_is_found(name: str, requirement: str) -> None:
    found = run_checks(hdm, fault=find(name), only={requirement})
    assert found.acted
    assert requirement in found.failed
