"""hdm-authentication, "Error responses": 403 for names and passwords that do not result in a valid token.

Three wrong passwords are sent for each of the two users at most, each between signons that succeed.
"""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.checks.hdm.locks import spend_wrong_password
from conformance.model import Exchange
from conformance.session.hdm import Query, device_form, direct_query, first_form, nmp_signon
from conformance.session.lookalikes import (
    case_swapped_password,
    exchanged_password,
    lengthened_password,
    shortened_password,
    similar_usernames,
    unknown_username,
    wrong_password,
)
from conformance.target import Value, reveal


@requirement("NMP-030")
def test_an_unknown_username_is_refused(check: Check) -> None:
    query = _working(check, first_form(check))
    answer = nmp_signon(check, {**query, "username": unknown_username(query["username"])})
    check.expect_status("NMP-030", answer, 403, cause="signon with an unknown username")
    for similar in similar_usernames(query["username"]):
        answer = nmp_signon(check, {**query, "username": similar})
        check.expect_status("NMP-030", answer, 403, cause="signon with a username that is similar to another")


@requirement("NMP-031")
def test_an_unknown_username_with_a_device_id_is_refused(check: Check) -> None:
    query = _working(check, device_form(check))
    answer = nmp_signon(check, {**query, "username": unknown_username(query["username"])})
    check.expect_status("NMP-031", answer, 403, cause="signon with an unknown username and a deviceId")


@requirement("NMP-032")
def test_a_wrong_password_is_refused(check: Check) -> None:
    query = _working(check, first_form(check))
    answer = _try_password(check, query, wrong_password(check.session, query["password"]))
    check.expect_status("NMP-032", answer, 403, cause="signon with a wrong password")
    # Of the few wrong passwords that a user may get, NMP-033 sends one, and NMP-037 one in direct mode.
    if check.session.budget.wrong_passwords_left(reveal(query["username"])) > 1 + _direct(check):
        exchanged = exchanged_password(check.session, query["password"])
        query = _with_gateway(check, _working(check, query))
        answer = _try_password(check, query, exchanged or lengthened_password(check.session, query["password"]))
        check.expect_status("NMP-032", answer, 403, cause="signon with a password that is nearly the right one")


@requirement("NMP-033")
def test_a_wrong_password_with_a_device_id_is_refused(check: Check) -> None:
    query = _working(check, device_form(check))
    other = check.target.subjects.get("user_other_account")
    wrong: Value = wrong_password(check.session, query["password"])
    if other and "password" in other and reveal(other["password"]) != reveal(query["password"]):
        wrong = other["password"]
    answer = _try_password(check, query, wrong)
    check.expect_status("NMP-033", answer, 403, cause="signon with a wrong password and a deviceId")


@requirement("NMP-034")
def test_a_password_in_another_case_is_refused(check: Check) -> None:
    query = _working(check, first_form(check, "user_other_account"))
    wrong = case_swapped_password(check.session, query["password"])
    if wrong is None:
        check.lacks("the password of subjects.user_other_account has no letters", _better_password())
    answer = _try_password(check, query, wrong)
    check.expect_status("NMP-034", answer, 403, cause="signon with the password in another case")


@requirement("NMP-035")
def test_a_shortened_password_is_refused(check: Check) -> None:
    query = _form_of_the_second_user(check)
    wrong = shortened_password(check.session, query["password"])
    if wrong is None:
        check.lacks("the password of subjects.user_other_account has one character", _better_password())
    answer = _try_password(check, query, wrong)
    check.expect_status("NMP-035", answer, 403, cause="signon with a password that lacks its last character")


@requirement("NMP-037")
def test_a_wrong_password_in_direct_mode_is_refused(check: Check) -> None:
    query = _working(check, direct_query(check.subject("user"), check.subject("gateway")))
    answer = _try_password(check, query, lengthened_password(check.session, query["password"]))
    check.expect_status("NMP-037", answer, 403, cause="direct-mode signon with a wrong password")


@requirement("NMP-038")
def test_an_unknown_username_in_direct_mode_is_refused(check: Check) -> None:
    query = _working(check, direct_query(check.subject("user"), check.subject("gateway")))
    answer = nmp_signon(check, {**query, "username": unknown_username(query["username"])})
    check.expect_status("NMP-038", answer, 403, cause="direct-mode signon with an unknown username")


def _working(check: Check, query: Query) -> Query:
    check.control(nmp_signon(check, query, valid=True), 200, what="the same signon, with the right details")
    return query


def _with_gateway(check: Check, query: Query) -> Query:
    """With the home gateway, where the right password signs on with it: a server may trust whoever names one."""
    if "gateway" not in check.target.subjects:
        return query
    with_gateway = {**query, "smartcardId": check.subject("gateway")["smartcardId"]}
    return with_gateway if nmp_signon(check, with_gateway).succeeded else query


def _form_of_the_second_user(check: Check) -> Query:
    """With the device where it signs on with that: of the few wrong passwords, NMP-034 sends one without."""
    name = "user_other_account"
    if "deviceId" in check.subject(name):
        query = device_form(check, name)
        if nmp_signon(check, query, valid=True).succeeded:
            return query
    return _working(check, first_form(check, name))


def _try_password(check: Check, query: Query, wrong: Value) -> Exchange:
    spend_wrong_password(check, reveal(query["username"]))
    return nmp_signon(check, {**query, "password": wrong})


def _direct(check: Check) -> bool:
    return "direct_mode" in check.target.features


def _better_password() -> str:
    return 'subjects: {user_other_account: {password: "<with letters of both cases>"}}'
