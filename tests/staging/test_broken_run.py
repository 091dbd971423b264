"""Whole runs against platforms that are broken: each ends soon, with few requests, and says what is wrong."""

from __future__ import annotations

import io
import json
import re
import time

import pytest
import yaml
from rich.console import Console

from conformance.runner.options import RunOptions
from conformance.runner.preflight.lines import Prober, State
from conformance.runner.preflight.places import reach_lines
from conformance.runner.run import run
from tests.client.hostile import BEHAVIOURS, HostileServer
from tests.staging import broken_front as broken

SILENT = ["silent", "dripping_body", "dripping_headers", "dropped", "reset", "gigabyte", "endless", "continues_forever"]


def target_of(front, document, timeout=1.0):
    return {**front.target(document), "http": {"timeout": timeout}}


def facts(folder):
    return json.loads((folder / "report.json").read_text())


def failed(report):
    return {one["id"]: one["findings"] for one in report["requirements"] if one["outcome"] == "failed"}


@pytest.mark.parametrize("name", SILENT)
def test_a_target_that_completes_no_response_is_reported_at_once(document, write, cli, tmp_path, name):
    with HostileServer(BEHAVIOURS[name]) as server:
        url = server.url
        document["services"] = {"hdm": {"url": url}, "ias": {"url": url}}
        path = write({**document, "http": {"timeout": 1}})
        begun = time.monotonic()
        done = cli("run", "--target", path, "--out", tmp_path / "out")
    assert done.returncode == 3
    assert re.search(r"none of \d requests got a complete response", done.stderr), done.stderr
    assert f"GET {url}/" in done.stderr
    assert "services.hdm.url, services.ias.url" in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3
    assert len(server.requests) <= 10
    assert time.monotonic() - begun < 30


def test_an_address_that_answers_only_what_is_documented_is_not_called_silent(platform, document, write, cli):
    with broken.Front(platform.url, broken.hang, when=lambda asked, _front: asked.path == "/") as front:
        done = cli("preflight", "--target", write(target_of(front, document)))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("act", [broken.hang, broken.reset])
def test_a_platform_that_answers_only_what_it_grants_is_not_called_silent(platform, document, write, opened, act):
    with broken.Front(platform.url, act, refused=lambda _front: True) as front:
        lines = reach_lines(Prober(opened(target_of(front, document, 0.5))))
    assert {line.state for line in lines} == {State.OK}


def test_a_run_ends_when_its_requests_are_spent(platform, document, write, cli, tmp_path):
    with broken.Front(platform.url) as front:
        done = cli(
            "run", "--target", write(target_of(front, document)), "--out", tmp_path / "out", "--max-requests", "50"
        )
    report = facts(tmp_path / "out")
    reasons = {one["reason"] for one in report["requirements"] if one["outcome"] == "could_not_test"}
    assert done.returncode == 4, done.stdout + done.stderr
    assert front.total <= 52  # the limit is the run's; preflight asks twice whether a port speaks at all
    assert "the limit of 50 requests is reached" in reasons
    assert all("the limit of 50 requests is reached" in one["stopped"] for one in report["fuzz"])


@pytest.fixture(scope="module")
def faultless(platform, tmp_path_factory):
    """How many requests a whole run sends to the faultless platform."""
    folder = tmp_path_factory.mktemp("faultless")
    with broken.Front(platform.url) as front:
        report = whole_run(front, platform.target_document(), folder)
    assert report["verdict"] == "conformant", not_tested(report)
    return front.total


def not_tested(report):
    """Return why what could not be tested, or ended in an error, did so."""
    return {one["id"]: one["reason"] for one in report["requirements"] if one["outcome"] in ("could_not_test", "error")}


def whole_run(front, document, folder, timeout=1.0):
    """Run the suite against a front; return its report."""
    (folder / "target.yaml").write_text(yaml.safe_dump(target_of(front, document, timeout)))
    options = RunOptions(target=folder / "target.yaml", out=folder / "out", fuzz_cases=60)
    run(options, Console(file=io.StringIO()))
    return facts(folder / "out")


BREAKS = {
    "500 on non-ASCII": ("WIR-2", {"when": lambda asked, _front: asked.non_ascii}),
    "silence on non-ASCII": ("WIR-7", {"act": broken.hang, "when": lambda asked, _front: asked.non_ascii}),
    "500 in place of refusals": ("WIR-2", {"refused": lambda _front: True}),
    "500 from the 30th request on": ("WIR-2", {"when": lambda asked, _front: asked.number >= 30}),
    "1 in 10 resets": ("WIR-7", {"act": broken.reset, "when": lambda asked, _front: asked.number % 10 == 0}),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_platform_costs_at_most_twice_the_requests_of_a_faultless_one(
    platform, document, faultless, tmp_path, name
):
    family, how = BREAKS[name]
    with broken.Front(platform.url, **how) as front:
        report = whole_run(front, document, tmp_path)
    found = failed(report)
    assert any(one.startswith(family) for one in found), sorted(found)
    assert front.total <= 2 * faultless
    # Whatever else breaks: a server error or a silence of one operation is one finding of the generated cases.
    for requirement, findings in found.items():
        by_fuzz = [one["cause"] for one in findings if requirement[:5] in ("WIR-2", "WIR-7")]
        assert len(by_fuzz) <= 3, by_fuzz


def test_a_target_that_fails_sometimes_is_told_with_numbers(platform, document, tmp_path):
    with broken.Front(platform.url, broken.server_error, when=lambda asked, _: asked.number % 30 == 0) as front:
        report = whole_run(front, document, tmp_path)
    told = [one["actual"] for findings in failed(report).values() for one in findings]
    assert any(re.match(r"\d+ of \d+ requests were answered 500", one) for one in told), told


def test_a_hiccup_of_the_network_accuses_nobody(platform, document, tmp_path):
    """Three connections are reset; later all are, for a second, as they are when a platform restarts."""
    restarted: list[float] = []

    def hiccup(asked, _front):
        if asked.number in (200, 210, 220):
            return True
        if asked.number > 500 and not restarted:
            restarted.append(time.monotonic())
        return bool(restarted) and time.monotonic() < restarted[0] + 1

    with broken.Front(platform.url, broken.reset, when=hiccup) as front:
        report = whole_run(front, document, tmp_path)
    assert failed(report) == {}
    assert report["verdict"] == "conformant", not_tested(report)
