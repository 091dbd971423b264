"""sdp-is-content-authorised, Error response: tokens that no client's signon gave, or that have ended."""

from __future__ import annotations

from conformance.checks.api import Check, requirement
from conformance.checks.sdp.questions import refuses, refuses_whatever_is_asked, with_token
from conformance.client import UNREACHED
from conformance.model import JsonObject
from conformance.opentv.licence import authorisation
from conformance.session import forgery, ias
from conformance.session.crm import crm_token
from conformance.session.licences import ask, client_token, content_id
from conformance.session.minting import expired_token
from conformance.target import Secret, reveal

SERVER_ERROR = 500


def arbitrary(_check: Check) -> Secret:
    """Return a token that nobody issued."""
    return Secret(forgery.arbitrary())


def altered(check: Check) -> Secret:
    """Return the client's token with one character altered in its middle."""
    token = reveal(client_token(check))
    return Secret(forgery.with_altered_character(token, len(token) // 2))


def altered_at_its_end(check: Check) -> Secret:
    """Return the client's token with its signature altered, or what stands in that place."""
    return Secret(forgery.with_altered_signature(reveal(client_token(check))))


def cut_short(check: Check) -> Secret:
    """Return the first half of the client's token."""
    return Secret(forgery.cut_short(reveal(client_token(check))))


@requirement("SDP-031")
def test_an_arbitrary_token_is_refused(check: Check) -> None:
    exchange = refuses_whatever_is_asked(check, "SDP-031", lambda: arbitrary(check), "an arbitrary token")
    option = "legacy-200" if exchange.status == 200 else "server-error"
    check.reading(
        "sdp-token-error-status", option if not 400 <= exchange.status < SERVER_ERROR else "client-error", exchange
    )


@requirement("SDP-032")
def test_an_altered_token_is_refused(check: Check) -> None:
    refuses(check, "SDP-032", lambda: altered(check), "an altered token")
    refuses(check, "SDP-032", lambda: altered_at_its_end(check), "a token with an altered signature")


@requirement("SDP-033")
def test_a_token_cut_short_is_refused(check: Check) -> None:
    refuses(check, "SDP-033", lambda: cut_short(check), "a token cut short")


@requirement("SDP-034")
def test_an_expired_token_is_refused(check: Check) -> None:
    token = check.subject("expired_tokens")["hdm"]
    refuses_whatever_is_asked(check, "SDP-034", lambda: token, "an expired token")


@requirement("SDP-060")
def test_an_expired_access_token_is_refused(check: Check) -> None:
    content = content_id(check, "authorized")
    signed = ias.sign_on(check)
    current = ias.access_token(check) if signed.access else forgery.of_claims(signed.claims)
    fresh = ask(check, content, Secret(current), expect_5xx=True)
    # Whoever takes no access token at all refuses one that has expired, too.
    token = Secret(expired_token(check) if authorisation(fresh) else current)
    refuses(check, "SDP-060", lambda: token, "an expired access token")


@requirement("SDP-035")
def test_the_token_of_the_crm_is_refused(check: Check) -> None:
    refuses(check, "SDP-035", lambda: crm_token(check), "the CRM's token")


@requirement("SDP-036")
def test_the_broadcast_token_is_refused(check: Check) -> None:
    refuses(check, "SDP-036", lambda: Secret(ias.broadcast_token(check)), "the in-home broadcast token")


@requirement("SDP-037")
def test_a_refresh_token_is_refused(check: Check) -> None:
    signed = ias.sign_on(check)
    # A decoded one, signed by nobody's key, is as little a client's token.
    token = signed.refresh or forgery.of_claims(signed.refresh_claims)
    refuses(check, "SDP-037", lambda: Secret(token), "a refresh token")


@requirement("SDP-038")
def test_an_unsigned_token_is_refused(check: Check) -> None:
    claims: JsonObject = {"typ": "DevAuthN", "ver": "1.0", "exp": 4_102_444_800, "tenantId": check.target.tenant}

    def unsigned() -> Secret:
        return Secret(forgery.unsigned(reveal(client_token(check)), **claims))

    refuses(check, "SDP-038", unsigned, "a token with alg none")


@requirement("SDP-049")
def test_all_invalid_tokens_are_answered_with_one_status(check: Check) -> None:
    kinds = (arbitrary, altered, cut_short)
    answers = [with_token(check, lambda kind=kind: kind(check)) for kind in kinds]  # type: ignore[misc]
    if any(exchange.status in UNREACHED for exchange in answers):
        check.lacks("an answer was a gateway's, so that the statuses prove nothing")
    statuses = [exchange.status for exchange in answers]
    odd = next((exchange for exchange in answers if exchange.status != statuses[0]), answers[0])
    check.expect(
        "SDP-049",
        len(set(statuses)) == 1,
        odd,
        expected=f"HTTP {statuses[0]}, as for an arbitrary token",
        actual=f"HTTP {odd.status}",
        cause="invalid tokens are answered with different statuses",
    )
