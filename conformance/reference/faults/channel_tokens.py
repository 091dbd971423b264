"""Tokens that MDS does not verify, or not wholly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt

from conformance.reference.faults import replaces
from conformance.reference.faults.making import claims_of, leaving_out, overriding
from conformance.reference.faults.operations import MDS
from conformance.reference.tokens import InvalidToken, decode_base64
from conformance.reference.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.mds import Mds
    from conformance.reference.wire import Call

Claims = dict[str, Any]
KIND = "token verification"

# MDS


def _lists_for(accepts: Callable[[str, Mds], Claims | None]) -> Callable[..., Any]:
    def replacement(original: Callable[[str], Claims], service: Mds) -> Callable[[str], Claims]:
        def verify_token(token: str) -> Claims:
            claims = accepts(token, service)
            return original(token) if claims is None else claims

        return verify_token

    return replacement


def _opens_anything(token: str, _service: Mds) -> Claims:
    return claims_of(token) or {"inHome": True}


def _opens_out_of_home(token: str, _service: Mds) -> Claims:
    return claims_of(token) or {"inHome": False}


def _without_mds_check(token: str, _service: Mds) -> Claims | None:
    return claims_of(token)


def _broadcast_is_home(token: str, service: Mds) -> Claims | None:
    try:
        service.platform.sealer.open(bytes.fromhex(token))
    except (InvalidToken, ValueError):
        return None
    return {"inHome": True}


def _by_half_a_signature(token: str, service: Mds) -> Claims | None:
    """The first half of the signature is compared."""
    signed, _, signature = token.rpartition(".")
    key = service.platform.ias_key
    try:
        right = jwt.get_algorithm_by_name(key.algorithm).sign(signed.encode(), key.key)
    except ValueError:
        return None
    alike = decode_base64(signature[:20]) == right[:15]
    return claims_of(token) if alike else None


for _name, _summary, _mds_accepts in (
    ("channels-by-half-a-signature", "MDS compares half of a token's signature.", _by_half_a_signature),
    ("channels-for-any-text", "MDS takes any bearer, and for one without claims shows all.", _opens_anything),
    ("channels-unverified", "MDS decodes a token without verifying it.", _without_mds_check),
    ("channels-filtered-for-any-text", "MDS shows the filtered list for any bearer.", _opens_out_of_home),
    ("channels-for-broadcast-token", "A broadcast token shows MDS that the client is at home.", _broadcast_is_home),
):
    overriding(_name, KIND, _summary, (MDS,), "mds", "verify_token", _lists_for(_mds_accepts))


@replaces("mds", "verify_token", MDS, kind=KIND)
def channels_by_unverified_flag(original: Callable[[str], Claims], _service: Mds) -> Callable[[str], Claims]:
    """A forged token is let in, and its inHome believed."""

    def verify_token(token: str) -> Claims:
        try:
            return original(token)
        except Refusal:
            claims = claims_of(token)
            if claims is None:
                raise
            return {"inHome": claims.get("inHome")}

    return verify_token


@replaces("mds", "caller", MDS, kind=KIND)
def channels_for_nobody(original: Callable[[Call], Claims | None], service: Mds) -> Callable[[Call], Claims | None]:
    """Without a token MDS shows the whole list."""
    return lambda call: original(call) if service.bearer(call) else {"inHome": True}


leaving_out(
    "channels-missing-token-is-400",
    "Without a token MDS answers 400.",
    (MDS,),
    "mds",
    "missing_token_status",
    result=400,
    kind="status",
)
leaving_out(
    "channels-missing-token-is-500",
    "Without a token MDS answers 500.",
    (MDS,),
    "mds",
    "missing_token_status",
    result=500,
    kind="status",
)
