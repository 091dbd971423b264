"""Do the credentials open what they should? Each is used once; nothing is created."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

from conformance.errors import ConformanceError, CouldNotTest
from conformance.model import Exchange, JsonObject, NotJson, Premise
from conformance.runner.preflight.lines import Line, Prober, State, answered
from conformance.session import crm, licences
from conformance.session.creations import OPF, send_account
from conformance.session.forgery import arbitrary, claims_of
from conformance.target import Secret

_CRM = ("credentials", "crm")
_SDP = ("credentials", "sdp")
_KEYCLOAK_REFUSALS = (400, 401)
_SENT = ("username", "password", "client_id")
_SDP_REFUSALS = (401, 403)
_CONTENT = "preflight"


def crm_credentials(prober: Prober, premise: Premise) -> Iterator[Line]:
    """A token of the CRM can be had, and ADM accepts it."""
    target = prober.session.target
    given = target.credentials.crm_token is not None
    lines = prober.lines(
        lambda: _given_token(prober) if given else _keycloak(prober), *_CRM, "token" if given else "keycloak"
    )
    yield from lines
    if all(line.state is State.OK for line in lines):
        yield from _operator(prober, premise)


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
    page = "" if exchange.status == 404 else crm.in_front(exchange)
    if exchange.succeeded and not page:
        yield prober.line(State.OK, "gives a token", *place)
        return
    if page:
        detail = f"something in front of Keycloak answers in its place: {page}"
        advice = "Open the URL in a browser: does a gateway or a firewall refuse this machine there?"
        prober.unusable.add("crm")
        yield prober.line(State.UNREACHABLE, detail, *place, advice=advice)
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
            prober.unusable.add("crm")
            advice += prober.lines_of(*(f"credentials.crm.keycloak.{name}" for name in _SENT))
            yield prober.line(State.WRONG, detail, *place, *line, advice=advice)
            return
    if exchange.status == 404:
        detail = f"nothing is found at the realm's token endpoint ({exchange.request.url})"
        lines = prober.lines_of("credentials.crm.keycloak.url", "credentials.crm.keycloak.realm")
        yield prober.line(State.WRONG, detail, *place, "realm", advice=f"Check url and realm.{lines}")
        return
    yield prober.line(State.NOT_PROVED, f"the grant is {answered(exchange)}", *place)


def _error(exchange: Exchange) -> str:
    return str(_object(exchange).get("error", ""))


def _object(exchange: Exchange) -> JsonObject:
    try:
        body = exchange.response.json if exchange.response else None
    except NotJson:
        return {}
    return body if isinstance(body, dict) else {}


def _operator(prober: Prober, premise: Premise) -> Iterator[Line]:
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
        yield prober.says(premise, State.PROVED, "ADM accepts the token")
    else:
        yield prober.says(premise, State.NOT_PROVED, f"a request with an empty account is {answered(empty)}")


def sdp_credentials(prober: Prober, premise: Premise) -> Iterator[Line]:
    """A question with the credentials, and one without: both refused alike, the credentials are."""
    content = prober.session.target.content.get("authorized", _CONTENT)
    try:
        token = licences.client_token(prober)
    except ConformanceError:
        token = Secret(arbitrary())
    asked = licences.ask(prober, content, token)
    if asked.succeeded:
        yield prober.says(premise, State.PROVED, "opens SDP")
        return
    anonymous = licences.ask(prober, content, token, anonymous=True)
    if asked.status in _SDP_REFUSALS and _refusal(asked) == _refusal(anonymous):
        # SDP may not know the token yet.
        asked = licences.ask(prober, content, token, valid=True)
    if asked.succeeded:
        yield prober.says(premise, State.PROVED, "opens SDP")
    elif asked.status in _SDP_REFUSALS and _refusal(asked) == _refusal(anonymous) and not _lets_in(prober, content):
        detail = f"SDP refuses it with {asked.status}, as it does without credentials"
        lines = prober.lines_of("credentials.sdp.username", "credentials.sdp.password")
        yield prober.line(State.WRONG, detail, *_SDP, "password", advice=f"Check username and password.{lines}")
    elif _refusal(asked) == _refusal(anonymous):
        detail = f"a question is refused ({asked.status}) with and without it, and one without a token is not"
        yield prober.says(premise, State.NOT_PROVED, f"{detail}: does something in front block tokens?")
    elif anonymous.status in _SDP_REFUSALS:
        detail = f"SDP refuses a request without it, and answers {asked.status} with it"
        yield prober.says(premise, State.PROVED, detail)
    else:
        yield prober.says(premise, State.NOT_PROVED, f"a request is {answered(asked)}")


def _lets_in(prober: Prober, content: str) -> bool:
    """Tell whether the credentials matter in a question without a token, which something in front may block."""
    asked, anonymous = (licences.ask(prober, content, None, anonymous=one) for one in (False, True))
    return _refusal(asked) != _refusal(anonymous)


def _refusal(exchange: Exchange) -> tuple[object, ...]:
    challenge = exchange.response.header("www-authenticate") if exchange.response else None
    body = _object(exchange)
    return exchange.status, (challenge or "").partition(" ")[0].lower(), body.get("resultCode"), body.get("result")
