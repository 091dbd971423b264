"""Responses against the contract: the status, the media type, and every node of the body that states a requirement.

The contract says what the shape is, and which requirement each node states; here stands only which exchanges it is
asked about.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from conformance.contract import (
    Operation,
    ResponseSpec,
    SchemaValidator,
    Shape,
    Violation,
    load_contract,
    load_transport,
)
from conformance.model import Basis, Exchange, Judgement, NotJson, broken, held, judged, parse_json
from conformance.opentv.answers import refused_by_gate
from conformance.opentv.tokens import bearer_token, read_jwt
from conformance.rules.base import Context, documented_operation, renews, rule

JSON = "application/json"
UPDATE = "updateInHomeStatus"
_UNPROCESSABLE = 422
# Bytes of a body of which it is remembered what it shows.
_REMEMBERED = 1_000
# Services of which a requirement of its own says that the gate's refusal is not answered 200 (GEN-023 and its like).
_BEHIND_THE_GATE = ("ias", "mds")


@rule(reads_body=False)
def contract_status(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The status is documented, or one that HTTP or the gate may give; that of a success is the documented one.

    A server error is judged by `no_server_error`.
    """
    operation = documented_operation(exchange)
    if operation is None:
        return
    own = context.register.for_operation(operation.requirement, exchange.operation)
    if exchange.status < 500 and own in context.register and context.register[own].operation == exchange.operation:
        if _allowed(exchange, operation):
            yield held(own)
        else:
            documented = sorted(status for status in operation.documented if status < 500)
            yield broken(
                own,
                expected=[f"HTTP {status}" for status in documented],
                actual=f"HTTP {exchange.status}",
                cause=f"answered {exchange.status}, which is not documented",
            )
    if exchange.valid and exchange.succeeded:
        yield from _success(exchange, operation)


def _allowed(exchange: Exchange, operation: Operation) -> bool:
    """Tell whether a status is documented or tolerated, or HTTP's own for a request like this."""
    if operation.allows(exchange.status) or _may_be_a_duplicate(exchange, operation):
        return True
    return load_transport().tolerates(operation, exchange.request, exchange.status)


def _success(exchange: Exchange, operation: Operation) -> Iterator[Judgement]:
    for response in operation.responses:
        requirement = response.requirement.get("status")
        if requirement and response.covers(exchange.status):
            yield held(requirement)
        elif requirement:
            cause = f"a successful request is answered {exchange.status}"
            yield broken(requirement, expected=f"HTTP {response.status}", actual=f"HTTP {exchange.status}", cause=cause)


@rule(reads_body=False)
def contract_media_type(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The Content-Type is one of the contract's; where that is only implied, a type that ends in `+json` will do."""
    response, _ = _documented(exchange.operation, exchange.status)
    if response is None or exchange.response is None or documented_operation(exchange) is None:
        return
    content, foreign = response.requirement.get("content"), response.requirement.get("foreign")
    found, names = exchange.response.media_type, [entry.name for entry in response.media_types]
    implied = content is not None and context.register[content].basis is Basis.IMPLIED
    documented = found in names or (implied and found.endswith("+json"))
    cause = "the response has another Content-Type" if found else "the response has no Content-Type"
    actual = found or "no Content-Type"
    other = foreign is not None and not documented and found.partition("/")[2] not in ("", "json", "x-json")
    if foreign is not None:
        yield judged(foreign, not other, expected=names, actual=actual, cause=cause)
    if content is not None and not other:
        yield judged(content, documented, expected=names, actual=actual, cause=cause)


@rule()
def contract_body(exchange: Exchange, context: Context) -> Iterator[Judgement]:
    """The body keeps the contract's schema; each violation, and each node that was kept, is told by its requirement."""
    _, validator = _documented(exchange.operation, exchange.status)
    if validator is None or documented_operation(exchange) is None or renews(exchange):
        return
    if exchange.response is None or exchange.response.truncated:
        return
    if exchange.service in _BEHIND_THE_GATE and refused_by_gate(exchange):
        return
    try:
        short = len(exchange.response.body) <= _REMEMBERED
        shape = _shape(validator, exchange.response.body) if short else validator.judge(exchange.response.json)
    except NotJson as problem:
        if validator.requirement:
            cause = "the body is not JSON"
            yield broken(validator.requirement, expected="a JSON object", actual=f"not JSON: {problem}", cause=cause)
        return
    for requirement in shape.held:
        yield held(requirement)
    for violation in shape.violations:
        if violation.requirement and not _never_brought(exchange, violation):
            yield broken(
                violation.requirement,
                expected=violation.expected,
                actual="missing" if violation.keyword == "required" else violation.actual,
                cause=violation.cause,
            )


@lru_cache(maxsize=1024)
def _documented(operation: str, status: int) -> tuple[ResponseSpec | None, SchemaValidator | None]:
    """Return the documented response of a status, and the validator of its JSON; None for what is not documented."""
    contract = load_contract()
    if operation not in contract.operations:
        return None, None
    return contract.operation(operation).response(status), contract.response_validator(operation, status, JSON)


@lru_cache(maxsize=512)
def _shape(validator: SchemaValidator, body: bytes) -> Shape:
    """Return what a short body shows: refusals come again and again."""
    return validator.judge(parse_json(body))


def _may_be_a_duplicate(exchange: Exchange, operation: Operation) -> bool:
    """Whether a 422 answers a creation that lacks nothing: no page gives a status for an account that exists (2.2)."""
    if not operation.writes or exchange.status != _UNPROCESSABLE:
        return False
    if not exchange.request.body_known:
        return True
    try:
        body = parse_json(exchange.request.body)
    except NotJson:
        return False
    arguments = [one.name for one in operation.fields if one.required]
    return isinstance(body, dict) and all(
        name in body and (body[name] is not None or name == "billingAddress") for name in arguments
    )


def _never_brought(exchange: Exchange, violation: Violation) -> bool:
    """Tell whether an updated token lacks what the token of the request lacked: an update hands on what it is given."""
    lacking = {"$.access_token": "nothing", f"$.access_token.{violation.name}": "null"}
    if exchange.operation != UPDATE or lacking.get(violation.path) != violation.actual:
        return False
    jwt = read_jwt(bearer_token(exchange.request.header("authorization")))
    return jwt is not None and jwt.claims.get(violation.name) is None
