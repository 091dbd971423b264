"""keycloak-access-token, Getting an access token. It is none of the five documents: nothing here fails a target."""

from __future__ import annotations

import secrets

from conformance.checks.adm.attempts import unknown_name
from conformance.checks.api import Check, requirement
from conformance.model import Exchange
from conformance.session.crm import request_token
from conformance.session.once import once
from conformance.target import Secret


@once
def granted(check: Check) -> Exchange:
    """Return the control: the whole request, once in a run."""
    return request_token(check, valid=True)


def expect_refusal(check: Check, requirement_id: str, answer: Exchange, cause: str) -> None:
    """Judge that Keycloak refused with a 4xx; no page says with which."""
    check.control(granted(check), what="the same request, complete and right")
    check.expect(
        requirement_id,
        400 <= answer.status < 500,
        answer,
        expected="a 4xx",
        actual=f"HTTP {answer.status}" if answer.response else answer.failure,
        cause=f"{cause}: answered {answer.status or 'nothing'}",
    )


@requirement("CRM-001")
def test_a_token_request_is_answered_200(check: Check) -> None:
    check.expect_status("CRM-001", granted(check), 200, cause="a whole token request")


@requirement("CRM-011")
def test_a_wrong_password_is_refused(check: Check) -> None:
    keycloak = check.target.credentials.keycloak
    check.session.budget.spend_wrong_password(f"keycloak {keycloak.username if keycloak else ''}")
    answer = request_token(check, password=Secret(f"wrong-{secrets.token_hex(6)}"))
    expect_refusal(check, "CRM-011", answer, "a wrong password")


@requirement("CRM-012")
def test_an_unknown_operator_is_refused(check: Check) -> None:
    answer = request_token(check, username=unknown_name("operator"), password=Secret(secrets.token_hex(8)))
    expect_refusal(check, "CRM-012", answer, "an unknown username")


@requirement("CRM-013")
def test_an_unknown_client_is_refused(check: Check) -> None:
    expect_refusal(check, "CRM-013", request_token(check, client_id=unknown_name("client")), "an unknown client_id")


@requirement("CRM-014")
def test_a_request_without_grant_type_is_refused(check: Check) -> None:
    expect_refusal(check, "CRM-014", request_token(check, without="grant_type"), "a request without grant_type")


@requirement("CRM-015")
def test_a_request_without_username_is_refused(check: Check) -> None:
    expect_refusal(check, "CRM-015", request_token(check, without="username"), "a request without username")


@requirement("CRM-016")
def test_a_request_without_password_is_refused(check: Check) -> None:
    expect_refusal(check, "CRM-016", request_token(check, without="password"), "a request without password")


@requirement("CRM-017")
def test_a_request_without_client_id_is_refused(check: Check) -> None:
    expect_refusal(check, "CRM-017", request_token(check, without="client_id"), "a request without client_id")


@requirement("CRM-018")
def test_an_unknown_grant_type_is_refused(check: Check) -> None:
    expect_refusal(check, "CRM-018", request_token(check, grant_type="conformance"), "an unknown grant_type")
