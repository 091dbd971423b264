"""hdm-authentication, "Signon response": the token that is sent with all subsequent requests, and whose it is."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from conformance.checks.api import Check, requirement
from conformance.checks.hdm.initialising import BY_POST, initialise_as_control
from conformance.checks.repetition import Sent, judge_all
from conformance.errors import CouldNotTest
from conformance.model import Exchange
from conformance.opentv.answers import token_refused
from conformance.opentv.licence import AUTHORISED, authorisation, result_of
from conformance.session.hdm import (
    device_form,
    device_token,
    nmp_signon,
    stb_details,
    stb_signon,
    stb_token,
    token_of,
    user_token,
)
from conformance.session.ias import sign_on
from conformance.session.initialise import initialise, initialised
from conformance.session.licences import ask, content_id, licence_opening
from conformance.session.lookalikes import unknown_username
from conformance.target import Secret

TIMES = 4
MANY = TIMES * 4
# So often a refused signon comes before the one whose token is asked about.
REFUSED_EVERY = 4
USERS, BOXES = ("user", "user_other_account"), ("stb", "stb_other_account")


@requirement("ISO-007")
def test_a_device_token_is_good_at_sdp(check: Check) -> None:
    _expect_taken(check, "ISO-007", lambda: device_token(check), "signon with username, password and deviceId")


@requirement("ISO-008")
def test_a_set_top_boxs_token_is_good_at_sdp(check: Check) -> None:
    _expect_taken(check, "ISO-008", lambda: stb_token(check), "signon of a set top box")


@requirement("ISO-009")
def test_tokens_of_simultaneous_signons_belong_to_who_signed_on(check: Check) -> None:
    alone = _numbers(check)
    forms = {name: device_form(check, name) for name in USERS}
    cause = "users who sign on at the same moment get each other's tokens"
    _belong_to_who_signed_on(check, "ISO-009", alone, lambda name: nmp_signon(check, forms[name], valid=True), cause)


@requirement("ISO-010")
def test_tokens_of_set_top_boxes_belong_to_the_box_that_signed_on(check: Check) -> None:
    details = {name: stb_details(check.subject(name)) for name in BOXES}
    alone = {name: number_of_token(check, stb_token(check, name)) for name in BOXES}
    if not all(alone.values()):
        check.not_declared("SDP does not return the account numbers of both set top boxes")
    last = stb_signon(check, details[BOXES[1]], valid=True)
    apart = len(set(alone.values())) == len(BOXES)
    if not apart and not _of_two_accounts(check):
        check.rests_on(apart, last, "it is a box of another account than subjects.stb", "subjects", BOXES[1])
    check.expect(
        "ISO-010",
        apart,
        last,
        expected="an account number of its own for each box's token",
        actual="one account number for both",
        cause="the tokens of boxes of two accounts are of one account",
    )
    cause = "boxes that sign on at the same moment get each other's tokens"
    _belong_to_who_signed_on(check, "ISO-010", alone, lambda name: stb_signon(check, details[name], valid=True), cause)


def _of_two_accounts(check: Check) -> bool:
    """Whether IAS says that the two boxes are of two accounts."""
    if "ias" not in check.target.services:
        return False
    try:
        return len({str(sign_on(check, name).claims.get("accountId")) for name in BOXES}) == len(BOXES)
    except CouldNotTest:
        return False


def _belong_to_who_signed_on(
    check: Check, requirement_id: str, alone: dict[str, str], sign_on_as: Callable[[str], Exchange], cause: str
) -> None:
    """Judge that SDP returns of tokens of one moment what it returns of each alone."""
    turns = tuple(alone) * TIMES
    with ThreadPoolExecutor(max_workers=len(turns)) as pool:
        signons = list(pool.map(sign_on_as, turns))
    for name, signon in zip(turns, signons, strict=True):
        token = token_of(signon)
        # No number: a platform may let a new signon end the tokens of earlier ones.
        told = number_of_token(check, token) if token else ""
        check.expect(
            requirement_id,
            told in ("", alone[name]),
            signon,
            expected=f"a token of account {alone[name]}",
            actual=f"a token of account {told}",
            cause=cause,
        )


@requirement("ISO-091")
def test_tokens_of_simultaneous_initialisations_belong_to_who_initialised(check: Check) -> None:
    alone = _numbers(check)
    initialise_as_control(check, BY_POST)
    tokens = {name: user_token(check, name) for name in USERS}
    turns = USERS * TIMES
    with ThreadPoolExecutor(max_workers=len(turns)) as pool:
        answers = list(pool.map(lambda name: initialise(check, BY_POST, tokens[name]), turns))
    for name, answer in zip(turns, answers, strict=True):
        token = token_of(answer) if initialised(answer) else None
        told = number_of_token(check, token) if token else ""
        check.expect(
            "ISO-091",
            told in ("", alone[name]),
            answer,
            expected=f"a token of account {alone[name]}",
            actual=f"a token of account {told}",
            cause="users who initialise at the same moment get each other's tokens",
        )


@requirement("ISO-007")
def test_device_tokens_of_both_users_are_good_at_sdp_every_time(check: Check) -> None:
    """One after the other: a platform may let a user's new signon end the token of the one before."""
    opening = licence_opening(check)
    if authorisation(opening.exchange) != AUTHORISED or opening.kind == "ias":
        check.not_observed("no token of HDM opens the entitled content, so that a refusal would prove nothing")
    content = content_id(check, "authorized")
    names = [name for name in USERS if name in check.target.subjects and "deviceId" in check.subject(name)]

    def in_turn(name: str) -> list[Exchange]:
        form, found = device_form(check, name), []
        for number in range(MANY):
            if number % REFUSED_EVERY == 0:
                nmp_signon(check, {**form, "username": unknown_username(form["username"])})
            found.append(ask(check, content, device_token(check, name), expect_5xx=True))
        return found

    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        sent = [
            Sent(name, exchange)
            for name, found in zip(names, pool.map(in_turn, names), strict=True)
            for exchange in found
        ]
    cause = "SDP calls the token of a signon with deviceId invalid"
    judge_all(
        check, "ISO-007", sent, lambda one: not token_refused(one.response), expected="no invalid token", cause=cause
    )


def _numbers(check: Check) -> dict[str, str]:
    """The account number of each of two users, as SDP tells it while nobody else asks."""
    alone = {name: number_of_token(check, device_token(check, name)) for name in USERS}
    if not all(alone.values()) or len(set(alone.values())) < len(USERS):
        # The page tells the number of an authorised account alone, and nothing says that both are.
        check.not_declared("SDP does not return the account numbers of both users")
    return alone


def number_of_token(check: Check, token: Secret) -> str:
    """Return the account number that SDP tells of a token; empty where it tells none."""
    return _account_number(ask(check, content_id(check, "authorized"), token, expect_5xx=True))


def _account_number(exchange: Exchange) -> str:
    value = result_of(exchange).get("accountNumber")
    return "" if value is None else str(value)


def _expect_taken(check: Check, requirement_id: str, sign_on: Callable[[], Secret], what: str) -> None:
    """Judge that SDP does not take a fresh token for an invalid one, whatever it says of the content."""
    opening = licence_opening(check)
    if authorisation(opening.exchange) != AUTHORISED:
        check.lacks("no token opens the entitled content, so that a refusal would prove nothing: see SDP-002")
    if opening.kind == "ias":
        check.not_declared("SDP accepts access tokens of IAS, and no token of HDM")
    answer = ask(check, content_id(check, "authorized"), sign_on(), expect_5xx=True)
    refused = answer.status in (401, 403) or token_refused(answer.response)
    check.expect(
        requirement_id,
        bool(authorisation(answer)) or not refused,
        answer,
        expected="an answer about the content",
        actual=f"HTTP {answer.status}",
        cause=f"SDP refuses the token of a {what}",
    )
