"""IAS: the in-home status of a token, and the broadcast token that proves it.

Source: ias-in-home-detection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.claims import ACCESS_LIFETIMES, FIXED_LIFETIME, Claims
from conformance.reference.gate import gate_refusal
from conformance.reference.ias import action_paths
from conformance.reference.service import Operation, Service, action, decision
from conformance.reference.tokens import InvalidToken, read_sealed, write_sealed
from conformance.reference.wire import Answer, Call, Json, Refusal

if TYPE_CHECKING:
    from conformance.reference.context import Context
    from conformance.reference.ias import Ias

# The claims of the printed updated token (ias-in-home-detection, Example).
PRINTED = frozenset(
    {
        "typ",
        "ver",
        "exp",
        "fixed_exp",
        "tenantId",
        "accountId",
        "accountProfileId",
        "deviceId",
        "deviceProfileId",
        "onNetwork",
        "inHome",
        "geoBlockExempt",
        "sessionControl",
        "blockingInformation",
        "filteringInformation",
        "cacheKey",
        "billingCountryCode",
    }
)

REFUSED = {"bad-request": 400, "unauthorised": 401, "forbidden": 403}
# How long a broadcast token is good for, where that is only some seconds.
SOME_SECONDS_MS = 30_000


class InHome(Service):
    """The two calls of in-home detection. Access tokens are verified by `Ias.authenticate`."""

    name = "in_home"

    def __init__(self, platform: Context, ias: Ias) -> None:
        super().__init__(platform)
        self.ias = ias
        self._homes: dict[tuple[str, str], bytes] = {}
        self._last_broadcasts: dict[tuple[str, str], bytes] = {}
        self._sealed_at: dict[bytes, int] = {}

    def operations(self) -> list[Operation]:
        """Every operation of this service."""
        generate, update = (
            action_paths(self.reads("ias-prefix"), call) for call in ("generateUpdateInHomeToken", "updateInHomeStatus")
        )
        return [
            Operation("generateUpdateInHomeToken", "GET", generate, "generate_broadcast_token"),
            Operation("updateInHomeStatus", "PUT", update, "update_in_home_status"),
        ]

    @decision
    def authenticate(self, call: Call) -> Claims:
        """The claims of the caller's access token."""
        return self.ias.authenticate(self.bearer(call))

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
        claims = self.authenticate(call)
        tenant, account = self.token_home(claims)
        return self.broadcast_answer(self.seal_home(tenant, account))

    @decision
    def token_home(self, claims: Claims) -> tuple[str, str]:
        """Tenant and account of a token: "if the account ID or tenant ID is missing", 400."""
        tenant, account = claims.get("tenantId"), claims.get("accountId")
        if not (isinstance(tenant, str) and tenant and isinstance(account, str) and account):
            if self.reads("token-without-home") == "401":
                raise Refusal(401, "The access token is not valid.")
            raise Refusal(400, "The token names no account or no tenant.")
        return tenant, account

    @action
    def seal_home(self, tenant: str, account: str) -> str:
        """Account and tenant "in encrypted form"."""
        fresh = self.platform.sealer.seal(tenant, account)
        if self.reads("broadcast-token-repeats") == "always":
            kept = self._homes.get((tenant, account), fresh)
            fresh = self._homes[tenant, account] = fresh if self._has_ended(kept) else kept
        self._sealed_at.setdefault(fresh, self.platform.now_ms())
        self._last_broadcasts[tenant, account] = fresh
        return write_sealed(fresh, self.reads("broadcast-token-encoding"))

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
        unauthorised = not call.headers.get("authorization", "").strip()
        if unauthorised and self.reads("update-missing-authorization") == "401":
            raise Refusal(401, "The Authorization header is missing.")
        claims = self.authenticate(call)
        self.token_home(claims)
        self.check_update_device(claims)
        body = self.json_body(call)
        in_home = self.in_home_argument(body)
        broadcast = self.broadcast_argument(body, in_home)
        flag = self.in_home_flag(claims, in_home, broadcast)
        updated = self.write_updated(self.updated_claims(claims, flag))
        self.ias.supersede(self.bearer(call), updated, str(claims["deviceId"]))
        return Answer(data={"access_token": updated})

    @decision
    def check_update_device(self, claims: Claims) -> None:
        """A device that was disabled since its signon gets no new token."""
        device = self.database.device(str(claims.get("deviceId", "")))
        if device is None:
            raise self.ias.bad_token("The device no longer exists.")
        self.ias.check_device_active(device)

    @decision
    def in_home_argument(self, body: dict[str, Json]) -> bool:
        """inHome: mandatory, true or false."""
        value = body.get("inHome", ...)
        if self.reads("in-home-flag-type") == "lenient" and value is not ...:
            return value is True or str(value).strip().lower() in ("true", "1")
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
        status = REFUSED.get(self.reads("ias-broadcast-mismatch"))
        if in_home and not matches and status:
            raise Refusal(status, "The broadcast token is of another home.")
        return in_home and matches

    @decision
    def open_broadcast(self, broadcast: str) -> tuple[str, str] | None:
        """Tenant and account of a broadcast token; 400 for one that was not made here."""
        try:
            sealed = read_sealed(broadcast, self.reads("broadcast-token-encoding"))
            home = self.platform.sealer.open(sealed)
            if self.reads("broadcast-token-succession") == "one" and sealed != self._last_broadcasts.get(home):
                raise InvalidToken("another one was issued since")
            if self._has_ended(sealed):
                raise InvalidToken("it has ended")
            return home
        except InvalidToken:
            option = self.reads("ias-broadcast-forged")
            if option == "ok-false":
                return None
            raise Refusal(REFUSED[option], "updateInHomeToken is not valid.") from None

    def _has_ended(self, sealed: bytes) -> bool:
        limited = self.reads("broadcast-token-lifetime") == "seconds"
        return limited and self.platform.now_ms() - self._sealed_at.get(sealed, 0) > SOME_SECONDS_MS

    @decision
    def same_home(self, home: tuple[str, str], claims: Claims) -> bool:
        """Whether "the account ID and tenant ID are the same as those in the access token"."""
        return home == (claims.get("tenantId"), claims.get("accountId"))

    @action
    def updated_claims(self, claims: Claims, in_home: bool) -> Claims:
        """The claims of the updated token: inHome is set, the identity of the token is new, all else stays."""
        updated: dict[str, Any] = {**claims, "inHome": in_home}
        now = self.platform.now()
        if "jti" in updated and self.reads("ias-jti") == "own":
            updated["jti"] = self.platform.fresh_id()
        if self.reads("update-claims") == "sample":
            updated = {name: value for name, value in updated.items() if name in PRINTED}
        if self.reads("update-claims") == "network":
            place = {"country": "united kingdom", "country-code": "GB"}
            updated |= {"onNetwork": in_home, "blockingInformation": place, "filteringInformation": place}
        if self.reads("update-exp") == "renewed":
            updated["exp"] = now + ACCESS_LIFETIMES[self.reads("ias-token-lifetime")]
        if self.reads("update-fixed-exp") == "renewed":
            updated["fixed_exp"] = now + FIXED_LIFETIME
        return updated

    @decision
    def write_updated(self, claims: Claims) -> str:
        """The page shows this one as a compact JWT."""
        return self.ias.sign(claims)
