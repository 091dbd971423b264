"""The answers of generateUpdateInHomeToken and updateInHomeStatus: ias-in-home-detection."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Exchange, Json, JsonObject, Judgement, broken, held, judged
from conformance.opentv.answers import refused_by_gate
from conformance.opentv.broadcast import find_broadcast_token
from conformance.opentv.tokens import bearer_token
from conformance.rules.base import Context, documented_operation, rule
from conformance.rules.broadcast import reveals
from conformance.rules.ias_tokens import (
    GENERATE,
    SUCCESS,
    UPDATE,
    answer_tokens,
    request_object,
    request_token,
)

# What dates and names a token may move when the token is made anew.
MAY_MOVE = frozenset({"inHome", "exp", "fixed_exp", "iat", "nbf", "auth_time", "jti", "cacheKey"})
KEPT = (
    "typ",
    "ver",
    "tenantId",
    "accountId",
    "deviceId",
    "userId",
    "accountProfileId",
    "deviceProfileId",
    "geoBlockExempt",
    "onNetwork",
    "sessionControl",
    "blockingInformation",
    "filteringInformation",
)
_FIRST_KEPT = 70
_NEEDED = 5  # typ to deviceId
_REVEALED = (("BRD-001", "accountId"), ("BRD-002", "tenantId"), ("BRD-003", "deviceId"), ("BRD-004", "userId"))


@rule("GEN-002", operations=(GENERATE,), statuses=SUCCESS)
def answer_holds_broadcast_token(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The response includes the token that the set top box will broadcast."""
    if not documented_operation(exchange) or refused_by_gate(exchange) or exchange.response is None:
        return
    if find_broadcast_token(exchange.response) is not None:
        yield held("GEN-002")
    else:
        cause = "the answer holds no token to broadcast"
        expected = "a token, under whatever name"
        yield broken("GEN-002", expected=expected, actual="no string that could be one", cause=cause)


@rule(*(entry[0] for entry in _REVEALED), operations=(GENERATE,), statuses=SUCCESS, reads_token=True)
def broadcast_token_is_encrypted(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The account ID and tenant ID are in it in encrypted form."""
    found = _broadcast(exchange)
    brought = request_token(exchange)
    if found is None or brought is None:
        return
    values = {name: brought.claims.get(name) for _, name in _REVEALED}
    wanted = {name: value for name, value in values.items() if isinstance(value, str) and len(value) >= 3}
    readable = reveals(found, wanted.values())
    for requirement, name in _REVEALED:
        if name not in wanted:
            # A token without the claim has nothing to reveal; of an ID of one or two letters nothing can be said.
            if values[name] is None and name == "userId":
                yield held(requirement)
            continue
        way = readable.get(wanted[name])
        if way is None:
            yield held(requirement)
        else:
            cause = f"{name} is readable in the broadcast token"
            yield broken(requirement, expected="an encrypted token", actual=f"{name} is readable: {way}", cause=cause)


@rule("BRD-005", operations=(GENERATE,), statuses=SUCCESS, reads_token=True)
def broadcast_token_is_not_the_access_token(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Whoever hears the broadcast must not be able to act as the device."""
    found = _broadcast(exchange)
    token = bearer_token(exchange.request.header("authorization"))
    if found is None or len(token) < 20:
        return
    if token in found or reveals(found, [token], ciphers=False):
        cause = "the broadcast token holds the access token"
        yield broken("BRD-005", expected="another token", actual=cause, cause=cause)
    else:
        yield held("BRD-005")


def _broadcast(exchange: Exchange) -> str | None:
    if not documented_operation(exchange) or refused_by_gate(exchange) or exchange.response is None:
        return None
    return find_broadcast_token(exchange.response)


@rule("UPD-001", "UPD-004", operations=(UPDATE,), statuses=tuple(range(200, 300)), reads_body=False)
def update_is_answered_200(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A successful request returns HTTP 200, whichever value it sets."""
    if exchange.valid and documented_operation(exchange) and exchange.request.body_known:
        requirement = "UPD-001" if (request_object(exchange) or {}).get("inHome") is True else "UPD-004"
        cause = f"a successful request is answered {exchange.status}"
        right = exchange.status == 200
        yield judged(requirement, right, expected="HTTP 200", actual=f"HTTP {exchange.status}", cause=cause)


def _updated_claims(exchange: Exchange) -> JsonObject | None:
    token = answer_tokens(exchange).get("access_token") if documented_operation(exchange) else None
    return token.claims if token else None


def _may_mean_true(value: Json) -> bool:
    """Whether a platform may read an inHome as true; what it makes of text and numbers no document says."""
    return value is True or value == 1 or (isinstance(value, str) and value.strip().lower() in ("true", "1", "yes"))


@rule("UPD-008", operations=(UPDATE,), statuses=SUCCESS)
def flag_follows_the_request(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A client that is out of its home must set inHome to false, and is taken at its word."""
    claims, arguments = _updated_claims(exchange), request_object(exchange)
    if claims is None or arguments is None or _may_mean_true(arguments.get("inHome")):
        return
    if claims.get("inHome") is True:
        cause = "the updated token is in-home though the request did not say so"
        yield broken("UPD-008", expected="inHome false", actual="inHome true", cause=cause)
    else:
        yield held("UPD-008")


@rule(
    *(f"UPD-{_FIRST_KEPT + index:03d}" for index in range(len(KEPT) + 1)),
    operations=(UPDATE,),
    statuses=SUCCESS,
    reads_token=True,
)
def nothing_else_changes(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The updated token is the access token with the flag set; everything else in it stays."""
    claims, brought = _updated_claims(exchange), request_token(exchange)
    if claims is None or brought is None:
        return
    before = brought.claims
    left_out = [name for name in KEPT[_NEEDED:] if before.get(name) is not None and claims.get(name) is None]
    for index, name in enumerate(KEPT):
        if before.get(name) is None or name in left_out:
            # Nothing to keep, or nothing that must be there: what is left out only warns (UPD-083).
            yield held(f"UPD-{_FIRST_KEPT + index:03d}")
        else:
            yield _kept(f"UPD-{_FIRST_KEPT + index:03d}", name, before, claims)
    last = f"UPD-{_FIRST_KEPT + len(KEPT):03d}"
    others = [name for name in before if name not in KEPT and name not in MAY_MOVE and before[name] is not None]
    others += left_out
    wrong = [judgement for name in others if not (judgement := _kept(last, name, before, claims)).holds]
    yield from wrong or [held(last)]


def _kept(requirement: str, name: str, before: JsonObject, after: JsonObject) -> Judgement:
    if name in after and after[name] == before[name] and type(after[name]) is type(before[name]):
        return held(requirement)
    what = "lost" if after.get(name) is None else "changed"
    cause = f"an update has {what} {name[:40]}"
    expected = f"{name[:40]} as in the request's token"
    return broken(requirement, expected=expected, actual=f"{name[:40]} {what}", cause=cause)
