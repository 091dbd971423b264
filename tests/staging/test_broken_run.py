"""Whole runs against platforms that are broken: each ends soon, with few requests, and says what is wrong."""

from __future__ import annotations

import json
import time

import pytest

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
    assert "none of 2 requests got a complete response" in done.stderr
    assert f"GET {url}/" in done.stderr
    assert "services.hdm.url, services.ias.url" in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3
    assert len(server.requests) <= 6
    assert time.monotonic() - begun < 30


def test_an_address_that_answers_only_what_is_documented_is_not_called_silent(platform, document, write, cli):
    with broken.Front(platform.url, broken.hang, when=lambda asked, _front: asked.path == "/") as front:
        done = cli("preflight", "--target", write(target_of(front, document)))
    assert done.returncode == 0, done.stdout + done.stderr


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
