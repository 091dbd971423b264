"""Readings of SDP: the licence question."""

READINGS: dict[str, dict[str, str]] = {
    "sdp-path-spelling": {
        "both": "isContentAuthorised and isContentAuthorized (sdp-is-content-authorised, URI Parameters)",
        "s": "isContentAuthorised only (sdp-is-content-authorised, HTTP URL)",
        "z": "isContentAuthorized only (sdp-is-content-authorised, Example request URI)",
    },
    "sdp-field-types": {
        "table": "times are numbers, consumptionWindow is a string (sdp-is-content-authorised, UsageRulesType)",
        "example": "times are strings, consumptionWindow is a number (Example authorized response)",
        "mixed": "usage rules by the table, the window by the example (reading sdp-field-types)",
        "mixed-other": "usage rules by the example, the window by the table (reading sdp-field-types)",
    },
    "sdp-field-spelling": {
        "table": "ViewingNumber, LicenseExpiryDuration (sdp-is-content-authorised, UsageRulesType)",
        "example": "viewingNumber, licenseExpiryDuration (Example authorized response)",
        "mixed": "ViewingNumber, licenseExpiryDuration (reading sdp-field-types)",
    },
    "sdp-window-spelling": {
        "table": "keyDeliveryWindow",
        "example": "keydeliverywindow (reading sdp-field-types)",
    },
    "sdp-empty-window": {
        "null": "without an event the window is null (sdp-is-content-authorised, Response)",
        "absent": "it is absent (Example NOT authorized response)",
    },
    "sdp-cas-product-id": {
        "table": "casProductId is in additionalInfo (sdp-is-content-authorised, Response)",
        "example": "it is in result (Example authorized response)",
        "absent": "it is absent (the field is optional)",
    },
    "sdp-usage-rules": {
        "common": "usageRules carries the fields of the example (Example authorized response)",
        "few": "it carries expiryDate alone (UsageRulesType: nothing is always present)",
        "all": "it carries isViewingWindowFloating, too (UsageRulesType)",
        "absent": "AUTHORIZED carries none (sdp-is-content-authorised, Response: always present No)",
    },
    "sdp-licence-bounds": {
        "times": "a licence begins and ends at times",
        "open": "it has begun ever since (0) and never ends (the largest long); no page says how that is written",
    },
    "sdp-not-authorised-fields": {
        "bare": "NOT_AUTHORIZED carries no account",
        "account": "it carries accountNumber (the table only says when it must)",
    },
    "sdp-client-token": {
        "hdm": "the token is one of HDM's signons (hdm-authentication, Authorisation)",
        "both": "or an access token of IAS (sdp-is-content-authorised: acquired during client sign-on)",
    },
    "sdp-live-event": {
        "bought": "the live event of the target file is AUTHORIZED, with its times",
        "unbought": "it is NOT_AUTHORIZED, with its times (sdp-is-content-authorised, Response: no live subscription)",
    },
    "sdp-token-error-status": {
        "client-error": "a refused token is 403 (reading sdp-token-error-status: the documents give no number)",
        "400": "it is 400",
        "401": "it is 401",
        "server-error": "it is 500",
        "legacy-200": "it is 200 with the error body (platform-gate)",
    },
    "sdp-locale-message": {
        "present": "errors carry localeMessage",
        "absent": "they do not (sdp-is-content-authorised, Error response: always present No)",
    },
    "sdp-correlation-id": {
        "optional": "x-correlation-id may be missing",
        "required": "400 without it (sdp-is-content-authorised, HTTP headers: always present)",
    },
    "sdp-basic-status": {
        "401": "a caller without credentials gets 401",
        "403": "it gets 403 (the documents give no number)",
        "400": "it gets 400",
    },
    "sdp-missing-argument": {
        "400": "a request without arg0 is 400",
        "404": "it is 404",
        "200": "it is 200 with the error body",
    },
    "sdp-unknown-content": {
        "not-authorized": "a content that does not exist is NOT_AUTHORIZED",
        "404": "it is 404 with the error body (the documents do not say)",
    },
    "sdp-private-data": {
        "ignored": "arg1 is not looked into",
        "checked": "400 where arg1 is not JSON (sdp-is-content-authorised: in the JSON format)",
    },
    "sdp-user-only-token": {
        "accepted": "a token of user name and password alone will do",
        "refused": "it will not: some APIs need a device (hdm-authentication, non-direct mode)",
    },
    "live-ppv-license": {
        "on": "Live PPV License is enabled",
        "off": "it is not, and not declared (sdp-is-content-authorised, Response)",
    },
}
