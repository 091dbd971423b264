from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance.errors import TargetUnreachable
from conformance.register import load_register
from conformance.reproduction import by_place, curl_line
from conformance.stream.events import Request
from tests.facts import facts

Fuzzed = Callable[..., list[dict[str, Any]]]
REGISTER = load_register()


def of_kind(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == kind]


def sent_request(event: dict[str, Any]) -> Request:
    return msgspec.convert(event["request"], Request)


def failures(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (event["requirement"], event["cause"])
        for event in of_kind(events, "finding")
        if REGISTER[event["requirement"]].binding
    ]


def test_the_faultless_platform_stays_clean(fuzzed: Fuzzed) -> None:
    events = fuzzed(cases_per_operation=60)
    assert failures(events) == []
    results = {event["operation"]: event for event in of_kind(events, "fuzz")}
    assert len(results) == 11
    assert all(not result["stopped"] and result["sent"] >= 50 for result in results.values())
    assert of_kind(events, "walks")[0]["steps"]["updateInHomeStatus"] >= 1


@pytest.mark.parametrize("cases", [5, 15])
def test_a_plan_too_small_for_every_variant_accuses_nobody(fuzzed: Fuzzed, cases: int) -> None:
    assert failures(fuzzed(cases_per_operation=cases, operations=["nmpsignontokens"])) == []


@pytest.mark.parametrize(
    "reading",
    [
        "stb-casn-name=caSn",
        "ias-prefix=v3",
        "ias-authorization-form=bare",
        "sdp-token-error-status=server-error",
        "nmp-mode=direct",
    ],
)
def test_readings_stay_clean(fuzzed: Fuzzed, reading: str) -> None:
    names = ("stbsignontokens", "nmpsignontokens", "dasSignOnByCasn", "updateInHomeStatus", "isContentAuthorised")
    events = fuzzed("--reading", reading, cases_per_operation=40, operations=names)
    assert failures(events) == []
    assert not of_kind(events, "note")


def test_what_is_sent_is_the_same_whatever_the_connections(fuzzed: Fuzzed) -> None:
    def sent(connections: int) -> list[tuple[str, list[str]]]:
        events = fuzzed(cases_per_operation=80, connections=connections, operations=["listServices"])
        requests = [event["request"] for event in of_kind(events, "exchange") if not event["valid"]]
        return [(one["method"], one["url"].partition("/metadata")[2]) for one in requests]

    assert sent(1) == sent(8)


def test_one_cause_is_one_finding_with_its_smallest_case(fuzzed: Fuzzed) -> None:
    events = fuzzed("--fault", "signon-breaks-on-nul", cases_per_operation=200, operations=["stbsignontokens"])
    found = of_kind(events, "finding")
    assert found
    assert all(event["requirement"] == "WIR-201" and "with a NUL" in event["cause"] for event in found)
    assert max(Counter((event["requirement"], event["cause"]) for event in found).values()) == 1
    requests = {event["id"]: sent_request(event) for event in of_kind(events, "exchange")}
    assert all("%00" in curl_line(requests[event["exchange"]], by_place("stbsignontokens")) for event in found)


def test_a_missing_parameter_that_is_accepted_is_named(fuzzed: Fuzzed) -> None:
    events = fuzzed("--fault", "stb-without-csadlist", cases_per_operation=60, operations=["stbsignontokens"])
    assert "STB-013" in {requirement for requirement, _ in failures(events)}


def test_without_writes_nothing_is_created(fuzzed: Fuzzed) -> None:
    events = fuzzed(safe=True, cases_per_operation=40)
    results = {event["operation"]: event for event in of_kind(events, "fuzz")}
    for name in ("createAccount", "createAccountOnSsp", "initialiseDeviceByGet", "initialiseDeviceByPost"):
        assert (results[name]["sent"], results[name]["stopped"]) == (0, "writes are not allowed")
    assert of_kind(events, "created") == []
    assert failures(events) == []


def test_no_real_user_gets_a_wrong_password(fuzzed: Fuzzed) -> None:
    events = fuzzed(cases_per_operation=300, operations=["nmpsignontokens"])
    (budget,) = of_kind(events, "budget")
    assert not budget["wrong"]


def test_accounts_are_few_and_told(fuzzed: Fuzzed) -> None:
    events = fuzzed(cases_per_operation=120, operations=["createAccount"])
    made = [event for event in of_kind(events, "exchange") if event["response"] and event["response"]["status"] == 201]
    assert len(made) == len(of_kind(events, "created")) <= 16


def test_a_rate_and_a_limit_hold(fuzzed: Fuzzed) -> None:
    def slow(document: Any) -> None:
        document["http"] = {"rate": 50}

    events = fuzzed(change=slow, limit=30, cases_per_operation=60, operations=["stbsignontokens"])
    (result,) = of_kind(events, "fuzz")
    assert "limit" in result["stopped"]
    assert len(of_kind(events, "exchange")) <= 30


def test_no_secret_stands_in_a_curl_line(fuzzed: Fuzzed) -> None:
    secrets: list[str] = []

    def note(document: Any) -> None:
        subjects = document["subjects"]
        secrets.extend(
            [subjects["user"]["password"], subjects["stb"]["dasChallenge"], document["credentials"]["sdp"]["password"]]
        )

    names = ["nmpsignontokens", "dasSignOnByCasn", "isContentAuthorised"]
    events = fuzzed("--fault", "signon-breaks-on-quote", change=note, cases_per_operation=200, operations=names)
    lines = [curl_line(sent_request(event), by_place(event["operation"])) for event in of_kind(events, "exchange")]
    assert lines
    assert not any(secret in line for secret in secrets for line in lines)


def test_what_was_found_before_the_target_died_is_kept(fuzzed: Fuzzed, tmp_path: Path) -> None:
    def dies(_name: str, done: int, total: int) -> None:
        if done >= total * 0.7:
            raise TargetUnreachable("the target answers no more")

    with pytest.raises(TargetUnreachable):
        fuzzed("--fault", "stb-without-csadlist", cases_per_operation=60, operations=["stbsignontokens"], progress=dies)
    events = facts(tmp_path / "run0")
    assert "STB-013" in {requirement for requirement, _ in failures(events)}
