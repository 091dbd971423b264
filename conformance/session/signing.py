"""The keys that a target file gives, and tokens made of claims that were handed out decoded.

ias-das-signon-by-casn, "Example", prints both tokens decoded. A platform that hands them out so can be called only with
a token that somebody signs: the suite does, where credentials.token_keys has a key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.errors import CouldNotTest
from conformance.model import Exchange, Json, JsonObject
from conformance.opentv.tokens import hmac_key, make_jwt
from conformance.session.sender import Sender

ALGORITHMS = ("HS256", "HS512", "HS384")
MISSING_KEY = 'credentials: {token_keys: {"<kid>": "…"}}'


@dataclass(frozen=True)
class SignedOn:
    """What a sign-on brought: the tokens as a request can carry them (empty where it cannot), and their claims.

    `decoded` says that the target handed out claims, and that the tokens are signed by the suite.
    """

    exchange: Exchange
    access: str
    refresh: str
    claims: JsonObject
    refresh_claims: JsonObject
    good_until: float
    decoded: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """The tokens as a request carries them."""
        return (self.access, self.refresh)

    @property
    def bearer(self) -> str:
        """The access token as it goes over the wire.

        Raises:
            CouldNotTest: the target hands out decoded claims, which no request can carry.
        """
        if not self.access:
            raise CouldNotTest(
                "dasSignOnByCasn hands out decoded tokens (reading ias-token-form), which no request can carry, and "
                "the target file has no key whose signature the target takes",
                add=[MISSING_KEY],
            )
        return self.access


def signing_key(sender: Sender, kid: str) -> bytes:
    """Return the key that the target file gives for a kid.

    Raises:
        CouldNotTest: it gives none, or one that is not base64.
    """
    source = sender.session.target.credentials.token_keys.get(kid)
    if source is None:
        add = [f'credentials: {{token_keys: {{"{kid}": "…"}}}}']
        raise CouldNotTest(f"the target file has no key for the tokens' kid {kid!r}", add=add)
    try:
        return hmac_key(source.read())
    except ValueError:
        raise CouldNotTest(f"credentials.token_keys.{kid} is not base64") from None


def token_text(sender: Sender, token: Json, algorithm: str = ALGORITHMS[0]) -> str:
    """Return a token as a request can carry it: as it came, or signed where it came decoded; else empty."""
    if isinstance(token, str):
        return token
    keys = sender.session.target.credentials.token_keys
    if not isinstance(token, dict) or not keys:
        return ""
    kid = next(iter(keys))
    return make_jwt({"typ": "JWT", "kid": kid, "alg": algorithm}, token, signing_key(sender, kid))


def keep_secret(sender: Sender, token: Json) -> None:
    """Keep a token out of the report: of a JWT the signature, which makes it usable; its claims stay evidence."""
    if isinstance(token, str) and (secret := token.rpartition(".")[2]):
        sender.session.stream.redactor.learn(secret)


def signed_with(sender: Sender, found: SignedOn, algorithm: str) -> SignedOn:
    """Return a sign-on whose decoded tokens the suite signed by an algorithm."""
    access, refresh = (token_text(sender, claims, algorithm) for claims in (found.claims, found.refresh_claims))
    for text in (access, refresh):
        keep_secret(sender, text)
    return replace(found, access=access, refresh=refresh)
