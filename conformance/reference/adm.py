"""ADM: accounts with pre-hashed passwords, on OPF and on SSP.

Source: adm-creating-an-account. The two stores are apart: "this request must be made twice – once to OPF, and once to
SSP".
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.reference import seed
from conformance.reference.passwords import HASH_BYTES
from conformance.reference.service import Operation, Service, action, decision
from conformance.reference.state import Account, User
from conformance.reference.wire import Answer, Call, Json, Refusal

if TYPE_CHECKING:
    from conformance.reference.context import Context
    from conformance.reference.keycloak import Keycloak

PATH = "/adm/v1/accounts/preHashedPassword"
TEXTS = ("accountProfileId", "npvrProfileName", "signonId", "password", "salt")
OPF, SSP = "opf", "ssp"
SHORT_HASH_BYTES = 40
LONGEST_ID = 128
PROPAGATION_S = 0.8


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A request to create an account, understood."""

    id: str | None
    profile: str
    npvr_profile: str
    billing_address: str
    pvr_status: str
    signon_id: str
    password: bytes
    salt: bytes
    geo_block_exempt: bool


class Adm(Service):
    """Account and device management of both stores."""

    name = "adm"

    def __init__(self, platform: Context, keycloak: Keycloak) -> None:
        super().__init__(platform)
        self.keycloak = keycloak
        self._reach_hdm: dict[str, float] = {}

    def operations(self) -> list[Operation]:
        """Every operation of this service."""
        operations = [Operation("createAccount", "POST", (PATH,), "create_on_opf")]
        if self.reads("ssp") == "on":
            base = ssp_base(self.reads("ssp-tenant"), self.platform.settings.tenant)
            operations.append(Operation("createAccountOnSsp", "POST", (base + PATH,), "create_on_ssp"))
        return operations

    async def create_on_opf(self, call: Call) -> Answer:
        """The first of the two requests."""
        if self.reads("adm-check-order") == "body-first":
            self.new_account(call)
            self.check_tenant(call)
        self.check_token(self.operator_token(call))
        self.check_tenant(call)
        request = self.new_account(call)
        self.check_opf_id(request)
        return self.create(OPF, request)

    async def create_on_ssp(self, call: Call) -> Answer:
        """The second."""
        if self.reads("adm-check-order") == "body-first":
            self.new_account(call)
        self.check_token(self.ssp_token(call))
        if self.reads("ssp-tenant") == "header":
            self.check_tenant(call)
        request = self.new_account(call)
        self.check_ssp_id(request)
        return self.create(SSP, request)

    # Headers

    @decision
    def operator_token(self, call: Call) -> str:
        """The bearer token of the Authorization header."""
        scheme, _, token = call.headers.get("authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refusal(int(self.reads("crm-missing-token")), "The bearer token is missing.")
        return token.strip()

    @decision
    def ssp_token(self, call: Call) -> str:
        """SSP's token: in Authorization by the account page, in nv-authorizations by SSP's own pages."""
        own = call.headers.get("nv-authorizations", "").strip()
        option = self.reads("ssp-authorization")
        if own and option != "authorization":
            return own.removeprefix("Bearer ")
        if option == "nv-authorizations":
            raise Refusal(int(self.reads("crm-missing-token")), "The header nv-authorizations is missing.")
        return self.operator_token(call)

    @decision
    def check_token(self, token: str) -> None:
        """403: "A request with an invalid token"."""
        if not self.keycloak.is_operator(token):
            raise Refusal(403, "The token is not valid.", code="20020")

    @decision
    def check_tenant(self, call: Call) -> None:
        """404 where "the tenant does not exist"."""
        tenant = call.headers.get("nv-tenant-id", "")
        if not tenant.strip() and self.reads("adm-missing-tenant") == "own":
            return
        if not tenant.strip():
            raise Refusal(int(self.reads("adm-missing-tenant")), "The header nv-tenant-id is missing.")
        if tenant != self.platform.settings.tenant:
            raise Refusal(404, "The tenant does not exist.")

    # Body

    @decision
    def new_account(self, call: Call) -> NewAccount:
        """The request's body, every mandatory argument checked; 400, "a bad request", otherwise."""
        body = self.json_body(call)
        texts = {name: self.text(body, name) for name in TEXTS}
        self.check_signon_id(texts["signonId"])
        return NewAccount(
            id=self.supplied_id(body),
            profile=self.account_profile(texts["accountProfileId"]),
            npvr_profile=self.npvr_profile(texts["npvrProfileName"]),
            billing_address=self.billing_address(body),
            pvr_status=self.pvr_status(body),
            signon_id=texts["signonId"],
            password=self.hashed_password(texts["password"]),
            salt=self.salt(texts["salt"]),
            geo_block_exempt=self.geo_block_exempt(body),
        )

    @decision
    def text(self, body: dict[str, Json], name: str) -> str:
        """A mandatory argument that is a string and not empty."""
        value = body.get(name)
        if not isinstance(value, str) or not value.strip():
            raise Refusal(400, f"The argument {name} is missing.")
        return value

    @decision
    def supplied_id(self, body: dict[str, Json]) -> str | None:
        """The account id, if the caller names one."""
        value = body.get("_id")
        if value is None:
            return None
        usable = isinstance(value, str) and value.strip() and len(value) <= LONGEST_ID
        if not usable:
            raise Refusal(400, "_id is not an id.")
        return str(value)

    @decision
    def check_opf_id(self, request: NewAccount) -> None:
        """Whether a caller may name the id of an account that is not there yet."""
        if request.id is not None and self.reads("supplied-id") == "refused":
            raise Refusal(400, "The _id is made by the platform.")

    @decision
    def check_ssp_id(self, request: NewAccount) -> None:
        """Whether SSP wants the account id that OPF gave, or makes its own; 400 for the other."""
        refused = self.reads("supplied-id") == "refused"
        unwanted = {
            "either": request.id is not None and refused,
            "given": request.id is None,
            "own": request.id is not None,
        }
        if unwanted[self.reads("ssp-account-id")]:
            raise Refusal(400, "The _id of the request is not the one that is wanted.")

    @decision
    def check_signon_id(self, signon_id: str) -> None:
        """An e-mail address, by a sentence that binds the caller; a platform may insist."""
        name, at, host = signon_id.partition("@")
        if self.reads("signon-id-form") == "email" and not (name and at and host):
            raise Refusal(400, "signonId is not an e-mail address.")

    @decision
    def account_profile(self, name: str) -> str:
        """An account profile, which NAGRA created before."""
        return self.known_profile(name, seed.ACCOUNT_PROFILES)

    @decision
    def npvr_profile(self, name: str) -> str:
        """A user recordings profile."""
        return self.known_profile(name, seed.NPVR_PROFILES)

    @decision
    def known_profile(self, name: str, known: tuple[str, ...]) -> str:
        """What becomes of a profile that nobody made."""
        option = self.reads("unknown-profile")
        if name not in known and option != "accepted":
            raise Refusal(int(option), "The profile does not exist.")
        return name

    @decision
    def billing_address(self, body: dict[str, Json]) -> str:
        """billingAddress: mandatory, "but may be left blank"; otherwise a list of keys and values."""
        value = body.get("billingAddress", ...)
        blanks: dict[str, list[Json]] = {
            "any": [[], "", None],
            "list": [[]],
            "text": [""],
            "null": [None],
            "omitted": [[], "", None, ...],
        }
        if value in blanks[self.reads("blank-billing-address")]:
            return "[]"
        entries = value if isinstance(value, list) and value else [None]
        if not all(
            isinstance(entry, dict) and isinstance(entry.get("key"), str) and "value" in entry for entry in entries
        ):
            raise Refusal(400, "billingAddress is missing.")
        return json.dumps(value)

    @decision
    def pvr_status(self, body: dict[str, Json]) -> str:
        """pvrStatus: ENABLED or DISABLED."""
        value = body.get("pvrStatus")
        if self.reads("pvr-status-case") == "ignored" and isinstance(value, str):
            value = value.upper()
        if value not in ("ENABLED", "DISABLED"):
            raise Refusal(400, "pvrStatus is neither ENABLED nor DISABLED.")
        return str(value)

    @decision
    def geo_block_exempt(self, body: dict[str, Json]) -> bool:
        """geoBlockExempt: a boolean; that it "must be set to false" binds the caller, and a platform may insist."""
        value = body.get("geoBlockExempt")
        if not isinstance(value, bool) or (value and self.reads("geo-block-exempt-true") == "400"):
            raise Refusal(400, "geoBlockExempt must be false.")
        return value

    @decision
    def hashed_password(self, text: str) -> bytes:
        """The PBKDF2 value; its encoding is not stated, its length is."""
        option, decoded = self.reads("password-encoding"), None
        if option in ("hex", "any"):
            decoded = from_hex(text)
        if decoded is None and option in ("base64", "any"):
            decoded = from_base64(text)
        length = SHORT_HASH_BYTES if self.reads("pbkdf2-length") == "bits" else HASH_BYTES
        if decoded is None or len(decoded) != length:
            raise Refusal(400, f"password is not a hash of {length} bytes.")
        return decoded

    @decision
    def salt(self, text: str) -> bytes:
        """The salt's bytes."""
        salt = from_base64(text)
        if not salt or self.reads("salt-length") not in ("any", str(len(salt))):
            raise Refusal(400, "salt is not base64, or of another length.")
        return salt

    # Writing

    @action
    def create(self, store: str, request: NewAccount) -> Answer:
        """Writes account and user, both or neither; 201 with the account's id."""
        duplicate = self.duplicate(store, request)
        if duplicate is not None:
            return self.duplicate_answer(duplicate)
        account_id = self.account_id(request)
        self.write(store, account_id, request)
        return self.created(account_id, request)

    @decision
    def duplicate(self, store: str, request: NewAccount) -> str | None:
        """The account that has this signonId or `_id` already."""
        user = self.database.user(store, request.signon_id)
        if user is not None:
            return user.account
        if request.id is not None and self.database.account(store, request.id):
            return request.id
        return None

    @decision
    def duplicate_answer(self, account_id: str) -> Answer:
        """What a second request for one account gets; the page is silent."""
        option = self.reads("duplicate-account")
        if option == "201":
            return Answer(status=201, data={"_id": account_id})
        raise Refusal(int(option), "The account exists already.", code="20101")

    @action
    def account_id(self, request: NewAccount) -> str:
        """The account's id, "created by OpenTV Video Platform if not specified in the request"."""
        return self.platform.fresh_id() if request.id is None else request.id

    @action
    def write(self, store: str, account_id: str, request: NewAccount) -> None:
        """Account and user, in one transaction."""
        number = f"2{int(self.platform.fresh_id()[:8], 16):010d}"
        account = Account(
            store=store,
            id=account_id,
            tenant=self.platform.settings.tenant,
            number=number,
            profile=request.profile,
            npvr_profile=request.npvr_profile,
            status="ACTIVE",
            pvr_status=request.pvr_status,
            geo_block_exempt=request.geo_block_exempt,
            billing_address=request.billing_address,
        )
        user = User(store, request.signon_id, f"user-{number}", account_id, request.password, request.salt)
        with self.database.transaction():
            self.database.insert("accounts", account)
            if store == SSP or self.reads("created-accounts-sign-on") == "on":
                self.database.insert("users", user)
        if store == OPF and self.reads("account-propagation") == "later":
            self._reach_hdm[request.signon_id] = time.monotonic() + PROPAGATION_S

    def has_reached_hdm(self, signon_id: str) -> bool:
        """Whether HDM knows this user already."""
        if self.reads("account-propagation") == "with-ssp" and self.reads("ssp") == "on":
            return self.database.user(SSP, signon_id) is not None
        return time.monotonic() >= self._reach_hdm.get(signon_id, 0.0)

    @decision
    def created(self, account_id: str, request: NewAccount) -> Answer:
        """201 with the id; a platform may tell more, but never password or salt."""
        data: dict[str, Json] = {"_id": account_id}
        if self.reads("adm-answer") == "record":
            data |= {"signonId": request.signon_id, "status": "ACTIVE", "pvrStatus": request.pvr_status}
        return Answer(status=201, data=data)


def ssp_base(option: str, tenant: str) -> str:
    """Where SSP's calls start."""
    return f"/ssp/{tenant}" if option == "path" else "/ssp"


def from_hex(text: str) -> bytes | None:
    """The bytes of hexadecimal text."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None


def from_base64(text: str) -> bytes | None:
    """The bytes of base64 text, padded as it should be."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
