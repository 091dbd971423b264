from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.applicability import Applicability
from conformance.contract import load_contract
from conformance.fuzz.assess import Assessment, Flaw
from conformance.fuzz.oracle import Oracle, accepted
from conformance.model import Exchange, Request, Response
from conformance.register import load_register

CONTRACT, REGISTER = load_contract(), load_register()
ORACLE = Oracle(CONTRACT, REGISTER, Applicability())


def answer(operation: str, status: int, body: object = None, method: str = "") -> Exchange:
    method = method or CONTRACT.operation(operation).method
    content = json.dumps(body).encode() if body is not None else b""
    service = CONTRACT.operation(operation).service
    return Exchange("F1", service, operation, Request(method, "http://t.example/"), Response(status, (), content))


def told(
    operation: str, exchange: Exchange, *flaws: Flaw, variant: str = "", doubt: str = ""
) -> list[tuple[str, bool]]:
    found = ORACLE.judge(CONTRACT.operation(operation), exchange, Assessment(flaws, doubt, variant))
    return [(one.requirement, one.holds) for one in found]


MISSING = Flaw("missing", "query", "casn", (400,), exact=True)


@pytest.mark.parametrize(("status", "holds"), [(400, True), (403, False), (422, False), (200, False), (429, True)])
def test_a_missing_parameter_is_refused_with_the_documented_status(status: int, holds: bool) -> None:
    assert told("stbsignontokens", answer("stbsignontokens", status), MISSING) == [("STB-012", holds)]


@pytest.mark.parametrize(
    ("query", "judged"), [("nuId=3A7F", True), ("nuId=%27", False), ("%C2%94=1", False), ("nuId=..%2F", False)]
)
def test_a_layer_of_security_may_block_what_looks_like_an_attack(query: str, judged: bool) -> None:
    blocked = answer("stbsignontokens", 403)
    blocked = replace(blocked, request=Request("GET", f"http://t.example/?{query}"))
    assert told("stbsignontokens", blocked, MISSING) == ([("STB-012", False)] if judged else [])


def test_a_server_error_is_left_to_the_rules() -> None:
    assert told("stbsignontokens", answer("stbsignontokens", 500), MISSING) == []


def test_what_is_in_doubt_or_unsure_is_not_judged() -> None:
    assert told("stbsignontokens", answer("stbsignontokens", 200), MISSING, doubt="a repeated parameter") == []
    assert told("stbsignontokens", answer("stbsignontokens", 200), Flaw("unknown", "query", "casn", sure=False)) == []


def test_of_several_things_wrong_only_acceptance_is_judged() -> None:
    other = Flaw("missing", "query", "nuId", (400,), exact=True)
    assert told("stbsignontokens", answer("stbsignontokens", 403), MISSING, other) == []
    assert told("stbsignontokens", answer("stbsignontokens", 200), MISSING, other) == [("STB-012", False)]


def test_the_variant_decides_between_requirements() -> None:
    flaw = Flaw("missing", "query", "username", (400,), exact=True)
    found = [
        told("nmpsignontokens", answer("nmpsignontokens", 200), flaw, variant=name) for name in ("user", "user-device")
    ]
    assert found == [[("NMP-010", False)], [("NMP-012", False)]]


def test_what_no_requirement_speaks_of_is_not_judged() -> None:
    flaw = Flaw("unknown", "query", "password", (403,), variant := True)
    assert variant
    assert told("nmpsignontokens", answer("nmpsignontokens", 200), flaw) == []


def test_what_only_warns_is_left_to_the_checks() -> None:
    flaw = Flaw("unknown", "body", "accountProfileId", (400, 404))
    for operation in ("createAccount", "createAccountOnSsp"):
        assert told(operation, answer(operation, 201), flaw) == []


@pytest.mark.parametrize(
    ("operation", "status", "body", "wanted"),
    [
        ("isContentAuthorised", 200, {"resultCode": "0", "result": {}}, True),
        ("isContentAuthorised", 200, {"resultCode": "85102", "result": "x"}, False),
        ("initialiseDeviceByGet", 200, {"resultCode": "0", "result": {"status": "INTERNAL_ERROR"}}, False),
        ("initialiseDeviceByGet", 200, {"resultCode": "0", "result": {"status": "OK", "response": "YQ=="}}, True),
        ("createAccount", 201, {"_id": "1"}, True),
        ("createAccount", 400, None, False),
    ],
)
def test_a_refusal_may_stand_in_the_body(operation: str, status: int, body: object, wanted: bool) -> None:
    assert accepted(answer(operation, status, body)) is wanted


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
def test_another_method_is_not_carried_out(method: str) -> None:
    assert told("stbsignontokens", answer("stbsignontokens", 200, {}, method)) == [("WIR-601", False)]
    assert told("stbsignontokens", answer("stbsignontokens", 405, None, method)) == [("WIR-601", True)]


def test_head_options_and_a_documented_method_are_not_judged() -> None:
    assert told("stbsignontokens", answer("stbsignontokens", 200, {}, "HEAD")) == []
    assert told("stbsignontokens", answer("stbsignontokens", 200, {}, "OPTIONS")) == []
    assert told("initialiseDeviceByGet", answer("initialiseDeviceByGet", 200, {}, "POST")) == []
