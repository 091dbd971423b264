"""Are the keys those of IAS's tokens, and have the expired tokens been valid once?"""

from __future__ import annotations

import time
from collections.abc import Iterator

from conformance.model import Premise
from conformance.opentv.licence import authorisation
from conformance.opentv.tokens import Jwt, hmac_key, read_jwt, verify_hmac
from conformance.runner.preflight.lines import Line, Prober, State
from conformance.session import ias, licences

_KEYS = "credentials.token_keys"


def token_keys(prober: Prober, premise: Premise) -> Iterator[Line]:
    """The tokens of a sign-on verify with the keys that the file gives for their kids."""
    keys = _keys(prober)
    found = ias.sign_on(prober)
    unseen = dict(keys)
    for field, text in (("access token", found.access), ("refresh token", found.refresh)):
        jwt = read_jwt(text)
        if found.decoded or jwt is None or not jwt.signature:
            continue
        kid = str(jwt.header.get("kid"))
        unseen.pop(kid, None)
        other = next((name for name, key in keys.items() if verify_hmac(jwt, key)), None)
        if other == kid:
            yield prober.says(premise, State.PROVED, f"verifies IAS's {field}", key=f"{_KEYS}.{kid}")
        elif other is not None:
            detail = f"verifies IAS's {field}, the kid of which is {kid[:40]!r}"
            yield prober.says(premise, State.CONTRADICTED, detail, key=f"{_KEYS}.{other}", advice="Check the kids.")
        elif kid in keys and verify_hmac(jwt, keys[kid]) is False:
            advice = "Check that it is the key of this deployment, in base64."
            detail = f"does not verify IAS's {field}, the kid of which is {kid[:40]!r}"
            yield prober.says(premise, State.CONTRADICTED, detail, key=f"{_KEYS}.{kid}", advice=advice)
        else:
            detail = f"the file has no key for the kid of IAS's {field}, {kid[:40]!r}"
            yield prober.says(premise, State.NOT_PROVED, detail)
    for kid in unseen:
        yield prober.says(premise, State.NOT_PROVED, "no token of IAS seen here has this kid", key=f"{_KEYS}.{kid}")


def _keys(prober: Prober) -> dict[str, bytes]:
    given = prober.session.target.credentials.token_keys
    return {kid: hmac_key(source.read()) for kid, source in given.items()}


def expired_hdm_token(prober: Prober, premise: Premise) -> Iterator[Line]:
    """SDP refuses an expired token; that it was valid once, no request shows."""
    token = prober.session.target.subject("expired_tokens")["hdm"]
    content = licences.content_id(prober, "authorized")
    exchange = licences.ask(prober, content, token, expect_5xx=True)
    if authorisation(exchange):
        detail = f"SDP accepts it, and says {authorisation(exchange)}"
        yield prober.says(premise, State.CONTRADICTED, detail)
    else:
        yield prober.says(premise, State.NOT_PROVED, "SDP does not accept it; no request shows that it was valid once")


def expired_ias_token(prober: Prober, premise: Premise) -> Iterator[Line]:
    """An expired token is signed with a key of the file; without that key nothing shows that it was valid once."""
    jwt = read_jwt(prober.session.target.subject("expired_tokens").text("ias"))
    kid = str(jwt.header.get("kid")) if jwt else ""
    key = _keys(prober).get(kid)
    if jwt is None or key is None:
        detail = "no request shows that it was valid once; credentials.token_keys would"
        yield prober.says(premise, State.NOT_PROVED, detail)
        return
    ends = jwt.claims.get("exp")
    expired = isinstance(ends, (int, float)) and not isinstance(ends, bool) and ends < time.time()
    if verify_hmac(jwt, key) and expired:
        yield prober.says(premise, State.PROVED, "it is signed with the key of the file, and has expired")
    elif verify_hmac(jwt, key) is False and _signs_now(prober, kid, key):
        detail = f"it is not signed with the key of its kid, which signs IAS's tokens now ({_KEYS}.{kid})"
        yield prober.says(premise, State.CONTRADICTED, detail, advice="Was it copied whole?")
    else:
        yield prober.says(premise, State.NOT_PROVED, "it is not signed with the key of the file, or has no end")


def _signs_now(prober: Prober, kid: str, key: bytes) -> bool:
    """Tell whether IAS signs today's access tokens with a key, under its kid."""
    if "stb" not in prober.session.target.subjects:
        return False
    jwt: Jwt | None = read_jwt(ias.sign_on(prober).access)
    return jwt is not None and jwt.header.get("kid") == kid and verify_hmac(jwt, key) is True
