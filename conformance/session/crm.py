"""The CRM's access token: given in the target file, or from Keycloak by the password grant, and renewed before it ends.

A token of Keycloak is renewed by the refresh token that came with it (RFC 6749, section 6), so that the password is
sent as seldom as can be; where that does not work, by the password again.

Sources: adm-creating-an-account (Headers), keycloak-access-token (Getting an access token).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

from conformance.errors import CouldNotTest, CredentialError, GivenUp
from conformance.model import Exchange, JsonObject, NotJson
from conformance.opentv.answers import answer_object
from conformance.session.forgery import claims_of
from conformance.session.form import form_of, reply_of
from conformance.session.sender import Sender
from conformance.session.tokens import issuer
from conformance.stream import TargetProfile
from conformance.target import Keycloak, Secret, Value

OPERATION = "keycloakToken"
REALM_PATH = "/realms/{realm}/protocol/openid-connect/token"
# As given, of a plain Keycloak, of one before version 17, and as the page has it.
BASES = ("", "/auth", "/keycloak/auth")
# A token is renewed this long before it ends, so that none ends on its way to the target.
MARGIN_S = 20.0
# How long a token without any time limit that we could read is used before it is asked for again.
UNKNOWN_LIFETIME_S = 60.0
_EVER = float("inf")
_LINE = "credentials: {crm: {token: …}}  # or {keycloak: {url, realm, username, password, client_id}}"


@dataclass(frozen=True)
class CrmToken:
    """A token for the operator APIs, and until when it and its refresh token are to be used, by the monotonic clock."""

    value: Secret
    refresh: Secret | None
    good_until: float
    refresh_until: float = 0.0

    @property
    def texts(self) -> tuple[str, ...]:
        """The tokens as a request carries them."""
        return tuple(one.reveal() for one in (self.value, self.refresh) if one is not None)


def crm_token(sender: Sender) -> Secret:
    """Return a token of the CRM that is good for the next request.

    Raises:
        CouldNotTest: the target file gives neither token nor Keycloak, or Keycloak gives no token; or something in
            front of it answers.
        CredentialError: the given token has expired, or Keycloak refuses the credentials.
    """
    return current_token(sender).value


@issuer
def current_token(sender: Sender) -> CrmToken:
    """Return the token with what came with it; as `crm_token`."""
    credentials = sender.session.target.credentials
    if credentials.crm_token is not None:
        return _given(sender, credentials.crm_token.read())
    if credentials.keycloak is not None:
        return _renewed(sender, credentials.keycloak) or _granted(sender)
    raise CouldNotTest("the target file has no credentials of a CRM", add=[_LINE])


def _given(sender: Sender, token: str) -> CrmToken:
    sender.session.stream.redactor.learn(token)
    ends = (claims_of(token) or {}).get("exp")
    if isinstance(ends, bool) or not isinstance(ends, (int, float)):
        return CrmToken(Secret(token), None, time.monotonic() + UNKNOWN_LIFETIME_S)
    left = ends - time.time()
    if left <= 0:
        raise CredentialError(
            "the CRM's token has expired",
            where=sender.session.target.where("credentials", "crm", "token"),
            advice="Get a new one, or give credentials.crm.keycloak, from which the suite gets its own.",
        )
    return CrmToken(Secret(token), None, time.monotonic() + min(max(left - MARGIN_S, left / 2), UNKNOWN_LIFETIME_S))


def token_form(keycloak: Keycloak, *, without: str = "", **changed: Value) -> dict[str, Value]:
    """Return the form of a token request, with fields left out or changed."""
    form: dict[str, Value] = {
        "grant_type": "password",
        "username": keycloak.username,
        "password": Secret(keycloak.password.read()),
        "client_id": keycloak.client_id,
        **changed,
    }
    form.pop(without, None)
    return form


def _urls(keycloak: Keycloak) -> Iterator[str]:
    base = keycloak.url.rstrip("/")
    if base.endswith("/token"):
        yield base
        return
    for prefix in BASES:
        yield base + prefix + REALM_PATH.format(realm=quote(keycloak.realm, safe="%"))


def request_token(sender: Sender, *, without: str = "", valid: bool = False, **changed: Value) -> Exchange:
    """Ask Keycloak for a token, with fields left out or changed.

    Raises:
        CouldNotTest: the target file has no Keycloak.
    """
    session = sender.session
    keycloak = session.target.credentials.keycloak
    if keycloak is None:
        raise CouldNotTest("the target file has no Keycloak", add=["credentials: {crm: {keycloak: {…}}}"])
    form = token_form(keycloak, without=without, **changed)
    if not session.routes.known(OPERATION):
        _find(sender, keycloak)
    exchange = sender.send(OPERATION, form=form, valid=valid)
    if exchange.succeeded:
        # Nothing says that a token outlives the next one that its user is granted.
        current_token.forget(sender)
    return exchange


def _find(sender: Sender, keycloak: Keycloak) -> None:
    """Find out where the token endpoint is: the first documented place that is not answered as one that nobody has."""
    session = sender.session
    urls = list(_urls(keycloak))
    for url in urls:
        session.routes.pin(OPERATION, url)
        # Without the password, so that a wrong one is not counted twice.
        form = token_form(keycloak, without="password")
        if len(urls) == 1:
            return
        with suppress(CouldNotTest):
            exchange = sender.send(OPERATION, form=form)
            if exchange.response is not None and not session.not_here(exchange):
                return
    # A host may say the same of a path that nobody has and of a request without password.
    for url in urls:
        session.routes.pin(OPERATION, url)
        with suppress(CouldNotTest):
            if sender.send(OPERATION, form=token_form(keycloak)).succeeded:
                return
    session.routes.pin(OPERATION, urls[0])


def _renewed(sender: Sender, keycloak: Keycloak) -> CrmToken | None:
    """Return a token by the last one's refresh token; None where there is none, it has ended, or it is refused."""
    last = current_token.former(sender)
    if last is None or last.refresh is None or time.monotonic() >= last.refresh_until:
        return None
    asked = time.monotonic()
    form: dict[str, Value] = {
        "grant_type": "refresh_token",
        "refresh_token": last.refresh,
        "client_id": keycloak.client_id,
    }
    # Not as a valid request: nothing obliges Keycloak to take a refresh token whose session it has ended.
    return _token_in(sender, sender.send(OPERATION, form=form), asked, last)


def told(sender: Sender, exchange: Exchange) -> str:
    """Return what Keycloak says of a refusal (`error_description`, RFC 6749, 5.2) after a colon, or nothing."""
    text = answer_object(exchange).get("error_description")
    if not isinstance(text, str):
        return ""
    clean = "".join(character if character.isprintable() else " " for character in text)[:200].strip()
    return f": {sender.session.stream.redactor.text(clean)}" if clean else ""


def in_front(exchange: Exchange) -> str:
    """Say by what a token request was answered that no Keycloak answers it by; empty where it may be Keycloak's.

    Its errors are JSON (RFC 6749, 5.2).
    """
    form = form_of(reply_of(exchange))
    return form.described if exchange.foreign or form.kind in ("html", "text", "redirect") else ""


def _granted(sender: Sender) -> CrmToken:
    asked = time.monotonic()
    session = sender.session
    if OPERATION in session.profile.bans:
        raise GivenUp(session.profile.bans[OPERATION])
    granted_before = OPERATION in session.known_good
    exchange = request_token(sender, valid=True)
    if page := in_front(exchange):
        raise CouldNotTest(f"something in front of Keycloak answers in its place: {page} (exchange {exchange.id})")
    if exchange.status in (400, 401, 403) and granted_before:
        why = f"Keycloak refuses with {exchange.status} the credentials that it took before{told(sender, exchange)}"
        why += f" (exchange {exchange.id}): does it lock its users out after some wrong passwords?"
        session.learn(TargetProfile(bans={OPERATION: why}))
        raise GivenUp(why)
    if exchange.status in (400, 401, 403):
        raise CredentialError(
            f"Keycloak refuses the CRM's credentials with {exchange.status}{told(sender, exchange)}",
            where=session.target.where("credentials", "crm", "keycloak"),
            advice="Check realm, username, password and client_id.",
        )
    found = _token_in(sender, exchange, asked)
    if found is None:
        raise CouldNotTest(
            f"Keycloak gave no access token ({exchange.answered}, exchange {exchange.id})",
            add=[_LINE],
        )
    return found


def _token_in(sender: Sender, exchange: Exchange, asked: float, last: CrmToken | None = None) -> CrmToken | None:
    """Return the token that an answer brings; an answer without a refresh token leaves the last one good."""
    try:
        body = exchange.response.json if exchange.response is not None and exchange.succeeded else None
    except NotJson:
        return None
    token = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(token, str) or not token:
        return None
    sender.session.stream.redactor.learn(token)
    lifetime = _seconds(body, "expires_in") or UNKNOWN_LIFETIME_S
    good_until = asked + max(lifetime - MARGIN_S, lifetime / 2)
    refresh = body.get("refresh_token")
    if isinstance(refresh, str) and refresh:
        sender.session.stream.redactor.learn(refresh)
        # 0 is Keycloak's word for a refresh token without an end.
        refresh_until = asked + (_seconds(body, "refresh_expires_in") or _EVER)
        return CrmToken(Secret(token), Secret(refresh), good_until, refresh_until)
    if last is not None:
        return CrmToken(Secret(token), last.refresh, good_until, last.refresh_until)
    return CrmToken(Secret(token), None, good_until)


def _seconds(body: JsonObject, name: str) -> float | None:
    """Return a lifetime of an answer; None where it says nothing of use."""
    value = body.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0 else None
