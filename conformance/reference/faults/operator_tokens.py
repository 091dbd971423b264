"""The CRM's token, not verified, or not wholly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.claims import ACCESS
from conformance.reference.faults import replaces
from conformance.reference.faults.making import claims_of, header_of, memory, overriding
from conformance.reference.faults.operations import ACCOUNTS
from conformance.reference.tokens import InvalidToken
from conformance.reference.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.adm import Adm
    from conformance.reference.wire import Call

Claims = dict[str, Any]
KIND = "token verification"

# The CRM's token


def _operator_if(accepts: Callable[[str, Adm], bool]) -> Callable[..., Any]:
    def replacement(original: Callable[[str], None], service: Adm) -> Callable[[str], None]:
        def check_token(token: str) -> None:
            if not accepts(token, service):
                original(token)

        return check_token

    return replacement


def _genuine_once(token: str, service: Adm) -> str:
    """The last good token that came."""
    store = memory(service.platform)
    if service.keycloak.is_operator(token):
        store["operator"] = token
    return str(store.get("operator", ""))


def _reads_roles(token: str, service: Adm) -> bool:
    return "operatorRole" in (claims_of(token) or {}).get("realm_access", {}).get("roles", [])


def _verifies(token: str, service: Adm) -> Claims:
    try:
        return service.platform.crm_key.verify(token)
    except (InvalidToken, ValueError):
        return {}


for _name, _summary, _adm_accepts in (
    ("crm-any-token", "Any bearer token creates accounts.", lambda token, service: True),
    ("crm-any-jwt", "Any JSON web token creates accounts.", lambda token, service: claims_of(token) is not None),
    ("crm-signature-ignored", "The role in the CRM's token is read, the signature not verified.", _reads_roles),
    (
        "crm-alg-none",
        "A CRM token with alg none is accepted.",
        lambda token, service: str(header_of(token).get("alg", "")).lower() == "none",
    ),
    (
        "crm-never-expires",
        "A CRM token is accepted after its end.",
        lambda token, service: bool(_verifies(token, service)),
    ),
    (
        "crm-token-by-its-start",
        "Of a CRM token the first 60 characters count.",
        lambda token, service: token[:60] == _genuine_once(token, service)[:60],
    ),
    (
        "crm-token-without-signature-part",
        "Of a CRM token header and claims count.",
        lambda token, service: token.split(".")[:2] == _genuine_once(token, service).split(".")[:2],
    ),
    (
        "crm-client-token",
        "A client's access token creates accounts.",
        lambda token, service: (claims_of(token) or {}).get("typ") == ACCESS,
    ),
    (
        "crm-signon-token",
        "A signon token of HDM creates accounts.",
        lambda token, service: service.platform.hdm.verify_token(token) is not None,
    ),
):
    overriding(_name, KIND, _summary, ACCOUNTS, "adm", "check_token", _operator_if(_adm_accepts))


@replaces("adm", "operator_token", *ACCOUNTS, kind=KIND)
def crm_no_token(original: Callable[[Call], str], service: Adm) -> Callable[[Call], str]:
    """Without a token accounts are created, too."""

    def operator_token(call: Call) -> str:
        try:
            return original(call)
        except Refusal:
            return service.keycloak.access_token(seed.CRM_OPERATOR, 300)

    return operator_token
