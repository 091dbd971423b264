"""Tokens that are taken before all other checks and used again after them: a token is good until it expires."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pytest

from conformance.checks.api import Check
from conformance.checks.common import token_uses as uses
from conformance.checks.common.token_uses import Use, apart
from conformance.errors import CouldNotTest
from conformance.model import Exchange
from conformance.session.once import once

# A token that is younger proves nothing; where the other checks take less, so long is waited.
AGE_S = 4.0
# A platform that restarts forgets tokens once, whatever their age: others must be refused at the same age, in seconds,
# up to so many.
LONGEST_S = 60.0
# By the platform's clock, a token of which less is left may have ended.
CLOCKS_APART_S = 60.0

USES = {
    "SDP-091": uses.LICENCES,
    "GEN-091": uses.BROADCASTING,
    "UPD-095": uses.UPDATING,
    "UPD-097": uses.IN_HOME,
    "MDS-091": uses.CHANNELS,
    "ADM-094": uses.CREATING,
    "INI-091": uses.INITIALISING_BY_GET,
    "INI-191": uses.INITIALISING_BY_POST,
}


@dataclass(frozen=True)
class Aged:
    """A token, the exchange that it served when it was new, and when that was."""

    token: str
    exchange: Exchange
    said: object
    since: float


@pytest.mark.parametrize(
    "requirement_id", [pytest.param(name, marks=pytest.mark.requirement(name, place="first"), id=name) for name in USES]
)
def test_a_new_token_is_taken(check: Check, requirement_id: str) -> None:
    for use in USES[requirement_id]:
        aged = _aged(check, use)
        _judge(check, requirement_id, use, aged, aged.exchange, "")


@pytest.mark.parametrize(
    "requirement_id", [pytest.param(name, marks=pytest.mark.requirement(name, place="last"), id=name) for name in USES]
)
def test_an_older_token_is_still_taken(check: Check, requirement_id: str) -> None:
    clock = check.session.patience.clock
    for use in USES[requirement_id]:
        aged = _aged(check, use)
        clock.sleep(max(AGE_S - (clock.monotonic() - aged.since), 0))
        exchange = _used_again(check, use, aged)
        if use.says(check, exchange) != aged.said:
            _require_age(check, use, clock.monotonic() - aged.since, exchange)
        _judge(check, requirement_id, use, aged, exchange, f" after {clock.monotonic() - aged.since:.0f} s")


def _used_again(check: Check, use: Use, aged: Aged) -> Exchange:
    """Use a token again; the exchange of before, where something else than its age may have ended it."""
    left = check.session.lifetimes.left(aged.token)
    may_have_ended = left is not None and left < CLOCKS_APART_S
    exchange = aged.exchange if may_have_ended else use.use(check, aged.token)
    if use.says(check, exchange) == aged.said:
        return exchange
    # Its use or a later sign-on may end a token; some platforms keep a few sessions, and end the oldest.
    before = _taken(check, use)
    used, _ = use.use(check, before), [use.take(check) for _ in range(9)]
    if use.take(check) == before:
        # Tokens of one second may be equal; those of two are not.
        check.session.patience.clock.sleep(1.1)
        if use.take(check) == before:
            # A platform that issues a token again while it is valid does not show what ends one.
            return aged.exchange
    again = use.use(check, before)
    ended = not use.says(check, used) or use.says(check, again) != use.says(check, used)
    return aged.exchange if ended else exchange


def _require_age(check: Check, use: Use, age: float, refused: Exchange) -> None:
    """Require that another token is refused at the same age.

    Raises:
        CouldNotTest: it is still taken: what ended the first one passed.
    """
    # Those of all uses grow old together.
    for other in dict.fromkeys(use for some in USES.values() for use in some):
        with suppress(CouldNotTest):
            _second(check, other)
    second, clock = _second(check, use), check.session.patience.clock
    for until in (AGE_S, min(age, LONGEST_S)):
        clock.sleep(max(until - (clock.monotonic() - second.since), 0))
        if use.says(check, use.use(check, second.token)) != second.said:
            return
    check.lacks(
        f"{use.what} was refused after {age:.0f} s (exchange {refused.id}), and another of the same age is taken: "
        "was the platform restarted?"
    )


@once
def _second(check: Check, use: Use) -> Aged:
    return _new(check, use)


def _taken(check: Check, use: Use) -> str:
    """Take a token that no other one is equal to."""
    apart(check)
    token = use.take(check)
    apart(check)
    return token


@once
def _aged(check: Check, use: Use) -> Aged:
    return _new(check, use)


def _new(check: Check, use: Use) -> Aged:
    token = _taken(check, use)
    exchange = use.use(check, token)
    if not use.says(check, exchange):
        check.control(exchange, 200, what="the request with a new token")
        check.lacks(f"a new token serves nothing (exchange {exchange.id})")
    return Aged(token, exchange, use.says(check, exchange), check.session.patience.clock.monotonic())


def _judge(check: Check, requirement_id: str, use: Use, aged: Aged, exchange: Exchange, when: str) -> None:
    said = use.says(check, exchange)
    check.expect(
        requirement_id,
        said == aged.said,
        exchange,
        expected="the answer of before",
        actual=f"HTTP {exchange.status}{when}" if exchange.response else exchange.failure,
        cause=f"{use.what} that has not expired is {'answered otherwise' if said else 'refused'}",
    )
