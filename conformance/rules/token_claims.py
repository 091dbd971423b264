"""The claims of IAS's tokens: presence, type, unit, and how they hang together.

Sources: ias-das-signon-by-casn, "Example" (both tokens, decoded); ias-in-home-detection, the last "Example" (a compact
JWT). Claims that both printed access tokens hold are required, the others are typed where they are there. A rule names
the ids of the signon's access token; those of the updated token are their siblings, those of the refresh token are 200
above.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from conformance.model import Exchange, Json, JsonObject, Judgement, broken, held
from conformance.rules.base import Context, rule
from conformance.rules.ias_tokens import (
    SIGN_ON,
    SUCCESS,
    UPDATE,
    TokenView,
    answer_tokens,
    documented_method,
    integer,
    json_type,
    request_object,
    request_token,
)

MAX_SECONDS = 4_294_967_295
OPERATIONS = (SIGN_ON, UPDATE)
ISSUED = ("access_token", "refresh_token")
_REFRESH_OFFSET = 200


@dataclass(frozen=True)
class Claim:
    """One claim: the number of its requirement (TOK-0nn), its name, what it is, and in which tokens it must be."""

    number: int
    name: str
    kind: str
    required: bool = True
    access: bool = True
    refresh: bool = True
    inside: str = ""


CLAIMS = (
    Claim(11, "ver", "string"),
    Claim(13, "exp", "integer"),
    Claim(16, "fixed_exp", "integer"),
    Claim(19, "tenantId", "text"),
    Claim(21, "accountId", "text"),
    Claim(22, "accountProfileId", "string"),
    Claim(23, "deviceId", "text"),
    Claim(24, "deviceProfileId", "string", refresh=False),
    Claim(25, "onNetwork", "boolean", refresh=False),
    Claim(26, "inHome", "boolean"),
    Claim(27, "geoBlockExempt", "boolean", refresh=False),
    Claim(28, "sessionControl", "object"),
    Claim(29, "maxSessions", "integer", required=False, inside="sessionControl"),
    Claim(30, "sessionControlEnabled", "boolean", required=False, inside="sessionControl"),
    Claim(31, "blockingInformation", "object", refresh=False),
    Claim(32, "filteringInformation", "object", refresh=False),
    Claim(33, "userId", "string", required=False),
    Claim(34, "jti", "string", required=False),
    Claim(35, "deviceProfileFeatures", "strings", required=False, refresh=False),
    Claim(36, "deviceGroupSessionLimitProfileId", "string", required=False, refresh=False),
    Claim(37, "playoutDeviceClass", "string", required=False),
    Claim(38, "parentalControl", "object", required=False, refresh=False),
    Claim(39, "deviceInformation", "object", required=False, refresh=False),
    Claim(40, "currentUserProfile", "object", required=False, refresh=False),
    Claim(41, "watermarking", "boolean", required=False, refresh=False),
    Claim(42, "accountAdditionalProperties", "list", required=False, refresh=False),
    Claim(43, "cacheKey", "string", required=False, refresh=False),
    Claim(44, "billingCountryCode", "string", required=False, refresh=False),
    Claim(47, "currentUserProfileId", "string", required=False, access=False),
)

# What the printed objects hold, typed where it is there: one requirement for all (TOK-049).
MEMBERS = (
    Claim(49, "groups", "list", inside="sessionControl"),
    Claim(49, "ratingThreshold", "object", inside="parentalControl", refresh=False),
    Claim(49, "device", "object", inside="deviceInformation", refresh=False),
    Claim(49, "_id", "string", inside="currentUserProfile", refresh=False),
    Claim(49, "childProfile", "boolean", inside="currentUserProfile", refresh=False),
    Claim(49, "maxAgeRating", "integer", inside="currentUserProfile", refresh=False),
    Claim(49, "segmentIds", "list", inside="currentUserProfile", refresh=False),
    Claim(49, "additionalProperties", "list", inside="currentUserProfile", refresh=False),
)

_KINDS: dict[str, tuple[str, Callable[[Json], bool]]] = {
    "string": ("a string", lambda value: isinstance(value, str)),
    "text": ("a string that is not empty", lambda value: isinstance(value, str) and bool(value.strip())),
    "integer": ("an integer", lambda value: integer(value) is not None),
    "boolean": ("a boolean", lambda value: isinstance(value, bool)),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "list": ("a list", lambda value: isinstance(value, list)),
    "strings": (
        "a list of strings",
        lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    ),
}


def token_id(field: str, number: int) -> str:
    """Return the id of a requirement for the token of a field of the answer."""
    return f"TOK-{number + (_REFRESH_OFFSET if field == 'refresh_token' else 0):03d}"


def claims_of(exchange: Exchange) -> Iterator[tuple[str, TokenView, JsonObject]]:
    """Yield each readable token of an answer: its field, the token, its claims."""
    if documented_method(exchange):
        for field, token in answer_tokens(exchange).items():
            if token.claims is not None:
                yield field, token, token.claims


_TYPED = tuple(token_id("access_token", claim.number) for claim in CLAIMS if claim.access) + tuple(
    token_id("refresh_token", claim.number) for claim in CLAIMS if claim.refresh
)


@rule(*_TYPED, operations=OPERATIONS, statuses=SUCCESS)
def token_claim_types(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Each claim that a printed token holds is there, or may be absent, and has the printed type."""
    brought = request_token(exchange) if exchange.operation == UPDATE else None
    for field, _, claims in claims_of(exchange):
        for claim in CLAIMS:
            # An update hands on the claims that it was brought: one minted without a claim proves nothing.
            absent = claim.required and not claim.inside and claim.name not in claims
            if absent and brought is not None and claim.name not in brought.claims:
                continue
            if claim.access if field == "access_token" else claim.refresh:
                yield _judge_claim(token_id(field, claim.number), field, claims, claim)


@rule("TOK-049", "TOK-249", operations=OPERATIONS, statuses=SUCCESS)
def token_object_members(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """What the printed objects in a token hold has the printed types, where it is there."""
    for field, _, claims in claims_of(exchange):
        members = [replace(entry, required=False) for entry in MEMBERS if field == "access_token" or entry.refresh]
        judged = [_judge_claim(token_id(field, 49), field, claims, entry) for entry in members]
        yield from [one for one in judged if not one.holds] or judged[:1]


def _judge_claim(requirement: str, field: str, claims: JsonObject, claim: Claim) -> Judgement:
    parent: Json = claims.get(claim.inside) if claim.inside else claims
    value = parent.get(claim.name) if isinstance(parent, dict) else None
    expected, fits = _KINDS[claim.kind]
    if value is None and not claim.required:
        return held(requirement)
    if value is not None and fits(value):
        return held(requirement)
    place = f"{claim.name} of the {field}"
    if value is None:
        cause = f"{place} is missing" if claim.name not in claims else f"{place} is null"
        return broken(requirement, expected=f"{place} is {expected}", actual=cause, cause=cause)
    actual = "an empty string" if value == "" else json_type(value)
    if isinstance(value, float):
        actual = "a number with a fraction"
    return broken(requirement, expected=f"{place} is {expected}", actual=actual, cause=f"{place} is {actual}")


@rule("TOK-010", "TOK-012", "TOK-210", "TOK-212", operations=OPERATIONS, statuses=SUCCESS)
def token_type_and_version(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """`typ` says DevAuthN or RefreshAuthN, `ver` is "1.0" in every printed token."""
    for field, _, claims in claims_of(exchange):
        wanted = "DevAuthN" if field == "access_token" else "RefreshAuthN"
        if claims.get("typ") == wanted:
            yield held(token_id(field, 10))
        else:
            cause = f"typ of the {field} is {'missing' if claims.get('typ') is None else f'not {wanted}'}"
            yield broken(
                token_id(field, 10), expected=f"typ {wanted}", actual=f"typ {_short(claims.get('typ'))}", cause=cause
            )
        if isinstance(claims.get("ver"), str):
            yield (
                held(token_id(field, 12))
                if claims["ver"] == "1.0"
                else broken(
                    token_id(field, 12),
                    expected='ver "1.0"',
                    actual=f"ver {_short(claims['ver'])}",
                    cause=f"ver of the {field} is not 1.0",
                )
            )


@rule("TOK-014", "TOK-017", "TOK-214", "TOK-217", operations=OPERATIONS, statuses=SUCCESS)
def token_times_in_seconds(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Ends are seconds since the epoch, at most 4294967295 (P-ssp)."""
    for field, _, claims in claims_of(exchange):
        for number, name in ((14, "exp"), (17, "fixed_exp")):
            value = integer(claims.get(name))
            if value is None:
                continue
            if value <= MAX_SECONDS:
                yield held(token_id(field, number))
            else:
                cause = f"{name} of the {field} is not in seconds"
                expected = f"{name} in seconds since 1970, at most {MAX_SECONDS}"
                yield broken(token_id(field, number), expected=expected, actual=_digits(value), cause=cause)


@rule(
    *(token_id(field, number) for field in ISSUED for number in (15, 18, 45, 48)),
    operations=OPERATIONS,
    statuses=SUCCESS,
)
def token_times_in_order(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A token that is handed out is valid now, and its fixed end is not before its end."""
    now_ms, tolerance_ms = exchange.server_time_ms
    for field, _, claims in claims_of(exchange):
        exp, fixed = (_seconds(claims.get(name)) for name in ("exp", "fixed_exp"))
        if exp is not None:
            yield _judged(
                token_id(field, 15),
                exp * 1000 > now_ms - tolerance_ms,
                expected="exp in the future",
                actual=f"{round(now_ms / 1000 - exp)} s ago",
                cause=f"the {field} has expired when it is handed out",
            )
        if exp is not None and fixed is not None:
            yield _judged(
                token_id(field, 18),
                fixed >= exp,
                expected="fixed_exp at or after exp",
                actual=f"{exp - fixed} s before exp",
                cause=f"fixed_exp of the {field} is before exp",
            )
        for number, name, what in ((45, "nbf", "is not valid yet"), (48, "iat", "was not issued yet")):
            begin = integer(claims.get(name)) or 0
            yield _judged(
                token_id(field, number),
                begin * 1000 <= now_ms + max(tolerance_ms, 60_000),
                expected=f"{name} in the past, in seconds",
                actual=f"{name} is in the future",
                cause=f"the {field} {what} when it is handed out",
            )


@rule("TOK-020", "TOK-220", operations=OPERATIONS, statuses=SUCCESS)
def token_tenant(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The tenant of a token is the one that the request was made for: by its header, or by the token it brought."""
    tenant: Json = exchange.tenant or context.tenant
    if exchange.operation == UPDATE:
        brought = request_token(exchange)
        tenant = brought.claims.get("tenantId") if brought else None
    elif exchange.request.header("nv-tenant-id") not in (None, tenant):
        # That a device was signed on for a tenant that is not its own is another requirement's matter.
        return
    if not tenant or not isinstance(tenant, str):
        return
    for field, _, claims in claims_of(exchange):
        found = claims.get("tenantId")
        if isinstance(found, str) and found:
            yield _judged(
                token_id(field, 20),
                found == tenant,
                expected=f"tenantId {tenant}",
                actual=f"tenantId {_short(found)}",
                cause=f"tenantId of the {field} is not the request's tenant",
            )


@rule("TOK-046", "TOK-246", operations=OPERATIONS, statuses=SUCCESS)
def token_holds_no_secret(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A JWT is signed, not encrypted: what is in it, anybody can read."""
    challenge = (request_object(exchange) or {}).get("dasChallenge")
    secrets = {secret for secret in (*context.secrets, challenge) if isinstance(secret, str) and len(secret) >= 8}
    for field, _, claims in claims_of(exchange):
        leaks = bool(secrets) and any(secret in text for text in _texts(claims) for secret in secrets)
        yield _judged(
            token_id(field, 46),
            not leaks,
            expected="no secret in the claims",
            actual="a secret of the target file stands in the claims",
            cause=f"the {field} repeats a secret",
        )


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)


def _judged(requirement: str, holds: bool, *, expected: str, actual: str, cause: str) -> Judgement:
    return held(requirement) if holds else broken(requirement, expected=expected, actual=actual, cause=cause)


def _seconds(value: Json) -> int | None:
    number = integer(value)
    return number if number is not None and number <= MAX_SECONDS else None


def _digits(value: int) -> str:
    return f"{value}" if abs(value) < 10**20 else "a number of more than 20 digits"


def _short(value: Json) -> str:
    return f"{value[:40]!r}" if isinstance(value, str) else json_type(value)
