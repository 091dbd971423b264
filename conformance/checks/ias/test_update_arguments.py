"""ias-in-home-detection, "updating in-home status", "Mandatory arguments": what an update must not lack."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from conformance.checks.api import Check, requirement
from conformance.checks.ias.attempts import put, updated_flag
from conformance.model import Exchange
from conformance.session.ias import (
    UPDATE,
    access_token,
    authorization,
    home_tokens,
    in_home_token,
    update,
    updated_token,
)

# Sends an update with an access token and a broadcast token.
Send = Callable[[str, str], Exchange]


def _refused(check: Check, requirement_id: str, send: Send, *statuses: int, cause: str) -> Exchange:
    answer = send(*home_tokens(check))
    if answer.status not in statuses and not answer.succeeded:
        access, broadcast = home_tokens(check)
        check.control(update(check, access, broadcast, True, valid=True), what="the same update, complete and right")
        # A signon of somebody else may have ended the first token: it is the second refusal that is judged.
        answer = send(*home_tokens(check))
    check.expect_status(requirement_id, answer, *statuses, cause=cause)
    return answer


@requirement("UPD-060")
def test_inhome_true_without_broadcast_token_is_answered_400(check: Check) -> None:
    in_home_token(check, "stb", in_home=True)
    cause = "inHome true without updateInHomeToken"
    _refused(check, "UPD-060", lambda access, _: update(check, access, ..., True), 400, cause=cause)

    def in_home_already(access: str, broadcast: str) -> Exchange:
        token = updated_token(check, update(check, access, broadcast, True, valid=True))
        return update(check, token, ..., True)

    _refused(check, "UPD-060", in_home_already, 400, cause=f"{cause}, with a token that is in-home already")


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
            answer = _refused(
                check, "UPD-061", lambda access, _: update(check, access, ..., False), 200, 400, cause=cause
            )
        if answer.status in (200, 400):
            check.reading("ias-out-of-home-without-token", str(answer.status), answer)


@requirement("UPD-062")
def test_an_update_without_inhome_is_answered_400(check: Check) -> None:
    in_home_token(check, "stb", in_home=True)
    cause = "update without inHome"
    _refused(check, "UPD-062", lambda access, broadcast: update(check, access, broadcast, ...), 400, cause=cause)


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
        send = partial(_update_to, check, value)
        _refused(check, requirement_id, send, 400, cause=f"update whose inHome is {name}")


def _update_to(check: Check, value: object, access: str, broadcast: str) -> Exchange:
    return update(check, access, broadcast, value)


@requirement("UPD-066", "UPD-067")
def test_an_update_without_arguments_is_refused(check: Check) -> None:
    in_home_token(check, "stb", in_home=True)
    cause = "update with an empty JSON object"
    _refused(check, "UPD-066", lambda access, _: update(check, access, ..., ...), 400, cause=cause)

    def without_body(access: str, _: str) -> Exchange:
        return check.send(UPDATE, headers=authorization(check, access))

    _refused(check, "UPD-067", without_body, 400, 411, 415, cause="update without a body")


@requirement("UPD-068", "UPD-069")
def test_an_update_with_another_body_is_refused(check: Check) -> None:
    in_home_token(check, "stb", in_home=True)

    def whole(broadcast: str) -> bytes:
        return json.dumps({"updateInHomeToken": broadcast, "inHome": True}).encode()

    def broken(access: str, broadcast: str) -> Exchange:
        return put(check, access, whole(broadcast)[:-1])

    def array(access: str, broadcast: str) -> Exchange:
        return put(check, access, b"[" + whole(broadcast) + b"]")

    _refused(check, "UPD-068", broken, 400, 415, cause="update with broken JSON")
    _refused(check, "UPD-069", array, 400, 415, cause="update with a JSON array")
