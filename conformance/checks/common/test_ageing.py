"""Tokens that are taken before all other checks and used again after them: a token is good until it expires."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from conformance.checks.api import Check
from conformance.checks.ias.attempts import updated_flag
from conformance.model import Exchange
from conformance.opentv.answers import succeeded
from conformance.opentv.licence import authorisation
from conformance.session import channels, hdm, ias, initialise, licences
from conformance.session.accounts import fresh_account
from conformance.session.creations import OPF, opening, send_account
from conformance.session.crm import current_token
from conformance.session.once import once
from conformance.target import Secret, reveal

# A token that is younger proves nothing; where the other checks take less, so long is waited.
AGE_S = 4.0
CONTENTS = ("authorized", "not_authorized")


@dataclass(frozen=True)
class Use:
    """What a token is good for: how to get one, the request, and what its answer says; nothing where it is refused."""

    what: str
    take: Callable[[Check], str]
    use: Callable[[Check, str], Exchange]
    says: Callable[[Check, Exchange], object]


@dataclass(frozen=True)
class Aged:
    """A token, the exchange that it served when it was new, and when that was."""

    token: str
    exchange: Exchange
    said: object
    since: float


def _box(check: Check) -> str:
    return "stb_other_account" if "stb_other_account" in check.target.subjects else "stb"


def _apart(check: Check) -> None:
    """Let a second pass: tokens of one second may be equal, and an update with one would end the other."""
    check.session.patience.clock.sleep(0 if ias.superseded_tokens_work(check) else 1.1)


def _signed_on(check: Check) -> str:
    return ias.sign_on(check, _box(check), anew=True).bearer


def _updated_to(flag: bool, check: Check) -> str:
    """A token of a sign-on of its own, updated: what a later sign-on does to it is seen when another is taken."""
    home = ias.broadcast_token(check, _box(check))
    return ias.updated_token(check, ias.update(check, _signed_on(check), home, flag, valid=True))


def _asked(about: str, check: Check, token: str) -> Exchange:
    content = check.target.content.get(about) or licences.content_id(check, CONTENTS[0])
    return licences.ask(check, content, Secret(token), expect_5xx=True)


def _updated(check: Check, token: str) -> Exchange:
    exchange = ias.update(check, token, ias.broadcast_token(check, _box(check)), True)
    # A new token to broadcast may have ended the one before.
    return exchange if succeeded(exchange) else ias.update(check, token, _broadcast(check), True)


def _broadcast(check: Check) -> str:
    return ias.broadcast_of(check, ias.generate(check, ias.access_token(check, _box(check)), valid=True))


def _updated_by(check: Check, broadcast: str) -> Exchange:
    _apart(check)
    return ias.update(check, _signed_on(check), broadcast, True)


def _operators_token(check: Check) -> str:
    return reveal(current_token.anew(check).value)


def _created(check: Check, token: str) -> Exchange:
    form = opening(check, OPF).form
    return send_account(check, OPF, fresh_account(check, form).body, token=Secret(token))


def _users_token(check: Check) -> str:
    return reveal(hdm.user_token(check))


def _initialises(operation: str, check: Check, token: str) -> Exchange:
    return initialise.initialise(check, operation, Secret(token))


def _initialised(_check: Check, exchange: Exchange) -> bool:
    return initialise.initialised(exchange)


def _client_token(check: Check) -> str:
    return reveal(licences.client_token(check))


def _served(_check: Check, exchange: Exchange) -> bool:
    return succeeded(exchange)


def _listed(check: Check, exchange: Exchange) -> object:
    """Which of the target file's channels are listed; nothing where the list is refused."""
    text = exchange.response.text if succeeded(exchange) and exchange.response else ""
    return bool(text) and {name: text.count(name) > 0 for found in check.target.channels.values() for name in found}


USES = {
    "SDP-091": tuple(
        Use("a sign-on's token", _client_token, partial(_asked, about), lambda _check, seen: authorisation(seen))
        for about in CONTENTS
    ),
    "GEN-091": (
        Use("an access token", _signed_on, ias.generate, _served),
        Use("an updated access token", partial(_updated_to, True), ias.generate, _served),
    ),
    "UPD-095": (
        Use("an access token", _signed_on, _updated, _served),
        Use("an updated access token", partial(_updated_to, False), _updated, _served),
    ),
    "UPD-097": (Use("a broadcast token", _broadcast, _updated_by, lambda _check, seen: updated_flag(seen) is True),),
    "MDS-091": (Use("an updated access token", partial(_updated_to, False), channels.list_services, _listed),),
    "ADM-094": (Use("a CRM's token", _operators_token, _created, _served),),
    "INI-091": (Use("a sign-on's token", _users_token, partial(_initialises, "initialiseDeviceByGet"), _initialised),),
    "INI-191": (Use("a sign-on's token", _users_token, partial(_initialises, "initialiseDeviceByPost"), _initialised),),
}


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
        _judge(check, requirement_id, use, aged, exchange, f" after {clock.monotonic() - aged.since:.0f} s")


def _used_again(check: Check, use: Use, aged: Aged) -> Exchange:
    """Use a token again; the exchange of before, where something else than its age may have ended it."""
    exchange = aged.exchange if check.session.lifetimes.ended(aged.token) else use.use(check, aged.token)
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


def _taken(check: Check, use: Use) -> str:
    """Take a token that no other one is equal to."""
    _apart(check)
    token = use.take(check)
    _apart(check)
    return token


@once
def _aged(check: Check, use: Use) -> Aged:
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
