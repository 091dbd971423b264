"""Do the credentials open what they should? Each is used once; nothing is created."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

from conformance.errors import ConformanceError, CouldNotTest
from conformance.model import Exchange, JsonObject, NotJson
from conformance.runner.preflight.lines import Line, Prober, State, answered
from conformance.session import crm, licences
from conformance.session.creations import OPF, send_account
from conformance.session.forgery import arbitrary, claims_of
from conformance.target import Secret

_CRM = ("credentials", "crm")
_SDP = ("credentials", "sdp")
_KEYCLOAK_REFUSALS = (400, 401)
_SDP_REFUSALS = (401, 403)
_CONTENT = "preflight"


def credential_lines(prober: Prober) -> list[Line]:
    """Look at every credential of the target file."""
    target = prober.session.target
    lines = [prober.line(State.OK, "base64", "credentials", "token_keys", kid) for kid in target.credentials.token_keys]
    if "adm" in target.services and target.has_credential("crm"):
        if target.credentials.crm_token is not None:
            lines += prober.lines(lambda: _given_token(prober), *_CRM, "token")
        elif target.credentials.keycloak is not None:
            lines += prober.lines(lambda: _keycloak(prober), *_CRM, "keycloak")
        if not _any_wrong(lines):
            lines += prober.lines(lambda: _operator(prober), *_CRM)
    if "sdp" in target.services and target.credentials.sdp_password is not None:
        lines += prober.lines(lambda: _sdp(prober), *_SDP)
    return lines


def _any_wrong(lines: list[Line]) -> bool:
    return any(line.state is not State.OK and line.what.startswith("credentials.crm") for line in lines)


def _given_token(prober: Prober) -> Iterator[Line]:
    """A given token says itself when it ends."""
    token = crm.crm_token(prober)
    ends = (claims_of(token.reveal()) or {}).get("exp")
    left = ends - time.time() if isinstance(ends, (int, float)) and not isinstance(ends, bool) else None
    detail = "no JWT: its end is not known" if left is None else f"good for {left / 60:.0f} minutes"
    yield prober.line(State.OK, detail, *_CRM, "token")


def _keycloak(prober: Prober) -> Iterator[Line]:
    """The password grant; a request without grant_type shows whether Keycloak tells right from wrong."""
    exchange = crm.request_token(prober, valid=True)
    place = (*_CRM, "keycloak")
    if exchange.succeeded:
        yield prober.line(State.OK, "gives a token", *place)
        return
    if exchange.status in _KEYCLOAK_REFUSALS:
        other = crm.request_token(prober, without="grant_type")
        if (other.status, _error(other)) != (exchange.status, _error(exchange)):
            line, advice = ("client_id",), "Check client_id; it must allow the password grant."
            if "client" not in _error(exchange):
                line, advice = ("password",), "Check username and password (they were sent once)."
            said = crm.told(prober, exchange)
            if said and line == ("password",) and "credentials" not in said.lower():
                advice = "The user is known, but Keycloak does not let it sign on: see its account there."
            detail = f"Keycloak refuses it with {exchange.status}{said}"
            yield prober.line(State.WRONG, detail, *place, *line, advice=advice)
            return
    if exchange.status == 404:
        detail = f"nothing is found at the realm's token endpoint ({exchange.request.url})"
        yield prober.line(State.WRONG, detail, *place, "realm", advice="Check url and realm.")
        return
    yield prober.line(State.UNCLEAR, f"the grant is {answered(exchange)}; the checks will tell", *place)


def _error(exchange: Exchange) -> str:
    return str(_object(exchange).get("error", ""))


def _object(exchange: Exchange) -> JsonObject:
    try:
        body = exchange.response.json if exchange.response else None
    except NotJson:
        return {}
    return body if isinstance(body, dict) else {}


def _operator(prober: Prober) -> Iterator[Line]:
    """Does ADM take the token? It is sent with requests that can create nothing, for two reasons that differ.

    A target that knows the token answers an empty body 400 and an unknown tenant 404. One that answers both 403
    has not got beyond the token.
    """
    session = prober.session
    if not session.budget.writes_allowed:
        raise CouldNotTest("no request to create an account may be sent")
    empty = send_account(prober, OPF, {})
    nowhere = send_account(prober, OPF, {}, tenant=f"no-such-tenant-{uuid.uuid4().hex[:8]}")
    place = _CRM if session.target.credentials.crm_token is None else (*_CRM, "token")
    if empty.status == nowhere.status == 403:
        advice = "Check that it is of this deployment and of a user that has operatorRole."
        yield prober.line(State.WRONG, "ADM refuses the CRM's token with 403", *place, advice=advice)
    elif empty.status == 400:
        yield prober.line(State.OK, "ADM takes the token", *place)
    else:
        yield prober.line(State.UNCLEAR, f"an empty account is {answered(empty)}; the checks will tell", *place)


def _sdp(prober: Prober) -> Iterator[Line]:
    """A question with the credentials, and one without: both refused alike, the credentials are."""
    content = prober.session.target.content.get("authorized", _CONTENT)
    try:
        token = licences.client_token(prober)
    except ConformanceError:
        token = Secret(arbitrary())
    asked = licences.ask(prober, content, token)
    if asked.succeeded:
        yield prober.line(State.OK, "opens SDP", *_SDP)
        return
    anonymous = licences.ask(prober, content, token, anonymous=True)
    if asked.status in _SDP_REFUSALS and _refusal(asked) == _refusal(anonymous):
        detail = f"SDP refuses it with {asked.status}, as it does without credentials"
        yield prober.line(State.WRONG, detail, *_SDP, "password", advice="Check username and password.")
    elif anonymous.status in _SDP_REFUSALS:
        yield prober.line(State.OK, f"opens SDP (which then is {answered(asked)})", *_SDP)
    else:
        yield prober.line(State.UNCLEAR, f"a question is {answered(asked)}; the checks will tell", *_SDP)


def _refusal(exchange: Exchange) -> tuple[object, ...]:
    challenge = exchange.response.header("www-authenticate") if exchange.response else None
    body = _object(exchange)
    return exchange.status, (challenge or "").partition(" ")[0].lower(), body.get("resultCode"), body.get("result")
