"""The rules of IAS and MDS: good answers break nothing, and each spoilt one breaks what it was spoilt for."""

from __future__ import annotations

import base64

import pytest

from conformance.register import load_register

from .ias_exchanges import (
    ACCESS,
    CHALLENGE,
    HEADER,
    NOW,
    REFRESH,
    broken,
    exchange,
    generated,
    held,
    signed_on,
    token,
    updated,
    without,
)

SEALED = "9f2c4be1a07d5c3388f1e6d2b94a7710c5d8e2f3a6b1907c"
MS = NOW * 1000


def access(**claims):
    return signed_on(access=token({**ACCESS, **claims}))


def refresh(**claims):
    return signed_on(refresh=token({**REFRESH, **claims}))


def header(**values):
    changed = {key: value for key, value in {**HEADER, **values}.items() if value is not None}
    return signed_on(access=token(ACCESS, changed))


GOOD = {
    "sign-on": signed_on(),
    "decoded": None,
    "bearer in lower case": signed_on(envelope={"token_type": "bearer"}),
    "more fields": signed_on(envelope={"more": 1, "parentalControl": None}),
    "optional claims null": access(parentalControl=None, currentUserProfile=None, userId=None),
    "a claim more": access(region="north"),
    "exp as 1.0": access(exp=float(NOW + 3600)),
    "nbf 0": access(nbf=0),
    "iat now": access(iat=NOW),
    "another hash": signed_on(access=token(ACCESS, {**HEADER, "alg": "HS512"})),
    "update to true": updated(),
    "update to false": updated(in_home=False),
    "update with a new exp and jti": updated({**ACCESS, "inHome": True, "exp": NOW + 3700, "jti": "2", "iat": NOW}),
    "generate": generated({"updateInHomeToken": SEALED}),
    "generate as text": generated(SEALED.encode()),
    "channels": exchange("listServices", {"total_records": 1, "services": [{"id": "1"}]}),
    "channels without a count": exchange("listServices", {"services": []}),
    "an older page of channels": exchange("listServices", {"total_records": 9, "services": [{"id": "1"}]}),
    "an error": signed_on(status=401),
    "HEAD": exchange("listServices", b"", method="HEAD"),
    "OPTIONS": exchange("dasSignOnByCasn", b"", method="OPTIONS", status=204),
}
del GOOD["decoded"]

BAD = [
    ("DAS-001", signed_on(status=201)),
    ("DAS-060", exchange("dasSignOnByCasn", [])),
    ("DAS-060", exchange("dasSignOnByCasn", b"<html>")),
    ("DAS-061", signed_on(drop="access_token")),
    ("DAS-062", signed_on(drop="refresh_token")),
    ("DAS-063", signed_on(drop="client_id")),
    ("DAS-063", signed_on(envelope={"client_id": 7})),
    ("DAS-064", signed_on(drop="accountId")),
    ("DAS-064", signed_on(envelope={"accountId": ""})),
    ("DAS-065", signed_on(drop="token_type")),
    ("DAS-065", signed_on(envelope={"token_type": "JWT"})),
    ("DAS-066", signed_on(envelope={"expires_in": "3600"})),
    ("DAS-066", signed_on(envelope={"expires_in": 0})),
    ("DAS-066", signed_on(envelope={"expires_in": True})),
    ("DAS-067", signed_on(envelope={"expires_in": 3_600_000})),
    ("DAS-067", signed_on(envelope={"expires_in": NOW + 3600})),
    ("DAS-067", signed_on(envelope={"expires_in": 1})),
    ("DAS-068", signed_on(envelope={"expires_in": 7200})),
    ("DAS-069", signed_on(envelope={"refresh_expires_in": "soon"})),
    ("DAS-070", signed_on(envelope={"fixed_refresh_expires_in": 1.5})),
    ("DAS-071", signed_on(envelope={"parentalControl": "FSK"})),
    ("DAS-072", signed_on(envelope={"currentUserProfileId": 4})),
    ("DAS-046", access(inHome=True)),
    ("DAS-076", signed_on(envelope={"accountId": "other"}, refresh=token({**REFRESH, "accountId": "other"}))),
    ("DAS-077", refresh(accountId="other")),
    ("DAS-078", refresh(deviceId="other")),
    ("DAS-080", refresh(exp=NOW + 60)),
    ("TOK-001", signed_on(access="not-a-token")),
    ("TOK-001", signed_on(access="a.b")),
    ("TOK-001", signed_on(access=f"{token(ACCESS)}.x")),
    ("TOK-001", signed_on(access=42)),
    ("TOK-002", header(alg=None)),
    ("TOK-003", signed_on(access=token(ACCESS, {**HEADER, "alg": "None"}))),
    ("TOK-004", signed_on(access=token(ACCESS, without(HEADER, "kid")))),
    ("TOK-004", signed_on(access=token(ACCESS, {**HEADER, "kid": 321516}))),
    ("TOK-005", header(typ="JWE")),
    ("TOK-006", signed_on(access=token(ACCESS, key=None))),
    ("TOK-007", signed_on(access=token(ACCESS, key=b"another key"))),
    ("TOK-007", header(kid="321517")),
    ("TOK-010", access(typ="AuthN")),
    ("TOK-010", signed_on(access=token(without(ACCESS, "typ")))),
    ("TOK-011", access(ver=1.0)),
    ("TOK-012", access(ver="2.0")),
    ("TOK-013", access(exp=str(NOW))),
    ("TOK-013", access(exp=None)),
    ("TOK-063", access(exp=NOW + 3600.5)),
    ("TOK-066", access(fixed_exp=NOW + 7_776_000.5)),
    ("TOK-263", refresh(exp=NOW + 172_800.5)),
    ("TOK-014", access(exp=MS + 3_600_000)),
    ("TOK-015", access(exp=NOW - 3600)),
    ("TOK-016", access(fixed_exp="never")),
    ("TOK-017", access(fixed_exp=MS)),
    ("TOK-018", access(fixed_exp=NOW)),
    ("TOK-025", access(onNetwork="true")),
    ("TOK-026", access(inHome=0)),
    ("TOK-027", access(geoBlockExempt="true")),
    ("TOK-057", signed_on(access=token(without(ACCESS, "geoBlockExempt")))),
    ("TOK-057", access(geoBlockExempt=None)),
    ("TOK-028", access(sessionControl=[])),
    ("TOK-029", access(sessionControl={"maxSessions": "3"})),
    ("TOK-030", access(sessionControl={"sessionControlEnabled": 1})),
    ("TOK-031", access(blockingInformation="none")),
    ("TOK-032", access(filteringInformation=[])),
    ("TOK-062", access(filteringInformation=None)),
    ("TOK-033", access(userId=7)),
    ("TOK-034", access(jti=4789023423714089478)),
    ("TOK-035", access(deviceProfileFeatures=["SD", 1])),
    ("TOK-041", access(watermarking="false")),
    ("TOK-042", access(accountAdditionalProperties={})),
    ("TOK-045", access(nbf=NOW + 3600)),
    ("TOK-045", access(nbf=MS)),
    ("TOK-046", access(note=f"signed on with {CHALLENGE}")),
    ("TOK-048", access(iat=NOW + 3600)),
    ("TOK-049", access(sessionControl={"groups": {}})),
    ("TOK-049", access(currentUserProfile={"childProfile": "no"})),
    ("TOK-203", signed_on(refresh=token(REFRESH, {**HEADER, "alg": "none"}))),
    ("TOK-210", refresh(typ="DevAuthN")),
    ("TOK-214", refresh(exp=MS)),
    ("TOK-226", refresh(inHome="false")),
    ("TOK-228", refresh(sessionControl="none")),
    ("TOK-252", signed_on(refresh=token(without(REFRESH, "accountProfileId")))),
    ("TOK-256", signed_on(refresh=token(without(REFRESH, "inHome")))),
    ("TOK-258", signed_on(refresh=token(without(REFRESH, "sessionControl")))),
    ("TOK-120", updated({**ACCESS, "tenantId": "other", "inHome": True})),
    ("UPD-001", updated(status=202)),
    ("UPD-004", updated(in_home=False, status=202)),
    ("UPD-002", updated(body={"token": token(ACCESS)})),
    ("UPD-002", updated(body=[])),
    ("UPD-008", updated({**ACCESS, "inHome": True}, in_home=False)),
    ("UPD-008", updated({**ACCESS, "inHome": True}, in_home=None)),
    ("UPD-024", updated(body={"access_token": {**ACCESS, "inHome": True}})),
    ("UPD-070", updated({**ACCESS, "typ": "AuthN", "inHome": True})),
    ("UPD-073", updated({**ACCESS, "accountId": "other", "inHome": True})),
    ("UPD-083", updated({**without(ACCESS, "userId"), "inHome": True})),
    ("UPD-078", updated({**ACCESS, "geoBlockExempt": False, "inHome": True})),
    ("UPD-080", updated({**ACCESS, "sessionControl": {"maxSessions": 99}, "inHome": True})),
    ("UPD-083", updated({**without(ACCESS, "billingCountryCode"), "inHome": True})),
    ("GEN-001", generated({"updateInHomeToken": SEALED}, status=201)),
    ("GEN-002", generated({})),
    ("GEN-002", generated({"status": 1})),
    ("GEN-002", generated(b"")),
    ("GEN-023", generated({"resultCode": "99999:403", "result": "no"})),
    ("BRD-001", generated({"token": "STEF_ACC_3:0cd85e3b59367f865a1a"})),
    ("BRD-001", generated({"token": base64.b64encode(b"account=STEF_ACC_3;").decode()})),
    ("BRD-002", generated({"token": base64.b64encode(b"tenant=nagra;").decode()})),
    ("BRD-003", generated({"token": b"STEF_DEV_PUB_3".hex()})),
    ("BRD-004", generated({"token": SEALED + b"user-0042".hex()})),
    ("MDS-001", exchange("listServices", {"services": []}, status=206)),
    ("MDS-002", exchange("listServices", [])),
    ("MDS-002", exchange("listServices", {"channels": []})),
    ("MDS-003", exchange("listServices", {"total_records": 0, "services": [{}]})),
    ("MDS-003", exchange("listServices", {"total_records": "1", "services": [{}]})),
    ("MDS-004", exchange("listServices", {"services": ["SVC-1"]})),
    ("MDS-050", exchange("listServices", {"resultCode": "99999:403"})),
]
# What cannot be spoilt alone: the other requirement says the same of another place.
ALSO = {
    "DAS-076": {"TOK-220", "DAS-079"},
    "TOK-120": {"UPD-072"},
    "TOK-070": set(),
    "UPD-070": {"TOK-110"},
    "TOK-046": {"WIR-407"},
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_answer_breaks_nothing(name):
    assert broken(GOOD[name]) == set()


@pytest.mark.parametrize(("requirement", "sent"), BAD, ids=[f"{i}-{bad[0]}" for i, bad in enumerate(BAD)])
def test_a_spoilt_answer_breaks_its_requirement(requirement, sent):
    found = broken(sent)
    assert requirement in found
    assert found - {requirement} <= ALSO.get(requirement, set())


def test_a_decoded_token_only_warns():
    found = broken(signed_on(access=ACCESS, refresh=REFRESH))
    assert found == {"DAS-073", "DAS-074"}
    assert not any(load_register()[name].binding for name in found)


def test_one_token_twice_is_found():
    assert "DAS-075" in broken(signed_on(refresh=token(ACCESS)))


def test_the_access_token_is_not_broadcast():
    assert "BRD-005" in broken(generated({"token": token(ACCESS)}))


def test_without_its_key_a_signature_is_not_judged():
    sent = signed_on(access=token(ACCESS, key=b"another key"))
    assert broken(sent, keys=False) == set()


def test_a_token_signed_on_for_another_tenant_is_not_compared():
    sent = exchange(
        "dasSignOnByCasn",
        {"access_token": token({**ACCESS, "tenantId": "other"})},
        headers=(("nv-tenant-id", "other"),),
    )
    assert "TOK-020" not in broken(sent) | held(sent)


def test_every_claim_of_the_tokens_is_judged_where_it_is_there():
    both = {
        **dict.fromkeys(("deviceGroupSessionLimitProfileId", "playoutDeviceClass", "currentUserProfileId"), "text"),
        **{name: {} for name in ("parentalControl", "deviceInformation", "currentUserProfile")},
        "deviceProfileFeatures": ["SD"],
        "watermarking": False,
        "accountAdditionalProperties": [],
        "sessionControl": {"groups": [], "maxSessions": 3, "sessionControlEnabled": True},
        "nbf": 0,
        "iat": NOW,
    }
    wanted = {entry.id for entry in load_register() if entry.id.startswith("TOK-")}
    held_ones = held(
        signed_on(access=token({**ACCESS, **both}), refresh=token({**REFRESH, "userId": "7", "jti": "8", **both}))
    )
    after = {**ACCESS, **both, "inHome": True}
    assert wanted - held_ones - held(updated(after)) == set()


def test_a_claim_that_did_not_occur_is_not_judged():
    assert "TOK-041" not in held(signed_on()) | broken(signed_on())


def test_what_an_update_was_not_given_it_need_not_hand_on():
    sent = updated({**without(ACCESS, "onNetwork"), "inHome": True}, brought=without(ACCESS, "onNetwork"))
    assert broken(sent) == set()
    assert broken(updated({**without(ACCESS, "onNetwork"), "inHome": True})) == {"TOK-155", "UPD-083"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_a_refusal_is_judged_for_no_shape(status):
    for operation in ("dasSignOnByCasn", "generateUpdateInHomeToken", "updateInHomeStatus", "listServices"):
        assert broken(exchange(operation, b"no", status=status)) == set()
