"""The JSON Web Tokens of an exchange, decoded; their signatures are redacted, so nothing is verified here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from conformance.model import Json, JsonObject, NotJson, parse_json
from conformance.opentv.tokens import read_jwt
from conformance.report.marking import named_in
from conformance.report.text import path_and_query, printable, shortened
from conformance.report.timestamps import epoch_hint
from conformance.stream import events

MAX_TOKENS = 4
MAX_CLAIMS = 60
_TOKEN = re.compile(r"\b(eyJ[A-Za-z0-9_-]{4,})\.([A-Za-z0-9_-]{2,})\.[A-Za-z0-9_*-]*")


@dataclass(frozen=True)
class Claim:
    """A member of a token: `value` as JSON, `when` the date it means, `offending` if the finding names it."""

    name: str
    value: str
    when: str
    offending: bool


@dataclass(frozen=True)
class Token:
    """A token, and the place where it was seen, or the places."""

    place: str
    header: tuple[Claim, ...]
    claims: tuple[Claim, ...]

    @property
    def offends(self) -> bool:
        """Whether a claim of it is what the finding is about."""
        return any(claim.offending for claim in (*self.header, *self.claims))


def tokens_of(exchange: events.Exchange, about: tuple[str, ...], otherwise: tuple[str, ...] = ()) -> tuple[Token, ...]:
    """Return the tokens of an exchange, the response's first.

    Claims that the finding's texts (`about`) name are marked; where they name none, those that the
    requirement's (`otherwise`) name.
    """
    # A token that is in several places is one; its signature is redacted.
    found: list[tuple[list[str], JsonObject, JsonObject]] = []
    for place, text in _texts(exchange):
        for match in _TOKEN.finditer(text):
            token = read_jwt(f"{match[1]}.{match[2]}.")
            if token is None:
                continue
            same = next((places for places, *parts in found if parts == [token.header, token.claims]), None)
            if same is None and len(found) < MAX_TOKENS:
                found.append(([place], token.header, token.claims))
            elif same is not None and place not in same:
                same.append(place)
    named = _named_places([place for places, *_ in found for place in places], (*about, *otherwise))
    views: tuple[Token, ...] = ()
    for texts in (about, otherwise):
        views = tuple(
            Token(
                " and in the ".join(places), *(_claims(part, texts if {*places} & {*named} else ()) for part in parts)
            )
            for places, *parts in found
        )
        if any(view.offends for view in views):
            break
    return tuple(sorted(views, key=lambda view: not view.offends))


def _named_places(places: list[str], texts: tuple[str, ...]) -> list[str]:
    """Return the places that the texts speak of ("the access token"); all, where they name none."""
    words = " ".join(texts).replace("_", " ").lower()
    named = [
        place for place in places if place.rpartition(" ")[2].rpartition(".")[2].replace("_", " ").lower() in words
    ]
    return named or places


def _texts(exchange: events.Exchange) -> Iterator[tuple[str, str]]:
    for side, message in (("response", exchange.response), ("request", exchange.request)):
        if message is None:
            continue
        yield from _leaves(side, message.text)
        for name, value in message.headers:
            yield f"{side} header {name}", value
    for name, value in parse_qsl(path_and_query(exchange.request.url)[1], errors="replace"):
        yield f"request parameter {name}", value


def _leaves(side: str, body: str) -> Iterator[tuple[str, str]]:
    if "eyJ" not in body:
        return
    try:
        stack: list[tuple[str, Json]] = [("", parse_json(body.encode("utf-8", "replace")))]
    except NotJson:
        yield f"{side} body", body
        return
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            stack.extend((f"{path}.{name}" if path else name, child) for name, child in reversed(value.items()))
        elif isinstance(value, list):
            stack.extend((f"{path}[{index}]", child) for index, child in enumerate(value))
        elif isinstance(value, str) and "eyJ" in value:
            yield f"{side} {shortened(printable(path), 80)}".strip(), value


def _claims(members: JsonObject, about: tuple[str, ...]) -> tuple[Claim, ...]:
    shown = list(members.items())[:MAX_CLAIMS]
    return tuple(
        Claim(shortened(printable(name), 80), _value(value), epoch_hint(value), named_in(name, *about))
        for name, value in shown
    )


def _value(value: Json) -> str:
    return shortened(printable(json.dumps(value, ensure_ascii=False)), 300)
