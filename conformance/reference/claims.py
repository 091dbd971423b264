"""The claims of IAS tokens, and the envelope that a signon returns them in.

Source: ias-das-signon-by-casn, "Response"; ias-in-home-detection, the decoded sample of "Example".
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.reference.state import Account, Device, User

Claims = dict[str, Any]

ACCESS, REFRESH = "DevAuthN", "RefreshAuthN"
VERSION = "1.0"
HOUR, DAY = 3600, 86_400
ACCESS_LIFETIMES = {"hour": HOUR, "long": 45 * DAY}
REFRESH_LIFETIME = 48 * HOUR
FIXED_LIFETIME = 90 * DAY
RATINGS = {"ratingThreshold": {"FSK": "fsk12", "TVPG": "TV-MA"}}
PLACE = {"country": "united kingdom", "country-code": "GB", "city-name": "colchester", "billing-country-code": "GB"}
SESSION_CONTROL = {"maxSessions": 5, "sessionControlEnabled": True}
GROUPS = {"groups": [{"groupId": "Group_RTL", "maxSessions": 5}], "groupId": "null"}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a token is about."""

    tenant: str
    account: Account
    device: Device
    user: User | None


def access_claims(subject: Subject, now: int, lifetime: int, style: str, in_home: bool) -> Claims:
    """The claims of an access token: the samples' core, less (`minimal`), or all that any sample shows (`rich`)."""
    claims: Claims = {
        "typ": ACCESS,
        "ver": VERSION,
        "exp": now + lifetime,
        "fixed_exp": now + max(FIXED_LIFETIME, lifetime),
        "tenantId": subject.tenant,
        "accountId": subject.account.id,
        "deviceId": subject.device.id,
        "inHome": in_home,
        "accountProfileId": subject.account.profile,
        "deviceProfileId": subject.device.profile,
        "onNetwork": True,
        "geoBlockExempt": subject.account.geo_block_exempt,
        "sessionControl": dict(SESSION_CONTROL),
        "blockingInformation": {},
        "filteringInformation": {},
    }
    if style == "minimal":
        return claims
    claims |= {
        "userId": subject.user.id if subject.user else subject.account.id,
        "deviceProfileFeatures": ["SD", "HD", "NPVR"],
        "jti": secrets.token_hex(12),
    }
    if style == "rich":
        claims |= {
            "deviceGroupSessionLimitProfileId": "LIMIT_5",
            "playoutDeviceClass": "playoutDeviceClass01",
            "sessionControl": {**SESSION_CONTROL, **GROUPS},
            "parentalControl": RATINGS,
            "deviceInformation": {"device": {"hardware": {"model": "Box 4K"}, "OS": {"type": "LINUX"}}},
            "filteringInformation": PLACE,
            "blockingInformation": PLACE,
            "currentUserProfile": {"_id": "profile-1", "childProfile": False, "maxAgeRating": 0},
            "watermarking": False,
            "accountAdditionalProperties": [{"name": "creditLimit", "value": "20"}],
            "geoBlockExempt": True,
            "cacheKey": base64.urlsafe_b64encode(subject.account.profile.encode()).decode().rstrip("="),
            "billingCountryCode": "EmptyCountry",
            "iat": now,
            "nbf": now - 30,
        }
    return claims


def refresh_claims(access: Claims, now: int, lifetime: int, style: str) -> Claims:
    """The claims of the refresh token that goes with an access token."""
    names = ["fixed_exp", "tenantId", "accountId", "accountProfileId", "deviceId", "inHome", "sessionControl"]
    claims: Claims = {"typ": REFRESH, "ver": VERSION, "exp": now + lifetime}
    claims |= {name: access[name] for name in names}
    if style != "minimal":
        claims |= {"userId": access["userId"], "jti": secrets.token_hex(12)}
    if style == "rich":
        claims |= {"playoutDeviceClass": "playoutDeviceClass01", "currentUserProfileId": "profile-1"}
    return claims
