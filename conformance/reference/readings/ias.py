"""Readings of IAS: signon by caSN, tokens and in-home status."""

READINGS: dict[str, dict[str, str]] = {
    "ias-prefix": {
        "ias": "/ias/v3/... (ias-das-signon-by-casn, Request)",
        "v3": "/v3/... (ias-migration-guide)",
        "both": "either",
    },
    "ias-token-form": {
        "jwt": "compact JWTs (ias-in-home-detection, Example; reading ias-token-form)",
        "decoded": "decoded objects, as the document prints them (ias-das-signon-by-casn, Example)",
    },
    "ias-refresh-token": {
        "readable": "the refresh token has the form of the access token",
        "opaque": "it is a text that the platform alone reads (no document has a client read it)",
    },
    "ias-claims": {
        "common": "the claims that both samples share, userId, jti and deviceProfileFeatures",
        "minimal": "without userId, jti and deviceProfileFeatures (ias-in-home-detection, Example)",
        "rich": "all claims of all samples, cacheKey and billingCountryCode (ias-in-home-detection, Example)",
    },
    "ias-token-lifetime": {
        "hour": "expires_in 3600 (ias-bearer-token)",
        "long": "45 days (ias-das-signon-by-casn, Example; ias-bearer-token)",
    },
    "ias-token-reuse": {
        "never": "every signon gives new tokens",
        "while-valid": "a further signon gives the tokens of the last one (the documents do not say)",
    },
    "ias-superseded-token": {
        "accepted": "after an update the former access token is valid until its exp",
        "refused": "it is refused: the updated one is to be used (ias-in-home-detection, Response)",
    },
    "ias-sessions": {
        "many": "a device's earlier access tokens outlive its next signon",
        "one": "a signon ends them: a device has one session (the documents do not say)",
    },
    "ias-token-algorithm": {
        "HS256": "tokens are signed with HS256 (ias-in-home-detection, Example)",
        "HS512": "they are signed with HS512 (no page names the algorithm)",
    },
    "token-type": {
        "Bearer": "token_type Bearer",
        "bearer": "token_type bearer (ias-bearer-token)",
    },
    "refresh-expires-in": {
        "duration": "refresh_expires_in in seconds from now (ias-bearer-token)",
        "epoch": "a moment in epoch seconds (ias-das-signon-by-casn, Example; ias-bearer-token)",
        "absent": "not there (ias-bearer-token: not on the always-present list)",
    },
    "ias-authorization-form": {
        "either": "Authorization with or without Bearer (ias-in-home-detection-newer)",
        "bearer": "only with Bearer",
        "bare": "only the bare token (ias-in-home-detection: 'Authorization - the access token')",
    },
    "ias-missing-authorization": {
        "400": "in-home calls without Authorization get 400 (ias-in-home-detection, Response)",
        "403": "the gate's 403 (reading ias-missing-authorization)",
    },
    "ias-bad-token": {
        "403": "a forged, expired or wrong token gets 403 (platform-gate)",
        "401": "it gets 401 (mds-channel-lists)",
        "400": "it gets 400 (ias-in-home-detection: an invalid request)",
    },
    "ias-mac-address": {
        "optional": "nv-mac-address may be missing",
        "required": "400 without it (ias-das-signon-by-casn: required if In Home Detection is enabled)",
    },
    "ias-missing-tenant": {
        "400": "a signon without nv-tenant-id gets 400",
        "401": "it gets 401 (the documents name no status)",
        "403": "it gets 403",
        "404": "it gets 404",
        "422": "it gets 422",
    },
    "ias-wrong-tenant": {
        "404": "an unknown tenant is a non-existent resource (ias-das-signon-by-casn, Response)",
        "401": "it is unauthorised",
        "403": "it is forbidden",
    },
    "ias-unknown-casn": {
        "404": "an unknown caSN is a non-existent resource (ias-das-signon-by-casn, Response)",
        "401": "it is unauthorised",
        "403": "it is forbidden (ias-sign-in-errors: 20003)",
        "400": "it is a bad request (the document does not say which refusal it is)",
    },
    "ias-wrong-challenge": {
        "401": "a challenge that was not made for the device is unauthorised",
        "403": "it is forbidden (the document does not say which refusal it is)",
        "404": "it is a non-existent resource",
        "400": "it is a bad request",
    },
    "ias-disabled-device": {
        "403": "a disabled device is forbidden (ias-sign-in-errors: 20004)",
        "401": "it is unauthorised (the document does not say which refusal it is)",
        "404": "it is a non-existent resource",
        "400": "it is a bad request",
    },
    "ias-jti": {
        "own": "each token has a jti of its own",
        "session": "the tokens of a device have one (ias-das-signon-by-casn, Example: both tokens show the same)",
    },
    "ias-fixed-exp": {
        "later": "fixed_exp is not before exp",
        "earlier": "it is before exp (no document says what it is)",
    },
    "ias-jwt-type": {
        "JWT": "typ of the token's header is JWT (ias-in-home-detection, Example)",
        "at+jwt": "it is at+jwt (RFC 9068; only the example shows it)",
    },
    "expires-in-unit": {
        "seconds": "expires_in counts seconds (ias-bearer-token)",
        "milliseconds": "it counts milliseconds (no document gives its unit)",
    },
    "ias-bad-scheme": {
        "400": "a scheme that is missing or unknown is a bad request",
        "401": "it is unauthorised (ias-das-signon-by-casn, Headers: no status is listed)",
        "403": "it is forbidden",
        "422": "it cannot be processed",
    },
    "ias-empty-parameter": {
        "400": "an empty casn or challenge is a missing one",
        "401": "it is unauthorised (ias-das-signon-by-casn, Response)",
        "422": "it cannot be processed",
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
        "updateInHomeToken": "the field has the name that updateInHomeStatus uses (the answer's own is not shown)",
        "token": "it is called token",
        "inHomeToken": "it is called inHomeToken",
        "encryptedToken": "it is called encryptedToken",
        "nested": "it is inside an object",
        "string": "the body is a JSON string",
        "text": "the body is plain text",
    },
    "broadcast-token-repeats": {
        "never": "every call gives another token",
        "always": "a home always has the same token (the documents do not say)",
    },
    "broadcast-token-succession": {
        "many": "a broadcast token is valid beside the ones that a home got later",
        "one": "a new one ends the one before (the documents do not say)",
    },
    "broadcast-token-lifetime": {
        "unlimited": "a broadcast token does not end by itself",
        "seconds": "it ends after some seconds (the documents give no time)",
    },
    "broadcast-token-encoding": {
        "hex": "hexadecimal, like the sample (ias-in-home-detection, Example)",
        "upper-hex": "hexadecimal in capitals",
        "base64url": "base64url",
        "base64": "base64",
    },
    "ias-broadcast-mismatch": {
        "ok-false": "another account's broadcast token leads to inHome false (ias-in-home-detection-newer)",
        "bad-request": "it is an invalid request (ias-in-home-detection, Response)",
        "forbidden": "it is forbidden (the document does not say that it is invalid)",
        "unauthorised": "it is unauthorised",
    },
    "ias-broadcast-forged": {
        "bad-request": "a forged broadcast token is an invalid request",
        "ok-false": "it leads to inHome false (reading ias-broadcast-mismatch)",
        "forbidden": "it is forbidden",
        "unauthorised": "it is unauthorised",
    },
    "in-home-flag-type": {
        "strict": "inHome must be a JSON boolean",
        "lenient": "text and numbers are read as one, and null as false (no document says what becomes of them)",
    },
    "update-missing-authorization": {
        "as-generate": "an update without Authorization is answered as generateUpdateInHomeToken is",
        "401": "it is 401 (the document only gives 400 for invalid requests)",
    },
    "token-without-home": {
        "400": "an access token without account or tenant is 400 (ias-in-home-detection, Response)",
        "401": "it is refused before as none of the platform's",
    },
    "update-claims": {
        "kept": "an update keeps all claims but those that date and name the token",
        "sample": "the updated token has the claims of the printed one alone (ias-in-home-detection, Example)",
        "network": "what depends on the network is found out again: onNetwork, blocking and filtering",
    },
    "ias-out-of-home-without-token": {
        "400": "updateInHomeToken is mandatory (ias-in-home-detection, Mandatory arguments)",
        "200": "it may be missing where inHome is false (reading ias-broadcast-mismatch)",
    },
    "update-exp": {
        "kept": "the updated token keeps exp (ias-in-home-detection, Example)",
        "renewed": "its exp starts again",
    },
    "update-fixed-exp": {
        "kept": "the updated token keeps fixed_exp",
        "renewed": "fixed_exp moves by the time since the signon (ias-in-home-detection, Example)",
    },
}
