"""Readings of HDM: signons and initialisation."""

READINGS: dict[str, dict[str, str]] = {
    "stb-casn-name": {
        "casn": "the third parameter is casn (hdm-authentication, Set Top Box signon; hdm-authentication-copy)",
        "caSn": "it is caSn, as NAGRA's client writes it (hdm-authentication-copy; reading stb-casn-name)",
        "both": "either spelling",
    },
    "hdm-token-form": {
        "sample": "base64 with ! for +, issue time in front (hdm-authentication, Success response body example)",
        "base64url": "base64url without padding (not documented: internals are unknown)",
        "hex": "hexadecimal (not documented)",
        "short": "a session id of 32 characters (not documented)",
    },
    "hdm-token-lifetime": {
        "hour": "one hour, as in the sample (hdm-authentication, Signon response)",
        "day": "a day (the documents give no number)",
        "minutes": "ten minutes (the documents give no number)",
    },
    "hdm-token-reuse": {
        "never": "every signon gives a new token",
        "while-valid": "a further signon gives the token of the last one (the documents do not say)",
    },
    "hdm-request-id": {
        "digits": "requestId is nine digits (hdm-authentication, Success response body example)",
        "uuid": "it is a UUID, as in the initialise answer",
    },
    "hdm-result": {
        "null": "result of a signon is null (hdm-authentication, Success response body example)",
        "text": "it is an empty string (the answer's error form holds text there)",
    },
    "hdm-empty-parameter": {
        "400": "a mandatory parameter that is empty is missing",
        "403": "it is a detail that does not result in a token (hdm-authentication, Error responses)",
    },
    "stb-csad-list": {
        "compared": "csadList is compared with the box's own (hdm-authentication, Set Top Box signon)",
        "taken": "it is taken as given (the document says what it holds)",
    },
    "hdm-sessions": {
        "many": "earlier tokens outlive the next signon of the same device and user",
        "one": "a signon ends the one before it (the document does not say)",
    },
    "hdm-username-case": {
        "counts": "a user name is compared letter for letter",
        "ignored": "capital and small letters of it are the same: it is an e-mail address",
    },
    "hdm-white-space": {
        "counts": "white space around an identifier makes it another",
        "trimmed": "it is taken away (the document does not say); that of a password counts",
    },
    "hdm-longest-password": {
        "any": "a password may have any length",
        "64": "a longer one is refused with 403 (no document says how long it may be)",
    },
    "hdm-check-order": {
        "parameters-first": "missing parameters are found before wrong ones",
        "values-first": "a wrong value is refused before a missing parameter is found",
    },
    "nmp-mode": {
        "both": "direct and non-direct signons are distinguished by their parameters (C1)",
        "non-direct": "the same, and direct mode is not declared",
        "direct": "direct mode only: smartcardId and deviceId are mandatory, too (hdm-authentication, Direct mode)",
        "direct-alone": "the same, and no initialisation: the player initialises (hdm-authentication, Direct mode)",
    },
    "first-signon-gateway": {
        "checked": "the first signon's smartcardId is verified (hdm-authentication, Signon by username and password)",
        "ignored": "it is accepted and ignored (reading first-signon-gateway)",
    },
    "dynamic-provisioning": {
        "off": "an unknown set top box is refused with 403",
        "on": "it is provisioned at its first signon (hdm-authentication, Set Top Box signon)",
    },
    "initialise-parameters": {
        "both": "names, or arg0..arg2 (C1; reading initialise-parameters)",
        "named": "playerVersion, playerType, initializationPayload only (hdm-authentication, Initialise device)",
        "positional": "arg0..arg2 only (C1: NAGRA's client)",
    },
    "initialise-base": {
        "both": "under /hue-gateway and under /qsp (C1)",
        "hue-gateway": "under /hue-gateway only",
        "qsp": "under /qsp only (C1: default of two clients)",
    },
    "initialise-missing-parameter": {
        "in-body": "HTTP 200 with a status that is not OK (hdm-authentication, Initialise device, Error response)",
        "400": "HTTP 400 (the documents give HTTP codes for signons only)",
    },
    "initialise-player-details": {
        "checked": "playerVersion, playerType and the payload are looked at",
        "ignored": "they are opaque: version and type may be missing, and the payload is not decoded",
    },
    "initialise-error-http": {
        "ok": "a failed initialisation is HTTP 200 (C1)",
        "server-error": "it is HTTP 500 (hdm-authentication, Error response: no status is printed)",
    },
    "initialise-error-status": {
        "internal-error": "INTERNAL_ERROR (hdm-authentication, Error response)",
        "upgrade": "PLAYER_UPGRADE_REQUIRED (C1: other values)",
    },
    "initialise-token": {
        "new": "the answer carries a new token (C1)",
        "same": "it carries the token of the request",
    },
    "initialise-device": {
        "same": "the same player data are the same device (the documents do not say)",
        "fresh": "every initialisation makes a device",
    },
    "initialise-payload-padding": {
        "either": "the payload's base64 may be padded or not",
        "padded": "it must be padded",
        "unpadded": "base64url by GET must not be padded",
    },
    "initialise-download-url": {
        "null": "downloadURL and masterVersion are null (hdm-authentication, Success response)",
        "text": "they are strings (C1: upgrades)",
    },
    "initialise-gate": {
        "403": "a refused token is 403 with the gate's body (platform-gate)",
        "200": "it is the legacy 200 with that body (platform-gate)",
        "401": "it is 401 with that body (platform-gate)",
        "in-body": "it is an initialisation that fails (hdm-authentication, Error response)",
    },
}
