"""Whatever a caller sends, the platform answers, and never with a mistake of its own."""

import functools
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.reference import RunningPlatform

from .caller import calling

LONG = "x" * 1_000_000
DEEP = "[" * 100_000 + "]" * 100_000
TEXTS = [
    "\x00",
    "a\x00b",
    "é",
    "𝄞",
    "\u202e",
    "%",
    "%00",
    "%ff",
    "' OR 1=1 --",
    "../../etc/passwd",
    "{{7*7}}",
    LONG[:20_000],
]
BODIES = [
    b"",
    b"\x00",
    b"\xff\xfe\x00",
    b"{",
    b"null",
    b"NaN",
    b"[1e999]",
    b"1" * 100_000,
    b"-" + b"9" * 5_000,
    DEEP.encode(),
    b'{"a":' * 50_000,
    b'"\\ud800"',
    b'{"casn":"\\ud800","dasChallenge":"\\udfff","scheme":"CONNECT"}',
    b'{"casn":{"$ne":null},"dasChallenge":[],"scheme":{}}',
    b'{"updateInHomeToken":"\\ud800","inHome":true}',
    b'{"updateInHomeToken":"\\u0000","inHome":true}',
    b'{"inHome":1e400}',
    b'{"signonId":"a","signonId":"b"}',
    b"\xef\xbb\xbf{}",
    json.dumps({"casn": LONG, "dasChallenge": LONG, "scheme": "CONNECT"}).encode(),
    b"arg0=%FF&arg1=%00&arg2=%&token=%ud800",
    b"&".join(b"a%d=1" % number for number in range(5_000)),
    b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
]
TYPES = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "",
    "é",
]
QUERIES = [
    b"smartcardId=%FF%FE&nuId=%00&casn=%C3%28&csadList=%ED%A0%80",
    b"username=%00&password=%00&deviceId=%F0%9F%92%A9",
    b"smartcardId=a&smartcardId=b&nuId=&nuId&casn&csadList==",
    b"=&&&;=;%%%&%=%",
    b"token=%ED%A0%80&arg0=%00&arg1=%7B%22a%22%3A",
    b"filter=%7B%22id%22%3A%22%5Cud800%22%7D&limit=99999999999999999999&offset=%D9%A3",
    b"filter=%7B%22technical.id%22%3A%7B%22%24in%22%3A%5B%7B%7D%2Cnull%5D%7D%7D",
    b"filter=" + b"%5B" * 50_000,
    b"&".join(b"p%d=1" % number for number in range(5_000)),
    b"username=" + b"a" * 60_000 + b"&password=b",
]


@functools.cache
def operations(caller):
    """Every operation with headers that lead into it."""
    access = {"authorization": f"Bearer {caller.access_token()}"}
    crm = {"authorization": f"Bearer {caller.crm_token()}", "nv-tenant-id": "nagra"}
    basic = {"authorization": httpx.BasicAuth("mdrm", "Licence-Desk.9~sdp")._auth_header}
    initialise = "/qsp/gateway/http/js/NmpExtendedService/initializeDevice"
    return [
        ("GET", "/api/authentication/v2/stbsignontokens", {}),
        ("GET", "/api/authentication/v2/nmpsignontokens", {}),
        ("GET", initialise, {}),
        ("POST", initialise, {}),
        ("POST", "/ias/v3/token/actions/dasSignOnByCasn", {"nv-tenant-id": "nagra"}),
        ("GET", "/ias/v3/token/actions/generateUpdateInHomeToken", access),
        ("PUT", "/ias/v3/token/actions/updateInHomeStatus", access),
        ("POST", "/adm/v1/accounts/preHashedPassword", crm),
        ("POST", "/ssp/adm/v1/accounts/preHashedPassword", crm),
        ("GET", "/hue-gateway/gateway/http/js/mdrmService/isContentAuthorised", basic),
        ("GET", "/metadata/delivery/GLOBAL/btv/services", access),
        ("POST", "/keycloak/auth/realms/nagra/protocol/openid-connect/token", {}),
        ("POST", "/control/conditions/esps_unreachable/leave", {}),
        ("GET", "/nowhere", {}),
    ]


def judge(answer):
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text
    if answer.headers.get("content-type") == "application/json":
        answer.json()


@pytest.mark.parametrize("place", range(14))
def test_hostile_bodies(caller, place):
    method, path, headers = operations(caller)[place]
    for kind in TYPES:
        for body in BODIES:
            sent = headers | {"content-type": kind.encode()}
            judge(caller.client.request(method, path, headers=sent, content=body))


@pytest.mark.parametrize("place", range(14))
def test_hostile_queries(caller, place):
    method, path, headers = operations(caller)[place]
    for query in QUERIES:
        judge(caller.call(method, path, query, headers))


@pytest.mark.parametrize("place", range(14))
def test_hostile_headers(caller, place):
    method, path, headers = operations(caller)[place]
    for name in ("authorization", "nv-tenant-id", "nv-mac-address", "x-correlation-id", "accept", "x-control-key"):
        for value in (
            b"",
            b" ",
            b"\xff\xfe",
            "é".encode(),
            b"Bearer",
            b"Bearer \xe9",
            b"Basic \xff",
            b"Basic OnA",
            b"x" * 9_000,
        ):
            judge(caller.client.request(method, path, headers=headers | {name: value}))


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_values_where_genuine_ones_belong(caller, text):
    for name in ("smartcardId", "nuId", "casn", "csadList"):
        judge(caller.sign_on_stb(**{name: text}))
    for name in ("username", "password", "deviceId", "smartcardId"):
        answer = caller.sign_on_user(**{name: text})
        if name != "smartcardId":  # a gateway that nobody knows is "not yet provisioned": 503 by the page
            judge(answer)
    for name in ("playerVersion", "playerType", "initializationPayload", "token"):
        judge(caller.initialise(**{name: text}))
        judge(caller.initialise("GET", **{name: text}))
    for name in ("casn", "dasChallenge", "scheme"):
        judge(caller.das_sign_on(**{name: text}))
    for name in ("token", "arg0", "arg1"):
        judge(caller.licence(**{name: text}))
    for name in ("accountProfileId", "npvrProfileName", "billingAddress", "pvrStatus", "signonId", "password", "salt"):
        judge(caller.create(caller.new_account("hostile@example.test", **{name: text})))
    judge(caller.update(caller.access_token(), True, text))
    for name in ("filter", "limit", "offset", "sort", "fields"):
        judge(caller.services(caller.access_token(), **{name: text}))


def test_a_signon_id_of_any_characters_signs_on(caller):
    for number, name in enumerate(
        ("zoë@exämple.test", "𝄞@example.test", "a\x00b@example.test", "x" * 5_000 + "@example.test")
    ):
        assert caller.create(caller.new_account(name, f"Word-{number}")).status_code == 201
        assert caller.sign_on_user(username=name, password=f"Word-{number}", deviceId=None).status_code == 200


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = (
    "casn",
    "dasChallenge",
    "scheme",
    "updateInHomeToken",
    "inHome",
    "signonId",
    "password",
    "billingAddress",
    "_id",
)
PLACES = st.sampled_from([4, 6, 7, 8])


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(place=PLACES, body=st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_any_json_is_answered(caller, place, body):
    method, path, headers = operations(caller)[place]
    judge(caller.client.request(method, path, headers=headers, content=json.dumps(body)))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(token=st.text(max_size=60), place=st.sampled_from([5, 10]))
def test_any_token_is_refused(caller, token, place):
    method, path, _ = operations(caller)[place]
    value = f"Bearer {token}".encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"")
    assert caller.client.request(method, path, headers={"authorization": value}).status_code in {400, 401, 403}


def test_too_large_a_body_is_413(caller):
    answer = caller.client.post("/ias/v3/token/actions/dasSignOnByCasn", content=b"x" * (9 * 1024 * 1024))
    assert answer.status_code == 413


def test_concurrent_duplicates_make_one_account():
    with calling() as caller:
        body = caller.new_account("race@example.test")
        assert sorted(caller.create(body).status_code for _ in range(5)) == [201, 409, 409, 409, 409]


RAW = [
    b"GET /api/authentication/v2/stbsignontokens?casn=\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /\xe9\x00 HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /%ff%fe%00 HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET //a//b/../c HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET http://elsewhere/x HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET * HTTP/1.1\r\nhost: x\r\n\r\n",
    b"BREW /api/authentication/v2/stbsignontokens HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /?" + b"a" * 1_000_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 1_000_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: 1\r\n" % number for number in range(5_000)) + b"\r\n",
    b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: abc\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"\r\n\r\n\r\n",
    b"GARBAGE\r\n\r\n",
]


def test_broken_http_neither_breaks_the_server_nor_looks_like_its_mistake():
    with RunningPlatform() as running:
        address = running.url.removeprefix("http://").split(":")
        for raw in RAW:
            with socket.create_connection((address[0], int(address[1])), timeout=5) as connection:
                connection.sendall(raw)
                with suppress(OSError):  # a server that has refused it already may be gone by now
                    connection.shutdown(socket.SHUT_WR)
                try:
                    start = connection.recv(64)
                except ConnectionError:
                    start = b""
            assert not start.startswith(b"HTTP/1.1 5"), raw[:60]
        assert httpx.get(f"{running.url}/nowhere").status_code == 404


def test_concurrent_callers_each_get_their_own():
    with RunningPlatform() as running:
        document = running.target_document()
        boxes = [document["subjects"][name] for name in ("stb", "stb_other_account")]
        url = f"{running.url}/ias/v3/token/actions/dasSignOnByCasn"

        def sign_on(box):
            body = {name: box[name] for name in ("casn", "dasChallenge", "scheme")}
            return client.post(url, headers={"nv-tenant-id": "nagra"}, json=body).json()["accountId"]

        with httpx.Client(verify=False) as client, ThreadPoolExecutor(8) as pool:
            found = list(pool.map(sign_on, boxes * 20))
    assert found == [document["subjects"][name]["accountId"] for name in ("user", "user_other_account")] * 20
