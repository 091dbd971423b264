"""Access tokens that IAS never gave: forged ones, and, where the target file has the key, minted ones.

A forged token must be refused by every target. A minted one is signed as IAS signs; what is wrong with it is in its
claims.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Mapping

from conformance.errors import ControlFailed, CouldNotTest
from conformance.model import Json, JsonObject
from conformance.opentv.answers import succeeded
from conformance.opentv.tokens import base64url, make_jwt, parse_jwt, read_jwt
from conformance.session import ias
from conformance.session.sender import Sender
from conformance.session.signing import signing_key

HOUR_S = 3600


def altered(token: str, **claims: Json) -> str:
    """Return a token with other claims under its old signature."""
    jwt = parse_jwt(token)
    head, _, signature = token.split(".")
    payload = make_jwt({}, {**jwt.claims, **claims}, None).split(".")[1]
    return f"{head}.{payload}.{signature}"


def without_signature(token: str, **claims: Json) -> str:
    """Return a token, with other claims or not, whose signature is cut off."""
    head, payload, _ = altered(token, **claims).split(".") if claims else token.split(".")
    return f"{head}.{payload}."


def unsigned(token: str, algorithm: str = "none", **claims: Json) -> str:
    """Return a token with the same claims, or others, whose header says that it is not signed."""
    jwt = parse_jwt(token)
    return make_jwt({**jwt.header, "alg": algorithm}, {**jwt.claims, **claims}, None)


def foreign_ones(token: str, **claims: Json) -> tuple[str, ...]:
    """Return tokens signed with keys that are not the platform's, in each way that careless verifiers take.

    A random key under the right kid, under one that nobody knows, and under none; the empty key (what a lookup that
    finds nothing may return); the key of every tutorial; another algorithm.
    """
    jwt = parse_jwt(token)
    content, header = {**jwt.claims, **claims}, {**jwt.header, "alg": "HS256"}
    stranger: JsonObject = {**header, "kid": secrets.token_hex(4)}
    anonymous: JsonObject = {name: value for name, value in header.items() if name != "kid"}
    random = secrets.token_bytes(32)
    other: JsonObject = {**header, "alg": "HS384" if jwt.header.get("alg") != "HS384" else "HS512"}
    return (
        make_jwt(header, content, random),
        make_jwt(stranger, content, random),
        make_jwt(anonymous, content, random),
        make_jwt(other, content, random),
        make_jwt(header, content, b""),
        make_jwt(header, content, b"secret"),
    )


def made_up() -> str:
    """Return a text of a JWT's form that is none of the platform's."""
    return ".".join(base64url(secrets.token_bytes(size)) for size in (24, 60, 32))


def key_of(sender: Sender, token: str) -> bytes:
    """Return the key that the target file gives for a token's kid.

    Raises:
        CouldNotTest: it gives none, or the token is not signed with an HMAC, or not with this key.
    """
    jwt = read_jwt(token)
    kid = str(jwt.header.get("kid")) if jwt else ""
    key = signing_key(sender, kid)
    if jwt is None or jwt.header.get("alg") not in ("HS256", "HS384", "HS512"):
        raise CouldNotTest(f"tokens signed with {str(jwt.header.get('alg') if jwt else '')[:20]} cannot be minted")
    return key


def mint(sender: Sender, token: str, claims: Mapping[str, Json] | None = None, *, without: Collection[str] = ()) -> str:
    """Return a token with claims left out or changed, signed with the platform's key.

    Raises:
        CouldNotTest: the target file has no key for it.
    """
    key, jwt = key_of(sender, token), parse_jwt(token)
    content: JsonObject = {**jwt.claims, **(claims or {})}
    if "jti" in content:
        content["jti"] = secrets.token_hex(12)
    elif "exp" not in (claims or {}):
        # Else it could be, letter for letter, a token that was handed out, and perhaps replaced since.
        content["exp"] = _a_little_less(content.get("exp"))
    minted = make_jwt(jwt.header, {name: value for name, value in content.items() if name not in without}, key)
    ias.keep_secret(sender, minted)
    return minted


def _a_little_less(exp: Json) -> Json:
    """Return an end of life up to ten minutes earlier, but well ahead."""
    if not isinstance(exp, int) or isinstance(exp, bool):
        return exp
    left = int(exp - time.time()) // 2
    return exp - 1 - secrets.randbelow(min(left, 600)) if left > 1 else exp


def require_minting(sender: Sender, name: str = "stb") -> str:
    """Return a minted token with nothing wrong, which the target has been seen to take: the control of all others.

    Raises:
        CouldNotTest: the target file has no key.
        ControlFailed: the target does not take it.
    """

    def ask() -> str:
        minted = mint(sender, ias.sign_on(sender, name).bearer)
        answer = ias.generate(sender, minted)
        if not succeeded(answer):
            raise ControlFailed(
                f"a token minted with credentials.token_keys was answered {answer.status or answer.failure} "
                f"(exchange {answer.id}), so that a refusal of others would prove nothing"
            )
        return minted

    if not ias.superseded_tokens_work(sender):
        # An update with it has ended the last one.
        return ask()
    return sender.session.memo(("ias: minted", name), ask, lifetime_s=ias.REUSE_S)


def expired_token(sender: Sender, claims: Mapping[str, Json] | None = None) -> str:
    """Return an access token that has expired: the target file's, or one minted with an exp of an hour ago.

    Raises:
        CouldNotTest: the target file has neither.
    """
    given = sender.session.target.subjects.get("expired_tokens")
    if given is not None and "ias" in given and not claims:
        token = given.text("ias")
        jwt = read_jwt(token)
        ends = jwt.claims.get("exp") if jwt else None
        if isinstance(ends, int) and ends > time.time():
            add = ['subjects: {expired_tokens: {ias: "…"}}']
            raise CouldNotTest("subjects.expired_tokens.ias has not expired yet", add=add)
        ias.keep_secret(sender, token)
        return token
    token = ias.sign_on(sender).bearer
    try:
        require_minting(sender)
    except CouldNotTest as problem:
        add = ['subjects: {expired_tokens: {ias: "…"}}', *problem.add]
        raise CouldNotTest(f"there is no expired access token: {problem.message}", add=add) from None
    now = ias.sign_on(sender).exchange.server_time_ms[0] / 1000
    return mint(sender, token, {**(claims or {}), "exp": int(min(now, time.time())) - HOUR_S})
