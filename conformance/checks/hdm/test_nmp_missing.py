"""hdm-authentication, "Open device signon" and "Error responses": 400 for mandatory parameters that are missing."""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.checks.hdm.locks import spend_wrong_password
from conformance.session.hdm import Query, device_form, direct_mode_only, direct_query, first_form, nmp_signon


@requirement("NMP-010", "NMP-011")
def test_a_first_signon_that_lacks_name_or_password_is_refused(check: Check) -> None:
    query = first_form(check)
    check.control(nmp_signon(check, query, valid=True), 200, what="the same signon, complete")
    for requirement_id, missing in (("NMP-010", "username"), ("NMP-011", "password")):
        answer = nmp_signon(check, _without(query, missing))
        check.expect_status(requirement_id, answer, 400, cause=f"first signon without {missing}")


@requirement("NMP-012", "NMP-013")
def test_a_signon_with_device_id_that_lacks_name_or_password_is_refused(check: Check) -> None:
    query = device_form(check)
    check.control(nmp_signon(check, query, valid=True), 200, what="the same signon, complete")
    for requirement_id, missing in (("NMP-012", "username"), ("NMP-013", "password")):
        answer = nmp_signon(check, _without(query, missing))
        check.expect_status(requirement_id, answer, 400, cause=f"signon with deviceId without {missing}")
    answer = nmp_signon(check, _without(_without(query, "username"), "password"))
    check.expect_status("NMP-012", answer, 400, cause="signon with deviceId without username and password")


@requirement("NMP-014", "NMP-015", "NMP-016", "NMP-017")
def test_a_direct_mode_signon_that_lacks_a_parameter_is_refused(check: Check) -> None:
    query = direct_query(check.subject("user"), check.subject("gateway"))
    check.control(nmp_signon(check, query, valid=True), 200, what="the same signon, complete")
    for requirement_id, missing in (("NMP-014", "username"), ("NMP-015", "password")):
        answer = nmp_signon(check, _without(query, missing))
        check.expect_status(requirement_id, answer, 400, cause=f"direct-mode signon without {missing}")
    for requirement_id, missing in (("NMP-016", "smartcardId"), ("NMP-017", "deviceId")):
        answer = nmp_signon(check, _without(query, missing))
        allowed = (400,) if direct_mode_only(check) else (400, 200)
        check.expect_status(requirement_id, answer, *allowed, cause=f"direct-mode signon without {missing}")


@requirement("NMP-018")
def test_a_signon_without_any_parameter_is_refused(check: Check) -> None:
    check.control(nmp_signon(check, first_form(check), valid=True), 200, what="a signon with all parameters")
    check.expect_status("NMP-018", nmp_signon(check, {}), 400, cause="signon without any parameter")


@requirement("NMP-019")
def test_a_signon_with_an_empty_username_is_refused(check: Check) -> None:
    query = first_form(check)
    check.control(nmp_signon(check, query, valid=True), 200, what="the same signon, complete")
    answer = nmp_signon(check, {**query, "username": ""})
    check.expect_status("NMP-019", answer, 400, 403, cause="signon with an empty username")


@requirement("NMP-020")
def test_a_signon_with_an_empty_password_is_refused(check: Check) -> None:
    query = first_form(check, "user_other_account")
    check.control(nmp_signon(check, query, valid=True), 200, what="the same signon, complete")
    spend_wrong_password(check, check.subject("user_other_account").text("username"))
    answer = nmp_signon(check, {**query, "password": ""})
    check.expect_status("NMP-020", answer, 400, 403, cause="signon with an empty password")


def _without(query: Query, missing: str) -> Query:
    return {name: value for name, value in query.items() if name != missing}
