"""ias-in-home-detection, "Overview", step 5, and "updating in-home status": a device in and out of its own home."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from conformance.checks.api import Check, requirement
from conformance.checks.ias.attempts import never_in_home, own_flag
from conformance.model import Exchange
from conformance.opentv.answers import succeeded
from conformance.session.ias import (
    access_token,
    broadcast_of,
    broadcast_token,
    claims_of,
    generate,
    home_tokens,
    in_home_token,
    sign_on,
    superseded_tokens_work,
    update,
    updated_token,
)
from conformance.session.lookalikes import unknown_like

EXP_TOLERANCE_S = 120
MAX_SECONDS = 4_294_967_295


@requirement("UPD-001", "UPD-003")
def test_an_update_to_true_makes_the_token_in_home(check: Check) -> None:
    answer = update(check, *home_tokens(check), True, valid=True)
    check.expect_status("UPD-001", answer, 200, cause="update to true in the own home")
    own_flag(check, "UPD-003", answer, in_home=True, cause="an update to true gives a token that is not in-home")


@requirement("UPD-004", "UPD-005")
def test_an_update_to_false_makes_the_token_not_in_home(check: Check) -> None:
    answer = update(check, *home_tokens(check), False, valid=True)
    check.expect_status("UPD-004", answer, 200, cause="update to false in the own home")
    own_flag(check, "UPD-005", answer, in_home=False, cause="an update to false gives a token that is in-home")


@requirement("UPD-003", "UPD-005", "UPD-006", "UPD-007", "UPD-091")
def test_the_flag_goes_to_and_fro_with_the_updated_token(check: Check) -> None:
    token, broadcast = home_tokens(check)
    again = [(True, "UPD-003"), (False, "UPD-006"), (False, "UPD-005"), (True, "UPD-007"), (False, "UPD-006")]
    for in_home, requirement_id in [(True, ""), *again]:
        answer = update(check, token, broadcast, in_home, valid=True)
        if requirement_id:
            check.expect_status("UPD-091", answer, 200, cause="update with an updated token")
            cause = f"inHome {str(in_home).lower()} is not set in an updated token"
            own_flag(check, requirement_id, answer, in_home=in_home, cause=cause)
        token = updated_token(check, answer)


@requirement("UPD-008")
def test_with_inhome_false_no_broadcast_token_makes_in_home(check: Check) -> None:
    """Another home's, and one that the platform never made."""
    homes = {name: broadcast_token(check, name) for name in ("stb", "stb_other_account")}
    for name, broadcast in zip(homes, reversed(homes.values()), strict=True):
        for other in (broadcast, unknown_like(broadcast, len(broadcast))):
            answer = update(check, in_home_token(check, name, in_home=True), other, False)
            cause = "inHome false with a broadcast token of another home, or a made-up one,"
            never_in_home(check, "UPD-008", answer, cause=cause)


@requirement("UPD-009")
def test_the_flag_follows_each_request_with_the_first_token(check: Check) -> None:
    broadcast = broadcast_token(check)
    for in_home in (True, False, True, False):
        answer = update(check, access_token(check), broadcast, in_home, valid=True)
        own_flag(check, "UPD-009", answer, in_home=in_home, cause="an update sets the flag of an earlier one")


@requirement("UPD-009")
def test_a_broadcast_token_is_good_for_all_devices_of_the_home(check: Check) -> None:
    home = broadcast_of(check, generate(check, access_token(check), valid=True))
    first: Exchange | None = None
    for in_home in (True, False, True):
        # Not sent as what must work: then a refused broadcast token would be asked for anew.
        answer = update(check, sign_on(check, anew=True).bearer, home, in_home)
        if first is None:
            first = check.control(answer, what="an update with the broadcast token of the own home")
        check.expect(
            "UPD-009",
            succeeded(answer),
            answer,
            expected="HTTP 200",
            actual=f"HTTP {answer.status}",
            cause="a broadcast token is valid for one update only",
        )


@requirement("UPD-084")
def test_an_update_does_not_prolong_the_token(check: Check) -> None:
    broadcast, signed = broadcast_token(check), sign_on(check, anew=True)
    answer = update(check, signed.bearer, broadcast, True, valid=True)
    before, after = (claims.get("exp") for claims in (signed.claims, claims_of(updated_token(check, answer))))
    if not isinstance(before, int) or not isinstance(after, int) or max(before, after) > MAX_SECONDS:
        check.lacks("exp of the tokens is not a time in seconds: see TOK-014 and TOK-114")
    elapsed = max(answer.received_at - signed.exchange.sent_at, 0) / 1000
    check.expect(
        "UPD-084",
        after - before <= elapsed + EXP_TOLERANCE_S,
        answer,
        expected=f"exp at most {round(elapsed) + EXP_TOLERANCE_S} s later",
        actual=f"exp {after - before} s later",
        cause="an update prolongs the token",
    )


@requirement("UPD-092", "UPD-093")
def test_updates_of_two_accounts_do_not_change_each_other(check: Check) -> None:
    names = ("stb", "stb_other_account")
    homes = {name: broadcast_token(check, name) for name in names}
    for name in names:
        in_home_token(check, name, in_home=True)
    turns = [(names[0], True), (names[1], False), (names[0], False), (names[1], True), (names[0], True)]
    sent = [(turn, _sent(check, turn, access_token(check, turn[0]), homes)) for turn in turns]
    # Where a device's new token ends the one before it, each device has one at a moment.
    rounds = [turns[:4]] if superseded_tokens_work(check) else [turns[:2], turns[2:4]]
    for turns_at_once in rounds:
        sent += list(zip(turns_at_once, _at_once(check, turns_at_once, homes), strict=True))
    for (name, in_home), answer in sent:
        own_flag(check, "UPD-092", answer, in_home=in_home, cause="an update gets the flag of another account's")
        claims, own = claims_of(updated_token(check, answer)), sign_on(check, name).claims
        check.expect(
            "UPD-093",
            all(claims.get(claim) == own.get(claim) for claim in ("accountId", "deviceId")),
            answer,
            expected="a token of the caller's account and device",
            actual="a token of another account or device",
            cause="an update answers with another caller's token",
        )


def _sent(check: Check, turn: tuple[str, bool], token: str, homes: dict[str, str]) -> Exchange:
    name, in_home = turn
    return update(check, token, homes[name], in_home, valid=True)


def _at_once(check: Check, turns: list[tuple[str, bool]], homes: dict[str, str]) -> list[Exchange]:
    tokens = [access_token(check, name) for name, _ in turns]
    with ThreadPoolExecutor(max_workers=len(turns)) as pool:
        return list(pool.map(lambda turn, token: _sent(check, turn, token, homes), turns, tokens))
