"""What a schema cannot say of IAS's tokens: their times, whose they are, signatures, and that they tell no secret.

Sources: ias-das-signon-by-casn and ias-in-home-detection, "Example". A rule names the ids of the tokens of a signon;
those of the updated token are siblings of the access token's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from conformance.model import Exchange, Json, Judgement, broken, judged
from conformance.opentv.tokens import Jwt, verify_hmac
from conformance.rules.base import Context, clock_of, documented_operation, rule
from conformance.rules.ias_tokens import (
    SIGN_ON,
    SUCCESS,
    UPDATE,
    TokenView,
    answer_tokens,
    request_object,
    request_token,
    seconds,
)
from conformance.rules.secrets import holder

OPERATIONS = (SIGN_ON, UPDATE)
_BEFORE_NOW_MS = 60_000


def _tokens(exchange: Exchange, access: str, refresh: str) -> Iterator[tuple[str, str, TokenView]]:
    """Yield the requirement, the field and the token for each readable token of a response."""
    if documented_operation(exchange):
        for field, token in answer_tokens(exchange).items():
            if token.claims is not None:
                yield access if field == "access_token" else refresh, field, token


@rule("TOK-015", "TOK-215", operations=OPERATIONS, statuses=SUCCESS)
def token_has_not_expired(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A token is valid when it is issued."""
    now_ms, tolerance_ms = clock_of(exchange)
    for requirement, field, token in _tokens(exchange, "TOK-015", "TOK-215"):
        exp = seconds(token.claim("exp"))
        if exp is not None:
            yield judged(
                requirement,
                exp * 1000 > now_ms - tolerance_ms,
                expected="exp in the future",
                actual=f"{round(now_ms / 1000 - exp)} s ago",
                cause=f"the {field} has expired when it is issued",
            )


@rule("TOK-018", "TOK-218", operations=OPERATIONS, statuses=SUCCESS)
def token_ends_in_order(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The end that no refresh extends is not before the token's own."""
    for requirement, field, token in _tokens(exchange, "TOK-018", "TOK-218"):
        exp, fixed = seconds(token.claim("exp")), seconds(token.claim("fixed_exp"))
        if exp is not None and fixed is not None:
            yield judged(
                requirement,
                fixed >= exp,
                expected="fixed_exp at or after exp",
                actual=f"{exp - fixed} s before exp",
                cause=f"fixed_exp of the {field} is before exp",
            )


@rule("TOK-045", "TOK-245", operations=OPERATIONS, statuses=SUCCESS)
def token_is_valid_already(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A token's `nbf`, where it has one, has passed when it is issued."""
    for requirement, field, token in _tokens(exchange, "TOK-045", "TOK-245"):
        yield from _passed(requirement, field, "nbf", token, exchange)


@rule("TOK-048", "TOK-248", operations=OPERATIONS, statuses=SUCCESS)
def token_was_issued_already(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A token's `iat`, where it has one, has passed when it is issued."""
    for requirement, field, token in _tokens(exchange, "TOK-048", "TOK-248"):
        yield from _passed(requirement, field, "iat", token, exchange)


def _passed(requirement: str, field: str, name: str, token: TokenView, exchange: Exchange) -> Iterator[Judgement]:
    begin = token.claim(name)
    if isinstance(begin, bool) or not isinstance(begin, (int, float)):
        return
    now_ms, tolerance_ms = exchange.server_time_ms
    yield judged(
        requirement,
        begin * 1000 <= now_ms + max(tolerance_ms, _BEFORE_NOW_MS),
        expected=f"{name} in the past, in seconds",
        actual=f"{name} is in the future",
        cause=f"{name} of the {field} is in the future when it is issued",
    )


@rule("TOK-020", "TOK-220", operations=OPERATIONS, statuses=SUCCESS)
def token_tenant(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The tenant of a token is the one that the request was made for: by its header, or by the token it carried."""
    tenant: Json = exchange.tenant or context.tenant
    if exchange.operation == UPDATE:
        carried = request_token(exchange)
        tenant = carried.claims.get("tenantId") if carried else None
    elif exchange.request.header("nv-tenant-id") not in (None, tenant):
        # That a device was signed on for a tenant that is not its own is judged by another requirement.
        return
    if not tenant or not isinstance(tenant, str):
        return
    for requirement, field, token in _tokens(exchange, "TOK-020", "TOK-220"):
        found = token.claim("tenantId")
        if isinstance(found, str) and found:
            yield judged(
                requirement,
                found == tenant,
                expected=f"tenantId {tenant}",
                actual=f"tenantId {found[:40]!r}",
                cause=f"tenantId of the {field} is not the request's tenant",
            )


@rule("TOK-046", "TOK-246", operations=OPERATIONS, statuses=SUCCESS)
def token_holds_no_secret(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A JWT is signed, not encrypted: anybody can read what is in it."""
    if not exchange.request.body_known:
        return
    challenge = (request_object(exchange) or {}).get("dasChallenge")
    secrets = {secret for secret in (*context.secrets, challenge) if isinstance(secret, str) and len(secret) >= 8}
    for requirement, field, token in _tokens(exchange, "TOK-046", "TOK-246"):
        leaks = bool(secrets) and any(map(holder(json.dumps(token.claims).encode()), secrets))
        yield judged(
            requirement,
            not leaks,
            expected="no secret in the claims",
            actual="a secret of the target file is in the claims",
            cause=f"the {field} repeats a secret",
        )


@rule("TOK-007", "TOK-207", operations=OPERATIONS, statuses=SUCCESS)
def token_signature(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The signature verifies with the key that the target file gives for the token's kid."""
    for requirement, field, token in _tokens(exchange, "TOK-007", "TOK-207"):
        if token.jwt is not None:
            yield from _signed(requirement, field, token.jwt, context)


def _signed(requirement: str, field: str, jwt: Jwt, context: Context) -> Iterator[Judgement]:
    kid = jwt.header.get("kid")
    if not isinstance(kid, str) or not kid:
        return
    key = context.token_keys.get(kid)
    if key is None:
        if any(verify_hmac(jwt, other) for other in context.token_keys.values()):
            cause = f"the kid of the {field} is not that of its key"
            yield broken(requirement, expected="the kid of the signing key", actual="another kid", cause=cause)
        return
    verified = verify_hmac(jwt, key) if jwt.signature else None
    if verified is not None:
        yield judged(
            requirement,
            verified,
            expected="a signature by the key that the target file gives for the token's kid",
            actual="another signature",
            cause=f"the signature of the {field} does not verify",
        )
