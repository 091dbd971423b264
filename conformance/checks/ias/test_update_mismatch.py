"""ias-in-home-detection, "Overview", step 5, and its newer text: broadcast tokens of another home than the caller's."""

from __future__ import annotations

import base64
import json

from conformance.checks.api import Check, requirement
from conformance.checks.ias.attempts import never_in_home, updated_flag
from conformance.checks.repetition import TIMES, judge_all, send_near
from conformance.model import Exchange
from conformance.opentv.answers import succeeded
from conformance.session.forgery import arbitrary, cut_short, with_altered_character
from conformance.session.ias import (
    access_token,
    broadcast_of,
    broadcast_token,
    generate,
    home_tokens,
    in_home_token,
    sign_on,
    update,
    updated_token,
)
from conformance.session.lookalikes import unknown_like
from conformance.session.minting import mint, require_minting
from conformance.session.near import Near, near_values

A, B = "stb", "stb_other_account"
OPTIONS = {200: "ok-false", 400: "bad-request", 401: "unauthorised", 403: "forbidden"}
DOCUMENTED = "0cd85e3b59367f865a1a08c4b5314e"


@requirement("UPD-040", "UPD-041", "UPD-052")
def test_another_accounts_broadcast_token_does_not_make_in_home(check: Check) -> None:
    cause = "another account's broadcast token"
    for own, other in ((A, B), (B, A)):
        # The controls: each is in-home with the broadcast token of its own home.
        in_home_token(check, other, in_home=True)
        updated, theirs = in_home_token(check, own, in_home=True), broadcast_token(check, other)
        answer = update(check, updated, theirs, True)
        never_in_home(check, "UPD-040", answer, cause=cause)
        answer = update(check, access_token(check, own), theirs, True)
        never_in_home(check, "UPD-040", answer, cause=cause)
        _answered(check, "UPD-041", answer, cause=cause)
        _seen(check, "ias-broadcast-mismatch", answer)


def _seen(check: Check, reading: str, answer: Exchange) -> None:
    option = OPTIONS.get(answer.status)
    if option and updated_flag(answer) is not True:
        check.reading(reading, option, answer)


def _answered(check: Check, requirement_id: str, answer: Exchange, *, cause: str) -> None:
    answered = answer.status == 200 or 400 <= answer.status < 500
    if not answered and not answer.succeeded:
        control = update(check, *home_tokens(check, A), True, valid=True)
        check.control(control, what="the same update with the broadcast token of the own home")
    expected, actual = ("HTTP 200", "HTTP 4xx"), f"HTTP {answer.status}" if answer.response else answer.failure
    check.expect(requirement_id, answered, answer, expected=expected, actual=actual, cause=cause)
    check.expect_status("UPD-052", answer, 200, 400, cause=cause)


def _forged(check: Check, requirement_id: str, *broadcasts: object, cause: str) -> None:
    in_home_token(check, A, in_home=True)
    for number, broadcast in enumerate(broadcasts):
        token, own = home_tokens(check, A)
        if number % 2:
            # Every second one with a token that is in-home already.
            token = updated_token(check, update(check, token, own, True, valid=True))
        answer = update(check, token, broadcast, True)
        never_in_home(check, requirement_id, answer, cause=cause)
        _answered(check, "UPD-049", answer, cause=cause)
        # An empty one, or one that is no string, may count as missing, which is another reading.
        if requirement_id in ("UPD-042", "UPD-044"):
            _seen(check, "ias-broadcast-forged", answer)


@requirement("UPD-042", "UPD-043", "UPD-049", "UPD-052")
def test_a_damaged_broadcast_token_does_not_make_in_home(check: Check) -> None:
    whole = broadcast_token(check, A)
    altered = [with_altered_character(whole, len(whole) * part // 4) for part in (1, 2, 3)]
    _forged(check, "UPD-042", *altered, cause="an altered broadcast token")
    _forged(check, "UPD-043", cut_short(whole), cause="a truncated broadcast token")


@requirement("UPD-044", "UPD-045", "UPD-046", "UPD-049", "UPD-052")
def test_what_is_no_broadcast_token_does_not_make_in_home(check: Check) -> None:
    whole = broadcast_token(check, A)
    drawn = unknown_like(whole, len(whole))
    _forged(check, "UPD-044", DOCUMENTED, drawn, arbitrary(), cause="a made-up broadcast token")
    _forged(check, "UPD-045", access_token(check, A), cause="an access token as broadcast token")
    _forged(check, "UPD-046", "", cause="an empty broadcast token")


@requirement("UPD-047", "UPD-049", "UPD-052")
def test_plain_ids_are_no_broadcast_token(check: Check) -> None:
    claims = sign_on(check, A).claims
    account, tenant = str(claims.get("accountId")), str(claims.get("tenantId"))
    document = json.dumps({"accountId": account, "tenantId": tenant})
    plain = (account, f"{tenant}:{account}", f"{account}:{tenant}", document)
    encoded = [base64.b64encode(text.encode()).decode() for text in plain]
    cause = "an unencrypted account and tenant ID as broadcast token"
    _forged(check, "UPD-047", *plain, *encoded, document.encode().hex(), cause=cause)


@requirement("UPD-048", "UPD-049", "UPD-052")
def test_a_broadcast_token_that_is_no_string_does_not_make_in_home(check: Check) -> None:
    whole = broadcast_token(check, A)
    _forged(check, "UPD-048", None, 12345, True, {"token": whole}, cause="a broadcast token that is not a string")


@requirement("UPD-050", "UPD-051")
def test_tenant_and_account_of_the_token_are_compared(check: Check) -> None:
    minted, broadcast = require_minting(check), broadcast_token(check, A)
    control = update(check, minted, broadcast, True)
    if updated_flag(control) is not True:
        check.lacks("a token minted with credentials.token_keys does not become in-home in its own home: see UPD-003")
    claims = sign_on(check, A).claims
    for requirement_id, claim in (("UPD-050", "tenantId"), ("UPD-051", "accountId")):
        stranger = mint(check, minted, {claim: unknown_like(str(claims.get(claim)))})
        cause = f"a broadcast token of another {claim}"
        never_in_home(check, requirement_id, update(check, stranger, broadcast, True), cause=cause)
        theirs = generate(check, stranger)
        if succeeded(theirs):
            answer = update(check, access_token(check, A), broadcast_of(check, theirs), True)
            never_in_home(check, requirement_id, answer, cause=cause)


@requirement("UPD-050", "UPD-051")
def test_a_home_that_is_nearly_the_tokens_is_another(check: Check) -> None:
    minted, broadcast = require_minting(check), broadcast_token(check)
    if updated_flag(update(check, minted, broadcast, True)) is not True:
        check.lacks("a token minted with credentials.token_keys does not become in-home in its own home: see UPD-003")
    claims = sign_on(check).claims
    for requirement_id, claim in (("UPD-050", "tenantId"), ("UPD-051", "accountId")):
        values = near_values(str(claims.get(claim)), TIMES // 2)
        tokens = [Near(one.what, mint(check, minted, {claim: one.value})) for one in values]
        sent = send_near(tokens, lambda value: update(check, value, broadcast, True))
        cause = f"an access token whose {claim} is nearly the home's becomes in-home"
        expected = ("HTTP 400", "a token with inHome false")
        judge_all(
            check, requirement_id, sent, lambda one: updated_flag(one) is not True, expected=expected, cause=cause
        )
