"""How the fields of a signon and its two tokens agree, and that a refusal is no success.

Sources: ias-das-signon-by-casn, "Response", "Example".
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Exchange, Judgement, broken, held, judged
from conformance.opentv.answers import json_object, refused_by_gate
from conformance.rules.base import Context, documented_operation, rule
from conformance.rules.ias_tokens import GENERATE, SIGN_ON, SUCCESS, UPDATE, answer_tokens, seconds

_UNIT_FACTOR = 100
_AGREEMENT_S = 300
_REFUSED = {GENERATE: "GEN-023", UPDATE: "UPD-023", "listServices": "MDS-050"}


@rule("GEN-023", "UPD-023", "MDS-050", operations=tuple(_REFUSED))
def refused_token_is_http_error(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The gate's legacy answer, 200 with an error code, is taken for data by clients."""
    requirement = _REFUSED[exchange.operation]
    if 400 <= exchange.status < 500 and not exchange.valid:
        yield held(requirement)
    elif exchange.status == 200 and refused_by_gate(exchange):
        cause = "a refused token is answered 200 with the gate's error code"
        expected = ("HTTP 401", "HTTP 403", "HTTP 400")
        yield broken(requirement, expected=expected, actual="HTTP 200 with resultCode 99999:403", cause=cause)


@rule("DAS-067", "DAS-068", operations=(SIGN_ON,), statuses=SUCCESS)
def expires_in_and_exp(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """expires_in counts seconds, down to exp of the access token."""
    body, token = json_object(exchange.response), answer_tokens(exchange).get("access_token")
    if body is None or token is None or token.claims is None or not documented_operation(exchange):
        return
    lasts, exp = body.get("expires_in"), seconds(token.claim("exp"))
    now_ms, tolerance_ms = exchange.server_time_ms
    if isinstance(lasts, bool) or not isinstance(lasts, (int, float)) or lasts <= 0 or exp is None:
        return
    remaining, tolerance = exp - now_ms / 1000, tolerance_ms / 1000
    if remaining <= 0:
        return
    too_long = lasts >= _UNIT_FACTOR * (max(remaining, 60.0) + tolerance)
    too_short = lasts * _UNIT_FACTOR <= remaining - tolerance
    actual = f"expires_in {lasts if lasts < 10**18 else 'huge'}, {round(remaining)} s until exp"
    if too_long or too_short:
        cause = "expires_in is not in seconds"
        yield broken("DAS-067", expected="expires_in in seconds, the unit of exp", actual=actual, cause=cause)
        return
    yield held("DAS-067")
    if abs(lasts - remaining) <= _AGREEMENT_S + tolerance:
        yield held("DAS-068")
    else:
        cause = "expires_in differs from the time until exp of the access token"
        yield broken("DAS-068", expected=f"{round(remaining)} s to within 300 s", actual=actual, cause=cause)


@rule(
    "DAS-046",
    "DAS-075",
    "DAS-076",
    "DAS-077",
    "DAS-078",
    "DAS-079",
    "DAS-080",
    "DAS-081",
    operations=(SIGN_ON,),
    statuses=SUCCESS,
)
def tokens_of_one_signon(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Envelope, access token and refresh token speak of the same account, device and tenant."""
    body, tokens = json_object(exchange.response), answer_tokens(exchange)
    if body is None or not documented_operation(exchange):
        return
    access, refresh = tokens.get("access_token"), tokens.get("refresh_token")
    here = access.claims if access else None
    there = refresh.claims if refresh else None
    if here is not None and there is not None:
        yield judged(
            "DAS-075",
            body["access_token"] != body["refresh_token"],
            expected="two different tokens",
            actual="the same token twice",
            cause="access_token and refresh_token are the same token",
        )
    if here is not None and isinstance(here.get("inHome"), bool):
        cause = "a new sign-on is in-home without an update"
        yield judged("DAS-046", here["inHome"] is False, expected="inHome false", actual="inHome true", cause=cause)
    pairs = (
        ("DAS-076", "accountId", "the answer", body, "the access token", here),
        ("DAS-077", "accountId", "the answer", body, "the refresh token", there),
        ("DAS-078", "deviceId", "the access token", here, "the refresh token", there),
        ("DAS-079", "tenantId", "the access token", here, "the refresh token", there),
        ("DAS-081", "userId", "the access token", here, "the refresh token", there),
    )
    for requirement, name, one, first, other, second in pairs:
        left, right = (side.get(name) if side else None for side in (first, second))
        if isinstance(left, str) and left and isinstance(right, str) and right:
            yield judged(
                requirement,
                left == right,
                expected=f"one {name} in {one} and {other}",
                actual=f"{left[:60]!r} and {right[:60]!r}",
                cause=f"{name} of {one} and {name} of {other} differ",
            )
    if here is not None and there is not None and not (here.get("userId") and there.get("userId")):
        # A token need not name its user.
        yield held("DAS-081")
    ends = [seconds(side.get("exp")) if side else None for side in (here, there)]
    if ends[0] is not None and ends[1] is not None:
        cause = "the refresh token ends before the access token"
        yield judged(
            "DAS-080", ends[1] >= ends[0], expected="exp not before the access token's", actual=cause, cause=cause
        )
