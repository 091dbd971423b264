"""ias-in-home-detection, "updating in-home status", "Mandatory arguments": what an update must not lack."""

from __future__ import annotations

import json

from conformance.checks.api import Check, requirement
from conformance.checks.ias.attempts import put, updated_flag
from conformance.model import Exchange
from conformance.session.ias import UPDATE, access_token, authorization, broadcast_token, in_home_token, update


def _refused(check: Check, requirement_id: str, answer: Exchange, *statuses: int, cause: str) -> None:
    if answer.status not in statuses and not answer.succeeded:
        complete = update(check, access_token(check), broadcast_token(check), True, valid=True)
        check.control(complete, what="the same update, complete and right")
    check.expect_status(requirement_id, answer, *statuses, cause=cause)


@requirement("UPD-060")
def test_inhome_true_without_broadcast_token_is_answered_400(check: Check) -> None:
    in_home_token(check, "stb", in_home=True)
    answer = update(check, access_token(check), ..., True)
    _refused(check, "UPD-060", answer, 400, cause="inHome true without updateInHomeToken")


@requirement("UPD-061")
def test_inhome_false_without_broadcast_token_is_not_in_home(check: Check) -> None:
    in_home_token(check, "stb", in_home=False)
    for name in ("sign-on", "update"):
        token = access_token(check) if name == "sign-on" else in_home_token(check, "stb", in_home=True)
        answer = update(check, token, ..., False)
        cause = "inHome false without updateInHomeToken"
        if updated_flag(answer) is True:
            wanted = ("HTTP 400", "a token with inHome false")
            actual = "a token with inHome true"
            check.expect("UPD-061", False, answer, expected=wanted, actual=actual, cause=f"{cause} sets inHome true")
        elif name == "sign-on":
            _refused(check, "UPD-061", answer, 200, 400, cause=cause)
        if answer.status in (200, 400):
            check.reading("ias-out-of-home-without-token", str(answer.status), answer)


@requirement("UPD-062")
def test_an_update_without_inhome_is_answered_400(check: Check) -> None:
    in_home_token(check, "stb", in_home=True)
    answer = update(check, access_token(check), broadcast_token(check), ...)
    _refused(check, "UPD-062", answer, 400, cause="update without inHome")


@requirement("UPD-063", "UPD-064", "UPD-065")
def test_inhome_that_is_no_boolean_is_answered_400(check: Check) -> None:
    in_home_token(check, "stb", in_home=True)
    cases = (
        ("UPD-063", "true", "a string"),
        ("UPD-063", "false", "a string"),
        ("UPD-064", 1, "a number"),
        ("UPD-064", 0, "a number"),
        ("UPD-065", None, "null"),
    )
    for requirement_id, value, name in cases:
        answer = update(check, access_token(check), broadcast_token(check), value)
        _refused(check, requirement_id, answer, 400, cause=f"update whose inHome is {name}")


@requirement("UPD-066", "UPD-067")
def test_an_update_without_arguments_is_refused(check: Check) -> None:
    in_home_token(check, "stb", in_home=True)
    token = access_token(check)
    answer = update(check, token, ..., ...)
    _refused(check, "UPD-066", answer, 400, cause="update with an empty JSON object")
    answer = check.send(UPDATE, headers=authorization(check, token))
    _refused(check, "UPD-067", answer, 400, 411, 415, cause="update without a body")


@requirement("UPD-068", "UPD-069")
def test_an_update_with_another_body_is_refused(check: Check) -> None:
    in_home_token(check, "stb", in_home=True)
    token = access_token(check)
    whole = json.dumps({"updateInHomeToken": broadcast_token(check), "inHome": True}).encode()
    answer = put(check, token, whole[:-1])
    _refused(check, "UPD-068", answer, 400, 415, cause="update with broken JSON")
    answer = put(check, token, b"[" + whole + b"]")
    _refused(check, "UPD-069", answer, 400, 415, cause="update with a JSON array")
