"""How request and answer agree when an account is created, and when the CRM gets its token.

Sources: adm-creating-an-account (Response; Example), keycloak-access-token (Getting an access token).
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Exchange, Judgement, NotJson, judged, parse_json
from conformance.opentv.answers import answer_object
from conformance.opentv.tokens import read_jwt
from conformance.rules.base import Context, renews, rule

CREATIONS = ("createAccount", "createAccountOnSsp")
CLOCK_TOLERANCE_S = 60


@rule("ADM-006", operations=CREATIONS, statuses=(201,))
def supplied_id(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The account ID is created by the platform only if the request does not give it."""
    try:
        asked = parse_json(exchange.request.body)
    except NotJson:
        return
    given = asked.get("_id") if isinstance(asked, dict) else None
    found = answer_object(exchange).get("_id")
    if isinstance(given, str) and given and isinstance(found, str):
        yield judged(
            "ADM-006",
            found == given,
            expected="the _id of the request",
            actual=f"{found} instead of {given}",
            cause="the answer has another _id than the request gave",
        )


@rule("CRM-007", operations=("keycloakToken",), statuses=(200,))
def token_times(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """In the sample, exp lies expires_in seconds after iat."""
    body = answer_object(exchange)
    jwt = read_jwt(body.get("access_token"))
    if jwt is None or renews(exchange):
        return
    exp, iat, expires_in = jwt.claims.get("exp"), jwt.claims.get("iat"), body.get("expires_in")
    if isinstance(exp, (int, float)) and isinstance(iat, (int, float)) and isinstance(expires_in, (int, float)):
        yield judged(
            "CRM-007",
            abs(exp - iat - expires_in) <= CLOCK_TOLERANCE_S,
            expected=f"exp {expires_in} seconds after iat",
            actual=f"{exp - iat} seconds after",
            cause="exp of the access token does not fit expires_in",
        )
