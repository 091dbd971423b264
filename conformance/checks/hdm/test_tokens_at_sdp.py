"""hdm-authentication, "Signon response": the token that is sent with all subsequent requests, and whose it is."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from conformance.checks.api import Check, requirement
from conformance.model import Exchange
from conformance.opentv.answers import token_refused
from conformance.opentv.licence import AUTHORISED, authorisation, result_of
from conformance.session.hdm import device_form, device_token, nmp_signon, stb_token, token_of
from conformance.session.licences import ask, content_id, licence_opening
from conformance.target import Secret

TIMES = 4


@requirement("ISO-007")
def test_a_device_token_is_good_at_sdp(check: Check) -> None:
    _expect_taken(check, "ISO-007", lambda: device_token(check), "signon with username, password and deviceId")


@requirement("ISO-008")
def test_a_set_top_boxs_token_is_good_at_sdp(check: Check) -> None:
    _expect_taken(check, "ISO-008", lambda: stb_token(check), "signon of a set top box")


@requirement("ISO-009")
def test_tokens_of_simultaneous_signons_belong_to_who_signed_on(check: Check) -> None:
    names = ("user", "user_other_account")
    content = content_id(check, "authorized")
    alone = {name: _account_number(ask(check, content, device_token(check, name), expect_5xx=True)) for name in names}
    if not all(alone.values()) or len(set(alone.values())) < len(names):
        # The page tells the number of an authorised account alone, and nothing says that both are.
        check.not_declared("SDP does not tell the account numbers of both users")
    turns = names * TIMES
    forms = {name: device_form(check, name) for name in names}
    with ThreadPoolExecutor(max_workers=len(turns)) as pool:
        signons = list(pool.map(lambda name: nmp_signon(check, forms[name], valid=True), turns))
    for name, signon in zip(turns, signons, strict=True):
        token = token_of(signon)
        # No number: a platform may let a new signon end the tokens of earlier ones.
        told = _account_number(ask(check, content, token, expect_5xx=True)) if token else ""
        check.expect(
            "ISO-009",
            told in ("", alone[name]),
            signon,
            expected=f"a token of account {alone[name]}",
            actual=f"a token of account {told}",
            cause="users who sign on at the same moment get each other's tokens",
        )


def _account_number(exchange: Exchange) -> str:
    value = result_of(exchange).get("accountNumber")
    return "" if value is None else str(value)


def _expect_taken(check: Check, requirement_id: str, sign_on: Callable[[], Secret], what: str) -> None:
    """Judge that SDP does not take a fresh token for an invalid one, whatever it says of the content."""
    opening = licence_opening(check)
    if authorisation(opening.exchange) != AUTHORISED:
        check.lacks("no token opens the entitled content, so that a refusal would prove nothing")
    if opening.kind == "ias":
        check.not_declared("SDP is seen to take access tokens of IAS, and no token of HDM")
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
