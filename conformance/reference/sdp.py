"""SDP: mdrmService.isContentAuthorised, which MDRM Manager asks before it makes a licence.

Source: sdp-is-content-authorised. Its table and its examples differ in names and types; each of the two is a reading.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from typing import TYPE_CHECKING

from conformance.reference import seed
from conformance.reference.service import Operation, Service, decision
from conformance.reference.state import SignonToken
from conformance.reference.wire import Answer, Call, Json, Refusal

if TYPE_CHECKING:
    from conformance.reference.context import Context
    from conformance.reference.hdm import Hdm
    from conformance.reference.ias import Ias
    from conformance.reference.state import Entitlement

SERVICE_PATH = "/hue-gateway/gateway/http/js/mdrmService/"
SPELLINGS = {
    "both": ("isContentAuthorised", "isContentAuthorized"),
    "s": ("isContentAuthorised",),
    "z": ("isContentAuthorized",),
}
TOKEN_INVALID = "85102"  # noqa: S105 - an error code
BAD_REQUEST = "85001"
PADDING_MS = 300_000
LONGEST = 2**63 - 1
CAS_PRODUCT = "IQ3-ASSET-VOD"


class Sdp(Service):
    """The service delivery platform's licence question."""

    name = "sdp"

    def __init__(self, platform: Context, hdm: Hdm, ias: Ias) -> None:
        super().__init__(platform)
        self.hdm = hdm
        self.ias = ias

    def operations(self) -> list[Operation]:
        """Every operation of this service."""
        paths = tuple(SERVICE_PATH + spelling for spelling in SPELLINGS[self.reads("sdp-path-spelling")])
        return [Operation("isContentAuthorised", "GET", paths, "is_content_authorised")]

    def error_body(self, refusal: Refusal) -> Json:
        """Section "Error response": resultCode and result always, localeMessage not always."""
        body = {"resultCode": refusal.code or BAD_REQUEST, "result": refusal.message}
        if self.reads("sdp-locale-message") == "present":
            body["localeMessage"] = "none"
        return body

    async def is_content_authorised(self, call: Call) -> Answer:
        """Whether the account behind a signon token may play a content, and by which rules."""
        self.check_basic_authentication(call)
        self.check_correlation_id(call)
        content = self.content_id(call)
        self.check_private_data(call)
        token = self.check_token(call)
        self.check_content(content)
        entitlement = self.entitlement(token, content)
        if entitlement is not None and entitlement.kind == "event" and self.reads("sdp-live-event") == "unbought":
            return Answer(data={"resultCode": "0", "result": self.offered(token, entitlement)})
        result = self.not_authorised(token) if entitlement is None else self.authorised(token, entitlement)
        return Answer(data={"resultCode": "0", "result": result})

    # Section "HTTP headers"

    @decision
    def check_basic_authentication(self, call: Call) -> None:
        """401 and a challenge, unless the caller is MDRM Manager."""
        given = basic_credentials(call.headers.get("authorization", ""))
        expected = f"{seed.SDP_USERNAME}:{seed.SDP_PASSWORD}".encode()
        if given is None or not hmac.compare_digest(given, expected):
            challenge = {"www-authenticate": 'Basic realm="SDP"'}
            raise Refusal(
                int(self.reads("sdp-basic-status")),
                "This service requires HTTP basic authentication.",
                headers=challenge,
            )

    @decision
    def check_correlation_id(self, call: Call) -> None:
        """x-correlation-id is "always present": some platforms insist."""
        if self.reads("sdp-correlation-id") == "required" and not call.headers.get("x-correlation-id"):
            raise Refusal(400, "The header x-correlation-id is missing.")

    @decision
    def content_id(self, call: Call) -> str:
        """arg0, which is mandatory."""
        content = call.query.get("arg0", "")
        if not content.strip():
            raise Refusal(int(self.reads("sdp-missing-argument")), "The argument arg0 is missing.")
        return content

    @decision
    def check_private_data(self, call: Call) -> None:
        """arg1 is optional; a platform may insist that it is JSON."""
        if self.reads("sdp-private-data") == "checked" and call.query.get("arg1"):
            try:
                json.loads(call.query["arg1"])
            except (ValueError, RecursionError):
                raise Refusal(400, "The argument arg1 is not JSON.") from None

    @decision
    def check_token(self, call: Call) -> SignonToken:
        """The caller's signon token; the page's 85102 for one that is missing, forged or expired."""
        text = call.query.get("token", "")
        token = self.hdm.verify_token(text) or self.ias_token(text)
        if token is None or not self.has_device_context(token):
            raise Refusal(self.token_error_status(), self.token_error_message(), code=TOKEN_INVALID)
        return token

    @decision
    def ias_token(self, text: str) -> SignonToken | None:
        """What an access token of IAS stands for, where the platform takes those of both signons."""
        if self.reads("sdp-client-token") == "hdm":
            return None
        try:
            claims = self.ias.authenticate(text)
        except Refusal:
            return None
        return SignonToken(text, str(claims.get("accountId")), str(claims.get("deviceId")), None, 0, 0)

    @decision
    def has_device_context(self, token: SignonToken) -> bool:
        """Some platforms refuse a token of user name and password alone (hdm-authentication, non-direct mode)."""
        return token.device is not None or self.reads("sdp-user-only-token") == "accepted"

    @decision
    def token_error_status(self) -> int:
        """The page says "HTTP error response" and gives no number."""
        named = {"client-error": 403, "server-error": 500, "legacy-200": 200}
        option = self.reads("sdp-token-error-status")
        return named.get(option) or int(option)

    @decision
    def token_error_message(self) -> str:
        """The page's own words."""
        return (
            "Service method mdrmService.isContentAuthorised throw exception "
            '"tv.quative.service.ServiceException: ErrorCode: [code=85102, severity=ERROR] '
            'Unable to decrypt the token, token is invalid"'
        )

    @decision
    def check_content(self, content: str) -> None:
        """A content that does not exist is not authorised, or an error."""
        if self.reads("sdp-unknown-content") == "404" and content not in seed.CONTENTS:
            raise Refusal(404, "The content does not exist.")

    # Section "Response"

    @decision
    def entitlement(self, token: SignonToken, content: str) -> Entitlement | None:
        """The right that the token's account has to a content, if it is in force."""
        right = self.database.entitlement(token.account, content)
        if right is None or not right.begin_ms <= self.platform.now_ms() < right.end_ms:
            return None
        return right

    @decision
    def not_authorised(self, token: SignonToken) -> dict[str, Json]:
        """The NOT_AUTHORIZED result: its example carries nothing else; the table adds a window that is null."""
        result: dict[str, Json] = {"isAuthorized": "NOT_AUTHORIZED"}
        if self.reads("sdp-not-authorised-fields") == "account":
            result["accountNumber"] = self.account_number(token)
        self.put_window(result, None)
        return result

    @decision
    def offered(self, token: SignonToken, right: Entitlement) -> dict[str, Json]:
        """The answer about an event that nobody bought yet: its timings "will be included" all the same."""
        result = self.not_authorised(token)
        self.put_window(result, self.delivery_window(right))
        return result

    @decision
    def authorised(self, token: SignonToken, right: Entitlement) -> dict[str, Json]:
        """The AUTHORIZED result."""
        result: dict[str, Json] = {"isAuthorized": "AUTHORIZED", "accountNumber": self.account_number(token)}
        if self.reads("sdp-usage-rules") != "absent":
            result["usageRules"] = self.usage_rules(right)
        if self.reads("sdp-cas-product-id") == "table":
            result["additionalInfo"] = {"casProductId": CAS_PRODUCT}
        elif self.reads("sdp-cas-product-id") == "example":
            result["casProductId"] = CAS_PRODUCT
        self.put_window(result, self.delivery_window(right))
        return result

    @decision
    def account_number(self, token: SignonToken) -> str:
        """The account's number, which is not its id."""
        account = self.database.account("opf", token.account)
        return account.number if account else token.account

    @decision
    def usage_rules(self, right: Entitlement) -> dict[str, Json]:
        """The rules of the licence, with the names and types of the reading. Times are epoch milliseconds."""
        spelling = self.reads("sdp-field-spelling")
        as_table = self.reads("sdp-field-types") in ("table", "mixed")
        if self.reads("sdp-usage-rules") == "few":
            return {"expiryDate": self.moment(right.end_ms, as_table)}
        floating = {"isViewingWindowFloating": False} if self.reads("sdp-usage-rules") == "all" else {}
        begin, end = (0, LONGEST) if self.reads("sdp-licence-bounds") == "open" else (right.begin_ms, right.end_ms)
        return {
            **floating,
            "viewingNumber" if spelling == "example" else "ViewingNumber": 3,
            "startDate": self.moment(begin, as_table),
            "expiryDate": self.moment(end, as_table),
            "consumptionWindow": "172800" if as_table else 172_800,
            "LicenseExpiryDuration" if spelling == "table" else "licenseExpiryDuration": 86_400,
            "isStorageAllowed": right.kind == "subscription",
        }

    @decision
    def moment(self, epoch_ms: int, as_table: bool) -> int | str:
        """A time: a number by the table, a string by the example."""
        return epoch_ms if as_table else str(epoch_ms)

    @decision
    def delivery_window(self, right: Entitlement) -> dict[str, Json] | None:
        """A live event's times with their guard padding; nothing where a subscription covers the content."""
        if right.kind != "event" or self.reads("live-ppv-license") != "on":
            return None
        as_table = self.reads("sdp-field-types") in ("table", "mixed-other")
        return {
            "beginDate": self.moment(right.begin_ms - PADDING_MS, as_table),
            "endDate": self.moment(right.end_ms + PADDING_MS, as_table),
        }

    @decision
    def put_window(self, result: dict[str, Json], window: dict[str, Json] | None) -> None:
        """The delivery window under its name; without one, null or nothing."""
        name = {"table": "keyDeliveryWindow", "example": "keydeliverywindow"}[self.reads("sdp-window-spelling")]
        if window is not None or self.reads("sdp-empty-window") == "null":
            result[name] = window


def basic_credentials(header: str) -> bytes | None:
    """`user:password` of a Basic Authorization header."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
