"""HDM: signon of set top boxes and of open devices, and the tokens that it gives.

Source: hdm-authentication. The URL and the parameter names of nmpsignontokens are lost in the page's copy; they follow
stbsignontokens and the names of NAGRA's JavaScript client (C1).
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from typing import TYPE_CHECKING

from conformance.reference.service import Operation, Service, action, decision
from conformance.reference.state import Account, Device, SignonToken, User
from conformance.reference.tokens import opaque_token
from conformance.reference.wire import Answer, Call, Json, Refusal

if TYPE_CHECKING:
    from conformance.reference.adm import Adm
    from conformance.reference.context import Context

BASE = "/api/authentication/v2"
# As NAGRA's JavaScript framework (C1) calls both signons; it spells caSn, and adds `provisioned`.
FIRST_VERSION = "/api/authentication/v1/signontokens"
DEVICE_PROFILE = "STB_HD"
HOUR_MS = 3_600_000
LONGEST_DETAIL = 128
LONGEST_PASSWORD = 64
LIFETIMES_MS = {"hour": HOUR_MS, "day": 24 * HOUR_MS, "minutes": 10 * 60_000}
WRONG_CREDENTIALS, UNKNOWN_DEVICE, NOT_ACTIVE = "23017", "23010", "23011"


class Hdm(Service):
    """The Home Domain Manager."""

    name = "hdm"

    def __init__(self, platform: Context, adm: Adm) -> None:
        super().__init__(platform)
        self.adm = adm
        self._last_tokens: dict[tuple[str, str | None, str | None], SignonToken] = {}

    def operations(self) -> list[Operation]:
        """Every operation of this service."""
        return [
            Operation("stbsignontokens", "GET", (f"{BASE}/stbsignontokens",), "sign_on_stb"),
            Operation("nmpsignontokens", "GET", (f"{BASE}/nmpsignontokens",), "sign_on_open_device"),
        ]

    def error_body(self, refusal: Refusal) -> Json:
        """A refused signon's body, in the form whose reason reaches NAGRA's JavaScript client (C1)."""
        code = refusal.code or str(20000 + refusal.status)
        return {"resultCode": code, "result": f"{refusal.message} code={code}", "localeMessage": "none"}

    # Section "Set Top Box signon"

    async def sign_on_stb(self, call: Call) -> Answer:
        """stbsignontokens: a box proves itself with what is burnt into it."""
        if self.reads("hdm-check-order") == "values-first" and (known := call.query.get("smartcardId", "").strip()):
            self.check_smartcard(known)
        details = self.stb_details(call)
        self.check_systems_configured()
        self.check_systems_reachable()
        device = self.database.device_by_smartcard(details["smartcardId"])
        if device is None:
            device = self.provision_unknown_stb(details)
        self.check_stb_details(device, details)
        self.check_device_active(device)
        self.check_account_active(self.account_of(device.account))
        return self.signon_answer(self.issue_token(device.account, device.id, None))

    @decision
    def check_smartcard(self, smartcard: str) -> None:
        """403 for a smartcard that nobody has, before the other details are looked at."""
        if self.database.device_by_smartcard(smartcard) is None and self.reads("dynamic-provisioning") != "on":
            raise Refusal(403, "The smartcard is unknown.", code=UNKNOWN_DEVICE)

    @decision
    def stb_details(self, call: Call) -> dict[str, str]:
        """The four mandatory parameters; 400 where one is missing."""
        spellings = {"casn": ("casn",), "caSn": ("caSn",), "both": ("casn", "caSn")}[self.reads("stb-casn-name")]
        casn = next((name for name in spellings if name in call.query), spellings[0])
        return {
            "smartcardId": self.mandatory(call, "smartcardId"),
            "nuId": self.mandatory(call, "nuId"),
            "casn": self.mandatory(call, casn),
            "csadList": self.csad_list(call),
        }

    @decision
    def csad_list(self, call: Call) -> str:
        """What the chipset can do; it must be there, and where it is taken as given nothing more is asked of it."""
        given = call.query.get("csadList")
        return given if given is not None and self.takes_csad_list() else self.mandatory(call, "csadList")

    @decision
    def takes_csad_list(self) -> bool:
        """Whether csadList is taken as a box gives it."""
        return self.reads("stb-csad-list") == "taken"

    @decision
    def mandatory(self, call: Call, name: str) -> str:
        """A parameter that must be there and must not be empty."""
        self.require(name, call.query.get(name))
        trimmed = self.reads("hdm-white-space") == "trimmed" and name != "password"
        return call.query[name].strip() if trimmed else call.query[name]

    @decision
    def require(self, name: str, value: str | None) -> None:
        """400: "Missing mandatory input parameter(s)"."""
        if value is None:
            raise Refusal(400, f"The parameter {name} is missing.")
        if not value.strip():
            raise Refusal(int(self.reads("hdm-empty-parameter")), f"The parameter {name} is empty.")

    @decision
    def check_systems_configured(self) -> None:
        """500: "The ESSO system is not configured", "The ESPS system is not configured"."""
        for system in ("ESSO", "ESPS"):
            if f"{system.lower()}_not_configured" in self.platform.conditions:
                raise Refusal(500, f"The {system} system is not configured.")

    @decision
    def check_systems_reachable(self) -> None:
        """503: "The ESPS system is unreachable", "The ESSO system is unreachable"."""
        for system in ("ESPS", "ESSO"):
            if f"{system.lower()}_unreachable" in self.platform.conditions:
                raise Refusal(503, f"The {system} system is unreachable.")

    @action
    def provision_unknown_stb(self, details: dict[str, str]) -> Device:
        """What happens at the first signon of a box that nobody provisioned."""
        known = self.database.device_by_casn(details["casn"]) is not None
        if known or self.reads("dynamic-provisioning") != "on" or not self.is_plausible_stb(details):
            raise Refusal(403, "The smartcard is unknown.", code=UNKNOWN_DEVICE)
        account = f"home-{secrets.token_hex(6)}"
        device = Device(
            id=f"STB-{secrets.token_hex(5).upper()}",
            account=account,
            kind="stb",
            status="ACTIVE",
            profile=DEVICE_PROFILE,
            smartcard=details["smartcardId"],
            nuid=details["nuId"],
            casn=details["casn"],
            csad_list=details["csadList"],
        )
        tenant = self.platform.settings.tenant
        with self.database.transaction():
            self.database.insert(
                "accounts",
                Account("opf", account, tenant, account, "DEFAULT", "NPVR_NONE", "ACTIVE", "DISABLED", False, "[]"),
            )
            self.database.insert("devices", device)
        return device

    @decision
    def is_plausible_stb(self, details: dict[str, str]) -> bool:
        """Whether details look like a box's at all: letters and digits, not too many, and a list of two CSADs."""
        texts = [*details.values()]
        looks_real = all(text.isascii() and text.isalnum() and len(text) <= LONGEST_DETAIL for text in texts)
        return looks_real and len(details["csadList"]) % 2 == 0

    @decision
    def check_stb_details(self, device: Device, details: dict[str, str]) -> None:
        """403 unless every detail is the box's own."""
        expected = {"nuId": device.nuid, "casn": device.casn}
        if not self.takes_csad_list():
            expected["csadList"] = device.csad_list
        for name, value in expected.items():
            if not same_text(details[name], value or ""):
                raise Refusal(403, "The details do not belong to one set top box.", code=UNKNOWN_DEVICE)

    @decision
    def check_device_active(self, device: Device) -> None:
        """403 for a device that was disabled."""
        if device.status != "ACTIVE":
            raise Refusal(403, "The device is disabled.", code=NOT_ACTIVE)

    @decision
    def check_account_active(self, account: Account) -> None:
        """403 for an account that was suspended or cancelled."""
        if account.status != "ACTIVE":
            raise Refusal(403, "The account is not active.", code=NOT_ACTIVE)

    def account_of(self, account_id: str) -> Account:
        """The account behind a device or user."""
        account = self.database.account("opf", account_id)
        if account is None:
            raise Refusal(403, "The account is unknown.", code=UNKNOWN_DEVICE)
        return account

    # Section "Open device signon"

    async def sign_on_open_device(self, call: Call) -> Answer:
        """nmpsignontokens: direct mode, first signon, signon after initialisation; parameters tell them apart."""
        username, password = self.mandatory(call, "username"), self.mandatory(call, "password")
        if self.reads("nmp-mode").startswith("direct"):
            self.mandatory(call, "smartcardId")
            self.mandatory(call, "deviceId")
        device_id, smartcard = (self.optional(call, name) for name in ("deviceId", "smartcardId"))
        self.check_systems_configured()
        self.check_systems_reachable()
        user = await self.check_password(username, password)
        self.check_account_active(self.account_of(user.account))
        if device_id:
            self.check_device(device_id, user)
        if smartcard and (device_id or self.reads("first-signon-gateway") == "checked"):
            self.check_gateway(smartcard, user)
        return self.signon_answer(self.issue_token(user.account, device_id or None, user.signon_id))

    @decision
    def optional(self, call: Call, name: str) -> str:
        """A parameter that may be missing."""
        value = call.query.get(name, "")
        return value.strip() if self.reads("hdm-white-space") == "trimmed" else value

    @decision
    async def check_password(self, username: str, password: str) -> User:
        """The user whose name and password these are; 403 for anybody else, with one message for both mistakes."""
        if self.reads("hdm-username-case") == "ignored":
            username = self.database.signon_id_in_any_case("opf", username) or username
        user = self.database.user("opf", username) if self.adm.has_reached_hdm(username) else None
        too_long = self.reads("hdm-longest-password") == "64" and len(password) > LONGEST_PASSWORD
        if user is None or too_long or not await self.platform.passwords.matches(password, user.salt, user.password):
            raise Refusal(403, "User name or password is wrong.", code=WRONG_CREDENTIALS)
        return user

    @decision
    def check_device(self, device_id: str, user: User) -> None:
        """403 unless the device is known, active, and of the user's own account."""
        device = self.database.device(device_id)
        if device is None:
            raise Refusal(403, "The device is unknown.", code=UNKNOWN_DEVICE)
        if not self.owns_device(user, device):
            raise Refusal(403, "The device is unknown.", code=UNKNOWN_DEVICE)
        self.check_device_active(device)

    @decision
    def owns_device(self, user: User, device: Device) -> bool:
        """Whether device and user belong to one account (section "Signon response", account isolation)."""
        return device.account == user.account

    @decision
    def check_gateway(self, smartcard: str, user: User) -> None:
        """503 for a gateway that is not provisioned or cannot be verified, 403 for another account's."""
        gateway = self.database.gateway(smartcard)
        if gateway is None or not gateway.provisioned:
            self.refuse_unprovisioned_gateway()
        elif not self.can_verify_gateway():
            raise Refusal(503, "The ESPS system cannot verify the Gateway Smartcard ID.")
        elif gateway.account != user.account:
            raise Refusal(403, "The gateway belongs to another home.", code=UNKNOWN_DEVICE)

    @decision
    def refuse_unprovisioned_gateway(self) -> None:
        """503: "The Gateway SmartCard ID has not yet been provisioned in the system"."""
        raise Refusal(503, "The Gateway SmartCard ID has not yet been provisioned in the system.")

    @decision
    def can_verify_gateway(self) -> bool:
        """Whether ESPS can verify gateways at the moment."""
        return "gateway_unverifiable" not in self.platform.conditions

    # Section "Signon response"

    @action
    def issue_token(
        self, account: str, device: str | None, user: str | None, *, plain_base64: bool = False
    ) -> SignonToken:
        """A fresh token for an account, in the context of a device, a user, or both."""
        now_ms = self.platform.now_ms()
        last = self._last_tokens.get((account, device, user))
        if last and not plain_base64 and self.reads("hdm-sessions") == "one":
            self.database.end_signon_token(last.token)
            last = None
        if last and not plain_base64 and self.reads("hdm-token-reuse") == "while-valid" and not self.has_expired(last):
            return last
        token = SignonToken(
            token=opaque_token(now_ms, self.reads("hdm-token-form"), plain_base64=plain_base64),
            account=account,
            device=device,
            user=user,
            issued_ms=now_ms,
            expiry_ms=now_ms + LIFETIMES_MS[self.reads("hdm-token-lifetime")],
        )
        self.database.insert("signon_tokens", token)
        if not plain_base64:
            self._last_tokens[account, device, user] = token
        if secrets.randbelow(256) == 0:
            self.database.forget_signon_tokens(now_ms - 24 * HOUR_MS)
        return token

    @action
    def signon_answer(self, token: SignonToken) -> Answer:
        """The success response body; resultCode and requestId are strings, expiry is epoch milliseconds."""
        result = None if self.reads("hdm-result") == "null" else ""
        inner = {"token": token.token, "result": result, "resultCode": "0", "requestId": self.request_id()}
        return Answer(data={"token": inner, "expiry": token.expiry_ms})

    @action
    def request_id(self) -> str:
        """Nine digits, as in the page's example, or a UUID."""
        if self.reads("hdm-request-id") == "uuid":
            return str(uuid.uuid4())
        return str(secrets.randbelow(900_000_000) + 100_000_000)

    # Used by SDP and by initialise

    @decision
    def verify_token(self, token: str) -> SignonToken | None:
        """What a token stands for; None where it was never given, or is no longer valid."""
        known = self.database.signon_token(token)
        if known is None or self.has_expired(known):
            return None
        return known

    @decision
    def has_expired(self, token: SignonToken) -> bool:
        """Whether a token's time is over."""
        return token.expiry_ms <= self.platform.now_ms()


def same_text(given: str, expected: str) -> bool:
    """A comparison that takes as long for a near miss as for a wild guess."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))
