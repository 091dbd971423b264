"""The form of IAS's tokens: compact JWTs with a sound header and signature.

Sources: ias-in-home-detection, the last "Example"; ias-das-signon-by-casn, "Example" (decoded: a reading); P-ssp.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Exchange, Judgement, broken, held
from conformance.opentv.tokens import Jwt, verify_hmac
from conformance.rules.base import Context, rule
from conformance.rules.ias_tokens import SUCCESS, UPDATE, TokenView, answer_tokens, documented_method, json_type
from conformance.rules.token_claims import OPERATIONS, token_id

_FORM = "three segments of base64url, the first two JSON objects"


def _tokens(exchange: Exchange) -> Iterator[tuple[str, TokenView]]:
    if documented_method(exchange):
        yield from answer_tokens(exchange).items()


def _jwts(exchange: Exchange) -> Iterator[tuple[str, Jwt]]:
    for field, token in _tokens(exchange):
        if token.jwt is not None:
            yield field, token.jwt


@rule("TOK-001", "TOK-201", operations=OPERATIONS, statuses=SUCCESS)
def token_is_readable(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """A token is a compact JWT or an object of claims."""
    for field, token in _tokens(exchange):
        if token.claims is not None:
            yield held(token_id(field, 1))
        else:
            yield broken(
                token_id(field, 1),
                expected=(f"a compact JWT: {_FORM}", "an object with the decoded claims"),
                actual=token.problem,
                cause=f"the {field} is no token: {token.problem}",
            )


@rule("DAS-073", "DAS-074", "UPD-024", operations=OPERATIONS, statuses=SUCCESS)
def token_is_compact(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """Clients put the access token into a header; only a compact JWT fits there."""
    for field, token in _tokens(exchange):
        if token.claims is None:
            continue
        requirement = "DAS-073" if field == "access_token" else "DAS-074"
        if exchange.operation == UPDATE:
            requirement = "UPD-024"
        if token.is_jwt:
            yield held(requirement)
        else:
            cause = f"the {field} is a decoded object"
            yield broken(requirement, expected="a compact JWT", actual="an object with the decoded claims", cause=cause)


@rule("TOK-002", "TOK-003", "TOK-202", "TOK-203", operations=OPERATIONS, statuses=SUCCESS)
def token_algorithm(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The header names an algorithm, and it is not `none`."""
    for field, jwt in _jwts(exchange):
        algorithm = jwt.header.get("alg")
        if not isinstance(algorithm, str) or not algorithm:
            found = "missing" if algorithm is None else json_type(algorithm)
            cause = f"alg in the header of the {field} is {found}"
            yield broken(token_id(field, 2), expected="alg, a string", actual=found, cause=cause)
            continue
        yield held(token_id(field, 2))
        if algorithm.strip().lower() == "none":
            cause = f"the {field} has the algorithm none"
            yield broken(token_id(field, 3), expected="a signing algorithm", actual="alg none", cause=cause)
        else:
            yield held(token_id(field, 3))


@rule("TOK-004", "TOK-005", "TOK-204", "TOK-205", operations=OPERATIONS, statuses=SUCCESS)
def token_header(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The header names the key; its typ, where present, is JWT."""
    for field, jwt in _jwts(exchange):
        kid, kind = jwt.header.get("kid"), jwt.header.get("typ")
        if isinstance(kid, str) and kid:
            yield held(token_id(field, 4))
        else:
            found = "missing" if kid is None else "empty" if kid == "" else json_type(kid)
            cause = f"kid in the header of the {field} is {found}"
            yield broken(token_id(field, 4), expected="kid, a string that is not empty", actual=found, cause=cause)
        if kind is None or (isinstance(kind, str) and kind.upper() in ("JWT", "AT+JWT")):
            yield held(token_id(field, 5))
        else:
            actual = repr(kind[:40]) if isinstance(kind, str) else json_type(kind)
            cause = f"typ in the header of the {field} is not JWT"
            yield broken(token_id(field, 5), expected="typ JWT, or none", actual=actual, cause=cause)


@rule("TOK-006", "TOK-206", operations=OPERATIONS, statuses=SUCCESS)
def token_is_signed(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The third segment is there."""
    for field, jwt in _jwts(exchange):
        if jwt.signature:
            yield held(token_id(field, 6))
        else:
            cause = f"the {field} has no signature"
            yield broken(token_id(field, 6), expected="a signature", actual="an empty third segment", cause=cause)


@rule("TOK-007", "TOK-207", operations=OPERATIONS, statuses=SUCCESS)
def token_signature(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The signature verifies with the key that the target file gives for the token's kid."""
    for field, jwt in _jwts(exchange):
        kid = jwt.header.get("kid")
        key = context.token_keys.get(kid) if isinstance(kid, str) else None
        if (
            key is None
            and isinstance(kid, str)
            and kid
            and any(verify_hmac(jwt, other) for other in context.token_keys.values())
        ):
            cause = f"the kid of the {field} is not that of its key"
            yield broken(token_id(field, 7), expected="the kid of the signing key", actual="another kid", cause=cause)
            continue
        verified = verify_hmac(jwt, key) if key is not None and jwt.signature else None
        if verified:
            yield held(token_id(field, 7))
        elif verified is False:
            cause = f"the signature of the {field} does not verify"
            expected = "a signature by the key that the target file gives for the token's kid"
            yield broken(token_id(field, 7), expected=expected, actual="another signature", cause=cause)
