"""IAS: signon by caSN and DAS challenge, and the verification of the access tokens that it gives.

Source: ias-das-signon-by-casn.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

from conformance.reference.claims import (
    ACCESS,
    ACCESS_LIFETIMES,
    FIXED_LIFETIME,
    REFRESH_LIFETIME,
    Claims,
    Subject,
    access_claims,
    refresh_claims,
)
from conformance.reference.service import Operation, Service, action, decision
from conformance.reference.tokens import InvalidToken
from conformance.reference.wire import Answer, Call, Json, Refusal

if TYPE_CHECKING:
    from conformance.reference.context import Context
    from conformance.reference.state import Device

PREFIXES = {"ias": ("/ias/v3",), "v3": ("/v3",), "both": ("/ias/v3", "/v3")}
SCHEMES = ("CONNECT", "WIDEVINE")


class Ias(Service):
    """The Identity Authentication Service."""

    name = "ias"

    def __init__(self, platform: Context) -> None:
        super().__init__(platform)
        self._last_envelopes: dict[str, tuple[int, dict[str, Json]]] = {}
        self._superseded: set[str] = set()
        self._live_tokens: dict[str, set[str]] = {}

    def operations(self) -> list[Operation]:
        """Every operation of this service."""
        paths = action_paths(self.reads("ias-prefix"), "dasSignOnByCasn")
        return [Operation("dasSignOnByCasn", "POST", paths, "das_sign_on_by_casn")]

    # dasSignOnByCasn

    async def das_sign_on_by_casn(self, call: Call) -> Answer:
        """A signon by the box's caSN and the challenge that DAS gave it."""
        parameters = self.signon_parameters(call)
        tenant = self.check_tenant(call)
        self.check_mac_address(call)
        device = self.find_device(parameters["casn"])
        self.check_challenge(device, parameters["dasChallenge"])
        self.check_scheme(device, parameters["scheme"])
        self.check_device_active(device)
        return Answer(data=self.envelope(self.subject(tenant, device)))

    @decision
    def signon_parameters(self, call: Call) -> dict[str, str]:
        """casn, dasChallenge and scheme, all mandatory."""
        body = self.json_body(call)
        parameters = {"casn": self.parameter(body, "casn"), "dasChallenge": self.parameter(body, "dasChallenge")}
        parameters["scheme"] = self.known_scheme(body)
        return parameters

    @decision
    def parameter(self, body: dict[str, Json], name: str) -> str:
        """A mandatory string; 400 where it is missing or something else."""
        value = body.get(name)
        if value == "":
            raise Refusal(int(self.reads("ias-empty-parameter")), f"The parameter {name} is empty.")
        if not isinstance(value, str) or not value.strip():
            raise Refusal(400, f"The parameter {name} is missing.")
        return value

    @decision
    def known_scheme(self, body: dict[str, Json]) -> str:
        """The scheme: CONNECT or WIDEVINE. The page makes it mandatory and gives no status for its lack."""
        scheme = body.get("scheme")
        if scheme not in SCHEMES:
            raise Refusal(int(self.reads("ias-bad-scheme")), "The parameter scheme is neither CONNECT nor WIDEVINE.")
        return str(scheme)

    @decision
    def check_tenant(self, call: Call) -> str:
        """nv-tenant-id: mandatory, and the tenant that the device is registered with."""
        tenant = call.headers.get("nv-tenant-id", "")
        if not tenant.strip():
            raise Refusal(int(self.reads("ias-missing-tenant")), "The header nv-tenant-id is missing.")
        if tenant != self.platform.settings.tenant:
            raise Refusal(int(self.reads("ias-wrong-tenant")), "The tenant does not exist.")
        return tenant

    @decision
    def check_mac_address(self, call: Call) -> None:
        """nv-mac-address is "only required if In Home Detection is enabled"."""
        if self.reads("ias-mac-address") == "required" and not call.headers.get("nv-mac-address", "").strip():
            raise Refusal(400, "The header nv-mac-address is missing.")

    @decision
    def find_device(self, casn: str) -> Device:
        """The box with this caSN; 404, "a non-existent resource", for none."""
        device = self.database.device_by_casn(casn)
        if device is None:
            raise Refusal(int(self.reads("ias-unknown-casn")), "The device does not exist.", code="20003")
        return device

    @decision
    def check_challenge(self, device: Device, challenge: str) -> None:
        """401 for a challenge that DAS did not give this box."""
        if not hmac.compare_digest(challenge.encode(), (device.challenge or "").encode()) or not device.challenge:
            raise Refusal(int(self.reads("ias-wrong-challenge")), "The DAS challenge is not valid.")

    @decision
    def check_scheme(self, device: Device, scheme: str) -> None:
        """401 for a scheme that was not "used when creating the DAS challenge"."""
        if scheme != device.scheme:
            raise Refusal(401, "The DAS challenge was made with another scheme.")

    @decision
    def check_device_active(self, device: Device) -> None:
        """403 for a device or an account that is not active."""
        if device.status != "ACTIVE":
            raise Refusal(int(self.reads("ias-disabled-device")), "The device is disabled.", code="20004")
        account = self.database.account("opf", device.account)
        if account is None or account.status != "ACTIVE":
            raise Refusal(403, "The account is suspended.", code="20002")

    @decision
    def subject(self, tenant: str, device: Device) -> Subject:
        """Whom the tokens will be about."""
        account = self.database.account("opf", device.account)
        assert account is not None
        return Subject(tenant, account, device, self.database.user_of_account("opf", device.account))

    @action
    def envelope(self, subject: Subject) -> dict[str, Json]:
        """The response: both tokens, and what a client wants to know without decoding them."""
        now, style = self.platform.now(), self.reads("ias-claims")
        last = self._last_envelopes.get(subject.device.id)
        if last and self.reads("ias-token-reuse") == "while-valid" and now < last[0]:
            return last[1]
        lifetime = ACCESS_LIFETIMES[self.reads("ias-token-lifetime")]
        access = self.access_claims(subject, now, lifetime)
        refresh_lifetime = max(REFRESH_LIFETIME, lifetime)
        refresh = refresh_claims(access, now, refresh_lifetime, style)
        body: dict[str, Json] = {
            "access_token": self.write_token(access),
            "refresh_token": self.write_refresh_token(refresh),
            "client_id": subject.device.id,
            "accountId": subject.account.id,
            "token_type": self.reads("token-type"),
            "expires_in": lifetime * (1000 if self.reads("expires-in-unit") == "milliseconds" else 1),
        }
        if self.reads("refresh-expires-in") != "absent":
            base = now if self.reads("refresh-expires-in") == "epoch" else 0
            body["refresh_expires_in"] = base + refresh_lifetime
            body["fixed_refresh_expires_in"] = base + FIXED_LIFETIME
        if style == "rich":
            body |= {"parentalControl": access["parentalControl"], "currentUserProfileId": "profile-1"}
        self._last_envelopes[subject.device.id] = now + lifetime // 2, body
        self.begin_session(subject.device.id, body["access_token"])
        return body

    @action
    def begin_session(self, device: str, token: Json) -> None:
        """Notes a new access token; where a device has one session, those before it are over."""
        live = self._live_tokens.setdefault(device, set())
        if self.reads("ias-sessions") == "one":
            self._superseded |= live
            live.clear()
        if isinstance(token, str):
            live.add(token)
            self._superseded.discard(token)

    @action
    def access_claims(self, subject: Subject, now: int, lifetime: int) -> Claims:
        """The claims of a new access token."""
        in_home = self.reads("stb-in-home") == "true"
        claims = access_claims(subject, now, lifetime, self.reads("ias-claims"), in_home)
        if self.reads("extra-fields") == "everywhere":
            claims["deploymentId"] = "blue"
        if "jti" in claims and self.reads("ias-jti") == "session":
            claims["jti"] = f"session-{subject.device.id}"
        if self.reads("ias-fixed-exp") == "earlier":
            claims["fixed_exp"] = claims["exp"] - 60
        return claims

    @decision
    def write_token(self, claims: Claims) -> str | Claims:
        """A token on the wire: a compact JWT, or the decoded object that the page prints."""
        return claims if self.reads("ias-token-form") == "decoded" else self.sign(claims)

    def write_refresh_token(self, claims: Claims) -> str | Claims:
        """A refresh token on the wire: as an access token, or as a text that nobody else reads."""
        if self.reads("ias-refresh-token") == "opaque":
            return secrets.token_urlsafe(48)
        return self.write_token(claims)

    def sign(self, claims: Claims) -> str:
        """A compact JWT over the claims."""
        return self.platform.ias_key.sign(claims, typ=self.reads("ias-jwt-type"))

    # Tokens that callers bring

    @decision
    def authenticate(self, token: str) -> Claims:
        """The claims of an access token that is genuine, current and of the right kind."""
        claims = self.verify_signature(token)
        self.check_type(claims)
        self.check_expiry(claims)
        self.check_token_tenant(claims)
        self.check_not_superseded(token)
        return claims

    @decision
    def verify_signature(self, token: str) -> Claims:
        """Only HS256 by our key counts, whatever the token's header says."""
        try:
            return self.platform.ias_key.verify(token)
        except InvalidToken:
            raise self.bad_token("The access token is not valid.") from None

    @decision
    def check_type(self, claims: Claims) -> None:
        """A refresh token is not an access token."""
        if claims.get("typ") != ACCESS:
            raise self.bad_token("The token is not an access token.")

    @decision
    def check_expiry(self, claims: Claims) -> None:
        """`exp` is epoch seconds."""
        expiry = claims.get("exp")
        if not isinstance(expiry, (int, float)) or isinstance(expiry, bool) or expiry <= self.platform.now():
            raise self.bad_token("The access token has expired.")

    @decision
    def check_token_tenant(self, claims: Claims) -> None:
        """A token of another tenant opens nothing here."""
        tenant = claims.get("tenantId")
        if isinstance(tenant, str) and tenant and tenant != self.platform.settings.tenant:
            raise self.bad_token("The access token is of another tenant.")

    @decision
    def check_not_superseded(self, token: str) -> None:
        """A token that an update replaced may be over."""
        if token in self._superseded:
            raise self.bad_token("The access token was replaced by another.")

    @action
    def supersede(self, token: str, successor: str, device: str) -> None:
        """Notes that an update replaced a token; the device's next signon gives a new one."""
        self._last_envelopes.pop(device, None)
        self._live_tokens.setdefault(device, set()).add(successor)
        # What was handed out decoded has no text that could be told from another one of the same second.
        if self.reads("ias-superseded-token") == "refused" and self.reads("ias-token-form") != "decoded":
            self._superseded.add(token)
        # Without a jti it may be, letter for letter, one that has ended: what was just issued is good.
        self._superseded.discard(successor)

    def bad_token(self, message: str) -> Refusal:
        """The refusal of a token that is there and no good."""
        return Refusal(int(self.reads("ias-bad-token")), message, code="20020")


def action_paths(option: str, call: str) -> tuple[str, ...]:
    """Where a token action stands."""
    return tuple(f"{prefix}/token/actions/{call}" for prefix in PREFIXES[option])
