"""IAS: signon by caSN and DAS challenge, and the in-home status of a token.

Sources: ias-das-signon-by-casn, ias-in-home-detection.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

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
from conformance.reference.gate import gate_refusal
from conformance.reference.service import Operation, Service, action, decision
from conformance.reference.tokens import InvalidToken, read_sealed, write_sealed
from conformance.reference.wire import Answer, Call, Json, Refusal

if TYPE_CHECKING:
    from conformance.reference.state import Device

PREFIXES = {"ias": ("/ias/v3",), "v3": ("/v3",), "both": ("/ias/v3", "/v3")}
SCHEMES = ("CONNECT", "WIDEVINE")


class Ias(Service):
    """The Identity Authentication Service."""

    name = "ias"

    def operations(self) -> list[Operation]:
        """Every operation of this service."""

        def paths(call: str) -> tuple[str, ...]:
            return tuple(f"{prefix}/token/actions/{call}" for prefix in PREFIXES[self.reads("ias-prefix")])

        return [
            Operation("dasSignOnByCasn", "POST", paths("dasSignOnByCasn"), "das_sign_on_by_casn"),
            Operation(
                "generateUpdateInHomeToken", "GET", paths("generateUpdateInHomeToken"), "generate_broadcast_token"
            ),
            Operation("updateInHomeStatus", "PUT", paths("updateInHomeStatus"), "update_in_home_status"),
        ]

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
            raise Refusal(401, "The DAS challenge is not valid.")

    @decision
    def check_scheme(self, device: Device, scheme: str) -> None:
        """401 for a scheme that was not "used when creating the DAS challenge"."""
        if scheme != device.scheme:
            raise Refusal(401, "The DAS challenge was made with another scheme.")

    @decision
    def check_device_active(self, device: Device) -> None:
        """403 for a device or an account that is not active."""
        if device.status != "ACTIVE":
            raise Refusal(403, "The device is disabled.", code="20004")
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
        lifetime = ACCESS_LIFETIMES[self.reads("ias-token-lifetime")]
        access = self.access_claims(subject, now, lifetime)
        refresh_lifetime = max(REFRESH_LIFETIME, lifetime)
        refresh = refresh_claims(access, now, refresh_lifetime, style)
        body: dict[str, Json] = {
            "access_token": self.write_token(access),
            "refresh_token": self.write_token(refresh),
            "client_id": subject.device.id,
            "accountId": subject.account.id,
            "token_type": self.reads("token-type"),
            "expires_in": lifetime,
        }
        if self.reads("refresh-expires-in") != "absent":
            base = now if self.reads("refresh-expires-in") == "epoch" else 0
            body["refresh_expires_in"] = base + refresh_lifetime
            body["fixed_refresh_expires_in"] = base + FIXED_LIFETIME
        if style == "rich":
            body |= {"parentalControl": access["parentalControl"], "currentUserProfileId": "profile-1"}
        return body

    @action
    def access_claims(self, subject: Subject, now: int, lifetime: int) -> Claims:
        """The claims of a new access token."""
        in_home = self.reads("stb-in-home") == "true"
        claims = access_claims(subject, now, lifetime, self.reads("ias-claims"), in_home)
        if self.reads("extra-fields") == "everywhere":
            claims["deploymentId"] = "blue"
        return claims

    @decision
    def write_token(self, claims: Claims) -> str | Claims:
        """A token on the wire: a compact JWT, or the decoded object that the page prints."""
        return claims if self.reads("ias-token-form") == "decoded" else self.platform.ias_key.sign(claims)

    # Tokens that callers bring

    @decision
    def authenticate(self, token: str) -> Claims:
        """The claims of an access token that is genuine, current and of the right kind."""
        claims = self.verify_signature(token)
        self.check_type(claims)
        self.check_expiry(claims)
        self.check_token_tenant(claims)
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
        if not isinstance(expiry, int) or isinstance(expiry, bool) or expiry <= self.platform.now():
            raise self.bad_token("The access token has expired.")

    @decision
    def check_token_tenant(self, claims: Claims) -> None:
        """A token of another tenant opens nothing here."""
        tenant = claims.get("tenantId")
        if isinstance(tenant, str) and tenant and tenant != self.platform.settings.tenant:
            raise self.bad_token("The access token is of another tenant.")

    def bad_token(self, message: str) -> Refusal:
        """The refusal of a token that is there and no good."""
        return Refusal(int(self.reads("ias-bad-token")), message, code="20020")

    @decision
    def bearer(self, call: Call) -> str:
        """The token of the Authorization header; 400 where there is none, as the page says."""
        header = call.headers.get("authorization", "").strip()
        scheme, _, rest = header.partition(" ")
        prefixed = scheme.lower() == "bearer"
        token = rest.strip() if prefixed else header
        wanted = {"either": token, "bearer": token if prefixed else "", "bare": "" if prefixed else token}
        if not wanted[self.reads("ias-authorization-form")]:
            self.refuse_missing_authorization()
        return token

    @decision
    def refuse_missing_authorization(self) -> None:
        """400 by the page, the gate's 403 where the gate comes first."""
        message = "The Authorization header is missing."
        if self.reads("ias-missing-authorization") == "403":
            raise gate_refusal(403, message)
        raise Refusal(400, message)

    # generateUpdateInHomeToken

    async def generate_broadcast_token(self, call: Call) -> Answer:
        """The token that a set top box broadcasts in its home."""
        claims = self.authenticate(self.bearer(call))
        tenant, account = self.token_home(claims)
        return self.broadcast_answer(self.seal_home(tenant, account))

    @decision
    def token_home(self, claims: Claims) -> tuple[str, str]:
        """Tenant and account of a token: "if the account ID or tenant ID is missing", 400."""
        tenant, account = claims.get("tenantId"), claims.get("accountId")
        if not (isinstance(tenant, str) and tenant and isinstance(account, str) and account):
            raise Refusal(400, "The token names no account or no tenant.")
        return tenant, account

    @action
    def seal_home(self, tenant: str, account: str) -> str:
        """Account and tenant "in encrypted form"."""
        return write_sealed(self.platform.sealer.seal(tenant, account), self.reads("broadcast-token-encoding"))

    @decision
    def broadcast_answer(self, token: str) -> Answer:
        """The response; the page does not name its field."""
        field = self.reads("broadcast-token-field")
        if field == "text":
            return Answer(raw=token.encode(), content_type="text/plain")
        if field == "nested":
            return Answer(data={"data": {"updateInHomeToken": token}})
        return Answer(data=token if field == "string" else {field: token})

    # updateInHomeStatus

    async def update_in_home_status(self, call: Call) -> Answer:
        """A new access token whose inHome says whether device and broadcast token share a home."""
        claims = self.authenticate(self.bearer(call))
        self.token_home(claims)
        self.check_update_device(claims)
        body = self.json_body(call)
        in_home = self.in_home_argument(body)
        broadcast = self.broadcast_argument(body, in_home)
        flag = self.in_home_flag(claims, in_home, broadcast)
        return Answer(data={"access_token": self.write_updated(self.updated_claims(claims, flag))})

    @decision
    def check_update_device(self, claims: Claims) -> None:
        """A device that was disabled since its signon gets no new token."""
        device = self.database.device(str(claims.get("deviceId", "")))
        if device is None:
            raise self.bad_token("The device no longer exists.")
        self.check_device_active(device)

    @decision
    def in_home_argument(self, body: dict[str, Json]) -> bool:
        """inHome: mandatory, true or false."""
        value = body.get("inHome")
        if not isinstance(value, bool):
            raise Refusal(400, "inHome must be true or false.")
        return value

    @decision
    def broadcast_argument(self, body: dict[str, Json], in_home: bool) -> str | None:
        """updateInHomeToken: mandatory; a platform may do without it where inHome is false."""
        value = body.get("updateInHomeToken")
        if isinstance(value, str) and value:
            return value
        if value in (None, "") and not in_home and self.reads("ias-out-of-home-without-token") == "200":
            return None
        raise Refusal(400, "updateInHomeToken is missing.")

    @decision
    def in_home_flag(self, claims: Claims, in_home: bool, broadcast: str | None) -> bool:
        """True only where the client says so and the broadcast token is of the access token's own home."""
        if broadcast is None:
            return False
        home = self.open_broadcast(broadcast)
        if home is None:
            return False
        matches = self.same_home(home, claims)
        if in_home and not matches and self.reads("ias-broadcast-mismatch") == "bad-request":
            raise Refusal(400, "The broadcast token is of another home.")
        return in_home and matches

    @decision
    def open_broadcast(self, broadcast: str) -> tuple[str, str] | None:
        """Tenant and account of a broadcast token; 400 for one that was not made here."""
        try:
            return self.platform.sealer.open(read_sealed(broadcast, self.reads("broadcast-token-encoding")))
        except InvalidToken:
            if self.reads("ias-broadcast-forged") == "ok-false":
                return None
            raise Refusal(400, "updateInHomeToken is not valid.") from None

    @decision
    def same_home(self, home: tuple[str, str], claims: Claims) -> bool:
        """Whether "the account ID and tenant ID are the same as those in the access token"."""
        return home == (claims.get("tenantId"), claims.get("accountId"))

    @action
    def updated_claims(self, claims: Claims, in_home: bool) -> Claims:
        """The claims of the updated token: inHome is set, the identity of the token is new, all else stays."""
        updated: dict[str, Any] = {**claims, "inHome": in_home}
        now = self.platform.now()
        if "jti" in updated:
            updated["jti"] = self.platform.fresh_id()
        if self.reads("update-exp") == "renewed":
            updated["exp"] = now + ACCESS_LIFETIMES[self.reads("ias-token-lifetime")]
        if self.reads("update-fixed-exp") == "renewed":
            updated["fixed_exp"] = now + FIXED_LIFETIME
        return updated

    @decision
    def write_updated(self, claims: Claims) -> str:
        """The page shows this one as a compact JWT."""
        return self.platform.ias_key.sign(claims)
