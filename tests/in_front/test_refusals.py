"""What something in front puts in the place of the platform's refusals is not the platform's answer."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from urllib.parse import parse_qsl

import pytest

from tests.in_front.gateway import Answered, json_page, one_in, page, redirect

SIGN_IN = redirect("https://sso.example.test/login?return=1")
PAGE = page(200, "Oops", "There is no such page.")
GUARDED = ("mdrmService", "/btv/", "/adm/", "/opf/")


def instead_of(status, answer, *, only=""):
    return lambda asked, came: answer if came.status == status and only in asked.path else came


def unsigned(asked):
    known = asked.header("authorization") or asked.header("nv-authorizations")
    guarded = any(path in asked.path for path in GUARDED)
    return page(200, "Sign in", '<form><input type="password"></form>') if guarded and not known else None


@pytest.mark.parametrize(
    ("before", "after", "operation"),
    [
        (None, instead_of(401, SIGN_IN), "isContentAuthorised"),
        (unsigned, None, "isContentAuthorised"),
        (unsigned, None, "listServices"),
    ],
    ids=["401 everywhere", "no credentials", "no token"],
)
def test_a_page_or_a_redirect_in_place_of_refusals_is_of_something_in_front(behind, opened, before, after, operation):
    exchange = opened(behind(before, after).target).send(operation, made_by="test")
    assert exchange.foreign.startswith("answered in front: ")
    assert exchange.status in (200, 302)


@pytest.mark.parametrize("answer", [redirect("/"), PAGE], ids=["a redirect", "a page"])
def test_what_stands_in_for_404_on_every_path_is_no_finding(behind, failed, answer):
    bad, report = failed(behind(after=instead_of(404, answer)).target, services=("ias",), only=("DAS-021", "DAS-032"))
    assert bad == {}
    outcomes = [one["outcome"] for one in report["requirements"] if one["id"] in ("DAS-021", "DAS-032")]
    # A casn of another JSON type is refused with 400.
    assert "could_not_test" in outcomes
    assert set(outcomes) <= {"could_not_test", "passed"}


@pytest.mark.parametrize("answer", [SIGN_IN, PAGE], ids=["a redirect", "a page"])
def test_what_one_service_alone_puts_in_place_of_a_refusal_is_its_own(behind, opened, answer):
    session = opened(behind(after=instead_of(401, answer, only="mdrmService")).target)
    assert session.send("isContentAuthorised", made_by="test").foreign == ""


@pytest.mark.parametrize(
    "answer",
    [page(502, "Bad Gateway", "nginx"), page(504, "Gateway Timeout", "nginx"), page(200, "Sorry"), redirect("/sorry")],
    ids=lambda one: str(one.status),
)
def test_what_a_proxy_puts_in_place_of_a_documented_server_error_is_no_finding(behind, failed, answer):
    gateway = behind(after=lambda _asked, came: answer if came.status >= 500 else came)
    bad, report = failed(gateway.target, services=("hdm",), only=("NMP-050", "NMP-051", "NMP-052", "SGN-201"))
    assert bad == {}
    [reason] = {one["reason"] for one in report["requirements"] if one["id"] == "NMP-050"}
    assert "in place of a server error" in reason


@pytest.mark.parametrize(
    ("page_of", "outcome"),
    [
        (page, "could_not_test"),
        (lambda status, _title: json_page(status, {"resultCode": "20503", "result": "no"}), "failed"),
    ],
    ids=["a page", "JSON"],
)
def test_a_page_with_another_documented_status_in_place_of_a_server_error_is_no_finding(
    behind, failed, page_of, outcome
):
    gateway = behind(after=lambda _asked, came: page_of(503, "Not available") if came.status >= 500 else came)
    _bad, report = failed(gateway.target, services=("hdm",), only=("SGN-203",))
    assert [one["outcome"] for one in report["requirements"] if one["id"] == "SGN-203"] == [outcome]


def test_a_page_in_place_of_a_documented_server_error_is_no_finding_of_generated_cases_either(behind, generated):
    gateway = behind(after=lambda _asked, came: PAGE if came.status >= 500 else came)
    findings, done = generated(gateway.target, "nmpsignontokens", cases=150)
    assert [(one["requirement"], one["cause"]) for one in findings] == []
    assert done["nmpsignontokens"]["blocked"] > 0


HIDDEN = page(404, "404 Not Found", "nginx")


@pytest.mark.parametrize("hidden", [HIDDEN, Answered(404)], ids=["a page", "no body"])
def test_what_a_gateway_refuses_as_if_the_path_were_not_there_says_nothing_of_the_platforms_status(
    behind, failed, hidden
):
    gateway = behind(after=lambda _asked, came: hidden if came.status in (403, 404) else came)
    bad, report = failed(gateway.target, services=("hdm", "adm"), only=("STB-02", "ADM-05"))
    assert bad == {}
    [reason] = {one["reason"] for one in report["requirements"] if one["id"] == "STB-020"}
    assert "as several services refuse" in reason


def test_a_refusal_as_if_the_path_were_not_there_of_one_service_alone_is_its_own(behind, failed):
    def after(asked, came):
        return HIDDEN if came.status == 404 or (came.status == 403 and "/api/" in asked.path) else came

    bad, _report = failed(behind(after=after).target, services=("hdm",), only=("STB-02",))
    assert "STB-020" in bad


@pytest.mark.parametrize(
    "refused",
    [Answered(401, b"Jwt is missing", (("Content-Type", "text/plain"),)), json_page(401, {"error": "invalid_token"})],
    ids=["a text", "JSON, for the whole folder"],
)
def test_a_gate_that_says_the_same_of_tokens_before_several_services_is_not_the_platform(behind, failed, refused):
    def before(asked):
        guarded = "generateUpdateInHomeToken" in asked.path or "/metadata" in asked.path
        return refused if guarded and not asked.header("authorization").startswith("Bearer ey") else None

    bad, report = failed(behind(before).target, services=("ias",), only=("GEN-01",))
    assert bad == {}
    [reason] = {one["reason"] for one in report["requirements"] if one["id"] == "GEN-010"}
    assert "as several services refuse" in reason


LEVEL = json_page(400, {"error": "bad_request"})


def test_one_error_for_all_that_is_wrong_says_nothing_of_the_platforms_statuses(behind, failed):
    gateway = behind(after=lambda _asked, came: LEVEL if 400 <= came.status < 500 else came)
    bad, report = failed(gateway.target, services=("hdm", "adm"), only=("STB-02", "ADM-05"))
    assert bad == {}
    [reason] = {one["reason"] for one in report["requirements"] if one["id"] == "STB-020"}
    assert "as all that is wrong is" in reason


def test_one_error_for_all_that_one_service_refuses_is_its_own(behind, failed):
    gateway = behind(after=instead_of(403, LEVEL, only="/api/"))
    bad, _report = failed(gateway.target, services=("hdm",), only=("STB-02",))
    assert "STB-020" in bad


def test_a_guard_against_guessed_passwords_is_waited_for_and_no_finding(behind, opened, events):
    blocked = page(403, "Too many failed attempts", "Try again later.")
    state = {"left": 0}

    def before(asked):
        if "nmpsignontokens" in asked.path and state["left"] > 0:
            state["left"] -= 1
            return blocked
        return None

    gateway = behind(before)
    user = gateway.target["subjects"]["user"]
    session = opened(gateway.target)
    session.patience.clock = session.front.clock
    right = {"username": user["username"], "password": user["password"], "deviceId": user["deviceId"]}
    assert session.send("nmpsignontokens", made_by="test", query=right, valid=True).succeeded
    for left in (4, 6, 4):
        state["left"] = left
        exchange = session.send("nmpsignontokens", made_by="test", query=right, valid=True)
        assert exchange.succeeded or exchange.foreign
    assert events("finding") == []
    assert sum(session.front.clock.waited) < 30


# The suite waits for a second and more, and a request that was on its way may come meanwhile; a machine with much to do
# stops for less.
PAUSE_S, BETWEEN_S = 0.2, 0.005


class Limit:
    """Lets so many requests a second through, and the operator's to the platform itself."""

    def __init__(self, rate, answer):
        self.rate, self.answer = rate, answer
        self.left, self.at, self.refused = float(rate), time.monotonic(), 0
        self.lock = threading.Lock()

    def __call__(self, asked):
        if "/control/" in asked.path:
            return None
        with self.lock:
            now = time.monotonic()
            # On a slow machine a burst is one as well: only a pause counts in full.
            passed = now - self.at if now - self.at > PAUSE_S else min(now - self.at, BETWEEN_S)
            self.left, self.at = min(self.rate, self.left + passed * self.rate), now
            if self.left >= 1:
                self.left -= 1
                return None
            self.refused += 1
            return self.answer


LIMITS = {
    "JSON, 403": json_page(403, {"message": "Rate limit exceeded"}),
    "a page, 403": page(403, "403 Forbidden", "Too many requests"),
    "a text, 509": Answered(509, b"Bandwidth Limit Exceeded", (("Content-Type", "text/plain"),)),
    "JSON, 500": json_page(500, {"fault": {"faultstring": "Spike arrest violation"}}),
    "a reset": Answered(reset=True),
    "JSON, 200": json_page(200, {"message": "Rate limit exceeded"}),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_of_requests_is_no_refusal_of_the_platforms_whatever_its_status(behind, failed, name):
    limit = Limit(40, LIMITS[name])
    bad, report = failed(behind(limit).target, services=("hdm",), only=("NMP", "WIR-001", "WIR-002", "WIR-202"))
    assert limit.refused > 0
    assert bad == {}
    assert sum(one["outcome"] == "passed" for one in report["requirements"]) > 20


@pytest.mark.parametrize(("status", "counted_by"), [(400, "path"), (503, "path"), (403, "username")])
def test_a_limit_of_one_signon_in_the_platforms_own_words_is_no_refusal(behind, failed, status, counted_by):
    own = {"resultCode": f"20{status}", "result": "Too many requests", "localeMessage": "none"}
    limits = defaultdict(lambda: Limit(20, json_page(status, own)))

    def before(asked):
        key = dict(parse_qsl(asked.query)).get("username", "") if counted_by == "username" else ""
        return limits[key](asked) if "nmpsignontokens" in asked.path else None

    bad, report = failed(behind(before).target, services=("hdm",), only=("NMP", "WIR-002", "WIR-202"))
    assert sum(limit.refused for limit in limits.values()) > 0
    assert bad == {}
    assert sum(one["outcome"] == "passed" for one in report["requirements"]) > 20


def test_a_limit_of_one_path_that_fails_in_words_of_none_of_the_platform_is_no_failure(behind, failed):
    limit = Limit(20, json_page(500, {"fault": {"faultstring": "Quota limit exceeded."}}))
    target = behind(lambda asked: limit(asked) if "dasSignOn" in asked.path else None).target
    bad, report = failed(target, services=("ias",), only=("DAS-0", "WIR-207"))
    assert limit.refused > 0
    assert bad == {}
    assert sum(one["outcome"] == "passed" for one in report["requirements"]) > 20


@pytest.mark.parametrize(
    ("number", "broken"),
    [*((number, json_page(500, {"error": "internal"})) for number in (2, 10, 30)), (10, Answered(500))],
)
def test_a_platform_that_fails_one_request_in_some_whatever_its_path_is_found(behind, failed, number, broken):
    bad, _report = failed(
        behind(one_in(number, broken)).target, services=("hdm",), only=("NMP-00", "NMP-01", "WIR-202")
    )
    assert "WIR-202" in bad


@pytest.mark.parametrize(("status", "number"), [(403, 10), (403, 40), (401, 70), (500, 70), (500, 100)])
def test_an_error_that_any_path_gets_now_and_then_and_that_is_written_as_none_of_the_platform_is_a_gateways(
    behind, failed, status, number
):
    own = json_page(status, {"statusCode": status, "message": "rejected", "activityId": "7"})
    only = ("NMP", "WIR-001", "WIR-002", "WIR-202")
    bad, report = failed(behind(one_in(number, own)).target, services=("hdm",), only=only)
    assert bad == {}
    assert sum(one["outcome"] == "passed" for one in report["requirements"]) > 20


# One request in so many is answered so.
PASSING = {
    "a page that is called a success": (50, page(200, "Scanning", "Your download is being scanned")),
    "a page with a status of no standard": (50, page(520, "Web server is returning an unknown error")),
    "half a response": (50, Answered(raw=b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"tok')),
    "a page, 500": (15, page(500, "500 Internal Server Error", "openresty")),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_any_path_gets_now_and_then_is_sent_again(behind, failed, name):
    only = ("NMP", "STB", "WIR-001", "WIR-002", "WIR-2", "WIR-7")
    number, answer = PASSING[name]
    bad, report = failed(behind(one_in(number, answer)).target, services=("hdm",), only=only)
    assert bad == {}
    untested = {one["id"] for one in report["requirements"] if one["outcome"] == "could_not_test"}
    assert {one for one in untested if one.startswith(("NMP", "STB"))} == set()
