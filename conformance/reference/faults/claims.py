"""Claims of IAS tokens that are missing, of another type, of another unit, or not true. The tokens stay signed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from conformance.reference.faults.edits import Edit, convert, drop, put, rename
from conformance.reference.faults.making import body_of, claiming, reclaiming
from conformance.reference.faults.operations import DAS, ISSUERS, UPDATE

if TYPE_CHECKING:
    from conformance.reference.platform import Platform
    from conformance.reference.wire import Call

# (name, summary, claim, edit)
VALUES: tuple[tuple[str, str, str, Edit], ...] = (
    ("claim-typ-lower-case", "typ of access tokens is devauthn.", "typ", put("devauthn")),
    ("claim-typ-of-refresh", "Access tokens have the typ of refresh tokens.", "typ", put("RefreshAuthN")),
    ("claim-exp-in-milliseconds", "exp of access tokens is in milliseconds.", "exp", convert(lambda exp: exp * 1000)),
    ("claim-exp-as-duration", "exp of access tokens is a duration.", "exp", put(3600)),
    ("claim-exp-in-the-past", "Access tokens have expired when issued.", "exp", convert(lambda exp: exp - 10 * 86_400)),
    ("claim-fixed-exp-in-milliseconds", "fixed_exp is in milliseconds.", "fixed_exp", convert(lambda end: end * 1000)),
    ("claim-fixed-exp-before-exp", "fixed_exp is an hour before exp.", "fixed_exp", convert(lambda end: end - 90 * 86_400)),
    ("claim-tenant-of-another", "tenantId is another tenant's.", "tenantId", put("orinoco")),
    ("claim-device-renamed", "deviceId is called deviceID.", "deviceId", rename("deviceID")),
    ("claim-in-home-renamed", "inHome is called inhome.", "inHome", rename("inhome")),
    ("claim-in-home-as-number", "inHome of access tokens is 0 or 1.", "inHome", convert(int)),
    ("claim-nbf-in-the-future", "Access tokens are valid only in an hour.", "nbf", put(int(time.time()) + 86_400)),
)  # fmt: skip
for _name, _summary, _path, _edit in VALUES:
    claiming(_name, _summary, _path, _edit)

REFRESH_VALUES: tuple[tuple[str, str, str, Edit], ...] = (
    ("refresh-typ-of-access", "Refresh tokens have the typ of access tokens.", "typ", put("DevAuthN")),
    ("refresh-exp-in-milliseconds", "exp of refresh tokens is in milliseconds.", "exp", convert(lambda exp: exp * 1000)),
    ("refresh-exp-in-the-past", "Refresh tokens have expired when issued.", "exp", convert(lambda exp: exp - 99 * 86_400)),
    ("refresh-fixed-exp-in-milliseconds", "fixed_exp is in milliseconds.", "fixed_exp", convert(lambda end: end * 1000)),
    ("refresh-fixed-exp-before-exp", "fixed_exp is before exp.", "fixed_exp", convert(lambda end: end - 90 * 86_400)),
    ("refresh-tenant-of-another", "tenantId of refresh tokens is another's.", "tenantId", put("orinoco")),
    ("refresh-account-of-another", "Refresh tokens are another account's.", "accountId", put("c08d44b19a6f7700")),
    ("refresh-device-of-another", "Refresh tokens are another device's.", "deviceId", put("STB-88E4F2700B-2")),
    ("refresh-user-of-another", "Refresh tokens are another user's.", "userId", put("someone-else")),
    ("refresh-nbf-in-the-future", "Refresh tokens are valid only tomorrow.", "nbf", put(int(time.time()) + 86_400)),
)  # fmt: skip
for _name, _summary, _path, _edit in REFRESH_VALUES:
    claiming(_name, _summary, _path, _edit, operations=(DAS,), field="refresh_token")


def _tell_challenge(claims: dict[str, Any], call: Call, _platform: Platform) -> None:
    body = body_of(call)
    if isinstance(body, dict) and "dasChallenge" in body:
        claims["das"] = {"challenge": body["dasChallenge"]}


for _field in ("access_token", "refresh_token"):
    reclaiming(
        f"challenge-in-{_field.replace('_', '-')}",
        "leak",
        f"The claims of {_field} hold the DAS challenge.",
        _tell_challenge,
        operations=(DAS,),
        field=_field,
    )


def _tell_password(claims: dict[str, Any], _call: Call, platform: Platform) -> None:
    claims["hdm"] = str(platform.settings.tenant)
    from conformance.reference import seed

    claims["credentials"] = {"user": seed.USER_A.username, "password": seed.USER_A.password}


reclaiming(
    "password-in-access-token", "leak", "The claims hold the user's password.", _tell_password, operations=ISSUERS
)

# What an update loses or changes, while the signon is right: (name, summary, claim, edit)
UPDATES: tuple[tuple[str, str, str, Edit], ...] = (
    ("update-changes-typ", "An updated token is of another typ.", "typ", put("HomeAuthN")),
    ("update-changes-ver", "An updated token is of another ver.", "ver", put("2.0")),
    ("update-changes-tenant", "An update puts another tenant in.", "tenantId", put("orinoco")),
    ("update-changes-account", "An update puts another account in.", "accountId", put("c08d44b19a6f7723")),
    ("update-changes-device", "An update puts another device in.", "deviceId", put("STB-88E4F2700B")),
    ("update-changes-user", "An update puts another user in.", "userId", put("user-0009")),
    ("update-loses-user", "An updated token lacks userId.", "userId", drop),
    ("update-changes-account-profile", "An update changes accountProfileId.", "accountProfileId", put("BASIC")),
    ("update-changes-device-profile", "An update changes deviceProfileId.", "deviceProfileId", put("OPEN")),
    ("update-flips-geo-block-exempt", "An update flips geoBlockExempt.", "geoBlockExempt", convert(lambda flag: not flag)),
    ("update-sets-geo-block-exempt", "An update sets geoBlockExempt.", "geoBlockExempt", put(True)),
    ("update-flips-on-network", "An update flips onNetwork.", "onNetwork", put(False)),
    ("update-changes-session-control", "An update lifts the limit of sessions.", "sessionControl.maxSessions", put(99)),
    ("update-empties-session-control", "An update empties sessionControl.", "sessionControl", put({})),
    ("update-changes-blocking", "An update changes blockingInformation.", "blockingInformation", put({"country": "x"})),
    ("update-changes-filtering", "An update changes filteringInformation.", "filteringInformation", put({"country": "x"})),
    ("update-loses-features", "An updated token lacks deviceProfileFeatures.", "deviceProfileFeatures", drop),
    ("update-changes-features", "An update adds a feature.", "deviceProfileFeatures", convert(lambda names: [*names, "4K"])),
    ("update-ends-token", "An updated token has expired.", "exp", convert(lambda exp: exp - 86_400)),
    ("update-writes-exp-in-milliseconds", "exp of an updated token is in milliseconds.", "exp", convert(lambda exp: exp * 1000)),
)  # fmt: skip
for _name, _summary, _path, _edit in UPDATES:
    claiming(_name, _summary, _path, _edit, operations=(UPDATE,), kind="update")

MINIMUM = ("typ", "ver", "exp", "tenantId", "accountId", "deviceId", "inHome")


def _forgets(claims: dict[str, Any], _call: Call, _platform: Platform) -> None:
    for name in set(claims) - set(MINIMUM):
        del claims[name]


reclaiming(
    "update-keeps-identity-only", "update", "An updated token keeps only its identity.", _forgets, operations=(UPDATE,)
)
