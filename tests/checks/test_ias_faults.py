"""The checks of IAS and MDS on platforms with one fault: each is found, for the stated reason."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest

from conformance.checks import ias, mds
from conformance.reference import seed
from conformance.reference.faults import Fault
from conformance.reference.wire import Answer, Call, Refusal

from .verdicts import run_checks

DAS, GENERATE, UPDATE, LIST = "dasSignOnByCasn", "generateUpdateInHomeToken", "updateInHomeStatus", "listServices"
CHALLENGES = {device.challenge for device in (seed.STB_A, seed.STB_B)}

Replacement = Callable[[Any, Any], Callable[..., Any]]


@dataclass
class Case:
    """A fault, the requirements that must fail, and others that may fail with them."""

    breaks: set[str]
    replaces: dict[tuple[str, str], Replacement] = field(default_factory=dict)
    answers: Callable[[Call, Answer, Any], object] | None = None
    operations: tuple[str, ...] = ()
    also: set[str] = field(default_factory=set)

    def fault(self) -> Fault:
        def on_response(call: Call, answer: Answer, platform: Any) -> Answer:
            if self.answers:
                self.answers(call, answer, platform)
            return answer

        return Fault("one", "test", "", self.operations, self.replaces, None, on_response)


def says(value: Any) -> Replacement:
    """The decision is always the same."""
    return lambda original, service: lambda *arguments: value


def refuses_with(status: int) -> Replacement:
    """The decision refuses, with another status than the page's."""

    def replacement(original: Any, service: Any) -> Any:
        def decide(*arguments: Any) -> Any:
            try:
                return original(*arguments)
            except Refusal:
                raise Refusal(status, "no") from None

        return decide

    return replacement


def unless(condition: Callable[..., bool], value: Callable[..., Any]) -> Replacement:
    """The decision is the original's unless a condition of its arguments holds."""

    def replacement(original: Any, service: Any) -> Any:
        return lambda *arguments: value(*arguments) if condition(*arguments) else original(*arguments)

    return replacement


def unverified(text: str) -> dict[str, Any]:
    return jwt.decode(text, options={"verify_signature": False, "verify_exp": False})


def claims_become(name: str, change: Callable[[dict[str, Any]], object]) -> Callable[[Call, Answer, Any], None]:
    """The claims of a token are other ones, rightly signed."""

    def answers(call: Call, answer: Answer, platform: Any) -> None:
        if answer.status == 200 and isinstance(answer.data, dict):
            claims = unverified(answer.data[name])
            change(claims)
            answer.data[name] = platform.ias_key.sign(claims)

    return answers


def sticky(original: Any, service: Any) -> Any:
    seen: set[str] = set()

    def flag(claims: dict[str, Any], in_home: bool, broadcast: str | None) -> bool:
        if original(claims, in_home, broadcast):
            seen.add(claims["deviceId"])
        return claims["deviceId"] in seen

    return flag


def header_says_none(algorithms: set[str]) -> Replacement:
    def replacement(original: Any, service: Any) -> Any:
        def verify(text: str) -> Any:
            try:
                if jwt.get_unverified_header(text).get("alg") in algorithms:
                    return unverified(text)
            except jwt.PyJWTError:
                pass
            return original(text)

        return verify

    return replacement


def remembers_sign_on(original: Any, service: Any) -> Any:
    first: list[Any] = []

    def subject(*arguments: Any) -> Any:
        first.append(original(*arguments))
        return first[-2] if len(first) > 3 else first[-1]

    return subject


def flag_of_account(original: Any, service: Any) -> Any:
    at_home: set[str] = set()

    def in_home(claims: dict[str, Any] | None) -> bool:
        if claims and claims.get("inHome") is True:
            at_home.add(claims["accountId"])
        return bool(claims) and claims["accountId"] in at_home

    return in_home


def readable(call: Call, answer: Answer, platform: Any) -> None:
    if answer.status == 200:
        claims = unverified(call.headers["authorization"].split()[-1])
        content = json.dumps([claims["tenantId"], claims["accountId"]]).encode()
        answer.data = {"updateInHomeToken": base64.b64encode(bytes(byte ^ 42 for byte in content)).decode()}


def any_challenge(device: Any, challenge: str) -> bool:
    return challenge in CHALLENGES


def created(call: Call, answer: Answer, platform: Any) -> None:
    if answer.status == 200:
        answer.status = 201


def trusting(original: Any, service: Any) -> Any:
    def verify(text: str) -> Any:
        try:
            return unverified(text)
        except jwt.PyJWTError:
            return original(text)

    return verify


UNUSABLE = {"UPD-001", "UPD-004"}
CASES = {
    "201 for 200": Case({"DAS-001"}, {}, created, (DAS,), {"DAS-002", "DAS-003", "DAS-004"}),
    "a wrong challenge is 403": Case({"DAS-035"}, {("ias", "check_challenge"): refuses_with(403)}),
    "no challenge is wrong": Case({"DAS-030", "DAS-031"}, {("ias", "check_challenge"): says(None)}),
    "anybody's challenge is right": Case(
        {"DAS-031"}, {("ias", "check_challenge"): unless(any_challenge, lambda *a: None)}
    ),
    "a missing parameter is 401": Case(
        {"DAS-010", "DAS-011", "DAS-012", "DAS-024"}, {("ias", "parameter"): refuses_with(401)}
    ),
    "a disabled device signs on": Case({"DAS-033"}, {("ias", "check_device_active"): says(None)}),
    "a disabled device is 401": Case({"DAS-036"}, {("ias", "check_device_active"): refuses_with(401)}),
    "no tenant is wrong": Case({"DAS-020", "DAS-021", "DAS-022"}, {("ias", "check_tenant"): says("nagra")}),
    "a sign-on gets another's tokens": Case(
        {"DAS-042", "DAS-043"},
        {("ias", "subject"): remembers_sign_on},
        also={
            "UPD-003",
            "UPD-007",
            "UPD-009",
            "DAS-045",
            "BRD-006",
            "BRD-007",
            "DAS-040",
            "DAS-041",
            "UPD-040",
            "UPD-041",
            "UPD-092",
            "UPD-093",
        },
    ),
    "exp in milliseconds": Case(
        {"TOK-014"}, {}, claims_become("access_token", lambda c: c.update(exp=c["exp"] * 1000)), (DAS,), {"TOK-114"}
    ),
    "one jti for all": Case({"DAS-044"}, {}, claims_become("access_token", lambda c: c.update(jti="1")), (DAS,)),
    "the updated token loses userId": Case(
        {"UPD-083"},
        {},
        claims_become("access_token", lambda c: c.pop("userId", None)),
        (UPDATE,),
        also={"UPD-003"},
    ),
    "expired tokens": Case({"GEN-016", "UPD-016"}, {("ias", "check_expiry"): says(None)}, also={"TOK-115"}),
    "refresh tokens": Case(
        {"GEN-017", "UPD-017"},
        {("ias", "check_type"): says(None)},
        also={"TOK-110", "TOK-124", "TOK-125", "TOK-127", "TOK-131", "TOK-132"},
    ),
    "alg none": Case({"GEN-014", "UPD-014"}, {("ias", "verify_signature"): header_says_none({"none"})}),
    "alg NONE": Case({"GEN-014", "UPD-014"}, {("ias", "verify_signature"): header_says_none({"NONE"})}),
    "an account is not compared": Case(
        {"UPD-040", "UPD-051"},
        {("in_home", "same_home"): lambda o, s: lambda home, claims: home[0] == claims.get("tenantId")},
    ),
    "always in-home": Case(
        {"UPD-005", "UPD-008", "UPD-040"},
        {("in_home", "in_home_flag"): says(True)},
        also={
            "UPD-006",
            "UPD-009",
            "UPD-042",
            "UPD-043",
            "UPD-044",
            "UPD-045",
            "UPD-047",
            "UPD-051",
            "UPD-092",
            "UPD-048",
            "UPD-046",
            "UPD-050",
        },
    ),
    "never in-home": Case(
        {"UPD-003"}, {("in_home", "in_home_flag"): says(False)}, also={"UPD-007", "UPD-009", "BRD-007"}
    ),
    "once in-home, always in-home": Case(
        {"UPD-006", "UPD-009"},
        {("in_home", "in_home_flag"): sticky},
        also={"UPD-005", "UPD-008", "UPD-040", "UPD-051", "UPD-092"},
    ),
    "a flag as text": Case(
        {"UPD-063"},
        {
            ("in_home", "in_home_argument"): unless(
                lambda body: isinstance(body.get("inHome"), str), lambda body: body["inHome"] == "true"
            )
        },
        also={"UPD-008"},
    ),
    "a missing flag is false": Case(
        {"UPD-062"},
        {("in_home", "in_home_argument"): unless(lambda body: "inHome" not in body, lambda body: False)},
        also={"UPD-066"},
    ),
    "a readable broadcast token": Case({"BRD-001", "BRD-002"}, {}, readable, (GENERATE,), UNUSABLE),
    "no filter": Case(
        {"MDS-013"},
        {("mds", "visible"): lambda o, s: lambda channels, in_home: channels},
        also={"MDS-015", "MDS-016", "MDS-018", "MDS-019"},
    ),
    "the filter reversed": Case(
        {"MDS-010", "MDS-013"},
        {("mds", "visible"): lambda o, s: lambda channels, in_home: o(channels, not in_home)},
        also={"MDS-015", "MDS-016", "MDS-017", "MDS-018", "MDS-019"},
    ),
    "the account's last flag": Case(
        {"MDS-018"},
        {("mds", "in_home"): flag_of_account},
        also={"MDS-013", "MDS-015", "MDS-016", "MDS-019", "MDS-091"},
    ),
    "MDS trusts any payload": Case(
        {"MDS-034", "MDS-036", "MDS-040"},
        {("mds", "verify_token"): trusting},
        also={
            "MDS-035",
            "MDS-037",
            "MDS-038",
            "MDS-039",
            "MDS-041",
            "MDS-042",
            "MDS-043",
            "MDS-044",
            "MDS-045",
            "WIR-211",
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_found_for_its_reason(name):
    """A rule alone judges UPD-083, of the update that the check of UPD-003 sends."""
    case = CASES[name]
    found = run_checks(ias, fault=case.fault(), only=case.breaks | case.also)
    assert found.acted
    assert case.breaks <= found.broken
    assert found.failed - case.breaks <= case.also


def superseded(original: Any, service: Any) -> Any:
    def authenticate(text: str) -> Any:
        if text in getattr(service.platform, "superseded", ()):
            raise Refusal(403, "There is a newer token.")
        return original(text)

    return authenticate


def supersede(call: Call, answer: Answer, platform: Any) -> None:
    if answer.status == 200:
        known = platform.__dict__.setdefault("superseded", set())
        known.add(call.headers["authorization"].split()[-1])


@pytest.mark.parametrize("package", [ias, mds], ids=["ias", "mds"])
def test_a_platform_that_takes_updated_tokens_alone_is_conformant(package):
    case = Case(set(), {("ias", "authenticate"): superseded}, supersede, (UPDATE,))
    found = run_checks(package, fault=case.fault())
    assert found.failed == set()
    assert found.untested == {}
    assert found.readings["ias-superseded-token"] == "refused"
