"""ias-das-signon-by-casn, ias-in-home-detection: values that are nearly right, many of them, a few at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from conformance.checks.api import Check, requirement
from conformance.checks.ias.attempts import devices, in_home_calls_work, updated_flag
from conformance.checks.repetition import AT_ONCE, TIMES, Sent, in_turns, judge_all, send_all, send_near
from conformance.model import Exchange
from conformance.opentv.answers import succeeded
from conformance.session.ias import (
    access_token,
    broadcast_token,
    das_arguments,
    das_sign_on,
    generate,
    sign_on,
    superseded_tokens_work,
    update,
)
from conformance.session.minting import mint, require_minting
from conformance.session.near import Near, named_within, near_tokens, near_values, patterns
from conformance.session.signing import keep_secret
from conformance.target import Secret, reveal

REFUSED = ("HTTP 400", "HTTP 401", "HTTP 403", "HTTP 404")
OUT_OF_HOME = ("HTTP 400", "a token with inHome false")
# How long ago minted tokens ended: clocks may differ by some minutes.
ENDED_S = (900, 1800, 3300, 3600, 7200, 86_400)
# A tenant is compared as a whole; case and white space are left to the platform.
FEW = TIMES // 2
FEW_COMMANDS = 8


def _refused(exchange: Exchange) -> bool:
    return not succeeded(exchange)


def _stays_out(exchange: Exchange) -> bool:
    return updated_flag(exchange) is not True


@requirement("DAS-030")
def test_a_nearly_right_challenge_is_refused(check: Check) -> None:
    cause = "sign-on with a challenge that is nearly the device's"
    _sign_on_with(check, "DAS-030", "dasChallenge", TIMES, cause)


@requirement("DAS-032")
def test_a_nearly_right_casn_is_refused(check: Check) -> None:
    _sign_on_with(check, "DAS-032", "casn", TIMES, "sign-on with a casn that is nearly a device's")


def _sign_on_with(check: Check, requirement_id: str, name: str, count: int, cause: str) -> None:
    sent: list[Sent] = []
    names = devices(check)
    if any(check.target.subject(device).commanded("dasChallenge") for device in names):
        # Each request runs the target file's command for a challenge of its own.
        count = min(count, FEW_COMMANDS)
    own = {reveal(das_arguments(check, device)[name]) for device in names}
    for number, device in enumerate(names):
        sign_on(check, device)
        values = near_values(reveal(das_arguments(check, device)[name]), count, odd=True)[number :: len(names)]
        values = [one for one in values if one.value not in own]
        beside = None if check.target.subject(device).commanded("dasChallenge") else _right(check, device)
        sent += send_near(values, _changed(check, device, name), beside=beside)
    judge_all(check, requirement_id, sent, _refused, expected=REFUSED, cause=cause)


def _changed(check: Check, device: str, name: str) -> Callable[[str], Exchange]:
    def send(value: str) -> Exchange:
        if name == "dasChallenge":
            check.session.stream.redactor.learn(value)
        return das_sign_on(check, device, changed={name: Secret(value) if name == "dasChallenge" else value})

    return send


def _right(check: Check, device: str) -> Callable[[], Exchange]:
    return lambda: das_sign_on(check, device, valid=True)


@requirement("DAS-031")
def test_another_devices_challenge_is_refused_every_time(check: Check) -> None:
    own, other = "stb", "stb_other_account"
    for name in (own, other):
        sign_on(check, name)
    theirs = das_arguments(check, other)
    changed = {"dasChallenge": theirs["dasChallenge"], "scheme": theirs["scheme"]}
    exchanges = send_all([lambda: das_sign_on(check, own, changed=changed)] * FEW)
    sent = [Sent("", exchange) for exchange in exchanges]
    cause = "sign-on with another account's challenge"
    judge_all(check, "DAS-031", sent, _refused, expected=REFUSED, cause=cause)


@requirement("DAS-021")
def test_a_nearly_right_tenant_is_refused(check: Check) -> None:
    tenant = check.target.tenant
    values = [*near_values(tenant, TIMES), *patterns(tenant), *named_within(tenant)]
    names = devices(check)
    sent: list[Sent] = []
    for number, name in enumerate(names):
        sign_on(check, name)
        send = partial(das_sign_on, check, name)
        sent += send_near(
            values[number :: len(names)],
            lambda value, send=send: send(headers={"nv-tenant-id": value}),  # type: ignore[misc]
            beside=partial(send, valid=True),
        )
    cause = "sign-on with a tenant that is nearly the device's"
    judge_all(check, "DAS-021", sent, _refused, expected=REFUSED, cause=cause)


@requirement("GEN-015", "UPD-015")
def test_a_nearly_right_access_token_is_refused(check: Check) -> None:
    in_home_calls_work(check)
    cause = "an access token that is nearly a good one is taken"
    names = devices(check)
    values = [
        near
        for number, name in enumerate(names)
        for near in near_tokens(access_token(check, name), TIMES)[number :: len(names)]
    ]
    for near in values:
        keep_secret(check, near.value)
    right = access_token(check)
    sent = send_near(values, lambda value: generate(check, value), beside=lambda: generate(check, right, valid=True))
    judge_all(check, "GEN-015", sent, _refused, expected=REFUSED, cause=cause)
    broadcast = broadcast_token(check)
    beside = partial(update, check, right, broadcast, True, valid=True) if superseded_tokens_work(check) else None
    sent = send_near(values[::2], lambda value: update(check, value, broadcast, True), beside=beside)
    judge_all(check, "UPD-015", sent, _refused, expected=REFUSED, cause=cause)


@requirement("GEN-016", "UPD-016")
def test_a_token_that_ended_a_while_ago_is_refused(check: Check) -> None:
    in_home_calls_work(check)
    minted, broadcast = require_minting(check), broadcast_token(check)
    server = sign_on(check).exchange.server_time_ms[0] / 1000
    now = int(min(server, time.time()))
    ends: list[float] = [now - age for age in ENDED_S * 2]
    # RFC 7519 allows fractions, and times before 1970.
    ends += [now - 7200.5, 0, -1, 1]
    homes = (False, True)
    tokens = [
        Near(f"ended at {end}", mint(check, minted, {"exp": end, "inHome": homes[number % 2]}))
        for number, end in enumerate(ends)
    ]
    cause = "an access token that ended a while ago is taken"
    sent = send_near(tokens, lambda value: generate(check, value))
    judge_all(check, "GEN-016", sent, _refused, expected=REFUSED, cause=cause)
    sent = send_near(tokens, lambda value: update(check, value, broadcast, True))
    judge_all(check, "UPD-016", sent, _refused, expected=REFUSED, cause=cause)


@requirement("UPD-042")
def test_a_nearly_right_broadcast_token_does_not_make_in_home(check: Check) -> None:
    in_home_calls_work(check)
    right = broadcast_token(check)
    values = near_values(right, TIMES)
    for near in values:
        check.session.stream.redactor.learn(near.value)
    sent = send_near(values, lambda value: update(check, access_token(check), value, True), at_once=_lanes(check))
    cause = "a broadcast token that is nearly the home's sets inHome true"
    judge_all(check, "UPD-042", sent, _stays_out, expected=OUT_OF_HOME, cause=cause)


@requirement("UPD-040", "UPD-003")
def test_another_homes_broadcast_token_does_not_make_in_home(check: Check) -> None:
    names = ("stb", "stb_other_account")
    in_home_calls_work(check)
    homes = {name: broadcast_token(check, name) for name in names}

    def updated(own: str, other: str, *, valid: bool = False) -> Exchange:
        return update(check, access_token(check, own), homes[other], True, valid=valid)

    theirs = [partial(updated, own, other) for own, other in (names, tuple(reversed(names)))] * (TIMES // 2)
    # The device's own home in between, which must be taken every time.
    own_homes = [partial(updated, name, name, valid=True) for name in names] * (TIMES // 2)
    exchanges = send_all(in_turns(theirs, own_homes), at_once=_lanes(check))
    foreign, own = ([Sent("", exchange) for exchange in exchanges[place::2]] for place in (0, 1))
    cause = "another account's broadcast token sets inHome true"
    judge_all(check, "UPD-040", foreign, _stays_out, expected=OUT_OF_HOME, cause=cause)
    expected, cause = "a token with inHome true", "an update to true gives a token that is not in-home"
    judge_all(check, "UPD-003", own, lambda one: updated_flag(one) is not False, expected=expected, cause=cause)


def _lanes(check: Check) -> int:
    """How many updates at once: one where each ends the token before it."""
    return AT_ONCE if superseded_tokens_work(check) else 1
