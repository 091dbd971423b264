"""Every reading changes what a client sees, and none changes what it can do."""

import base64
import json
import random
import time
from pathlib import Path

import jwt
import pytest
import yaml

from conformance.reference.adm import PROPAGATION_S
from conformance.reference.readings import CATALOGUE, UnknownReading, check_readings

from .caller import URL, calling, channel_ids, claims_of

UNKNOWN_BOX = {"smartcardId": "038119999999", "nuId": "3A7FFFFFFFFF", "casn": "2954099999", "csadList": "4E43"}


def status(answer):
    return answer.status_code


def refusal(caller):
    answer = caller.client.get("/api/authentication/v2/stbsignontokens")
    body = answer.text
    if answer.headers.get("content-type") == "application/json":
        data = answer.json()
        body = sorted(data)
        if "error" in data:
            body.append(sorted(data["error"]))
    return status(answer), answer.headers.get("content-type"), body


def signon_with(caller, **names):
    details = {name: caller.subjects["stb"][key] for name, key in names.items()}
    rest = {key: caller.subjects["stb"][key] for key in ("smartcardId", "nuId", "csadList")}
    return status(caller.client.get("/api/authentication/v2/stbsignontokens", params=details | rest))


def initialise_by(caller, names):
    player = caller.subjects["player"]
    values = [player[key] for key in ("playerVersion", "playerType", "initializationPayload")]
    form = dict(zip(names, values, strict=True)) | {"token": caller.hdm_token()}
    base = "/qsp/gateway/http/js/NmpExtendedService/initializeDevice"
    return caller.client.post(base, data=form).json()["result"]["status"]


def initialise_under(caller, base):
    return status(caller.initialise(base=base))


def first_of_two_broadcasts(caller):
    token = caller.access_token()
    first, _second = caller.broadcast_token(token), caller.broadcast_token(token)
    return status(caller.update(token, True, first))


def padding(caller, method):
    results = []
    for payload in ("QQ==", "QQ"):
        results.append(caller.initialise(method, initializationPayload=payload).json()["result"]["status"])
    return results


def refused_initialise(caller):
    answer = caller.initialise(token="made-up")
    return status(answer), sorted(answer.json())


def in_home_without(caller, **headers):
    return status(caller.client.get(caller.ias("generateUpdateInHomeToken"), headers=headers))


def broadcast(caller):
    answer = caller.generate(caller.access_token())
    return answer.headers["content-type"], sorted(answer.json()) if answer.text.startswith("{") else answer.text[:1]


def update_with(caller, in_home, broadcast_token):
    answer = caller.update(caller.access_token(), in_home, broadcast_token)
    return status(answer), claims_of(answer)["inHome"] if status(answer) == 200 else None


def update_a_minute_later(caller):
    broadcast = caller.broadcast_token(caller.access_token())
    caller.now[0] += 60
    return update_with(caller, True, broadcast)


def foreign_update(caller):
    return update_with(caller, True, caller.broadcast_token(caller.access_token("stb_other_account")))


def later_claims(caller, name):
    token = caller.access_token()
    before = jwt.decode(token, options={"verify_signature": False})[name]
    caller.now[0] += 100
    return claims_of(caller.update(token, True, caller.broadcast_token(token)))[name] - before


def blanks(caller):
    return [
        status(caller.create(caller.new_account(f"blank-{number}@example.test", billingAddress=blank)))
        for number, blank in enumerate(([], "", None, ...))
    ]


def encodings(caller):
    results = []
    for number, encoding in enumerate(("base64", "hex")):
        body = caller.new_account(f"encoded-{number}@example.test")
        plain = caller.new_account()["password"]
        as_bytes = bytes.fromhex(plain) if set(plain) <= set("0123456789abcdef") else base64.b64decode(plain)
        text = as_bytes.hex() if encoding == "hex" else base64.b64encode(as_bytes).decode()
        results.append(status(caller.create(body | {"password": text})))
    return results


def second_account(caller):
    body = caller.new_account("twice@example.test")
    return [status(caller.create(body)) for _ in range(2)]


def ssp_with(caller, *names):
    token = caller.crm_token()
    headers = {"authorization": None, "nv-authorizations": None} | {
        name: token if "nv" in name else f"Bearer {token}" for name in names
    }
    return status(caller.create(caller.new_account(f"{'-'.join(names)}@example.test"), "ssp", headers))


def long_password(caller):
    caller.create(caller.new_account("long@example.test", "Aa1-" * 20))
    return status(caller.sign_on_user(username="long@example.test", password="Aa1-" * 20, deviceId=None))


def signon_under(caller, correlation_id):
    details = {key: caller.subjects["stb"][key] for key in ("smartcardId", "nuId", "casn", "csadList")}
    headers = {"x-correlation-id": correlation_id}
    return status(caller.client.get("/api/authentication/v2/stbsignontokens", params=details, headers=headers))


def homeless(caller):
    claims = jwt.decode(caller.access_token(), options={"verify_signature": False})
    del claims["accountId"]
    return status(caller.generate(caller.platform.ias_key.sign(claims)))


def claims_out_of_home(caller):
    token = caller.access_token()
    claims = claims_of(caller.update(token, False, caller.broadcast_token(token)))
    return sorted(claims), claims["onNetwork"]


def licence_result(caller, content="authorized"):
    return caller.licence(content).json()["result"]


def shape(value):
    """Field names and JSON types."""
    if isinstance(value, dict):
        return sorted((name, shape(item)) for name, item in value.items())
    return type(value).__name__


def user_only_licence(caller):
    token = caller.sign_on_user(deviceId=None).json()["token"]["token"]
    return status(caller.licence(token=token))


def licence_at(caller, spelling):
    path = f"/hue-gateway/gateway/http/js/mdrmService/{spelling}"
    return status(caller.client.get(path)) == 404


def headers_of_signon(caller, **sent):
    answer = caller.client.get("/api/authentication/v2/stbsignontokens", headers=sent)
    return sorted(set(answer.headers) - {"x-correlation-id"}), answer.headers.get("x-correlation-id", "-")[:4]


def listed(caller):
    answer = caller.services(caller.access_token())
    return sorted(answer.json()), shape(answer.json()["services"][0])


PROBES = {
    # on the wire
    "error-body": refusal,
    "extra-fields": lambda caller: shape(caller.sign_on_stb().json()),
    "extra-headers": headers_of_signon,
    "charset": lambda caller: caller.sign_on_stb().headers["content-type"],
    "header-case": lambda caller: [name for name, _ in caller.sign_on_stb().headers.raw],
    "connections": lambda caller: caller.sign_on_stb().headers.get("connection"),
    "json-layout": lambda caller: caller.sign_on_stb().content.endswith(b"\n"),
    "correlation-id": lambda caller: (
        headers_of_signon(caller, **{"x-correlation-id": "abcd"})[1],
        headers_of_signon(caller)[1] == "-",
    ),
    "json-content-type": lambda caller: status(
        caller.client.post(caller.ias("dasSignOnByCasn"), headers={"nv-tenant-id": "nagra"}, content=b"{}")
    ),
    "body-framing": lambda caller: "content-length" in caller.sign_on_stb().headers,
    "compression": lambda caller: caller.sign_on_stb().headers.get("content-encoding"),
    "date-header": lambda caller: "date" in caller.sign_on_stb().headers,
    "server-clock": lambda caller: (caller.sign_on_stb().json()["expiry"] // 1000, caller.sign_on_stb().headers.get("date")),
    "other-methods": lambda caller: status(caller.client.delete("/api/authentication/v2/stbsignontokens")),
    "unknown-paths": lambda caller: status(caller.client.get("/nobody/has/this")),
    "correlation-id-form": lambda caller: signon_under(caller, "42"),
    "service-bases": lambda caller: caller.document["services"]["hdm"]["url"],
    # HDM
    "stb-casn-name": lambda caller: (signon_with(caller, casn="casn"), signon_with(caller, caSn="casn")),
    "hdm-token-form": lambda caller: (
        len(caller.hdm_token()) if len(caller.hdm_token()) != 96 else any(set(caller.hdm_token()) & set("-_") for _ in "x" * 30)
    ),
    "hdm-token-lifetime": lambda caller: caller.sign_on_stb().json()["expiry"] // 60_000 - int(caller.now[0]) // 60,
    "hdm-token-reuse": lambda caller: caller.hdm_token() == caller.hdm_token(),
    "hdm-request-id": lambda caller: len(caller.sign_on_stb().json()["token"]["requestId"]),
    "hdm-result": lambda caller: caller.sign_on_stb().json()["token"]["result"],
    "hdm-empty-parameter": lambda caller: status(caller.sign_on_stb(nuId="")),
    "stb-csad-list": lambda caller: status(caller.sign_on_stb(csadList="4E43")),
    "hdm-sessions": lambda caller: [
        status(caller.licence(token=token)) for token in [caller.hdm_token()] for _ in [caller.hdm_token()]
    ],
    "hdm-username-case": lambda caller: status(caller.sign_on_user(username=caller.subjects["user"]["username"].upper())),
    "hdm-white-space": lambda caller: status(caller.sign_on_stb(nuId=f" {caller.subjects['stb']['nuId']}")),
    "hdm-longest-password": long_password,
    "hdm-check-order": lambda caller: status(caller.sign_on_stb(smartcardId="038119999999", nuId=None)),
    "initialise-player-details": lambda caller: caller.initialise(playerVersion="").json()["result"]["status"],
    "initialise-error-http": lambda caller: status(caller.initialise(playerType="")),
    "nmp-mode": lambda caller: (
        status(caller.sign_on_user(smartcardId=None)),
        caller.document["features"]["direct_mode"],
        status(caller.initialise()),
    ),
    "first-signon-gateway": lambda caller: status(caller.sign_on_user(deviceId=None, smartcardId="038110099904")),
    "dynamic-provisioning": lambda caller: (
        status(caller.sign_on_stb(**UNKNOWN_BOX)),
        caller.document["features"]["dynamic_provisioning"],
    ),
    "initialise-parameters": lambda caller: (
        initialise_by(caller, ("playerVersion", "playerType", "initializationPayload")),
        initialise_by(caller, ("arg0", "arg1", "arg2")),
    ),
    "initialise-base": lambda caller: (initialise_under(caller, "/qsp/"), initialise_under(caller, "/hue-gateway/")),
    "initialise-missing-parameter": lambda caller: status(caller.initialise(playerType="")),
    "initialise-error-status": lambda caller: caller.initialise(playerType="").json()["result"]["status"],
    "initialise-token": lambda caller: caller.initialise(token=(token := caller.hdm_token())).json()["token"] == token,
    "initialise-device": lambda caller: (
        caller.initialise().json()["result"]["response"] == caller.initialise().json()["result"]["response"]
    ),
    "initialise-payload-padding": lambda caller: (padding(caller, "GET"), padding(caller, "POST")),
    "initialise-download-url": lambda caller: caller.initialise().json()["result"]["downloadURL"],
    "initialise-gate": refused_initialise,
    # IAS
    "ias-prefix": lambda caller: [
        status(caller.client.post(f"{prefix}/token/actions/dasSignOnByCasn")) for prefix in ("/ias/v3", "/v3")
    ],
    "ias-token-form": lambda caller: type(caller.das_sign_on().json()["access_token"]),
    "ias-refresh-token": lambda caller: caller.das_sign_on().json()["refresh_token"].count("."),
    "ias-claims": lambda caller: sorted(claims_of(caller.das_sign_on())),
    "ias-token-lifetime": lambda caller: caller.das_sign_on().json()["expires_in"],
    "ias-token-reuse": lambda caller: caller.access_token() == caller.access_token(),
    "ias-superseded-token": lambda caller: [
        status(caller.update(token, True, home))
        for token in [caller.access_token()]
        for home in [caller.broadcast_token(token)]
        for _ in range(2)
    ],
    "ias-sessions": lambda caller: [
        in_home_without(caller, authorization=f"Bearer {token}") for token in [caller.access_token(), caller.access_token()]
    ],
    "ias-token-algorithm": lambda caller: jwt.get_unverified_header(caller.access_token())["alg"],
    "token-type": lambda caller: caller.das_sign_on().json()["token_type"],
    "refresh-expires-in": lambda caller: caller.das_sign_on().json().get("refresh_expires_in", 0) // 1_000_000 or (
        "refresh_expires_in" in caller.das_sign_on().json()
    ),
    "ias-authorization-form": lambda caller: [
        in_home_without(caller, authorization=prefix + caller.access_token()) for prefix in ("", "Bearer ")
    ],
    "ias-missing-authorization": in_home_without,
    "ias-bad-token": lambda caller: in_home_without(caller, authorization="Bearer made-up"),
    "ias-mac-address": lambda caller: status(caller.das_sign_on(headers={"nv-mac-address": None})),
    "ias-missing-tenant": lambda caller: status(caller.das_sign_on(headers={"nv-tenant-id": None})),
    "ias-wrong-tenant": lambda caller: status(caller.das_sign_on(headers={"nv-tenant-id": "elsewhere"})),
    "ias-unknown-casn": lambda caller: status(caller.das_sign_on(casn="1")),
    "ias-wrong-challenge": lambda caller: status(caller.das_sign_on(dasChallenge="made-up")),
    "ias-disabled-device": lambda caller: status(caller.das_sign_on("stb_disabled")),
    "ias-jti": lambda caller: len({claims_of(caller.das_sign_on())["jti"] for _ in range(2)}),
    "ias-fixed-exp": lambda caller: [
        claims["fixed_exp"] < claims["exp"] for claims in [claims_of(caller.das_sign_on())]
    ],
    "ias-jwt-type": lambda caller: jwt.get_unverified_header(caller.access_token())["typ"],
    "expires-in-unit": lambda caller: caller.das_sign_on().json()["expires_in"],
    "in-home-flag-type": lambda caller: [
        status(caller.update(token, "true", caller.broadcast_token(token))) for token in [caller.access_token()]
    ],
    "update-missing-authorization": lambda caller: status(caller.client.put(caller.ias("updateInHomeStatus"), json={})),
    "token-without-home": homeless,
    "update-claims": claims_out_of_home,
    "ias-bad-scheme": lambda caller: status(caller.das_sign_on(scheme="PLAYREADY")),
    "ias-empty-parameter": lambda caller: status(caller.das_sign_on(casn="")),
    "stb-in-home": lambda caller: claims_of(caller.das_sign_on())["inHome"],
    "in-home-detection": lambda caller: caller.document["features"]["in_home_detection"],
    "broadcast-token-field": broadcast,
    "broadcast-token-repeats": lambda caller: (
        caller.broadcast_token(caller.access_token()) == caller.broadcast_token(caller.access_token())
    ),
    "broadcast-token-succession": first_of_two_broadcasts,
    "broadcast-token-lifetime": update_a_minute_later,
    "broadcast-token-encoding": lambda caller: [
        bool(set("".join(caller.broadcast_token(caller.access_token()) for _ in range(8))) & set(letters))
        for letters in ("xyz", "-_", "+/=", "abc")
    ],
    "ias-broadcast-mismatch": foreign_update,
    "ias-broadcast-forged": lambda caller: update_with(caller, True, "00" * 60),
    "ias-out-of-home-without-token": lambda caller: update_with(caller, False, None),
    "update-exp": lambda caller: later_claims(caller, "exp"),
    "update-fixed-exp": lambda caller: later_claims(caller, "fixed_exp"),
    # ADM
    "password-encoding": encodings,
    "pbkdf2-length": lambda caller: status(caller.create(caller.new_account(password="QUJD" * 13 + "QQ=="))),
    "salt-length": lambda caller: status(caller.create(caller.new_account(salt=base64.b64encode(b"s" * 20).decode()))),
    "blank-billing-address": blanks,
    "duplicate-account": second_account,
    "unknown-profile": lambda caller: status(caller.create(caller.new_account(accountProfileId="NOBODY"))),
    "supplied-id": lambda caller: status(caller.create(caller.new_account(_id="home-1"))),
    "geo-block-exempt-true": lambda caller: status(caller.create(caller.new_account(geoBlockExempt=True))),
    "signon-id-form": lambda caller: status(caller.create(caller.new_account("CRM_ID1"))),
    "crm-missing-token": lambda caller: status(caller.create({}, headers={"authorization": None})),
    "adm-missing-tenant": lambda caller: status(caller.create(caller.new_account(), headers={"nv-tenant-id": None})),
    "pvr-status-case": lambda caller: status(caller.create(caller.new_account(pvrStatus="enabled"))),
    "adm-check-order": lambda caller: status(caller.create({}, headers={"authorization": "Bearer made-up"})),
    "adm-answer": lambda caller: sorted(caller.create(caller.new_account()).json()),
    "account-propagation": lambda caller: (
        (created := caller.create(caller.new_account("soon@example.test"))).status_code,
        status(caller.sign_on_user(username="soon@example.test", password="plain-Pass.1", deviceId=None)),
        status(caller.create(caller.new_account("soon@example.test", _id=created.json()["_id"]), "ssp")),
        status(caller.sign_on_user(username="soon@example.test", password="plain-Pass.1", deviceId=None)),
    ),
    "created-accounts-sign-on": lambda caller: (
        status(caller.create(caller.new_account("new@example.test"))),
        status(caller.sign_on_user(username="new@example.test", password="plain-Pass.1", deviceId=None)),
        caller.document["features"]["created_accounts_sign_on"],
    ),
    "ssp": lambda caller: ("ssp_url" in caller.document["services"]["adm"], caller.document["features"]["ssp"]),
    "ssp-account-id": lambda caller: [
        status(caller.create(caller.new_account(f"{identifier}@example.test", _id=identifier), "ssp"))
        for identifier in ("home-1", ...)
    ],
    "ssp-authorization": lambda caller: (ssp_with(caller, "authorization"), ssp_with(caller, "nv-authorizations")),
    "ssp-tenant": lambda caller: caller.document["services"]["adm"]["ssp_url"],
    # SDP
    "sdp-path-spelling": lambda caller: [
        licence_at(caller, name) for name in ("isContentAuthorised", "isContentAuthorized")
    ],
    "sdp-field-types": lambda caller: shape(licence_result(caller, "live_ppv")),
    "sdp-field-spelling": lambda caller: shape(licence_result(caller)),
    "sdp-window-spelling": lambda caller: shape(licence_result(caller, "live_ppv")),
    "sdp-empty-window": lambda caller: shape(licence_result(caller, "not_authorized")),
    "sdp-cas-product-id": lambda caller: shape(licence_result(caller)),
    "sdp-usage-rules": lambda caller: shape(licence_result(caller)),
    "sdp-licence-bounds": lambda caller: licence_result(caller)["usageRules"]["startDate"],
    "sdp-not-authorised-fields": lambda caller: shape(licence_result(caller, "not_authorized")),
    "sdp-client-token": lambda caller: status(caller.licence(token=caller.access_token())),
    "sdp-live-event": lambda caller: licence_result(caller, "live_ppv")["isAuthorized"],
    "sdp-token-error-status": lambda caller: status(caller.licence(token="made-up")),
    "sdp-locale-message": lambda caller: sorted(caller.licence(token="made-up").json()),
    "sdp-correlation-id": lambda caller: status(
        caller.client.get(
            "/hue-gateway/gateway/http/js/mdrmService/isContentAuthorised",
            params={"token": caller.hdm_token(), "arg0": "CMS-20417733"},
            auth=("mdrm", caller.credentials["sdp"]["password"]),
        )
    ),
    "sdp-basic-status": lambda caller: status(caller.licence(auth=None)),
    "sdp-missing-argument": lambda caller: status(caller.licence(arg0="")),
    "sdp-unknown-content": lambda caller: status(caller.licence(arg0="CMS-0")),
    "sdp-private-data": lambda caller: status(caller.licence(arg1="no json")),
    "sdp-user-only-token": user_only_licence,
    "live-ppv-license": lambda caller: (
        shape(licence_result(caller, "live_ppv")),
        caller.document["features"]["live_ppv_license"],
    ),
    # MDS
    "mds-without-token": lambda caller: status(caller.services()),
    "mds-bad-token": lambda caller: status(caller.services("made-up")),
    "mds-channel-id": listed,
    "mds-envelope": listed,
    "mds-caching": lambda caller: caller.services(caller.access_token()).headers["cache-control"],
    "mds-default-limit": lambda caller: len(channel_ids(caller.services(caller.access_token()))),
    "mds-largest-page": lambda caller: len(channel_ids(caller.services(caller.access_token(), limit=9999))),
    "mds-bad-filter": lambda caller: status(caller.services(caller.access_token(), filter="{")),
}  # fmt: skip


def observe(reading, option):
    now = [1_800_000_000.0]
    with calling({reading: option}, clock=lambda: now[0]) as caller:
        caller.now = now
        return json.dumps(PROBES[reading](caller), default=str)


def test_every_reading_has_a_probe():
    assert PROBES.keys() == CATALOGUE.keys()


@pytest.mark.parametrize("reading", sorted(CATALOGUE))
def test_no_two_options_of_a_reading_look_alike(reading):
    seen = {option: observe(reading, option) for option in CATALOGUE[reading]}
    assert len(set(seen.values())) == len(seen) > 1, seen


def all_channels(caller, token):
    found = []
    while page := channel_ids(caller.services(token, limit=9999, offset=len(found))):
        found += page
    return found


def walk(caller):
    """What every client needs, done as this platform wants it."""
    tokens = [caller.hdm_token, lambda: caller.sign_on_user().json()["token"]["token"]]
    if caller.reads("nmp-mode") == "direct-alone":
        unknown = int(caller.reads("unknown-paths"))
        assert caller.initialise("GET").status_code == caller.initialise().status_code == unknown
    else:
        assert caller.initialise("GET").json()["result"]["status"] == "OK"
        tokens.append(lambda: caller.initialise().json()["token"])
    for token in tokens:
        assert caller.licence(token=token()).json()["result"]["isAuthorized"] == "AUTHORIZED"
    assert caller.sign_on_stb(nuId="unknown").status_code == 403
    assert caller.sign_on_user(password="wrong").status_code == 403
    assert caller.das_sign_on(dasChallenge="made-up").status_code in (400, 401, 403, 404)
    token = caller.access_token()
    home = caller.broadcast_token(token)
    updated = caller.update(token, True, home)
    assert claims_of(updated)["inHome"] is True
    channels = caller.subjects["channels"]
    listed = all_channels(caller, updated.json()["access_token"])
    assert set(listed) == set(channels["everywhere"] + channels["in_home_only"])
    away = caller.update(updated.json()["access_token"], False, home).json()["access_token"]
    assert set(all_channels(caller, away)) == set(channels["everywhere"])
    body = caller.new_account("walker@example.test", "walk-Away.7")
    created = caller.create(body)
    assert created.status_code == 201
    known = caller.reads("account-propagation") != "with-ssp" or caller.reads("ssp") == "off"
    if caller.reads("ssp") == "on":
        identity = {} if caller.reads("ssp-account-id") == "own" else {"_id": created.json()["_id"]}
        if caller.reads("supplied-id") == "honoured" or not identity:
            assert caller.create(body | identity, "ssp").status_code == 201
            known = True
    if known and caller.reads("created-accounts-sign-on") == "on" and not caller.reads("nmp-mode").startswith("direct"):
        if caller.reads("account-propagation") == "later":
            time.sleep(PROPAGATION_S)
        found = caller.sign_on_user(username="walker@example.test", password="walk-Away.7", deviceId=None)
        assert found.status_code == 200


LARGEST = max(len(options) for options in CATALOGUE.values())


@pytest.mark.parametrize("turn", range(LARGEST))
def test_every_option_works_beside_others(turn):
    """As many platforms as the largest reading has options; together they take every option of every reading."""
    chosen = {}
    for place, (reading, options) in enumerate(CATALOGUE.items()):
        chosen[reading] = list(options)[(turn + place) % len(options)]
    with calling(chosen) as caller:
        walk(caller)


@pytest.mark.parametrize("seed", range(12))
def test_readings_combine(seed):
    chosen = {reading: random.Random(f"{seed} {reading}").choice(list(CATALOGUE[reading])) for reading in CATALOGUE}
    with calling(chosen) as caller:
        walk(caller)


def test_unknown_readings_and_options_are_refused_with_a_hint():
    with pytest.raises(UnknownReading, match="Did you mean 'charset'"):
        check_readings({"charsett": "utf-8"})
    with pytest.raises(UnknownReading, match="it has absent, utf-8, upper"):
        check_readings({"charset": "latin-1"})
    check_readings({"charset": "upper"})


def test_a_target_document_shows_the_feature_that_a_reading_takes_away():
    with calling({"live-ppv-license": "off", "ssp": "off"}) as caller:
        assert caller.document["features"]["live_ppv_license"] is caller.document["features"]["ssp"] is False
        assert caller.document["services"]["adm"] == {"url": URL}


SPECS = Path(__file__).parents[2] / "specs" / "readings"


@pytest.mark.parametrize("document", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_suite_s_readings_can_all_be_shown(document):
    """Whatever the suite takes for a reading, the platform can answer in, under the same name."""
    for reading in yaml.safe_load(document.read_text(encoding="utf-8"))["readings"]:
        options = {option["id"] for option in reading["options"]}
        assert options <= set(CATALOGUE[reading["id"]]), reading["id"]
