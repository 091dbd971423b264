"""hdm-authentication, "Open device signon": what succeeds, in direct and in non-direct mode."""

from __future__ import annotations

import uuid

from conformance.checks.api import Check, requirement
from conformance.checks.hdm.tolerance import ODD_CORRELATION_IDS
from conformance.session.hdm import (
    Query,
    device_query,
    direct_mode_only,
    direct_mode_undecided,
    direct_query,
    first_form,
    nmp_signon,
    user_query,
)


@requirement("NMP-001")
def test_a_user_signs_on_with_username_and_password(check: Check) -> None:
    _expect_success(check, "NMP-001", user_query(check.subject("user")), "signon with username and password")


@requirement("NMP-002")
def test_a_user_signs_on_with_username_password_and_device_id(check: Check) -> None:
    _expect_success(
        check, "NMP-002", device_query(check.subject("user")), "signon with username, password and deviceId"
    )
    # A platform may treat one account otherwise than the next.
    other = check.target.subjects.get("user_other_account")
    if other is not None and "deviceId" in other:
        _expect_success(check, "NMP-002", device_query(other), "signon of a second user with deviceId")


@requirement("NMP-003")
def test_a_device_of_direct_mode_signs_on_with_its_four_parameters(check: Check) -> None:
    answer = nmp_signon(check, direct_query(check.subject("user"), check.subject("gateway")), valid=True)
    check.expect_status("NMP-003", answer, 200, cause="signon of direct mode")


@requirement("NMP-004")
def test_a_first_signon_may_name_the_gateway(check: Check) -> None:
    query = {**user_query(check.subject("user")), "smartcardId": check.subject("gateway")["smartcardId"]}
    _expect_success(check, "NMP-004", query, "first signon with the gateway's smartcardId")


@requirement("NMP-005")
def test_a_signon_with_device_id_may_name_the_gateway(check: Check) -> None:
    query = {**device_query(check.subject("user")), "smartcardId": check.subject("gateway")["smartcardId"]}
    answer = nmp_signon(check, query, valid=True)
    check.expect_status("NMP-005", answer, 200, cause="signon with deviceId and the gateway's smartcardId")


@requirement("SGN-119")
def test_a_user_signs_on_again(check: Check) -> None:
    query = first_form(check)
    again = nmp_signon(check, query, valid=True)
    if not check.session.history.has_signed_on(query):
        check.control(again, 200, what="a first signon of the user")
    if again.succeeded:
        again = nmp_signon(check, query, valid=True)
    check.expect_status("SGN-119", again, 200, cause="second signon of one user")


@requirement("SGN-120", "SGN-121", "SGN-124")
def test_a_correlation_id_is_optional_for_an_open_device(check: Check) -> None:
    query = first_form(check)
    without = nmp_signon(check, query, valid=True)
    named = nmp_signon(check, query, headers={"x-correlation-id": str(uuid.uuid4())}, valid=True)
    if not (without.succeeded or named.succeeded):
        check.control(without, 200, what="a signon, with or without x-correlation-id")
    check.expect_status("SGN-120", without, 200, cause="signon without x-correlation-id")
    check.expect_status("SGN-121", named, 200, cause="signon with x-correlation-id")
    for value in ODD_CORRELATION_IDS:
        odd = nmp_signon(check, query, headers={"x-correlation-id": value})
        check.expect_status("SGN-124", odd, 200, cause="signon with an x-correlation-id that is not a UUID")


@requirement("SGN-122", "SGN-123")
def test_an_open_device_signon_has_what_clients_add(check: Check) -> None:
    query = first_form(check)
    check.control(nmp_signon(check, query, valid=True), 200, what="the same signon, as documented")
    more = nmp_signon(check, query, extra={"provisioned": "true"})
    check.expect_status("SGN-122", more, 200, cause="signon with an unknown query parameter")
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    typed = nmp_signon(check, query, headers=form)
    check.expect_status("SGN-123", typed, 200, cause="signon GET with a form's Content-Type and no body")


def _expect_success(check: Check, requirement_id: str, query: Query, cause: str) -> None:
    """Expect 200; a platform that has direct mode alone may say 400 (reading nmp-mode)."""
    direct_only = direct_mode_only(check)
    answer = nmp_signon(check, query, valid=not direct_only)
    lacking = direct_mode_undecided(check)
    if answer.status == 400 and lacking:
        check.lacks("a platform with direct mode may answer that alone, which this target file cannot show", *lacking)
    allowed = (200, 400) if direct_only else (200,)
    check.expect_status(requirement_id, answer, *allowed, cause=cause)
    if answer.status == 200 and "direct_mode" in check.target.features:
        check.reading("nmp-mode", "both", answer)
