"""ias-in-home-detection, "STB - getting the encrypted account ID and tenant ID"."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from conformance.checks.api import Check, requirement
from conformance.checks.ias.attempts import updated_flag
from conformance.errors import ControlFailed
from conformance.session.ias import (
    access_token,
    broadcast_of,
    broadcasts_outlast_the_next,
    generate,
    in_home_token,
    makes_in_home,
    update,
)

TURNS, AT_ONCE = 30, 6


@requirement("GEN-001")
def test_a_request_with_an_access_token_is_answered_200(check: Check) -> None:
    answer = generate(check, access_token(check), valid=True)
    check.expect_status("GEN-001", answer, 200, cause="request with a good access token")


@requirement("BRD-006")
def test_two_accounts_broadcast_different_tokens(check: Check) -> None:
    first = generate(check, access_token(check, "stb"), valid=True)
    second = generate(check, access_token(check, "stb_other_account"), valid=True)
    check.expect(
        "BRD-006",
        broadcast_of(check, first) != broadcast_of(check, second),
        second,
        expected="two different tokens",
        actual="the same token for two accounts",
        cause="two accounts broadcast the same token",
    )


@requirement("BRD-007")
def test_a_broadcast_token_is_of_the_callers_home(check: Check) -> None:
    names = ("stb", "stb_other_account")
    if not any(_comes_home(check, name) for name in names):
        check.lacks("no device becomes in-home with its own broadcast token: see UPD-003")
    after = "after another account's request, a device's broadcast token is not of its own home"
    for name in (*names, *reversed(names)):
        _of_own_home(check, name, access_token(check, name), cause=after)
    for in_home in (True, False):
        token = in_home_token(check, names[0], in_home=in_home)
        cause = f"a broadcast token requested with an updated token (inHome {str(in_home).lower()}) is of another home"
        _of_own_home(check, names[0], token, cause=cause)


def _of_own_home(check: Check, name: str, token: str, *, cause: str) -> None:
    """Judge that the broadcast token that a device gets with an access token makes the device in-home."""
    home = broadcast_of(check, generate(check, token, valid=True))
    answer = update(check, access_token(check, name), home, True, valid=True)
    flag = updated_flag(answer)
    check.expect(
        "BRD-007",
        flag is True,
        answer,
        expected="a token with inHome true",
        actual=f"HTTP {answer.status}" if flag is None else "a token with inHome false",
        cause=cause,
    )


@requirement("BRD-008")
def test_broadcast_tokens_asked_for_at_once_are_not_mixed_up(check: Check) -> None:
    names = ("stb", "stb_other_account")
    for name in names:
        in_home_token(check, name, in_home=True)
    # One token for each: where a new one ends those before it, they could not be used together.
    tokens = {name: access_token(check, name) for name in names}
    order = names * TURNS
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        answers = list(pool.map(lambda name: generate(check, tokens[name], valid=True), order))
    for name, answer in zip(order, answers, strict=True):
        home = broadcast_of(check, answer)
        # Twice, since an update may fail by itself.
        own = any(makes_in_home(check, name, home) for _ in range(2))
        if not own and not broadcasts_outlast_the_next(check, name):
            check.not_observed("a new broadcast token ends the one before: those of one moment cannot be compared")
        check.expect(
            "BRD-008",
            own,
            answer,
            expected="a broadcast token of the caller's own home",
            actual="one that does not make the caller in-home",
            cause="broadcast tokens requested at the same moment are mixed up",
        )


def _comes_home(check: Check, name: str) -> bool:
    try:
        in_home_token(check, name, in_home=True)
    except ControlFailed:
        return False
    return True


@requirement("UPD-090")
def test_generate_takes_an_updated_token(check: Check) -> None:
    check.control(generate(check, access_token(check), valid=True), what="the call with the token of the sign-on")
    for flag in (True, False):
        answer = generate(check, in_home_token(check, "stb", in_home=flag), valid=True)
        cause = f"request with an access token that was updated to inHome {str(flag).lower()}"
        check.expect_status("UPD-090", answer, 200, cause=cause)
