"""`run --url` of what is not the platform: nothing is tested, nobody is accused, and the message says what answers there."""

from __future__ import annotations

import io
import random
import string

import httpx
import pytest
from rich.console import Console

from conformance.errors import ConformanceError, TargetUnreachable, UsageError
from conformance.model import Outcome, Verdict
from conformance.runner.discovery import discover
from conformance.runner.options import RunOptions
from conformance.runner.run import run
from tests.in_front.gateway import Answered, Gateway, json_page, page, redirect

WORDS = random.Random(1)


def drawn(status):
    """A page that never says the same."""
    return page(status, text=" ".join("".join(WORDS.choices(string.ascii_lowercase, k=6)) for _ in range(60)))


def spring(asked):
    body = {"timestamp": "2026-11-20T10:00:00Z", "status": 404, "error": "Not Found", "path": asked.path}
    return json_page(404, body)


def gate(asked):
    return json_page(401, {"error": "x", "path": asked.path}) if asked.path.startswith("/api/") else page(404, "no")


def static_files(asked):
    return page(405, "Not Allowed") if asked.method == "POST" else page(404, "Not Found")


STRANGERS = {
    "a web site of one page": (lambda asked: page(200, "Welcome", "Our shop"), UsageError, "answers HTML (200)"),
    "a sign-in page": (lambda asked: page(200, "Sign in", "<input type=password>"), UsageError, "answers HTML (200)"),
    "404 everywhere": (lambda asked: page(404, "Not Found"), UsageError, "no service of the platform is found"),
    "JSON 404 that repeats the path": (spring, UsageError, "no service of the platform is found"),
    "pages of words drawn at random": (lambda asked: drawn(404), UsageError, "no service of the platform is found"),
    "random pages that succeed": (lambda asked: drawn(200), UsageError, "no service of the platform is found"),
    "a server of files": (static_files, UsageError, "no service of the platform is found"),
    "another API that wants a token": (gate, UsageError, "no service of the platform is found"),
    "401 everywhere": (lambda asked: Answered(401), UsageError, "--set 'http.headers.NAME=${KEY}'"),
    "one JSON for everything": (lambda asked: json_page(200, {"ok": True}), UsageError, "every path is answered alike"),
    "to https": (lambda asked: redirect(f"https://a.example{asked.path}", 301), UsageError, "Write https://a.example"),
    "to a sign-in": (lambda asked: redirect(f"/login?next={asked.path}"), UsageError, "It leads to a sign-in page"),
    "maintenance": (lambda asked: page(503, "Back soon"), TargetUnreachable, "every path is answered 503"),
    "throttling": (lambda asked: Answered(429), TargetUnreachable, "requests are throttled"),
}


@pytest.mark.parametrize("kind", STRANGERS)
def test_what_is_not_the_platform_is_not_tested(kind, tmp_path):
    answer, error, said = STRANGERS[kind]
    with Gateway("http://127.0.0.1:9", answer) as gateway, pytest.raises(error) as raised:
        discover([gateway.url], tmp_path)
    assert said in str(raised.value)
    assert f"--url {gateway.url}" in str(raised.value)


def test_a_second_url_that_is_not_the_platform_is_named(platform, tmp_path):
    nowhere = Gateway("http://127.0.0.1:9", lambda asked: page(404))
    with nowhere as gateway, pytest.raises(ConformanceError) as raised:
        discover([platform.url, gateway.url], tmp_path)
    assert f"--url {gateway.url}: no service" in str(raised.value)


SERVICES = {
    "hdm": ("/api/authentication", "NmpExtendedService"),
    "ias": ("/ias/",),
    "sdp": ("mdrmService",),
    "adm": ("/adm/",),
    "mds": ("/metadata/",),
}


@pytest.mark.parametrize("missing", SERVICES)
@pytest.mark.parametrize("status", [404, 403, 302])
def test_a_service_that_is_elsewhere_is_not_declared(missing, status, behind, tmp_path):
    def before(asked):
        if any(part in asked.path for part in SERVICES[missing]):
            return redirect("/portal") if status == 302 else page(status, "No route")
        return None

    found = discover([behind(before).url], tmp_path)
    assert found.missing == (missing,)
    assert f"not found: {missing.upper()}" in found.said


def test_services_behind_a_gateway_that_has_a_folder_for_each_are_found(platform, tmp_path):
    def routed(asked):
        folder, _, rest = asked.target.lstrip("/").partition("/")
        if folder not in SERVICES:
            return json_page(403, {"message": "Missing route"})
        headers = [(name, value) for name, value in asked.headers if name.lower() != "host"]
        got = httpx.request(asked.method, f"{platform.url}/{rest}", headers=headers, content=asked.body)
        return Answered(got.status_code, got.content, (("Content-Type", got.headers.get("content-type", "")),))

    with Gateway(platform.url, routed) as gateway:
        found = discover([gateway.url], tmp_path)
    assert {name: one["url"] for name, one in found.services.items()} == {
        name: f"{gateway.url}/{name}" for name in SERVICES
    }


def test_a_gateway_that_says_of_unknown_paths_what_a_service_says_hides_no_service(behind, tmp_path):
    def after(asked, answered):
        return json_page(400, {"message": "unknown"}) if answered.status == 404 else answered

    assert discover([behind(None, after).url], tmp_path).missing == ()


@pytest.mark.parametrize("reading", ["sdp-path-spelling=z", "ias-prefix=v3"])
def test_an_operation_at_another_documented_place_is_tested_there(reading, platform_with, tmp_path):
    name, _, option = reading.partition("=")
    urls = (platform_with(readings={name: option}).url,)
    options = RunOptions(urls=urls, fuzz_cases=5, out=tmp_path / "out")
    ended = run(options, Console(file=io.StringIO()), checks=lambda *_, **__: None)
    assert ended.results.verdict is Verdict.INCOMPLETE
    assert {one.service for one in ended.results.fuzz if one.sent} == {"hdm", "ias", "sdp", "mds"}


def test_a_run_through_a_url_accuses_no_platform_behind_a_gateway(behind, tmp_path):
    """The gateway of the documents: 403 for what it does not know, its own page for a 5xx, pages for attacks."""

    def before(asked):
        return page(406, "Blocked", "Incident 4711") if any(one in asked.text for one in ("<script", "' OR")) else None

    def after(asked, answered):
        return json_page(403, {"message": "Missing Authentication Token"}) if answered.status == 404 else answered

    out = tmp_path / "out"
    options = RunOptions(urls=(behind(before, after).url,), fuzz_cases=60, out=out)
    ended = run(options, Console(file=io.StringIO()))
    assert ended.results.verdict is Verdict.INCOMPLETE
    assert [one.requirement.id for one in ended.results.results if one.outcome is Outcome.WARNED] == []
