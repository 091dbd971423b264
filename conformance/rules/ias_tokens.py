"""What the rules of IAS read out of an exchange: the tokens of an answer, the token and arguments of a request."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.model import Exchange, Json, JsonObject, NotJson, parse_json
from conformance.opentv.answers import json_object, refused_by_gate
from conformance.opentv.tokens import Jwt, bearer_token, read_jwt

SIGN_ON, GENERATE, UPDATE = "dasSignOnByCasn", "generateUpdateInHomeToken", "updateInHomeStatus"
# 201 is broken by a requirement of its own; its body is judged like that of a 200.
SUCCESS = (200, 201)
MAX_SECONDS = 4_294_967_295


@dataclass(frozen=True)
class TokenView:
    """A token of an answer: a compact JWT, or the decoded claims alone, or neither."""

    claims: JsonObject | None
    jwt: Jwt | None = None

    def claim(self, name: str) -> Json:
        """Return a claim, None where it is missing."""
        return self.claims.get(name) if self.claims else None


def view_token(value: Json) -> TokenView:
    """Read a token of an answer."""
    if isinstance(value, dict):
        return TokenView(value)
    jwt = read_jwt(value)
    return TokenView(jwt.claims if jwt else None, jwt)


def answer_tokens(exchange: Exchange) -> dict[str, TokenView]:
    """Return the tokens of a successful answer by their field, as far as they are there."""
    body = json_object(exchange.response)
    if body is None or refused_by_gate(exchange):
        return {}
    names = ("access_token", "refresh_token") if exchange.operation == SIGN_ON else ("access_token",)
    return {name: view_token(body[name]) for name in names if body.get(name) is not None}


def request_token(exchange: Exchange) -> Jwt | None:
    """Return the access token that the request carried, None where it carried no JWT."""
    return read_jwt(bearer_token(exchange.request.header("authorization")))


def request_object(exchange: Exchange) -> JsonObject | None:
    """Return the JSON object of the request's body, None where it is anything else."""
    try:
        body = parse_json(exchange.request.body)
    except NotJson:
        return None
    return body if isinstance(body, dict) else None


def seconds(value: Json) -> float | None:
    """Return a moment in seconds since 1970; None for what is no number, or no number of seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if value <= MAX_SECONDS else None
