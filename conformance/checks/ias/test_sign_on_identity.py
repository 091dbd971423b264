"""ias-das-signon-by-casn, "Response": the tokens are those of the device that signs on, and of its account."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

from conformance.checks.api import Check, requirement
from conformance.model import Exchange
from conformance.opentv.answers import answer_object, succeeded
from conformance.session.channels import list_services
from conformance.session.hdm import one_call_flow
from conformance.session.ias import (
    broadcast_of,
    das_sign_on,
    generate,
    home_tokens,
    sign_on,
    signed_on,
    update,
    updated_token,
)
from conformance.session.signing import SignedOn

A, B = "stb", "stb_other_account"


@requirement("DAS-040", "DAS-041")
def test_devices_of_two_accounts_are_told_apart(check: Check) -> None:
    first, second = sign_on(check, A), sign_on(check, B)
    for requirement_id, claim in (("DAS-040", "accountId"), ("DAS-041", "deviceId")):
        ours, theirs = first.claims.get(claim), second.claims.get(claim)
        if not ours or not theirs:
            check.lacks(f"the access tokens hold no {claim}")
        check.expect(
            requirement_id,
            ours != theirs,
            second.exchange,
            expected=f"two values of {claim}",
            actual=f"one {claim} for the devices of two accounts",
            cause=f"devices of two accounts get the same {claim}",
        )


@requirement("DAS-042", "DAS-043")
def test_alternating_sign_ons_keep_their_account_and_device(check: Check) -> None:
    first = {name: sign_on(check, name) for name in (A, B)}
    flow = one_call_flow()
    for name in (A, B, A, B, B, A):
        answer = das_sign_on(check, name, headers=flow, valid=True)
        again = signed_on(check, answer, f"a sign-on of subjects.{name}")
        for requirement_id, claim in (("DAS-042", "accountId"), ("DAS-043", "deviceId")):
            check.expect(
                requirement_id,
                again.claims.get(claim) == first[name].claims.get(claim),
                again.exchange,
                expected=f"the {claim} of the first sign-on",
                actual=f"another {claim}",
                cause=f"a device's {claim} changes from one sign-on to another",
            )


@requirement("DAS-044")
def test_two_tokens_do_not_share_a_jti(check: Check) -> None:
    tokens = [sign_on(check, A), sign_on(check, B)]
    for name in (A, B):
        answer = das_sign_on(check, name, valid=True)
        tokens.append(signed_on(check, answer, f"a sign-on of subjects.{name}"))
    shared = next((pair for pair in combinations(tokens, 2) if _share_jti(*pair)), None)
    check.expect(
        "DAS-044",
        shared is None,
        shared[1].exchange if shared else tokens[-1].exchange,
        expected="a jti of its own in each token",
        actual="two different tokens with the same jti",
        cause="two different tokens share a jti",
    )


def _share_jti(one: SignedOn, other: SignedOn) -> bool:
    jti = one.claims.get("jti")
    return jti is not None and jti == other.claims.get("jti") and one.claims != other.claims


@requirement("DAS-047")
def test_a_sign_on_does_not_keep_an_updated_flag(check: Check) -> None:
    flags = []
    for in_home in (False, True):
        updated_token(check, update(check, *home_tokens(check), in_home, valid=True))
        again = sign_on(check, A, anew=True)
        flags.append(again.claims.get("inHome"))
    check.expect(
        "DAS-047",
        flags[0] == flags[1],
        again.exchange,
        expected="the same inHome after an update to false and after one to true",
        actual="the inHome of the last update",
        cause="a sign-on keeps the in-home flag of an earlier token",
    )


@requirement("DAS-091", "UPD-096")
def test_what_another_account_does_leaves_a_token_good(check: Check) -> None:
    """The other account's device signs on, and updates its status: neither ends a token of this account."""
    for own, other in ((A, B), (B, A)):
        token = sign_on(check, own, anew=True).bearer
        check.control(generate(check, token), what="a request with a new access token")
        listed = "mds" in check.target.services and succeeded(list_services(check, token, valid=True))
        signed = sign_on(check, other, anew=True)
        _still_good(check, "DAS-091", token, "sign-on", listed=listed)
        home = broadcast_of(check, generate(check, signed.bearer))
        check.control(update(check, signed.bearer, home, True), what="the other device's update")
        _still_good(check, "UPD-096", token, "update", listed=listed)


def _still_good(check: Check, requirement_id: str, token: str, what: str, *, listed: bool) -> None:
    answers = [generate(check, token)]
    if listed:
        answers.append(list_services(check, token))
    for answer in answers:
        check.expect(
            requirement_id,
            succeeded(answer),
            answer,
            expected="HTTP 200, as before",
            actual=f"HTTP {answer.status}" if answer.response else answer.failure,
            cause=f"another account's {what} ends an access token",
        )


@requirement("DAS-045")
def test_simultaneous_sign_ons_are_not_mixed_up(check: Check) -> None:
    first = {name: sign_on(check, name) for name in (A, B)}
    again = {name: signed_on(check, das_sign_on(check, name, valid=True), "a sign-on") for name in (A, B)}
    # What each of the two has in every answer while it signs on alone.
    own = {name: dict(_texts(first[name]).items() & _texts(again[name]).items()) for name in (A, B)}
    order = (A, B) * 4
    for name, answer in zip(order, _at_once(check, order), strict=True):
        signed = signed_on(check, answer, f"a simultaneous sign-on of subjects.{name}")
        mine, theirs, told = own[name], own[B if name == A else A], _texts(signed)
        mixed = [place for place in mine.keys() & theirs.keys() if mine[place] != theirs[place] == told.get(place)]
        mixed += [
            claim for claim in ("accountId", "deviceId") if signed.claims.get(claim) != first[name].claims.get(claim)
        ]
        check.expect(
            "DAS-045",
            not mixed,
            answer,
            expected="the answer of the device that signs on",
            actual=f"another device's {', '.join(sorted(mixed))}",
            cause="simultaneous sign-ons are mixed up",
        )


def _texts(signed: SignedOn) -> dict[str, str]:
    """Which texts the answer to a sign-on and its tokens have, by their place."""
    parts = {"": answer_object(signed.exchange), "token ": signed.claims, "refresh token ": signed.refresh_claims}
    return {
        f"{part}{name}": value
        for part, members in parts.items()
        for name, value in members.items()
        if isinstance(value, str)
    }


def _at_once(check: Check, names: Sequence[str]) -> list[Exchange]:
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        return list(pool.map(lambda name: das_sign_on(check, name, valid=True), names))
