"""`run --url`: a verdict without a target file, and the file that was learned."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml

from conformance.reference.server import RunningPlatform, default_settings
from conformance.target import load_target
from tests.cli.command import suite_in
from tests.client.hostile import HostileServer, whole
from tests.client.test_reach import certificate


@pytest.fixture
def suite(tmp_path):
    def run(*arguments):
        return suite_in(tmp_path, *arguments, stdin=subprocess.DEVNULL)

    return run


@pytest.fixture(scope="module")
def platform():
    with RunningPlatform() as running:
        yield running


@pytest.fixture
def tried(suite, platform, tmp_path):
    """A run of the faultless platform by its URL."""
    done = suite("run", "--url", platform.url, "--fuzz-cases", 40, "--out", "out")
    return done, json.loads((tmp_path / "out" / "report.json").read_text())


def test_a_faultless_platform_is_incomplete_without_credentials_and_nothing_is_written_to_it(tried, platform):
    done, report = tried
    assert done.returncode == 4, done.stdout + done.stderr
    assert done.stdout.startswith("found HDM, ADM, IAS, SDP, MDS")
    assert report["verdict"] == "incomplete"
    assert {one["outcome"] for one in report["requirements"]} <= {"passed", "not_declared", "could_not_test"}
    assert report["requests"]["budget_writes_sent"] == 0
    passed = {one["id"] for one in report["requirements"] if one["outcome"] == "passed"}
    assert {"WIR-201", "WIR-207", "WIR-210", "WIR-211", "WIR-402", "WIR-501", "SGN-017"} <= passed


def test_the_learned_target_file_is_printed_and_can_be_run(tried, suite, platform, tmp_path):
    done, _ = tried
    printed = done.stdout[done.stdout.index("# yaml-language-server") :]
    assert printed == (tmp_path / "out" / "target.yaml").read_text()
    (tmp_path / "staging.yaml").write_text(printed)
    target = load_target(tmp_path / "staging.yaml")
    assert {name: one.url for name, one in target.services.items()} == dict.fromkeys(
        ("hdm", "ias", "adm", "sdp", "mds"), platform.url
    )
    assert target.services["adm"].ssp_url == f"{platform.url}/ssp"
    assert target.features == {"ssp", "in_home_detection"}
    assert not target.safety.writes
    again = suite("preflight", "--target", "staging.yaml")
    assert "Ready: 6 services" in again.stdout


def test_the_lines_that_are_commented_out_are_a_target_file_too(tried, tmp_path):
    """Whoever takes the marks away and fills in the values has every key of the schema right."""
    done, _ = tried
    printed = done.stdout[done.stdout.index("version: 1") :]
    lines = [line.removeprefix("# ") for line in printed.splitlines()]
    wanted = [line for line in lines if ":" in line and "keycloak" not in line and ". " not in line.partition("{")[0]]
    document = yaml.safe_load("\n".join(wanted))
    assert set(document["subjects"]) >= {"stb", "user", "content", "channels", "player", "account_template"}
    assert document["subjects"]["user"]["password"] == "${OTV_USER_PASSWORD}"
    assert document["credentials"]["sdp"] == {"username": "…", "password": "${OTV_SDP_PASSWORD}"}


def test_services_at_urls_of_their_own_are_put_together(suite, tmp_path):
    with RunningPlatform(default_settings(readings={"service-bases": "separate"})) as running:
        places = {name: one["url"] for name, one in running.target_document()["services"].items()}
        urls = [part for url in dict.fromkeys(places.values()) for part in ("--url", url)]
        done = suite("run", *urls, "--fuzz-cases", 1, "--out", "out")
    assert done.returncode == 4, done.stdout + done.stderr
    learned = yaml.safe_load((tmp_path / "out" / "target.yaml").read_text())
    assert {name: one["url"] for name, one in learned["services"].items()} == places


@pytest.mark.parametrize(
    "path", ["/", "/api/authentication/v2/stbsignontokens?casn=1", "/v3/token/actions/dasSignOnByCasn"]
)
def test_the_url_of_an_operation_is_as_good_as_that_of_its_service(suite, platform, path, tmp_path):
    done = suite("run", "--url", platform.url + path, "--fuzz-cases", 1, "--out", "out")
    assert done.returncode == 4, done.stdout + done.stderr
    assert yaml.safe_load((tmp_path / "out" / "target.yaml").read_text())["services"]["hdm"]["url"] == platform.url


@pytest.mark.parametrize(
    ("fault", "requirement"),
    [
        ("any-user", "NMP-030"),
        ("das-unknown-casn-is-500", "WIR-207"),
        ("signon-echoes-password-in-message", "WIR-402"),
    ],
)
def test_what_is_broken_for_everybody_fails(suite, fault, requirement, tmp_path):
    with RunningPlatform(default_settings(faults=(fault,))) as running:
        done = suite("run", "--url", running.url, "--fuzz-cases", 60, "--out", "out")
    assert done.returncode == 1, done.stdout + done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert requirement in {one["id"] for one in report["requirements"] if one["outcome"] == "failed"}


def no_run(done, code, said, tmp_path):
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stderr
    assert not list(tmp_path.rglob("run.jsonl"))


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("http://127.0.0.1:9", 3, "no connection to 127.0.0.1 port 9"),
        ("http://no-such-host.invalid", 3, "the host name no-such-host.invalid is not known"),
        ("staging.example", 2, "it has no scheme"),
        ("htps://staging.example", 2, "its scheme is htps"),
        ("http://127.0.0.1:99999", 2, "is not a port"),
        ("http://jo:secret@127.0.0.1", 2, "has a user name or password"),
    ],
)
def test_a_url_that_cannot_be_tested_is_one_message(suite, url, code, said, tmp_path):
    done = suite("run", "--url", url)
    no_run(done, code, said, tmp_path)
    assert "secret" not in done.stdout + done.stderr


def test_https_where_http_is_spoken(suite, platform, tmp_path):
    done = suite("run", "--url", platform.url.replace("http://", "https://"))
    no_run(done, 2, "Write http:// instead of https://", tmp_path)


def test_http_where_https_is_spoken(suite, tmp_path):
    _, tls = certificate(tmp_path)
    with HostileServer(lambda conn: conn.sendall(whole(b"{}")), tls=tls) as server:
        done = suite("run", "--url", server.url.replace("https://", "http://"))
    no_run(done, 2, "Write https:// instead of http://", tmp_path)


def test_a_typo_in_the_path_names_the_first_request(suite, platform, tmp_path):
    done = suite("run", "--url", f"{platform.url}/hdmm")
    no_run(done, 2, f"the first request went to {platform.url}/hdmm/api/authentication", tmp_path)


def test_a_url_and_a_target_file_are_two_targets(suite, platform, tmp_path):
    (tmp_path / "staging.yaml").write_text(yaml.safe_dump(platform.target_document()))
    done = suite("run", "--url", platform.url, "--target", "staging.yaml")
    no_run(done, 2, "--url and --target are two targets", tmp_path)
