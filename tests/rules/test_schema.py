"""The contract as a judge: what its documents accept breaks nothing that binds, and what they refuse breaks something.

The documents are read here a second time, by another validator (jsonschema) and without the suite's own code.
"""

from __future__ import annotations

import base64
import copy
import json
from functools import lru_cache
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.contract import load_contract
from conformance.model import Exchange, Judgement, Request, Response
from conformance.register import load_register
from conformance.resources import specs
from conformance.rules import Context
from conformance.rules.schema import contract_body, contract_media_type, contract_status

from .payloads import compacted, opened, packed, payloads

CONTEXT = Context(register=load_register(), tenant="nagra")
TOKENS = {"access_token": "AccessParts", "refresh_token": "RefreshParts"}
VALUES: list[Any] = [
    None,
    True,
    0,
    1,
    -1,
    1.5,
    2**40,
    10**13,
    "",
    " ",
    "0",
    "text",
    "a.b.c",
    "1234567890123",
    [],
    [1],
    {},
]
VALUES += [{"a": 1}, [{}], "AUTHORIZED", "NOT_AUTHORIZED", "OK", "INTERNAL_ERROR", "DevAuthN", "bearer", "99:1"]


def bodies() -> dict[str, tuple[str, int, Any]]:
    """Documented bodies: a name -> operation, status, value with each token as its claims."""
    found = {
        entry.file: (entry.operations[0], entry.status or 200, entry.value)
        for entry in payloads()
        if entry.direction == "response"
    }
    initialised = found["hdm/initialise-success.json"]
    result = {**initialised[2]["result"], "response": "T3BhcXVlIGRldmljZSBkYXRh"}
    found["hdm/initialise-success.json"] = (initialised[0], 200, {**initialised[2], "result": result})
    updated = found["ias/updated-token.json"]
    claims = opened(updated[2]["access_token"])["claims"]
    found["ias/updated-token.json"] = (updated[0], updated[1], {"access_token": claims})
    operation, status, signed_on = found["ias/das-signon.json"]
    seconds = {"exp": 1_736_239_157, "fixed_exp": 1_799_307_569}
    tokens = {name: {**signed_on[name], **seconds} for name in TOKENS}
    found["ias/das-signon.json"] = (operation, status, {**signed_on, **tokens})
    found["mds/services.json"] = ("listServices", 200, {"total_records": 1, "services": [{"id": "1"}]})
    found["adm/token.json"] = (
        "keycloakToken",
        200,
        {"access_token": "a", "expires_in": 300, "refresh_expires_in": 1800, "refresh_token": "b"},
    )
    return found


BODIES = bodies()


@lru_cache
def document(service: str) -> dict[str, Any]:
    return yaml.safe_load((specs() / "openapi" / f"{service}.yaml").read_text(encoding="utf-8"))


@lru_cache
def validator(operation_id: str, status: int) -> jsonschema.Draft202012Validator:
    operation = load_contract().operation(operation_id)
    responses = document(operation.service)
    for step in ("paths", operation.key, operation.method.lower(), "responses"):
        responses = responses[step]
    response = responses.get(str(status)) or responses[f"{str(status)[0]}XX"]
    if "$ref" in response:
        response = document(operation.service)["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return compiled(operation.service, response["content"]["application/json"]["schema"]["$ref"])


@lru_cache
def compiled(service: str, reference: str) -> jsonschema.Draft202012Validator:
    schema: Any = {"$ref": reference}
    return jsonschema.Draft202012Validator({"allOf": [schema], "components": document(service)["components"]})


def accepted(operation_id: str, status: int, body: Any) -> bool:
    """Whether the documents accept a body, and the tokens and the base64 in it."""
    service = load_contract().operation(operation_id).service
    if not validator(operation_id, status).is_valid(body):
        return False
    for field, parts in TOKENS.items():
        if isinstance(body, dict) and service == "ias" and isinstance(body.get(field), str):
            if body[field].count(".") != 2 or len(body[field]) < 100:
                return False
            token = opened(body[field])
            if not compiled(service, f"#/components/schemas/{parts}").is_valid([token["header"], token["claims"]]):
                return False
    result = body.get("result") if isinstance(body, dict) and service == "hdm" else None
    if isinstance(result, dict) and result.get("status") == "OK" and isinstance(result.get("response"), str):
        try:
            base64.b64decode(result["response"] + "==", altchars=b"-_", validate=True)
        except ValueError:
            return False
    return True


def judged(operation_id: str, status: int, body: Any) -> list[Judgement]:
    operation = load_contract().operation(operation_id)
    return list(
        contract_body(
            Exchange(
                id="E00001",
                service=operation.service,
                operation=operation_id,
                request=Request(operation.method, f"https://test{operation.path}"),
                response=Response(status, (("Content-Type", "application/json"),), json.dumps(body).encode()),
            ),
            CONTEXT,
        )
    )


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        found += places(item, (*path, key))
    return found


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, int, Any]:
    """A documented body with up to three members dropped, replaced or added; its tokens compact or decoded."""
    operation, status, value = BODIES[draw(st.sampled_from(sorted(BODIES)))]
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(places(value)))
        change = draw(st.sampled_from(["drop", "replace", "replace", "add"]))
        if not path:
            value = copy.deepcopy(draw(st.sampled_from(VALUES))) if change == "replace" else value
            continue
        parent = value
        for key in path[:-1]:
            parent = parent[key]
        if change == "drop":
            del parent[path[-1]]
        elif change == "replace":
            parent[path[-1]] = copy.deepcopy(draw(st.sampled_from(VALUES)))
        elif isinstance(parent, dict):
            parent["more"] = copy.deepcopy(draw(st.sampled_from(VALUES)))
    compact = operation == "updateInHomeStatus" or draw(st.booleans())
    for field in TOKENS:
        if compact and isinstance(value, dict) and isinstance(value.get(field), dict):
            value[field] = compacted(value[field])
    return operation, status, value


@settings(max_examples=1500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_what_the_documents_accept_breaks_nothing_that_binds_and_what_they_refuse_breaks_something(
    case: tuple[str, int, Any],
) -> None:
    operation, status, body = case
    broken = {one.requirement for one in judged(operation, status, body) if not one.holds}
    register = CONTEXT.register
    assert broken <= {entry.id for entry in register}
    if accepted(operation, status, body):
        assert [name for name in broken if register[name].binding] == []
    else:
        assert [name for name in broken if register[name].binding or name.startswith("CRM-")] != []


@pytest.mark.parametrize("name", BODIES)
def test_a_documented_body_is_accepted_and_keeps_what_it_shows(name: str) -> None:
    operation, status, body = BODIES[name]
    if operation == "updateInHomeStatus":
        body = {"access_token": compacted(body["access_token"])}
    assert accepted(operation, status, body)
    found = judged(operation, status, body)
    assert [one for one in found if not one.holds and CONTEXT.register[one.requirement].binding] == []
    assert len([one for one in found if one.holds]) >= 2


def test_a_node_that_was_not_reached_is_not_judged() -> None:
    operation, status, body = BODIES["sdp/not-authorized.json"]
    found = {one.requirement for one in judged(operation, status, body)}
    assert {"LIC-006", "LIC-007"} <= found
    assert not {"LIC-008", "LIC-009", "LIC-013", "LIC-041"} & found


def test_what_must_be_absent_is_kept_by_a_response_without_it() -> None:
    for name, requirement in (("sdp/not-authorized.json", "LIC-011"), ("hdm/initialise-error.json", "INI-016")):
        held = {one.requirement for one in judged(*BODIES[name]) if one.holds}
        assert requirement in held


def test_of_a_value_of_the_wrong_type_only_the_type_is_judged() -> None:
    operation, status, body = BODIES["sdp/authorized.json"]
    body = copy.deepcopy(body)
    body["result"]["accountNumber"] = 12345
    found = {one.requirement: one.holds for one in judged(operation, status, body)}
    assert found["LIC-009"] is False
    assert "LIC-010" not in found
    assert found["LIC-008"] is True
    assert found["LIC-014"] is True


def test_the_alternative_that_was_not_meant_is_not_judged() -> None:
    operation, status, body = BODIES["ias/das-signon.json"]
    decoded = {**body, "access_token": {**body["access_token"], "inHome": "no"}}
    found = {one.requirement: one.holds for one in judged(operation, status, decoded)}
    assert found["TOK-026"] is False
    assert not {"TOK-002", "TOK-006"} & found.keys()
    assert found["TOK-021"] is True


def test_a_violation_inside_a_token_says_where_it_is() -> None:
    operation, status, body = BODIES["ias/das-signon.json"]
    token = opened(compacted({**body["access_token"], "exp": "soon"}))
    token["header"]["alg"] = "none"
    found = {one.requirement: one for one in judged(operation, status, {**body, "access_token": packed(token)})}
    assert found["TOK-013"].cause == "access_token.exp is a string"
    assert found["TOK-003"].cause == "access_token.header.alg is not allowed"


def exchange(status: int, content_type: str, *, valid: bool = True, operation: str = "stbsignontokens") -> Exchange:
    method = load_contract().operation(operation).method
    return Exchange(
        id="E00001",
        service="hdm",
        operation=operation,
        request=Request(method, "https://hdm.test/"),
        response=Response(status, (("Content-Type", content_type),) if content_type else (), b"{}"),
        valid=valid,
    )


@pytest.mark.parametrize(
    ("status", "valid", "held", "broken"),
    [
        (200, True, {"SGN-001", "WIR-101"}, set()),
        (201, True, set(), {"SGN-001", "WIR-101"}),
        (201, False, set(), {"WIR-101"}),
        (418, False, set(), {"WIR-101"}),
        (403, False, {"WIR-101"}, set()),
        (500, False, set(), set()),
    ],
)
def test_the_status_is_the_contracts(status: int, valid: bool, held: set[str], broken: set[str]) -> None:
    found = list(contract_status(exchange(status, "application/json", valid=valid), CONTEXT))
    assert {one.requirement for one in found if one.holds} == held
    assert {one.requirement for one in found if not one.holds} == broken


@pytest.mark.parametrize(
    ("operation", "content_type", "holds"),
    [
        ("stbsignontokens", "application/json; charset=utf-8", True),
        ("stbsignontokens", "application/hal+json", False),
        ("initialiseDeviceByGet", "application/hal+json", True),
        ("initialiseDeviceByGet", "text/html", False),
    ],
)
def test_the_media_type_is_the_contracts(operation: str, content_type: str, holds: bool) -> None:
    found = list(contract_media_type(exchange(200, content_type, operation=operation), CONTEXT))
    assert {one.holds for one in found if CONTEXT.register[one.requirement].binding} == {holds}


def test_a_body_without_a_label_only_warns_where_no_document_names_the_header() -> None:
    found = {}
    for operation in ("initialiseDeviceByGet", "stbsignontokens"):
        judged = contract_media_type(exchange(200, "", operation=operation), CONTEXT)
        found |= {one.requirement: one.holds for one in judged}
    assert found == {"WIR-303": True, "WIR-803": False, "SGN-002": False}
