"""What answers in place of the platform is reported before anything else, with the line to mend."""

from __future__ import annotations

import pytest

from conformance.errors import CredentialError, TargetUnreachable
from conformance.runner.preflight import State, examine, preflight
from tests.in_front.gateway import Answered, json_page, page, redirect

LOGIN = page(200, "Sign in", '<form action="/login"><input name="user"><input type="password"></form>')
PORTAL = page(200, "Welcome", "Please accept the terms of this network.")
CHALLENGE = page(503, "Just a moment...", "Checking your browser before accessing the site.")
BASES = ("/keycloak", "/ssp/", "/api/", "/hue-gateway", "/qsp", "/ias/", "/opf/", "/adm", "/metadata")


def bad(lines):
    return [line for line in lines if line.state in (State.WRONG, State.UNREACHABLE)]


def elsewhere(origin, status, suffix=""):
    def answer(asked):
        query = f"?{asked.query}" if asked.query else ""
        return redirect(f"{origin}{asked.path}{suffix}{query}", status)

    return answer


CASES = {
    # name: (what answers, exit code, words of the message or advice)
    **{
        f"{status} to https": (elsewhere("https://hdm.staging.example", status), 2, "Write https://hdm.staging.example")
        for status in (301, 302, 307, 308)
    },
    "301 to https with a user": (
        elsewhere("https://u:hunter2@hdm.example", 301),
        2,
        "Write https://hdm.example instead",
    ),
    "302 to another host": (lambda _asked: redirect("https://www.example.test/"), 2, "Write https://www.example.test"),
    "302 to a sign-in page": (
        lambda asked: redirect(f"https://sso.example.test/adfs/ls?SAMLRequest=a&RelayState={asked.path}"),
        2,
        "sign-in page",
    ),
    "302 to a login of its own": (lambda _asked: redirect("/login?next=x"), 2, "sign-in page"),
    "302 of a portal": (lambda _asked: redirect("http://10.0.0.1/portal/"), 2, "sign-in page"),
    "301 to the path with a slash": (elsewhere("", 301, "/"), 2, "Write paths: {"),
    "307 to the same path with a cookie": (lambda asked: redirect(asked.target, 307), 2, "{headers: {Cookie: …}}"),
    "a sign-in page": (lambda _asked: LOGIN, 2, "answers HTML (200): a portal's or proxy's page?"),
    "a portal's page": (lambda _asked: PORTAL, 2, "answers HTML (200)"),
    "a sign-in page, 403": (lambda _asked: page(403, "Access denied", "Ref 18.2f7b"), 2, "answers HTML (403)"),
    "a captcha, 405": (lambda _asked: page(405, "Human Verification"), 2, "every path is answered alike"),
    "a health check": (lambda _asked: json_page(200, {"status": "ok"}), 2, "every path is answered alike"),
    "a placeholder without a body": (lambda _asked: Answered(200), 2, "every path is answered alike"),
    "204 to everything": (lambda _asked: Answered(204), 2, "every path is answered alike"),
    "a line of text, 200": (
        lambda _asked: Answered(200, b"OK", (("Content-Type", "text/plain"),)),
        2,
        "every path is answered alike",
    ),
    "a captive portal, 511": (lambda _asked: page(511, "Network Authentication Required"), 3, "captive portal"),
    "a browser challenge, 200": (lambda _asked: page(200, "Just a moment", "Checking your browser"), 2, "answers HTML"),
    "a browser challenge, 403": (lambda _asked: page(403, "Just a moment", "Checking your browser"), 2, "answers HTML"),
    "a browser challenge, 503": (lambda _asked: CHALLENGE, 3, "every path is answered 503"),
    "maintenance": (
        lambda _asked: page(503, "Maintenance", "Back soon", headers=(("Retry-After", "3600"),)),
        3,
        "Retry-After: 3600",
    ),
    "a Basic gate": (
        lambda _asked: page(
            401, "401 Authorization Required", headers=(("WWW-Authenticate", 'Basic realm="Staging"'),)
        ),
        2,
        'wants a sign-in of its own for every path (401, WWW-Authenticate: Basic realm="Staging")',
    ),
    "a gateway without its platform": (lambda _asked: page(502, "Bad Gateway"), 3, "answered 502"),
    "a proxy's 407": (
        lambda _asked: Answered(407, b"", (("Proxy-Authenticate", "Basic realm=proxy"),)),
        2,
        "Set http.proxy",
    ),
    "SSH": (lambda _asked: Answered(raw=b"SSH-2.0-OpenSSH_9.6\r\n"), 2, "speaks SSH, not HTTP/1"),
    "FTP": (lambda _asked: Answered(raw=b"220 ProFTPD Server ready\r\n500 GET not understood\r\n"), 2, "speaks FTP"),
    "SMTP": (lambda _asked: Answered(raw=b"220 mx.example.test ESMTP Postfix\r\n"), 2, "speaks SMTP"),
    "HTTP/2": (
        lambda _asked: Answered(raw=b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"),
        2,
        "HTTP/2",
    ),
    "a line of text": (lambda _asked: Answered(raw=b"hello there\r\n"), 3, "HTTP"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_answers_everything_in_place_of_the_platform_ends_the_run(behind, opened, name):
    answer, code, said = CASES[name]
    session = opened(behind(answer).target)
    with pytest.raises((CredentialError, TargetUnreachable)) as found:
        preflight(session)
    assert found.value.exit_code == code
    assert said in str(found.value)
    assert "hunter2" not in str(found.value)
    assert "signs on" not in str(found.value)
    assert ".yaml:" in str(found.value)


@pytest.mark.parametrize(
    "answer",
    [lambda _asked: LOGIN, lambda _asked: redirect("https://sso.example.test/login"), lambda _asked: PORTAL],
    ids=["sign-in page", "redirect", "portal"],
)
def test_a_page_in_place_of_one_service_names_that_service(behind, opened, answer):
    gateway = behind(lambda asked: answer(asked) if asked.path.startswith("/ias/") else None)
    assert [line.what for line in bad(examine(opened(gateway.target)))] == ["services.ias.url"]


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_limit_that_preflight_meets_at_once_is_no_portal(behind, opened, status):
    """Of the requests that preflight sends together, a limit refuses some: here one operation, and what nobody has."""
    updates = []

    def before(asked):
        update = asked.path.endswith("updateInHomeStatus")
        nowhere = asked.path.count("/") == 1 and len(asked.path) > 10
        updates.extend([asked] * update)
        refused = len(updates) < 2 and (update or nowhere)
        return page(status, "Slow down", "nginx") if refused else None

    assert bad(examine(opened(behind(before).target))) == []
    assert len(updates) > 1


@pytest.mark.parametrize("kept", [True, False])
def test_a_cache_that_keeps_signons_is_reported(behind, opened, kept):
    """As a cache does by default: by the whole URL, where no response says that it must not."""
    known = {}

    def after(asked, came):
        if asked.method == "GET" and "signontokens" in asked.path and came.status == 200:
            return known.setdefault(asked.target if kept else object(), came)
        return came

    lines = examine(opened(behind(None, after).target))
    assert [line.detail.split(":")[0] for line in bad(lines)] == ["stbsignontokens is answered from a cache"] * kept


def test_a_page_for_whoever_has_no_cookie_is_reported(behind, opened):
    gateway = behind(lambda asked: None if asked.header("cookie") else LOGIN)
    assert bad(examine(opened(gateway.target)))


def test_a_cookie_of_the_target_file_opens_the_platform(behind, opened):
    gateway = behind(lambda asked: None if "session=" in asked.header("cookie") else LOGIN)
    gateway.target["http"] = {**gateway.target.get("http", {}), "headers": {"Cookie": "session=opened-by-hand"}}
    assert bad(examine(opened(gateway.target))) == []


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("status", [407, 403, 502])
def test_a_forward_proxy_that_refuses_is_named(behind, opened, platform, scheme, status):
    gateway = behind(lambda _asked: page(status, "Proxy", "Access to this host is denied by policy."))
    document = platform.target_document()
    if scheme == "https":
        document = gateway.document(document, platform.url)
        for service in document["services"].values():
            service["url"] = "https://hdm.staging.example"
    document["http"] = {**document.get("http", {}), "proxy": gateway.url}
    with pytest.raises((CredentialError, TargetUnreachable)) as found:
        preflight(opened(document))
    assert found.value.exit_code in (2, 3)
    assert "http.proxy" in str(found.value)


@pytest.mark.parametrize(
    "unknown",
    [
        json_page(403, {"message": "Missing Authentication Token"}),
        json_page(404, {"message": "no Route matched with those values"}),
        json_page(401, {"message": "Unauthorized"}),
        page(403, "403 Forbidden", "nginx"),
        page(404, "404 Not Found", "nginx"),
        Answered(405),
        page(200, "Our web shop", "This is the start page of a single-page application."),
        redirect("/"),
    ],
    ids=lambda one: f"{one.status} {one.body[:40]!r}",
)
def test_a_gateway_that_answers_unknown_routes_in_its_own_way_is_no_obstacle(behind, opened, unknown):
    gateway = behind(lambda asked: None if asked.path.startswith(BASES) else unknown)
    lines = examine(opened(gateway.target))
    assert bad(lines) == []
    assert any("signs on at HDM" in line.detail for line in lines)


@pytest.mark.parametrize("status", [401, 403])
def test_a_gateway_that_wants_a_key_is_no_platform_that_refuses_its_users(behind, opened, status):
    def gateway(asked):
        return None if asked.header("x-api-key") == "k-77" else json_page(status, {"message": "Forbidden"})

    barred, open_to_us = behind(gateway), behind(gateway)
    lines = bad(examine(opened(barred.target)))
    assert {line.what for line in lines} >= {"services.hdm.url", "services.ias.url"}
    assert all("http: {headers: …}" in line.advice for line in lines)
    open_to_us.target["http"] = {**open_to_us.target.get("http", {}), "headers": {"X-Api-Key": "k-77"}}
    assert bad(examine(opened(open_to_us.target))) == []


def test_a_firewall_that_blocks_tokens_is_not_taken_for_wrong_credentials(behind, opened):
    blocked = page(403, "403 Forbidden")
    gateway = behind(lambda asked: blocked if "token=" in asked.query else None)
    lines = examine(opened(gateway.target))
    assert bad(lines) == []
    assert any("does something in front block tokens?" in line.detail for line in lines)
