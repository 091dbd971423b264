"""What the client did wrong: a request that lacks what is mandatory, a token that it should not have used.

A refusal of such a request is right; the request is the client's mistake, which is counted for itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import TypeVar
from urllib.parse import parse_qsl

from conformance.client import Wire
from conformance.contract import Contract, Operation
from conformance.fuzz.assess import Flaw, Truth, assess
from conformance.model import Exchange, header
from conformance.opentv.answers import json_object
from conformance.opentv.tokens import bearer_token, read_jwt
from conformance.session.ias import UPDATE
from conformance.stream import events

_SAID = {
    "missing": "{where} is missing",
    "empty": "{where} is empty",
    "null": "{where} is null",
    "type": "{where} has another JSON type",
    "value": "{where} has another form",
    "broken": "the body is not JSON",
}
# A token is looked for under these names where its header is missing.
_TOKEN_NAMES = frozenset({"token", "access_token", "authorization", "client-token"})
MOST_TOKENS = 10_000
K = TypeVar("K")
# How much the clocks of a client and of the platform may differ.
_CLOCK_MS = 300_000.0
NO_AUTHORIZATION = "the Authorization header is missing"


class ClientSide:
    """Judges the requests of a capture one after the other, in the order in which they were sent."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._names = {
            entry.operation_id: {one.name: one.alternative_name for one in entry.parameters if one.alternative_name}
            for entry in contract
        }
        # A token that an update took the place of, or that was refused -> what it is called.
        self._replaced: OrderedDict[str, None] = OrderedDict()
        self._refused: OrderedDict[tuple[str, str], None] = OrderedDict()

    def mistakes(self, exchange: Exchange) -> Iterator[events.Misuse]:
        """Yield what the client did wrong with a request, and remember what its response means for later ones."""
        operation = self._contract.operation(exchange.operation)
        for cause in dict.fromkeys((*self._flaws(operation, exchange), *self._token(operation, exchange))):
            yield events.Misuse(operation=exchange.operation, cause=cause, exchange=exchange.id)
        self._remember(exchange)

    def _flaws(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        request = exchange.request
        wire = Wire(request.method, request.url, request.headers, request.body)
        found = [assess(self._contract, operation, wire, Truth(names=names)) for names in self._spellings(operation)]
        for flaw in min((one.flaws for one in found if not one.doubt), key=len, default=()):
            if flaw.location == "body" and not request.body_known:
                continue
            yield _SAID[flaw.kind].format(where=_place(flaw))

    def _spellings(self, operation: Operation) -> tuple[dict[str, str], ...]:
        other = self._names[operation.operation_id]
        return ({}, other) if other else ({},)

    def _token(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        if not operation.security or "" in operation.security:
            return
        scheme = self._contract.scheme(operation.service, operation.security[0])
        sent = exchange.request.header(scheme.header)
        if sent is None:
            fields = parse_qsl(exchange.request.url.partition("?")[2])
            elsewhere = next((name for name, _ in fields if name.lower() in _TOKEN_NAMES), "") or next(
                (name for name, _ in exchange.request.headers if name.lower() in _TOKEN_NAMES), ""
            )
            named = operation.parameter(elsewhere)
            if elsewhere and named is None:
                yield f"the token is in {elsewhere}, not in the Authorization header"
            else:
                yield NO_AUTHORIZATION
            return
        token = bearer_token(sent)
        jwt = read_jwt(token)
        exp = jwt.claims.get("exp") if jwt else None
        if isinstance(exp, (int, float)) and not isinstance(exp, bool) and exp * 1000 < exchange.sent_at - _CLOCK_MS:
            yield "the token has expired when it is sent"
        if token in self._replaced:
            yield "the token that was sent is the one before the last update"
        if (exchange.operation, token) in self._refused:
            yield "a token that was refused is sent again"

    def _remember(self, exchange: Exchange) -> None:
        sent = bearer_token(header(exchange.request.headers, "authorization"))
        if not sent:
            return
        body = json_object(exchange.response) or {}
        if exchange.operation == UPDATE and exchange.status == 200 and body.get("access_token") not in (None, sent):
            _keep(self._replaced, sent)
        if exchange.status in (401, 403):
            _keep(self._refused, (exchange.operation, sent))


def _keep(known: OrderedDict[K, None], key: K) -> None:
    known[key] = None
    if len(known) > MOST_TOKENS:
        known.popitem(last=False)


def _place(flaw: Flaw) -> str:
    if flaw.name == "body" and flaw.location == "body":
        return "the body"
    return {"query": f"{flaw.name} in the query", "header": f"the header {flaw.name}"}.get(
        flaw.location, f"{flaw.name} in the body"
    )
