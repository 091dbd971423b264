"""The target file of a running platform, as plain data: all that checks can need."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from conformance.reference import seed
from conformance.reference.adm import ssp_base
from conformance.reference.app import PREFIXES
from conformance.reference.claims import Subject, access_claims
from conformance.reference.control import ENTER, KEY_HEADER, LEAVE
from conformance.reference.platform import CONDITIONS, Platform

if TYPE_CHECKING:
    from conformance.reference.state import Device

Document = dict[str, Any]
READY_TOKEN_LIFETIME = 24 * 3600
PLAYER_PAYLOAD = {"player": "opentv", "device": "living-room-tablet", "nonce": "8d1f?>~"}


def target_document(platform: Platform, url: str) -> Document:
    """The whole document for a platform at a URL; secrets stand in it as plain values."""
    document: Document = {
        "version": 1,
        "name": "reference-platform",
        "tenant": platform.settings.tenant,
        "services": services(platform, url),
        "features": features(platform),
        "subjects": subjects(platform),
        "credentials": credentials(platform, url),
        "subjects_vouched": {"by": "opentv-conformance", "on": datetime.now(UTC).date().isoformat()},
    }
    if platform.settings.control_key is not None:
        document["conditions"] = conditions(url, platform.settings.control_key)
    return document


def services(platform: Platform, url: str) -> Document:
    """Where each service is."""

    def base(service: str) -> str:
        return url + (PREFIXES[service] if platform.reads("service-bases") == "separate" else "")

    adm = {"url": base("adm")}
    if platform.reads("ssp") == "on":
        adm["ssp_url"] = base("adm") + ssp_base(platform.reads("ssp-tenant"), platform.settings.tenant)
    return {
        "hdm": {"url": base("hdm")},
        "ias": {"url": base("ias")},
        "adm": adm,
        "sdp": {"url": base("sdp")},
        "mds": {"url": base("mds"), "provider": platform.settings.provider},
    }


def features(platform: Platform) -> Document:
    """What this platform claims."""
    return {
        "in_home_detection": platform.reads("in-home-detection") == "on",
        "dynamic_provisioning": platform.reads("dynamic-provisioning") == "on",
        "direct_mode": platform.reads("nmp-mode") != "non-direct",
        "ssp": platform.reads("ssp") == "on",
        "live_ppv_license": platform.reads("live-ppv-license") == "on",
        "created_accounts_sign_on": platform.reads("created-accounts-sign-on") == "on",
    }


def subjects(platform: Platform) -> Document:
    """Whom the checks may be."""
    encoding = platform.reads("password-encoding")
    account_template = {
        "accountProfileId": seed.ACCOUNT_PROFILES[0],
        "npvrProfileName": seed.NPVR_PROFILES[1],
        "email_domain": "example.test",
    }
    if encoding == "hex":
        account_template["password_encoding"] = encoding
    return {
        "stb": stb(seed.STB_A),
        "stb_other_account": stb(seed.STB_B),
        "stb_disabled": stb(seed.STB_DISABLED),
        "user": user(seed.USER_A),
        "user_other_account": user(seed.USER_B),
        "expired_tokens": expired_tokens(platform),
        "gateway": {"smartcardId": seed.GATEWAY.smartcard},
        "gateway_unprovisioned": {"smartcardId": seed.GATEWAY_UNPROVISIONED.smartcard},
        "content": {
            "authorized": seed.AUTHORISED,
            "not_authorized": seed.NOT_AUTHORISED,
            "live_ppv": seed.LIVE_PPV,
        },
        "channels": {
            "in_home_only": [channel.id for channel in seed.CHANNELS if channel.in_home_only],
            "everywhere": [channel.id for channel in seed.CHANNELS if not channel.in_home_only],
        },
        "player": {
            "playerVersion": "5.14.2",
            "playerType": "OPENTV_PLAYER",
            "initializationPayload": base64.b64encode(json.dumps(PLAYER_PAYLOAD).encode()).decode(),
        },
        "account_template": account_template,
    }


def stb(device: Device) -> Document:
    """A set top box with everything it can prove itself with."""
    return {
        "smartcardId": device.smartcard,
        "nuId": device.nuid,
        "casn": device.casn,
        "csadList": device.csad_list,
        "dasChallenge": device.challenge,
        "scheme": device.scheme,
        "macAddress": device.mac,
    }


def user(person: seed.Person) -> Document:
    """A user with a device."""
    return {
        "username": person.username,
        "password": person.password,
        "deviceId": person.device,
        "accountId": person.account,
    }


def expired_tokens(platform: Platform) -> Document:
    """One token of each kind that was genuine until an hour ago."""
    account = platform.database.account("opf", seed.USER_A.account)
    assert account is not None
    then = platform.now() - 7200
    claims = access_claims(Subject(platform.settings.tenant, account, seed.STB_A, None), then, 3600, "common", False)
    return {
        "hdm": platform.expired_signon_token,
        "ias": platform.ias_key.sign(claims),
        "crm": platform.keycloak.access_token(seed.CRM_OPERATOR, -3600),
    }


def credentials(platform: Platform, url: str) -> Document:
    """What opens the operator APIs, SDP, and the tokens."""
    operator = seed.CRM_OPERATOR
    crm: Document = {"token": platform.keycloak.access_token(operator, READY_TOKEN_LIFETIME)}
    if platform.settings.crm_credential == "keycloak":
        prefix = PREFIXES["keycloak"] if platform.reads("service-bases") == "separate" else ""
        crm = {
            "keycloak": {
                "url": url + prefix,
                "realm": platform.settings.tenant,
                "username": operator.username,
                "password": operator.password,
                "client_id": seed.CLIENT_ID,
            }
        }
    return {
        "crm": crm,
        "sdp": {"username": seed.SDP_USERNAME, "password": seed.SDP_PASSWORD},
        "token_keys": {platform.ias_key.kid: base64.b64encode(platform.ias_key.key).decode()},
    }


def conditions(url: str, key: str) -> Document:
    """How to bring about what no request can."""

    def hook(name: str, turn: str) -> Document:
        address = f"{url}/control/conditions/{name}/{turn}"
        return {"http": {"method": "POST", "url": address, "headers": {KEY_HEADER: key}}}

    return {name: {turn: hook(name, turn) for turn in (ENTER, LEAVE)} for name in CONDITIONS}
