"""Access tokens that IAS never gave, signed as IAS signs, where the target file has the key.

What is wrong with a minted token is in its claims; `forgery` has the tokens whose form or signature is wrong.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Mapping

from conformance.errors import ControlFailed, CouldNotTest
from conformance.model import Json, JsonObject
from conformance.opentv.answers import succeeded
from conformance.opentv.tokens import make_jwt, parse_jwt, read_jwt
from conformance.session import ias
from conformance.session.sender import Sender
from conformance.session.signing import keep_secret, signing_key
from conformance.session.tokens import Bare, issuer

HOUR_S = 3600


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
    keep_secret(sender, minted)
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
    # Where an update ends the token before, one with it has ended the last minted one.
    kept = ias.superseded_tokens_work(sender)
    return (_minted if kept else _minted.issued)(sender, name).text


@issuer
def _minted(sender: Sender, name: str) -> Bare:
    minted = mint(sender, ias.sign_on(sender, name).bearer)
    answer = ias.generate(sender, minted)
    if not succeeded(answer):
        raise ControlFailed(
            f"a token minted with credentials.token_keys was {answer.answered} "
            f"(exchange {answer.id}), so that a refusal of others would prove nothing"
        )
    return Bare(minted, time.monotonic() + ias.REUSE_S)


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
        keep_secret(sender, token)
        return token
    token = ias.sign_on(sender).bearer
    try:
        require_minting(sender)
    except CouldNotTest as problem:
        add = ['subjects: {expired_tokens: {ias: "…"}}', *problem.add]
        raise CouldNotTest(f"there is no expired access token: {problem.message}", add=add) from None
    now = ias.sign_on(sender).exchange.server_time_ms[0] / 1000
    return mint(sender, token, {**(claims or {}), "exp": int(min(now, time.time())) - HOUR_S})
