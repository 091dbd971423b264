"""What each kind of token is good for: how to get one, and the request that it serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from conformance.checks.api import Check
from conformance.checks.ias.attempts import updated_flag
from conformance.model import Exchange
from conformance.opentv.answers import succeeded
from conformance.opentv.licence import authorisation
from conformance.session import channels, hdm, ias, initialise, licences
from conformance.session.accounts import fresh_account
from conformance.session.creations import OPF, opening, send_account
from conformance.session.crm import current_token
from conformance.target import Secret, reveal

CONTENTS = ("authorized", "not_authorized")


@dataclass(frozen=True)
class Use:
    """What a token is good for: how to get one, the request, and what its answer says; nothing where it is refused."""

    what: str
    take: Callable[[Check], str]
    use: Callable[[Check, str], Exchange]
    says: Callable[[Check, Exchange], object]


def _box(check: Check) -> str:
    return "stb_other_account" if "stb_other_account" in check.target.subjects else "stb"


def apart(check: Check) -> None:
    """Let a second pass: tokens of one second may be equal, and an update with one would end the other."""
    check.session.patience.clock.sleep(0 if ias.superseded_tokens_work(check) else 1.1)


def signed_on(check: Check) -> str:
    return ias.sign_on(check, _box(check), anew=True).bearer


def updated_to(flag: bool, check: Check) -> str:
    """A token of a sign-on of its own, updated: what a later sign-on does to it is seen when another is taken."""
    home = ias.broadcast_token(check, _box(check))
    return ias.updated_token(check, ias.update(check, signed_on(check), home, flag, valid=True))


def asked(about: str, check: Check, token: str) -> Exchange:
    content = check.target.content.get(about) or licences.content_id(check, CONTENTS[0])
    return licences.ask(check, content, Secret(token), expect_5xx=True)


def updated(check: Check, token: str) -> Exchange:
    # With a token to broadcast that is asked for with the very token: a sign-on for another might end it.
    own = ias.generate(check, token)
    home = ias.broadcast_of(check, own) if succeeded(own) else ias.broadcast_token(check, _box(check))
    return ias.update(check, token, home, True)


def broadcast(check: Check) -> str:
    return ias.broadcast_of(check, ias.generate(check, ias.access_token(check, _box(check)), valid=True))


def updated_by(check: Check, broadcast: str) -> Exchange:
    apart(check)
    return ias.update(check, signed_on(check), broadcast, True)


def operators_token(check: Check) -> str:
    return reveal(current_token.anew(check).value)


def created(check: Check, token: str) -> Exchange:
    form = opening(check, OPF).form
    return send_account(check, OPF, fresh_account(check, form).body, token=Secret(token))


def users_token(check: Check) -> str:
    return reveal(hdm.user_token(check))


def initialises(operation: str, check: Check, token: str) -> Exchange:
    return initialise.initialise(check, operation, Secret(token))


def initialised(_check: Check, exchange: Exchange) -> bool:
    return initialise.initialised(exchange)


def client_token(check: Check) -> str:
    return reveal(licences.client_token(check))


def served(_check: Check, exchange: Exchange) -> bool:
    return succeeded(exchange)


def listed(check: Check, exchange: Exchange) -> object:
    """Which of the target file's channels are listed; nothing where the list is refused."""
    text = exchange.response.text if succeeded(exchange) and exchange.response else ""
    return bool(text) and {name: text.count(name) > 0 for found in check.target.channels.values() for name in found}


LICENCES = tuple(
    Use("a sign-on's token", client_token, partial(asked, about), lambda _check, seen: authorisation(seen))
    for about in CONTENTS
)
BROADCASTING = (
    Use("an access token", signed_on, ias.generate, served),
    Use("an updated access token", partial(updated_to, True), ias.generate, served),
)
UPDATING = (
    Use("an access token", signed_on, updated, served),
    Use("an updated access token", partial(updated_to, False), updated, served),
)
IN_HOME = (Use("a broadcast token", broadcast, updated_by, lambda _check, seen: updated_flag(seen) is True),)
CHANNELS = (Use("an updated access token", partial(updated_to, False), channels.list_services, listed),)
CREATING = (Use("a CRM's token", operators_token, created, served),)
INITIALISING_BY_GET = (
    Use("a sign-on's token", users_token, partial(initialises, "initialiseDeviceByGet"), initialised),
)
INITIALISING_BY_POST = (
    Use("a sign-on's token", users_token, partial(initialises, "initialiseDeviceByPost"), initialised),
)
