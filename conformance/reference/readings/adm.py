"""Readings of ADM: accounts on OPF and on SSP."""

READINGS: dict[str, dict[str, str]] = {
    "password-encoding": {
        "base64": "the hashed password is base64, like the salt (adm-creating-an-account, Mandatory arguments)",
        "hex": "it is hexadecimal (adm-creating-an-account, Mandatory arguments)",
        "any": "either",
    },
    "pbkdf2-length": {
        "bytes": "320 bytes (adm-creating-an-account, Mandatory arguments)",
        "bits": "320 bits (reading pbkdf2-length)",
    },
    "salt-length": {
        "any": "a salt may have any length",
        "16": "400 for a salt of another length than 16 bytes (no document says how long it may be)",
    },
    "blank-billing-address": {
        "any": 'blank is [], "" or null (reading blank-billing-address)',
        "list": "blank is [] only",
        "text": 'blank is "" only',
        "null": "blank is null only",
        "omitted": "the argument may be left out as well (mandatory, but may be left blank)",
    },
    "pvr-status-case": {
        "counts": "pvrStatus is in capitals",
        "ignored": "enabled is ENABLED (the document does not say that case counts)",
    },
    "adm-check-order": {
        "token-first": "the token is looked at first, then the tenant, then the body",
        "body-first": "the body is looked at first, then the tenant, then the token",
    },
    "duplicate-account": {
        "409": "a second account of one signonId is a conflict (not documented)",
        "400": "it is a bad request",
        "403": "it is forbidden",
        "422": "it cannot be processed",
        "201": "it is answered as the first",
    },
    "unknown-profile": {
        "404": "an unknown profile does not exist (adm-creating-an-account, Response)",
        "400": "it is a bad request",
        "accepted": "it is accepted",
    },
    "supplied-id": {
        "honoured": "an _id in the request becomes the account's (adm-creating-an-account, Example)",
        "refused": "400: ids are the platform's to make (adm-creating-an-account, Mandatory arguments)",
    },
    "ssp-account-id": {
        "either": "SSP accepts an _id, or makes its own (adm-creating-an-account, Example)",
        "given": "SSP wants the _id that OPF gave: 400 without it",
        "own": "SSP makes its own: 400 for a request with an _id (adm-creating-an-account, Mandatory arguments)",
    },
    "geo-block-exempt-true": {
        "400": "geoBlockExempt true is a bad request (adm-creating-an-account: must be set to false)",
        "accepted": "it is taken; the rule binds the caller",
    },
    "signon-id-form": {
        "email": "400 for what is not an e-mail address (adm-creating-an-account, Mandatory arguments)",
        "any": "any text is a signonId (adm-creating-an-account, Mandatory arguments)",
    },
    "crm-missing-token": {
        "403": "a request without a token gets 403",
        "401": "it gets 401 (not documented)",
        "400": "it gets 400",
    },
    "adm-missing-tenant": {
        "400": "a request without nv-tenant-id is bad",
        "404": "its tenant does not exist",
        "403": "it is forbidden",
        "own": "the deployment's own tenant is meant (the header is not among the mandatory arguments)",
    },
    "adm-answer": {
        "id": "the answer is the account id alone (adm-creating-an-account, Example)",
        "record": "it contains more of the account",
    },
    "created-accounts-sign-on": {
        "on": "a created account signs on at HDM with its plain password",
        "off": "it does not, and the feature is not declared",
    },
    "account-propagation": {
        "at-once": "a created account signs on as soon as it is answered",
        "later": "it reaches HDM a moment later (no page says when)",
        "with-ssp": "it signs on once it was created on SSP, too, where there is one (the request must be made twice)",
    },
    "ssp": {
        "on": "the deployment has SSP",
        "off": "it has none (adm-creating-an-account, Request)",
    },
    "ssp-authorization": {
        "either": "SSP takes Authorization or nv-authorizations (reading ssp-authorization)",
        "authorization": "Authorization only (adm-creating-an-account, Headers)",
        "nv-authorizations": "nv-authorizations only (ssp-documentation)",
    },
    "ssp-tenant": {
        "header": "the tenant is in nv-tenant-id (adm-creating-an-account, Headers)",
        "path": "it is in the path (ssp-documentation)",
    },
}
