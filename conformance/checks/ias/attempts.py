"""What the checks of IAS have in common: refusals with their control, and what an answer says of the home."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.checks.api import CLIENT_ERROR, REFUSALS, Check, expected_of
from conformance.model import Exchange, Json
from conformance.opentv.answers import answer_object, refused_by_gate, succeeded
from conformance.session.ias import (
    access_token,
    authorization,
    broadcast_token,
    claims_of,
    das_sign_on,
    generate,
    home_tokens,
    update,
)
from conformance.session.once import once

# The document gives no status for a token that is not accepted: whichever of the caller's mistakes it is.
BAD_TOKEN = CLIENT_ERROR
OPERATIONS = ("generateUpdateInHomeToken", "updateInHomeStatus")


def devices(check: Check) -> list[str]:
    """The devices that sign on: a server may look at one more closely than at another."""
    return [name for name in ("stb", "stb_other_account") if name in check.target.subjects]


def rests_on_challenge(check: Check, name: str, answer: Exchange) -> None:
    """End the check where the refusal of a right sign-on may be that of a challenge which ended since preflight."""
    if answer.status in REFUSALS and not check.subject(name).commanded("dasChallenge"):
        served = das_sign_on(check, name, valid=True).succeeded
        claim = "one challenge is valid for all sign-ons of a run"
        check.rests_on(served, answer, claim, "subjects", name, "dasChallenge")


def sign_on_refused(check: Check, requirement_id: str, answer: Exchange, *statuses: int, cause: str) -> None:
    """Judge a refused sign-on; before another status than expected is held against the target, the control is sent."""
    if answer.status not in statuses and not answer.succeeded:
        check.control(das_sign_on(check, "stb", valid=True), what="the same sign-on, complete and right")
    check.expect_status(requirement_id, answer, *statuses, cause=cause)


@once
def in_home_calls_work(check: Check) -> None:
    """Require that both in-home calls serve a good request: the control of all that are refused."""
    token, home = home_tokens(check)
    check.control(generate(check, token, valid=True), what="generateUpdateInHomeToken with a good access token")
    answer = update(check, token, home, True, valid=True)
    check.control(answer, what="updateInHomeStatus with valid tokens")


def with_token(check: Check, operation: str, token: str) -> Exchange:
    """Send an in-home call that is right but for its access token."""
    if operation == "generateUpdateInHomeToken":
        return generate(check, token)
    return update(check, token, broadcast_token(check), True)


def without_authorization(check: Check, operation: str) -> Exchange:
    """Send an in-home call that is right but for its missing access token."""
    if operation == "generateUpdateInHomeToken":
        return check.send(operation)
    return check.send(operation, json={"updateInHomeToken": broadcast_token(check), "inHome": True})


def token_refused(
    check: Check, number: int, tokens: Iterable[str], *, cause: str, statuses: Sequence[int] = BAD_TOKEN
) -> None:
    """Judge that both in-home calls refuse each token: GEN-<number> and UPD-<number>."""
    in_home_calls_work(check)
    bad = list(tokens)
    for operation, area in zip(OPERATIONS, ("GEN", "UPD"), strict=True):
        for token in bad:
            judge_refusal(check, f"{area}-{number:03d}", with_token(check, operation, token), cause, statuses)


def judge_refusal(
    check: Check, requirement_id: str, answer: Exchange, cause: str, statuses: Sequence[int] = BAD_TOKEN
) -> None:
    """Judge that a call was refused: with one of the statuses, or by the gate's legacy answer (a rule warns)."""
    if answer.status not in statuses and not answer.succeeded:
        check.control(generate(check, access_token(check), valid=True), what="the same call with a valid token")
    check.expect(
        requirement_id,
        answer.status in statuses or refused_by_gate(answer),
        answer,
        expected=expected_of(statuses),
        actual=f"HTTP {answer.status}" if answer.response else answer.failure,
        cause=f"{cause}: answered {answer.status or 'nothing'}",
        refusal=True,
    )


def updated_flag(answer: Exchange) -> Json:
    """The inHome of an updated token; None where the update was refused or its token cannot be read."""
    return claims_of(answer_object(answer).get("access_token")).get("inHome") if succeeded(answer) else None


def never_in_home(check: Check, requirement_id: str, answer: Exchange, *, cause: str) -> None:
    """Judge that an update gave no token with inHome true."""
    flag = updated_flag(answer)
    check.expect(
        requirement_id,
        flag is not True,
        answer,
        expected=("HTTP 400", "a token with inHome false"),
        actual="a token with inHome true",
        cause=f"{cause} sets inHome true",
    )


def put(check: Check, token: str, content: bytes) -> Exchange:
    """Send an update whose body is not what it should be."""
    headers = {**authorization(check, token), "Content-Type": "application/json"}
    return check.send("updateInHomeStatus", headers=headers, content=content)


def own_flag(check: Check, requirement_id: str, answer: Exchange, *, in_home: bool, cause: str) -> None:
    """Judge that an update, which must have succeeded, set the flag that it asked for."""
    check.control(answer, what="an update with the broadcast token of the own home")
    flag = updated_flag(answer)
    if not isinstance(flag, bool):
        check.lacks("the updated token has no readable inHome: see UPD-002 and TOK-126")
    check.expect(
        requirement_id,
        flag is in_home,
        answer,
        expected=f"inHome {str(in_home).lower()}",
        actual=f"inHome {str(flag).lower()}",
        cause=cause,
    )
