"""ias-in-home-detection, "Overview", step 6: tokens that say inHome true, and that IAS never gave so."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.checks.api import Check, requirement
from conformance.checks.mds.listing import in_home_only, lists_none, not_accepted
from conformance.errors import CouldNotTest
from conformance.session.channels import channel_list
from conformance.session.forgery import (
    altered,
    foreign_ones,
    unsigned_ones,
    with_altered_signature,
    without_signature,
)
from conformance.session.ias import broadcast_token, in_home_token, sign_on
from conformance.session.minting import expired_token, mint, require_minting


def _opens_nothing(check: Check, lists: str, refused: str, tokens: Iterable[str], *, cause: str) -> None:
    """Judge that each token lists no in-home-only channel (`lists`), and that it is not accepted (`refused`)."""
    good = channel_list(check, in_home_token(check, "stb", in_home=True), valid=True)
    if not any(good.lists(channel) for channel in in_home_only(check)):
        check.lacks("no in-home-only channel is listed for a token of inHome true either: see MDS-010")
    for token in tokens:
        found = channel_list(check, token)
        lists_none(check, lists, found, cause=f"an in-home-only channel is listed for {cause}")
        not_accepted(check, refused, found.exchange, cause=cause)


def _out(check: Check) -> str:
    return in_home_token(check, "stb", in_home=False)


@requirement("MDS-034", "MDS-035")
def test_an_altered_token_opens_nothing(check: Check) -> None:
    _opens_nothing(
        check, "MDS-034", "MDS-035", (altered(_out(check), inHome=True),), cause="a token whose inHome was altered"
    )
    token = with_altered_signature(in_home_token(check, "stb", in_home=True))
    _opens_nothing(check, "MDS-034", "MDS-035", (token,), cause="a token whose signature was altered")


@requirement("MDS-036", "MDS-037")
def test_an_unsigned_token_opens_nothing(check: Check) -> None:
    forged = unsigned_ones(_out(check), inHome=True)
    _opens_nothing(check, "MDS-036", "MDS-037", forged, cause="a token with algorithm none")


@requirement("MDS-038", "MDS-039")
def test_a_token_without_its_signature_opens_nothing(check: Check) -> None:
    token = without_signature(_out(check), inHome=True)
    _opens_nothing(check, "MDS-038", "MDS-039", (token, token.rstrip(".")), cause="a token without its signature")


@requirement("MDS-040", "MDS-041")
def test_a_token_of_a_foreign_key_opens_nothing(check: Check) -> None:
    _opens_nothing(
        check, "MDS-040", "MDS-041", foreign_ones(_out(check), inHome=True), cause="a token signed with a foreign key"
    )


@requirement("MDS-042", "MDS-043")
def test_a_refresh_token_opens_nothing(check: Check) -> None:
    refresh = sign_on(check).refresh
    if not refresh:
        check.lacks("the sign-on gave no refresh token that could be sent: see DAS-062")
    tokens = [refresh]
    try:
        require_minting(check)
        tokens.append(mint(check, refresh, {"inHome": True}))
    except CouldNotTest:
        # Without the key, a refresh token of a device out of the home must do.
        pass
    _opens_nothing(check, "MDS-042", "MDS-043", tokens, cause="a refresh token")


@requirement("MDS-044", "MDS-045")
def test_an_expired_token_opens_nothing(check: Check) -> None:
    try:
        tokens = [expired_token(check, {"inHome": flag}) for flag in (True, False)]
    except CouldNotTest:
        tokens = [expired_token(check)]
    _opens_nothing(check, "MDS-044", "MDS-045", tokens, cause="an expired token")


@requirement("MDS-046", "MDS-047")
def test_a_broadcast_token_opens_nothing(check: Check) -> None:
    _opens_nothing(check, "MDS-046", "MDS-047", (broadcast_token(check),), cause="a broadcast token")
