"""Exchanges of IAS and MDS as tests need them: good ones, of which each test spoils one thing."""

from __future__ import annotations

import json
from typing import Any

from conformance.model import Exchange, Judgement, Request, Response
from conformance.opentv.tokens import make_jwt
from conformance.register import load_register
from conformance.rules import Context, judge

NOW = 1_736_235_557
TENANT = "nagra"
KEY = b"a key of thirty-two bytes or so!"
HEADER: dict[str, Any] = {"typ": "JWT", "kid": "321516", "alg": "HS256"}
CHALLENGE = "Y2hhbGxlbmdlIG9mIGEgYm94"
IDENTITY: dict[str, Any] = {
    "ver": "1.0",
    "exp": NOW + 3600,
    "fixed_exp": NOW + 7_776_000,
    "tenantId": TENANT,
    "accountId": "STEF_ACC_3",
    "accountProfileId": "DEFAULT",
    "deviceId": "STEF_DEV_PUB_3",
    "inHome": False,
    "sessionControl": {"maxSessions": 3, "sessionControlEnabled": True},
}
ACCESS: dict[str, Any] = {
    **IDENTITY,
    "typ": "DevAuthN",
    "userId": "user-0042",
    "deviceProfileId": "DEFAULT",
    "onNetwork": True,
    "geoBlockExempt": True,
    "blockingInformation": {},
    "filteringInformation": {},
    "cacheKey": "REVGQVVMVA",
    "billingCountryCode": "EmptyCountry",
    "jti": "4789023423714089478",
}
REFRESH: dict[str, Any] = {**IDENTITY, "typ": "RefreshAuthN", "exp": NOW + 172_800}
ENVELOPE: dict[str, Any] = {
    "client_id": "STEF_DEV_PUB_3",
    "accountId": "STEF_ACC_3",
    "token_type": "Bearer",
    "expires_in": 3600,
}


def token(claims: dict[str, Any], header: dict[str, Any] | None = None, key: bytes | None = KEY) -> str:
    return make_jwt(header or HEADER, claims, key)


def without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def exchange(
    operation: str,
    body: Any,
    *,
    status: int = 200,
    request_token: str | None = None,
    arguments: Any = None,
    headers: tuple[tuple[str, str], ...] = (),
    method: str | None = None,
) -> Exchange:
    methods = {"dasSignOnByCasn": "POST", "updateInHomeStatus": "PUT"}
    sent = [("Authorization", f"Bearer {request_token}")] if request_token else []
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Exchange(
        id="E00001",
        service="mds" if operation == "listServices" else "ias",
        operation=operation,
        request=Request(
            method or methods.get(operation, "GET"),
            f"https://api.test/{operation}",
            (*headers, *sent),
            json.dumps(arguments).encode() if arguments is not None else b"",
        ),
        response=Response(status, (("Content-Type", "application/json"),), content),
        received_at=NOW * 1000.0,
        valid=status < 400,
        tenant=TENANT,
    )


def signed_on(
    *, access: Any = None, refresh: Any = None, envelope: dict[str, Any] | None = None, drop: str = "", **options: Any
) -> Exchange:
    body = {
        "access_token": token(ACCESS) if access is None else access,
        "refresh_token": token(REFRESH) if refresh is None else refresh,
        **ENVELOPE,
        **(envelope or {}),
    }
    arguments = {"casn": "0123456789", "dasChallenge": CHALLENGE, "scheme": "CONNECT"}
    headers = (("nv-tenant-id", TENANT),)
    return exchange("dasSignOnByCasn", without(body, drop), arguments=arguments, headers=headers, **options)


def updated(claims: dict[str, Any] | None = None, *, in_home: Any = True, **options: Any) -> Exchange:
    after = {**ACCESS, "inHome": in_home is True} if claims is None else claims
    arguments = {"updateInHomeToken": "0cd85e3b59367f865a1a08c4b5314e", "inHome": in_home}
    body = options.pop("body", {"access_token": token(after)})
    brought = token(options.pop("brought", ACCESS))
    return exchange("updateInHomeStatus", body, request_token=brought, arguments=arguments, **options)


def generated(body: Any, **options: Any) -> Exchange:
    return exchange("generateUpdateInHomeToken", body, request_token=token(ACCESS), **options)


def judged(sent: Exchange, *, keys: bool = True) -> list[Judgement]:
    context = Context(
        register=load_register(), tenant=TENANT, token_keys={"321516": KEY} if keys else {}, secrets=frozenset()
    )
    return [judgement for _, judgement in judge(sent, context)]


def broken(sent: Exchange, *, keys: bool = True) -> set[str]:
    found = {entry.requirement for entry in judged(sent, keys=keys) if not entry.holds}
    return {name for name in found if not name.startswith("WIR")}


def held(sent: Exchange) -> set[str]:
    return {entry.requirement for entry in judged(sent) if entry.holds}
