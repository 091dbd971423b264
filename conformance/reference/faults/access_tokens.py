"""Access tokens that are not verified, or not wholly."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from conformance.reference.claims import ACCESS
from conformance.reference.faults import replaces
from conformance.reference.faults.making import claims_of, header_of, leaving_out, memory, overriding
from conformance.reference.faults.operations import GENERATE, IN_HOME, MDS, UPDATE
from conformance.reference.keycloak import Keycloak
from conformance.reference.tokens import InvalidToken, decode_base64
from conformance.reference.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.ias import Ias
    from conformance.reference.in_home import InHome
    from conformance.reference.wire import Call

Claims = dict[str, Any]
KIND = "token verification"
TOKEN_USERS = (GENERATE, UPDATE, MDS)


def _claims_if(accepts: Callable[[str, Ias], bool]) -> Callable[..., Any]:
    """A JSON web token that `accepts` is not verified further."""

    def replacement(original: Callable[[str], Claims], service: Ias) -> Callable[[str], Claims]:
        def verify_signature(token: str) -> Claims:
            claims = claims_of(token)
            if claims is not None and accepts(token, service):
                return claims
            return original(token)

        return verify_signature

    return replacement


def _algorithm(token: str) -> str:
    return str(header_of(token).get("alg", ""))


def _seen_before(token: str, service: Ias) -> bool:
    seen: set[str] = memory(service.platform).setdefault("verified", set())
    device = str((claims_of(token) or {}).get("deviceId"))
    try:
        service.platform.ias_key.verify(token)
    except (InvalidToken, ValueError):
        return device in seen
    seen.add(device)
    return False


def _keyed_by(key: bytes) -> Callable[[str, Ias], bool]:
    def accepts(token: str, _service: Ias) -> bool:
        signed, _, signature = token.rpartition(".")
        given = decode_base64(signature) or b""
        return hmac.compare_digest(hmac.digest(key, signed.encode(), "sha256"), given)

    return accepts


for _name, _summary, _accepts in (
    ("alg-none-accepted", "A token with alg none is accepted.", lambda token, service: _algorithm(token) == "none"),
    (
        "alg-none-in-other-case-accepted",
        "alg none is refused, but None and NONE are accepted.",
        lambda token, service: _algorithm(token).lower() == "none" and _algorithm(token) != "none",
    ),
    (
        "missing-signature-accepted",
        "A token without its signature is accepted.",
        lambda token, service: token.endswith("."),
    ),
    (
        "any-key-accepted",
        "The signature must be there, and is not verified.",
        lambda token, service: not token.endswith(".") and _algorithm(token).lower() != "none",
    ),
    (
        "unknown-kid-accepted",
        "A token whose kid is unknown is not verified.",
        lambda token, service: header_of(token).get("kid") != service.platform.ias_key.kid,
    ),
    ("empty-key-accepted", "A token signed with the empty key is accepted.", _keyed_by(b"")),
    ("well-known-key-accepted", "A token signed with the key 'secret' is accepted.", _keyed_by(b"secret")),
    (
        "foreign-algorithm-accepted",
        "A token of another algorithm than the platform's is not verified.",
        lambda token, service: _algorithm(token) not in ("", service.platform.ias_key.algorithm),
    ),
    (
        "signature-not-verified-after-first",
        "Once a device's token was verified, its later ones are not.",
        _seen_before,
    ),
):
    overriding(_name, KIND, _summary, TOKEN_USERS, "ias", "verify_signature", _claims_if(_accepts))


leaving_out(
    "access-token-never-expires",
    "exp of an access token is not looked at.",
    TOKEN_USERS,
    "ias",
    "check_expiry",
    kind=KIND,
)
leaving_out("any-typ-accepted", "typ of an access token is not looked at.", TOKEN_USERS, "ias", "check_type", kind=KIND)


@replaces("ias", "check_expiry", *TOKEN_USERS, kind=KIND)
def day_of_grace(original: Callable[[Claims], None], service: Ias) -> Callable[[Claims], None]:
    """A token is accepted for a day after its exp."""

    def check_expiry(claims: Claims) -> None:
        expiry = claims.get("exp")
        if not isinstance(expiry, int) or expiry + 86_400 <= service.platform.now():
            original(claims)

    return check_expiry


@replaces("ias", "check_expiry", *TOKEN_USERS, kind=KIND)
def exp_compared_in_mixed_units(original: Callable[[Claims], None], service: Ias) -> Callable[[Claims], None]:
    """The exp in milliseconds is compared with the time in seconds: nothing expires."""

    def check_expiry(claims: Claims) -> None:
        if not int(claims.get("exp", 0)) * 1000 > service.platform.now():
            original(claims)

    return check_expiry


@replaces("in_home", "authenticate", *IN_HOME, kind=KIND)
def any_text_accepted(original: Callable[[Call], Claims], service: InHome) -> Callable[[Call], Claims]:
    """A token that is no token is taken for the last one."""

    def authenticate(call: Call) -> Claims:
        store = memory(service.platform)
        try:
            claims = original(call)
        except Refusal:
            if not service.bearer(call) or "claims" not in store:
                raise
            return dict(store["claims"])
        store["claims"] = claims
        return claims

    return authenticate


@replaces("in_home", "authenticate", *IN_HOME, kind=KIND)
def broadcast_token_accepted(original: Callable[[Call], Claims], service: InHome) -> Callable[[Call], Claims]:
    """A broadcast token opens the in-home calls."""

    def authenticate(call: Call) -> Claims:
        try:
            return original(call)
        except Refusal:
            try:
                home = service.platform.sealer.open(bytes.fromhex(service.bearer(call)))
            except (InvalidToken, ValueError):
                home = None
            if home is None:
                raise
            return {
                "typ": ACCESS,
                "tenantId": home[0],
                "accountId": home[1],
                "deviceId": "STB-5D0C11E0A2",
                "inHome": True,
            }

    return authenticate


@replaces("in_home", "authenticate", *IN_HOME, kind=KIND)
def operator_token_accepted(original: Callable[[Call], Claims], service: InHome) -> Callable[[Call], Claims]:
    """An operator's token opens the in-home calls."""

    def authenticate(call: Call) -> Claims:
        token = service.bearer(call)
        if Keycloak(service.platform).is_operator(token):
            return {
                "typ": ACCESS,
                "tenantId": "nagra",
                "accountId": "operator",
                "deviceId": "STB-5D0C11E0A2",
                "inHome": False,
            }
        return original(call)

    return authenticate
