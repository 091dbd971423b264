"""Keycloak, as far as a CRM needs it: the password grant that gives it an operator token, and its renewal.

Source: keycloak-access-token. Keycloak signs with RS256, this one with HS256: no CRM verifies it.
"""

from __future__ import annotations

import hmac
from typing import Any

from conformance.reference import seed
from conformance.reference.service import Operation, Service, action, decision
from conformance.reference.tokens import InvalidToken
from conformance.reference.wire import FORM_TYPE, Answer, Call, Json, Refusal

ACCESS_LIFETIME, REFRESH_LIFETIME = 300, 1800
OPERATOR_ROLE = "operatorRole"


class Keycloak(Service):
    """The token endpoint of one realm, named after the tenant."""

    name = "keycloak"

    def operations(self) -> list[Operation]:
        """Every operation of this service."""
        path = f"/keycloak/auth/realms/{self.platform.settings.tenant}/protocol/openid-connect/token"
        return [Operation("keycloakToken", "POST", (path,), "grant")]

    def error_body(self, refusal: Refusal) -> Json:
        """OAuth's error shape."""
        return {"error": refusal.code or "invalid_request", "error_description": refusal.message}

    async def grant(self, call: Call) -> Answer:
        """The password grant, or the renewal of what it gave."""
        form = self.form(call)
        self.check_grant_type(form)
        self.check_client(form)
        renews = form.get("grant_type") == "refresh_token"
        operator = self.check_refresh_token(form) if renews else self.check_credentials(form)
        return Answer(data=self.tokens(operator), headers={"cache-control": "no-store", "pragma": "no-cache"})

    @decision
    def form(self, call: Call) -> dict[str, str]:
        """The form's fields."""
        if FORM_TYPE not in call.headers.get("content-type", "").lower():
            raise Refusal(400, "The body is not a form.")
        return call.form

    @decision
    def check_grant_type(self, form: dict[str, str]) -> None:
        """Only the password grant, and the renewal of what it gave."""
        if not form.get("grant_type"):
            raise Refusal(400, "Missing form parameter: grant_type")
        if form["grant_type"] not in ("password", "refresh_token"):
            raise Refusal(400, "Unsupported grant_type", code="unsupported_grant_type")

    @decision
    def check_client(self, form: dict[str, str]) -> None:
        """Only the CRM's client."""
        if form.get("client_id") != seed.CLIENT_ID:
            raise Refusal(401, "Invalid client or Invalid client credentials", code="invalid_client")

    @decision
    def check_credentials(self, form: dict[str, str]) -> seed.Operator:
        """The operator whose name and password these are."""
        operator = seed.OPERATORS.get(form.get("username", ""))
        expected = operator.password if operator else ""
        given = form.get("password", "")
        if operator is None or not hmac.compare_digest(given.encode(), expected.encode()):
            raise Refusal(401, "Invalid user credentials", code="invalid_grant")
        return operator

    @decision
    def check_refresh_token(self, form: dict[str, str]) -> seed.Operator:
        """The operator to whom this refresh token was given."""
        try:
            claims = self.platform.crm_key.verify(form.get("refresh_token", ""))
        except InvalidToken:
            claims = {}
        operator = seed.OPERATORS.get(str(claims.get("sub", "")))
        if operator is None or claims.get("typ") != "Refresh" or not self.is_current(claims):
            raise Refusal(400, "Invalid refresh token", code="invalid_grant")
        return operator

    @action
    def tokens(self, operator: seed.Operator) -> dict[str, Json]:
        """The response of a grant."""
        lifetime = self.platform.settings.crm_token_lifetime
        return {
            "access_token": self.access_token(operator, lifetime),
            "expires_in": lifetime,
            "refresh_expires_in": REFRESH_LIFETIME,
            "refresh_token": self.sign(operator, "Refresh", REFRESH_LIFETIME),
            "token_type": "bearer",
            "not-before-policy": 0,
            "session_state": self.platform.fresh_id(),
            "scope": "profile email",
        }

    def access_token(self, operator: seed.Operator, lifetime: int) -> str:
        """An operator token; a negative lifetime makes an expired one."""
        return self.sign(operator, "Bearer", lifetime)

    def sign(self, operator: seed.Operator, kind: str, lifetime: int) -> str:
        """A token of the realm."""
        now, tenant = self.platform.now(), self.platform.settings.tenant
        claims: dict[str, Any] = {
            "jti": self.platform.fresh_id(),
            "iat": now if lifetime > 0 else now + lifetime - ACCESS_LIFETIME,
            "exp": now + lifetime,
            "nbf": 0,
            "iss": f"https://operator.example/keycloak/auth/realms/{tenant}",
            "sub": operator.username,
            "typ": kind,
            "azp": seed.CLIENT_ID,
            "realm_access": {"roles": list(operator.roles)},
            "preferred_username": operator.username,
        }
        return self.platform.crm_key.sign(claims)

    @decision
    def is_operator(self, token: str) -> bool:
        """Whether a token is a current access token of somebody with `operatorRole`."""
        try:
            claims = self.platform.crm_key.verify(token)
        except InvalidToken:
            return False
        roles = claims.get("realm_access", {}).get("roles", [])
        return claims.get("typ") == "Bearer" and self.is_current(claims) and OPERATOR_ROLE in roles

    @decision
    def is_current(self, claims: dict[str, Any]) -> bool:
        """Whether a token's time is not over."""
        return int(claims["exp"]) > self.platform.now()
