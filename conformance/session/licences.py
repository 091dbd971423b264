"""SDP's licence question: who asks, with which token of a client's signon, and what the answer says.

Source: sdp-is-content-authorised. The page does not say which signon gives the token: the run asks with a user's
token that names a device, then a set top box's, then others, and stays with the first that opens the entitled content.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conformance.errors import CouldNotTest
from conformance.model import Exchange
from conformance.opentv.answers import answer_object
from conformance.opentv.codes import SUCCESS
from conformance.opentv.licence import AUTHORISED, authorisation
from conformance.session import hdm, ias
from conformance.session.once import once
from conformance.session.sender import Sender
from conformance.stream import TargetProfile
from conformance.target import Secret, Value, reveal

QUESTION = "isContentAuthorised"


@dataclass(frozen=True)
class LicenceOpening:
    """The first question of the run: the kind of token that was taken, and the answer, which may be a refusal."""

    kind: str
    exchange: Exchange


def content_id(sender: Sender, name: str) -> str:
    """Return a content ID of the target file.

    Raises:
        CouldNotTest: the target file does not give it.
    """
    found = sender.session.target.content.get(name)
    if not found:
        raise CouldNotTest(f"subjects.content has no {name}", add=[f'subjects: {{content: {{{name}: "…"}}}}'])
    return found


def credentials(sender: Sender) -> tuple[str, Secret]:
    """Return the MDRM Manager's user name and password.

    Raises:
        CouldNotTest: the target file does not give them.
    """
    given = sender.session.target.credentials
    if given.sdp_password is None:
        raise CouldNotTest(
            "the target file has no credentials.sdp", add=["credentials: {sdp: {username: …, password: …}}"]
        )
    return given.sdp_username or "", Secret(given.sdp_password.read())


def basic(username: str, password: Value) -> Secret:
    """Return the value of Authorization for HTTP basic authentication."""
    return Secret("Basic " + base64.b64encode(f"{username}:{reveal(password)}".encode()).decode())


def ask(
    sender: Sender,
    content: str | None,
    token: Value | None,
    *,
    private: str | None = None,
    authorization: Value | None = None,
    anonymous: bool = False,
    headers: Mapping[str, Value] | None = None,
    valid: bool = False,
    expect_5xx: bool = False,
) -> Exchange:
    """Ask whether a content is authorised.

    Args:
        sender: who asks.
        content: arg0; None leaves it out.
        token: the client's token; None leaves it out.
        private: arg1, the client's private data.
        authorization: another Authorization than the MDRM Manager's.
        anonymous: no Authorization at all.
        headers: further headers, or others than the usual.
        valid: the question is meant to succeed.
        expect_5xx: a 5xx is a documented answer (reading `sdp-token-error-status`).
    """
    sent: dict[str, Value] = {"x-correlation-id": str(uuid.uuid4()), "Accept": "application/json"}
    if not anonymous:
        sent["Authorization"] = basic(*credentials(sender)) if authorization is None else authorization
    sent.update(headers or {})
    query: dict[str, Value] = {}
    if token is not None:
        query["token"] = token
    if content is not None:
        query["arg0"] = content
    if private is not None:
        query["arg1"] = private
    return sender.send(QUESTION, query=query, headers=sent, valid=valid, expect_5xx=expect_5xx)


def _tokens(sender: Sender) -> Mapping[str, Callable[[], Secret]]:
    """Who could have signed on, by the services and subjects that the target file has; the likeliest first."""
    target = sender.session.target
    found: dict[str, Callable[[], Secret]] = {}
    if "hdm" in target.services:
        if "user" in target.subjects and "deviceId" in target.subjects["user"]:
            found["device"] = lambda: hdm.device_token(sender)
        if "stb" in target.subjects:
            found["stb"] = lambda: hdm.stb_token(sender)
        if "user" in target.subjects:
            found["user"] = lambda: hdm.user_token(sender)
    if "ias" in target.services and "stb" in target.subjects:
        found["ias"] = lambda: Secret(ias.access_token(sender))
    return found


def client_token(sender: Sender) -> Secret:
    """Return a fresh token of the kind that opens the entitled content.

    Raises:
        CouldNotTest: no signon of the target file gives a token.
    """
    kind = sender.session.profile.question_token or licence_opening(sender).kind
    return _tokens(sender)[kind]()


@once
def licence_opening(sender: Sender) -> LicenceOpening:
    """Ask for the entitled content with each kind of token until one is AUTHORIZED. Done once.

    Raises:
        CouldNotTest: no signon of the target file gives a token.
    """
    content = content_id(sender, "authorized")
    best: LicenceOpening | None = None
    problems: list[str] = []
    for kind, sign_on in _tokens(sender).items():
        try:
            token = sign_on()
        except CouldNotTest as problem:
            problems.append(problem.message)
            continue
        exchange = ask(sender, content, token, valid=True, expect_5xx=True)
        here = LicenceOpening(kind, exchange)
        if authorisation(exchange) == AUTHORISED:
            _note_path(sender, exchange)
            sender.session.learn(TargetProfile(question_token=kind))
            return here
        if best is None or (authorisation(exchange) and not authorisation(best.exchange)):
            best = here
    if best is None:
        raise CouldNotTest(
            "no client's signon gives a token for the licence question" + "".join(f"; {text}" for text in problems),
            add=['subjects: {user: {username: "…", password: "…", deviceId: "…"}}'],
        )
    if best.kind == "ias" and not authorisation(best.exchange) and _token_refused(sender, best.exchange):
        if problems:
            raise CouldNotTest(f"the licence question was refused for an access token of IAS, and {problems[0]}")
        raise CouldNotTest(
            "the target takes no access token of IAS for the licence question, and declares no HDM",
            add=["services: {hdm: {url: …}}"],
        )
    return best


def _token_refused(sender: Sender, exchange: Exchange) -> bool:
    """Tell whether it may be the token that a question was refused for, and nothing else that it has or lacks."""
    body = answer_object(exchange)
    if exchange.status not in (401, 403) and str(body.get("resultCode", SUCCESS)) == SUCCESS:
        return False
    content, token = content_id(sender, "authorized"), Secret(ias.access_token(sender))
    private = private_data(locality="XYZ")
    others = (
        ask(sender, content, token, private=private, expect_5xx=True),
        ask(sender, content, token, headers={"Accept": "*/*"}, expect_5xx=True),
    )
    return not any(authorisation(other) for other in others)


def _note_path(sender: Sender, exchange: Exchange) -> None:
    path = exchange.request.url.partition("?")[0]
    spelling = {"isContentAuthorised": "s", "isContentAuthorized": "z"}.get(path.rpartition("/")[2])
    if spelling:
        sender.session.saw_reading("sdp-path-spelling", spelling, exchange)


def private_data(**facts: object) -> str:
    """Return the client's private data for arg1: JSON."""
    return json.dumps(facts, ensure_ascii=False)


def describe(exchange: Exchange) -> str:
    """Say in a few words what an answer was, for a finding."""
    if exchange.response is None:
        return exchange.failure
    said = authorisation(exchange)
    return f"HTTP {exchange.status} {said}".strip()
