"""A conformant platform stays conformant behind what passes on, adds, limits, rewrites and refuses as gateways do."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.in_front.gateway import Answered, json_page, page

UNKNOWN = {
    "AWS": json_page(403, {"message": "Missing Authentication Token"}),
    "Kong": json_page(404, {"message": "no Route matched with those values"}),
    "nginx": page(403, "403 Forbidden", "nginx"),
    "single-page application": page(200, "Shop", "Start"),
}
ROUTES = (
    "/qsp/",
    "/keycloak",
    "/ssp/",
    "/api/",
    "/ias/",
    "/opf/",
    "/adm",
    "/metadata",
    "/hue-gateway/gateway/http/js/mdrm",
)
# What Tomcat takes in no request target unless it is percent-encoded.
RAW = set('{}[]|\\^`"<>')


def outcomes(report, *ids):
    return {one["id"]: one["outcome"] for one in report["requirements"] if one["id"] in ids}


@pytest.mark.parametrize("name", UNKNOWN)
def test_initialise_is_found_under_another_prefix_whatever_unknown_routes_are_answered(
    behind, failed, platform_with, name
):
    platform = platform_with(readings={"initialise-base": "qsp"})
    gateway = behind(lambda asked: None if asked.path.startswith(ROUTES) else UNKNOWN[name], of=platform)
    bad, report = failed(gateway.target, services=("hdm",), only=("INI",))
    assert bad == {}
    assert set(outcomes(report, "INI-001", "INI-101").values()) == {"passed"}
    assert report["readings"]["initialise-base"] == "qsp"


def limits(asked):
    """What a strict server in front refuses of frames."""
    if asked.body and asked.method in ("GET", "HEAD", "DELETE"):
        return page(415, "Unsupported Media Type")
    if len(asked.body) > 64_000:
        return page(413, "Request Entity Too Large")
    if set(asked.target) & RAW:
        return page(400, "Invalid character found in the request target")
    if len(asked.target) > 8_000:
        return page(414, "URI Too Long")
    if sum(len(name) + len(value) for name, value in asked.headers) > 8_000:
        return page(431, "Request Header Fields Too Large")
    if asked.method not in ("GET", "POST", "PUT", "OPTIONS", "HEAD"):
        return page(501, "Not Implemented")
    return None


def adorned(asked, answered):
    """What a proxy adds: headers, gzip, chunks."""
    headers = (*answered.headers, ("Via", "1.1 edge"), ("Server", "cloud"), ("Set-Cookie", "lb=7; Path=/"))
    body = answered.body
    if "gzip" in asked.header("accept-encoding") and body:
        body, headers = gzip.compress(body), (*headers, ("Content-Encoding", "gzip"))
    if not body or asked.method == "HEAD":
        return Answered(answered.status, body, headers)
    half = len(body) // 2 or 1
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:]) if part)
    return Answered(answered.status, chunks + b"0\r\n\r\n", (*headers, ("Transfer-Encoding", "chunked")))


def test_a_strict_server_that_adds_headers_and_refuses_frames_is_conformant(behind, generated):
    gateway = behind(limits, adorned)
    findings, done = generated(
        gateway.target, "stbsignontokens", "initialiseDeviceByPost", "isContentAuthorised", "listServices", cases=150
    )
    assert [(one["requirement"], one["cause"]) for one in findings] == []
    assert all(event["sent"] > 50 for event in done.values())


def rewritten(_asked, answered):
    """Error pages of a proxy's own in place of the platform's bodies."""
    if answered.status < 400:
        return answered
    return page(answered.status, f"{answered.status} Error", f"The server said {answered.status}. nginx")


def stripped(_asked, answered):
    return answered if answered.status < 400 else Answered(answered.status, b"")


def in_part(asked, answered):
    return rewritten(asked, answered) if answered.status in (400, 403, 404) else answered


def refusals_alone(asked, answered):
    return rewritten(asked, answered) if answered.status == 403 else answered


def in_json(_asked, answered):
    if answered.status < 400:
        return answered
    return json_page(answered.status, {"code": answered.status, "message": "The gateway says no"})


@pytest.mark.parametrize("after", [rewritten, stripped, in_part, refusals_alone, in_json])
def test_a_proxy_that_replaces_the_bodies_of_errors_is_no_finding(behind, failed, after):
    bad, _report = failed(behind(after=after).target, services=("sdp", "ias"))
    assert bad == {}


def test_a_balancer_that_cannot_reach_the_platform_now_and_then_is_no_finding(behind, failed):
    numbers = iter(range(10_000))
    gateway = behind(lambda _asked: page(502, "502 Bad Gateway") if next(numbers) % 23 == 22 else None)
    bad, _report = failed(gateway.target, services=("sdp",), only=("SDP-00",))
    assert bad == {}


def test_a_redirect_in_mid_run_repeats_no_password(behind, opened, events):
    """It is no answer of the operation's, whoever sends it."""
    session = opened(behind().target)
    gateway = behind(
        lambda asked: (
            Answered(302, b"", (("Location", f"https://sso.example.test/?{asked.query}"),))
            if "nmpsignontokens" in asked.path
            else None
        )
    )
    session.routes.pin("nmpsignontokens", gateway.url + "/api/authentication/v2/nmpsignontokens")
    session.send("nmpsignontokens", made_by="test", query={"username": "ada", "password": "Evening.2026~A!"})
    assert [one for one in events("finding") if "repeats" in one["cause"]] == []
    assert json.dumps(events()).count("Evening.2026") == 0
