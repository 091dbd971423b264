"""The readings that the platform can answer in: {reading id: {option: one line, with its source}}.

The first option of a reading is what the platform does unless told otherwise. Every reading can be switched alone, and all
can be combined. `contract n` is section n of the contract notes; the other names are the source documents'.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

_WIRE: dict[str, dict[str, str]] = {
    "error-body": {
        "documented": "each service's own error body (contract 1.5, 2.3, 7.1)",
        "empty": "no body at all (contract 9: error bodies are not documented)",
        "text": "a line of plain text (contract 9)",
        "html": "a web server's HTML page (contract 9)",
        "json-message": '{"message"} alone (contract 9)',
        "problem": "RFC 9457 problem details as application/problem+json (contract 9)",
        "nested": '{"error": {"code", "message"}} (contract 9)',
        "list": '{"errors": [{"code", "detail"}]} (contract 9)',
    },
    "extra-fields": {
        "none": "no field beyond the documented ones",
        "everywhere": "one unknown field in every JSON object and every token (deployments add fields; design.md)",
    },
    "extra-headers": {
        "none": "no header beyond the needed ones",
        "some": "Server, Via, Strict-Transport-Security and two X- headers, one of them twice",
    },
    "charset": {
        "absent": "Content-Type: application/json",
        "utf-8": "Content-Type: application/json; charset=utf-8 (hdm-authentication, Success response: the type is JSON)",
        "upper": "Content-Type: application/json;charset=UTF-8",
    },
    "header-case": {"lower": "header names in lower case", "title": "header names as Title-Case"},
    "connections": {"keep-alive": "connections stay open", "close": "Connection: close after each answer"},
    "json-layout": {"compact": "JSON without white space", "indented": "JSON over many lines, ending in a newline"},
    "correlation-id": {
        "ignored": "x-correlation-id is taken and not returned",
        "echoed": "x-correlation-id is returned as it was sent (contract 1.5)",
        "made": "x-correlation-id is returned, or made where none was sent",
    },
    "service-bases": {
        "shared": "all services stand under one URL",
        "separate": "every service has a base path of its own, in its `url` of the target file",
    },
}

_HDM: dict[str, dict[str, str]] = {
    "stb-casn-name": {
        "casn": "the third parameter is casn (hdm-authentication, Set Top Box signon; contract 1.2)",
        "caSn": "it is caSn, as NAGRA's client writes it (contract 1.2, 8.2)",
        "both": "either spelling",
    },
    "hdm-token-form": {
        "sample": "base64 with ! for +, issue time in front (hdm-authentication, Success response body example)",
        "base64url": "base64url without padding (contract 9: internals are unknown)",
        "hex": "hexadecimal (contract 9)",
        "short": "a session id of 32 characters (contract 9)",
    },
    "hdm-token-lifetime": {
        "hour": "one hour, as in the sample (contract 1.5)",
        "day": "a day (the page gives no number)",
        "minutes": "ten minutes (the page gives no number)",
    },
    "nmp-mode": {
        "both": "direct and non-direct signons are told apart by their parameters (contract 1.3)",
        "non-direct": "the same, and direct mode is not declared",
        "direct": "direct mode only: smartcardId and deviceId are mandatory, too (hdm-authentication, Direct mode)",
    },
    "first-signon-gateway": {
        "checked": "a smartcardId at the first signon is verified (hdm-authentication, Signon by username and password)",
        "ignored": "it is taken and ignored (contract 8.3)",
    },
    "dynamic-provisioning": {
        "off": "an unknown set top box is refused with 403",
        "on": "it is provisioned at its first signon (hdm-authentication, Set Top Box signon)",
    },
    "initialise-parameters": {
        "both": "names, or arg0..arg2 (contract 1.4, 8.30)",
        "named": "playerVersion, playerType, initializationPayload only (hdm-authentication, Initialise device)",
        "positional": "arg0..arg2 only (contract 1.4: NAGRA's client)",
    },
    "initialise-base": {
        "both": "under /hue-gateway and under /qsp (contract 1.4)",
        "hue-gateway": "under /hue-gateway only",
        "qsp": "under /qsp only (contract 1.4: default of two clients)",
    },
    "initialise-missing-parameter": {
        "in-body": "HTTP 200 with a status that is not OK (hdm-authentication, Initialise device, Error response)",
        "400": "HTTP 400 (the page gives HTTP codes for signons only)",
    },
    "initialise-error-status": {
        "internal-error": "INTERNAL_ERROR (hdm-authentication, Error response)",
        "upgrade": "PLAYER_UPGRADE_REQUIRED (contract 1.4: other values)",
    },
    "initialise-token": {
        "new": "the answer carries a new token (contract 1.4)",
        "same": "it carries the token of the request",
    },
}

_IAS: dict[str, dict[str, str]] = {
    "ias-prefix": {
        "ias": "/ias/v3/... (ias-das-signon-by-casn, Request)",
        "v3": "/v3/... (contract 8.18)",
        "both": "either",
    },
    "token-form": {
        "jwt": "compact JWTs (ias-in-home-detection, Example; contract 8.20)",
        "decoded": "decoded objects, as the page prints them (ias-das-signon-by-casn, Example)",
    },
    "ias-claims": {
        "common": "the claims that both samples share, and a few more (ias-das-signon-by-casn, Example)",
        "minimal": "no userId, jti, device profile, session control (contract 3.4)",
        "rich": "all claims of all samples, cacheKey and billingCountryCode (contract 3.4)",
    },
    "ias-token-lifetime": {
        "hour": "expires_in 3600 (contract 3.3)",
        "long": "45 days (ias-das-signon-by-casn, Example; contract 8.21)",
    },
    "token-type": {"Bearer": "token_type Bearer", "bearer": "token_type bearer (contract 8.21)"},
    "refresh-expires-in": {
        "duration": "refresh_expires_in in seconds from now (contract 8.21)",
        "epoch": "a moment in epoch seconds (ias-das-signon-by-casn, Example; contract 8.21)",
        "absent": "not there (contract 3.3: not on the always-present list)",
    },
    "ias-bearer": {
        "either": "Authorization with or without Bearer (contract 3.5)",
        "required": "only with Bearer",
        "bare": "only the bare token (ias-in-home-detection: 'Authorization - the access token')",
    },
    "ias-missing-authorization": {
        "400": "in-home calls without Authorization get 400 (ias-in-home-detection, Response)",
        "403": "the gate's 403 (contract 8.22)",
    },
    "ias-bad-token": {
        "403": "a forged, expired or wrong token gets 403 (contract 7.1)",
        "401": "it gets 401 (contract 7.2)",
        "400": "it gets 400 (ias-in-home-detection: an invalid request)",
    },
    "mac-address": {
        "optional": "nv-mac-address may be missing",
        "required": "400 without it (ias-das-signon-by-casn: required if In Home Detection is enabled)",
    },
    "missing-tenant": {
        "400": "a signon without nv-tenant-id gets 400",
        "401": "it gets 401 (the page names no status)",
        "403": "it gets 403",
        "404": "it gets 404",
    },
    "wrong-tenant": {
        "404": "an unknown tenant is a non-existent resource (ias-das-signon-by-casn, Response)",
        "401": "it is unauthorised",
        "403": "it is forbidden",
    },
    "unknown-casn": {
        "404": "an unknown caSN is a non-existent resource (ias-das-signon-by-casn, Response)",
        "401": "it is unauthorised",
        "403": "it is forbidden (contract 3.6: 20003)",
    },
    "bad-scheme": {
        "400": "a scheme that is missing or unknown is a bad request",
        "401": "it is unauthorised (contract 3.1: no status is listed)",
        "403": "it is forbidden",
    },
    "wrong-challenge": {
        "401": "a wrong challenge is unauthorised (ias-das-signon-by-casn, Response)",
        "403": "it is forbidden",
    },
    "disabled-device": {
        "403": "a disabled device is forbidden (contract 3.6: 20004)",
        "401": "it is unauthorised",
    },
    "stb-in-home": {
        "false": "a box's signon token has inHome false (ias-das-signon-by-casn, Example)",
        "true": "it has inHome true: the box is the home",
    },
    "in-home-detection": {
        "on": "In Home Detection is enabled (ias-in-home-detection, Prerequisites)",
        "off": "it is not declared",
    },
    "broadcast-token-field": {
        "updateInHomeToken": "the field has the name that updateInHomeStatus uses (contract 9: it is not shown)",
        "token": "it is called token",
        "inHomeToken": "it is called inHomeToken",
        "encryptedToken": "it is called encryptedToken",
        "nested": "it stands in an object",
        "string": "the body is a JSON string",
        "text": "the body is plain text",
    },
    "broadcast-token-encoding": {
        "hex": "hexadecimal, like the sample (ias-in-home-detection, Example)",
        "base64url": "base64url",
        "base64": "base64",
    },
    "broadcast-mismatch": {
        "200-false": "another account's broadcast token leads to inHome false (contract 3.5, 8.23)",
        "400": "it is an invalid request (ias-in-home-detection, Response)",
    },
    "broadcast-forged": {
        "400": "a forged broadcast token is an invalid request",
        "200-false": "it leads to inHome false (contract 8.23)",
    },
    "in-home-false-without-token": {
        "400": "updateInHomeToken is mandatory (ias-in-home-detection, Mandatory arguments)",
        "200": "it may be missing where inHome is false (contract 8.23)",
    },
    "update-exp": {
        "kept": "the updated token keeps exp (contract 3.4)",
        "renewed": "its exp starts anew",
    },
    "update-fixed-exp": {
        "kept": "the updated token keeps fixed_exp",
        "renewed": "fixed_exp moves by the time since the signon (contract 3.4)",
    },
}

_ADM: dict[str, dict[str, str]] = {
    "adm-password-encoding": {
        "base64": "the hashed password is base64, like the salt (contract 2.2)",
        "hex": "it is hexadecimal (contract 2.2)",
        "any": "either",
    },
    "adm-password-length": {
        "bytes": "320 bytes (adm-creating-an-account, Mandatory arguments)",
        "bits": "320 bits (contract 8.14)",
    },
    "blank-billing-address": {
        "any": 'blank is [], "" or null (contract 8.12)',
        "array": "blank is [] only",
        "string": 'blank is "" only',
    },
    "duplicate-account": {
        "409": "a second account of one signonId is a conflict (contract 2.2: not documented)",
        "400": "it is a bad request",
        "403": "it is forbidden",
        "201": "it is answered as the first",
    },
    "unknown-profile": {
        "404": "an unknown profile does not exist (contract 8.15)",
        "400": "it is a bad request",
        "accepted": "it is accepted",
    },
    "supplied-id": {
        "honoured": "an _id in the request becomes the account's (adm-creating-an-account, Example)",
        "ignored": "the platform makes its own all the same (contract 2.2)",
    },
    "geo-block-exempt-true": {
        "accepted": "geoBlockExempt true is taken; the rule binds the caller",
        "400": "it is a bad request (adm-creating-an-account: must be set to false)",
    },
    "signon-id-form": {
        "any": "any text is a signonId (contract 8.13)",
        "email": "400 for what is no e-mail address (adm-creating-an-account)",
    },
    "crm-missing-token": {
        "403": "a request without a token gets 403",
        "401": "it gets 401 (contract 8.7: unstated)",
        "400": "it gets 400",
    },
    "adm-missing-tenant": {
        "400": "a request without nv-tenant-id is bad",
        "404": "its tenant does not exist",
        "403": "it is forbidden",
    },
    "adm-answer": {
        "id": "the answer is the account id alone (adm-creating-an-account, Example)",
        "record": "it tells more of the account",
    },
    "created-accounts-sign-on": {
        "on": "a created account signs on at HDM with its plain password",
        "off": "it does not, and the feature is not declared",
    },
    "ssp": {"on": "the deployment has SSP", "off": "it has none (adm-creating-an-account, Request)"},
    "ssp-authorization": {
        "either": "SSP takes Authorization or nv-authorizations (contract 8.16)",
        "authorization": "Authorization only (adm-creating-an-account, Headers)",
        "nv-authorizations": "nv-authorizations only (contract 2.3)",
    },
    "ssp-tenant": {
        "header": "the tenant stands in nv-tenant-id (adm-creating-an-account, Headers)",
        "path": "it stands in the path (contract 2.3)",
    },
}

_SDP: dict[str, dict[str, str]] = {
    "sdp-path": {
        "both": "isContentAuthorised and isContentAuthorized (contract 5)",
        "s": "isContentAuthorised only (sdp-is-content-authorised, HTTP URL)",
        "z": "isContentAuthorized only (sdp-is-content-authorised, Example request URI)",
    },
    "sdp-field-types": {
        "table": "times are numbers (sdp-is-content-authorised, UsageRulesType)",
        "example": "times are strings (sdp-is-content-authorised, Example authorized response)",
    },
    "sdp-usage-rule-names": {
        "table": "ViewingNumber, LicenseExpiryDuration",
        "example": "viewingNumber, licenseExpiryDuration (contract 8.25)",
    },
    "sdp-consumption-window": {
        "string": "a string (sdp-is-content-authorised, UsageRulesType)",
        "number": "a number (Example authorized response)",
    },
    "sdp-window-name": {
        "table": "keyDeliveryWindow",
        "example": "keydeliverywindow (contract 8.25)",
    },
    "sdp-empty-window": {
        "null": "without an event the window is null (sdp-is-content-authorised, Response)",
        "absent": "it is absent (Example NOT authorized response)",
    },
    "sdp-cas-product-id": {
        "additional-info": "casProductId stands in additionalInfo (sdp-is-content-authorised, Response)",
        "direct": "it stands in result (Example authorized response)",
        "absent": "it is absent (the field is optional)",
    },
    "sdp-usage-rules": {
        "present": "AUTHORIZED carries usageRules",
        "absent": "it carries none (sdp-is-content-authorised, Response: always present No)",
    },
    "sdp-not-authorised-fields": {
        "bare": "NOT_AUTHORIZED carries no account",
        "account": "it carries accountNumber (the table only says when it must)",
    },
    "sdp-token-error": {
        "403": "a refused token is 403 (contract 8.26: the page gives no number)",
        "400": "it is 400",
        "401": "it is 401",
        "500": "it is 500",
        "200": "it is 200 with the error body",
    },
    "sdp-locale-message": {
        "present": "errors carry localeMessage",
        "absent": "they do not (sdp-is-content-authorised, Error response: always present No)",
    },
    "sdp-correlation-id": {
        "optional": "x-correlation-id may be missing",
        "required": "400 without it (sdp-is-content-authorised, HTTP headers: always present)",
    },
    "sdp-missing-argument": {
        "400": "a request without arg0 is 400",
        "500": "it is 500 (the page says HTTP error response)",
        "404": "it is 404",
    },
    "sdp-private-data": {
        "ignored": "arg1 is not looked into",
        "checked": "400 where arg1 is not JSON (sdp-is-content-authorised: in the JSON format)",
    },
    "sdp-user-only-token": {
        "accepted": "a token of user name and password alone will do",
        "refused": "it will not: some APIs need a device (hdm-authentication, non-direct mode)",
    },
    "sdp-gate-status": {
        "403": "the gate refuses a token with 403 (contract 7.1)",
        "200": "it does so with the legacy 200 (contract 7.1)",
        "401": "it does so with 401 (contract 7.1)",
    },
    "live-ppv-license": {
        "on": "Live PPV License is enabled",
        "off": "it is not, and not declared (sdp-is-content-authorised, Response)",
    },
}

_MDS: dict[str, dict[str, str]] = {
    "mds-without-token": {
        "401": "401 without a token (contract 6)",
        "open": "a list without in-home channels (contract 8.31)",
        "403": "403 without a token (contract 7.1)",
    },
    "mds-bad-token": {"401": "a refused token is 401 (contract 6)", "403": "it is 403 (contract 7.1)"},
    "mds-channel-id": {
        "technical": "a channel's id is technical.id (contract 6)",
        "editorial": "it is editorial.id",
        "flat": "it is id",
    },
    "mds-caching": {
        "none": "Cache-Control: no-store",
        "private": "private for ten minutes, varying by token (contract 6)",
    },
    "mds-compression": {"none": "the list is plain", "gzip": "it is gzipped for those who accept that (contract 6)"},
    "mds-bad-filter": {"400": "a filter that is no JSON is 400", "ignored": "it is ignored"},
}

CATALOGUE: Mapping[str, Mapping[str, str]] = MappingProxyType({**_WIRE, **_HDM, **_IAS, **_ADM, **_SDP, **_MDS})


class UnknownReading(ValueError):
    """A reading, or an option of one, that the catalogue does not have."""


def default_option(reading: str) -> str:
    """The option that holds unless settings say otherwise."""
    return next(iter(CATALOGUE[reading]))


def check_readings(readings: Mapping[str, str]) -> None:
    """Refuses what the catalogue does not have, with a suggestion.

    Raises:
        UnknownReading: for the first such id or option.
    """
    for reading, option in readings.items():
        if reading not in CATALOGUE:
            raise UnknownReading(f"There is no reading {reading!r}.{_suggestion(reading, CATALOGUE)}")
        if option not in CATALOGUE[reading]:
            known = ", ".join(CATALOGUE[reading])
            raise UnknownReading(f"The reading {reading} has no option {option!r}; it has {known}.")


def _suggestion(word: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
