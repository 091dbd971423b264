"""What is sent together with requests of other operations, and what its answers say of whose they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from conformance.checks.api import Check
from conformance.checks.hdm.test_tokens_at_sdp import number_of_token
from conformance.checks.ias.attempts import updated_flag
from conformance.checks.mds.listing import in_home_only
from conformance.checks.sdp.questions import of_two_accounts
from conformance.checks.sdp.test_repetition import number
from conformance.model import Exchange
from conformance.opentv.answers import answer_object
from conformance.session import channels, hdm, ias, licences
from conformance.session.channels import names_of

BOXES, USERS = ("stb", "stb_other_account"), ("user", "user_other_account")
Send = Callable[[], Exchange]


@dataclass(frozen=True)
class Neighbour:
    """A request of two subjects.

    Attributes:
        subjects: whose it is.
        prepare: returns what sends it for one of them.
        says: what an answer says of the caller; None where it says nothing.
        wrong: what an answer that says something else is, in words.
    """

    subjects: tuple[str, str]
    prepare: Callable[[Check, str], Send]
    says: Callable[[Check, str, Exchange], object]
    wrong: str


def sign_on(check: Check, name: str) -> Send:
    """A sign-on at IAS."""
    return partial(ias.das_sign_on, check, name)


def whose(_check: Check, _name: str, exchange: Exchange) -> object:
    """Account and device of the access token."""
    claims = ias.claims_of(answer_object(exchange).get("access_token"))
    return (claims["accountId"], claims["deviceId"]) if {"accountId", "deviceId"} <= claims.keys() else None


def generate(check: Check, name: str) -> Send:
    """A request for a token to broadcast."""
    return partial(ias.generate, check, ias.access_token(check, name))


def home(check: Check, name: str, exchange: Exchange) -> object:
    """Whether a broadcast token makes its device in-home."""
    token = ias.broadcast_of(check, exchange)
    own = any(ias.makes_in_home(check, name, token) for _ in range(2))
    return own or not ias.broadcasts_outlast_the_next(check, name) or "another"


def update(check: Check, name: str) -> Send:
    """An update in the own home: the one device comes home, the other leaves."""
    if not ias.broadcasts_outlast_the_next(check, name):
        check.not_observed(
            "each request for a broadcast token, which are sent together with this one, ends the one before"
        )
    broadcast, token = ias.broadcast_token(check, name), ias.access_token(check, name)
    return partial(ias.update, check, token, broadcast, name == BOXES[0])


def flag(_check: Check, _name: str, exchange: Exchange) -> object:
    """The inHome of an updated token."""
    return updated_flag(exchange)


def list_channels(check: Check, name: str, *, in_home: bool) -> Send:
    """A request for the channel list."""
    return partial(channels.list_services, check, ias.in_home_token(check, name, in_home=in_home))


def hidden(check: Check, _name: str, exchange: Exchange) -> object:
    """The in-home-only channels that are listed."""
    return names_of(exchange) & {*in_home_only(check)}


def question(check: Check, name: str) -> Send:
    """The licence question about the entitled content."""
    token = of_two_accounts(check)[USERS.index(name)]()
    return partial(licences.ask, check, licences.content_id(check, "authorized"), token)


def account(_check: Check, _name: str, exchange: Exchange) -> object:
    """The account number of an answer."""
    return number(exchange) or None


def user_signon(check: Check, name: str) -> Send:
    """A user's signon."""
    return partial(hdm.nmp_signon, check, hdm.device_form(check, name))


def box_signon(check: Check, name: str) -> Send:
    """A set top box's signon."""
    return partial(hdm.stb_signon, check, hdm.stb_details(check.subject(name)))


def account_of_token(check: Check, _name: str, exchange: Exchange) -> object:
    """The account number that SDP tells of a signon's token."""
    token = hdm.token_of(exchange)
    return (number_of_token(check, token) if token else "") or None
