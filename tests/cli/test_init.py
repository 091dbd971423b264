"""`init`: from a URL to a target file that can be run, on a terminal and without one."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
import yaml

from conformance.reference.server import RunningPlatform
from tests.cli.command import ROOT, suite_in
from tests.client.hostile import HostileServer, whole
from tests.client.test_reach import certificate
from tests.in_front.gateway import Gateway, json_page

CHALLENGE = "OTV_CHALLENGE"
END_OF_INPUT = "\x04"


@pytest.fixture(scope="module")
def platform():
    with RunningPlatform() as running:
        yield running


@pytest.fixture
def subjects(platform):
    return platform.target_document()["subjects"]


@pytest.fixture
def init(tmp_path):
    """Run `init` in an empty folder: with answers on a terminal, or without one."""

    def go(*arguments, answers=None, env=None):
        terminal, stdin = pty.openpty() if answers is not None else (None, subprocess.DEVNULL)
        if terminal is not None:
            os.write(terminal, "".join(f"{one}\n" for one in answers).encode() + END_OF_INPUT.encode())
        try:
            return suite_in(tmp_path, "init", *arguments, env=env, stdin=stdin)
        finally:
            if terminal is not None:
                os.close(terminal)
                os.close(stdin)

    return go


def box(subjects):
    given = {name: value for name, value in subjects["stb"].items() if name != "dasChallenge"}
    return [part for name, value in given.items() for part in ("--set", f"subjects.stb.{name}={value}")]


def test_without_a_terminal_all_comes_from_options(init, platform, subjects, tmp_path):
    done = init(
        *("--non-interactive", "--url", platform.url, "--set", "tenant=nagra", "--set", "name=acme-staging"),
        *box(subjects),
        *("--set", f"subjects.stb.dasChallenge=${{{CHALLENGE}}}", "--pipeline", "gitlab"),
        env={CHALLENGE: subjects["stb"]["dasChallenge"]},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"staging.yaml", "target.json", ".gitlab-ci.yml"}
    text = (tmp_path / "staging.yaml").read_text()
    assert subjects["stb"]["dasChallenge"] not in text + done.stdout + done.stderr
    assert text.startswith("# yaml-language-server: $schema=target.json\n# $schema: target.json\n")
    assert yaml.safe_load(text)["subjects"]["stb"]["casn"] == subjects["stb"]["casn"]
    assert "Ready: 6 services" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert "requirements can be tested now; add `" in last


def test_the_written_file_can_be_run(init, platform, subjects, tmp_path, monkeypatch):
    monkeypatch.setenv(CHALLENGE, subjects["stb"]["dasChallenge"])
    init("--non-interactive", "--url", platform.url, *box(subjects), "--set", f"subjects.stb.dasChallenge={CHALLENGE}")
    run = [sys.executable, "-m", "conformance", "run", "--target", "staging.yaml", "--only", "DAS-001", "--no-fuzz"]
    done = subprocess.run(
        [*run, "--out", "out"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=120
    )
    assert done.returncode == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert {one["outcome"] for one in report["requirements"] if one["id"] == "DAS-001"} == {"passed"}


def test_on_a_terminal_it_asks_and_asks_again(init, platform, subjects, tmp_path):
    stb = subjects["stb"]
    answers = [
        *("http://127.0.0.1:9", platform.url, "nagra", "acme-staging"),
        *("n", "y", "n", "n"),  # dynamic provisioning, direct mode, created accounts, live events
        *("y", stb["smartcardId"], stb["nuId"], stb["casn"], stb["csadList"]),
        *("Typed-By-Mistake.1", "${OTV_STB_CHALLENGE}", "CONECT", "CONNECT", ""),
        *["n"] * 14,  # other subjects and credentials, writes
        "github",
    ]
    done = init(answers=answers)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no connection to 127.0.0.1 port 9" in done.stderr
    assert "subjects.stb.dasChallenge is a secret, and this looks like the secret itself" in done.stderr
    assert "must be CONNECT or WIDEVINE" in done.stderr
    target = read(tmp_path / "staging.yaml")
    assert (target["name"], target["features"]["direct_mode"]) == ("acme-staging", True)
    assert target["subjects"] == {
        "stb": {
            **{n: stb[n] for n in ("smartcardId", "nuId", "casn", "csadList")},
            "dasChallenge": "${OTV_STB_CHALLENGE}",
            "scheme": "CONNECT",
        }
    }
    assert "Typed-By-Mistake" not in (tmp_path / "staging.yaml").read_text()
    assert "not checked yet: set OTV_STB_CHALLENGE" in done.stdout
    assert (tmp_path / ".github/workflows/conformance.yml").is_file()
    assert "secrets.OTV_STB_CHALLENGE" in (tmp_path / ".github/workflows/conformance.yml").read_text()


def read(path):
    return yaml.safe_load(path.read_text())


def test_a_certificate_of_a_private_ca_is_given_for_discovery_too(init, platform, tmp_path):
    cert, tls = certificate(tmp_path)
    with HostileServer(lambda conn: conn.sendall(whole(b"{}")), tls=tls) as server:
        url = server.url
        without = init("--non-interactive", "--url", url)
        given = init("--non-interactive", "--url", url, "--set", f"http.verify={cert.name}")
    refused(without, "the certificate is self-signed", code=3)
    assert f"init --url {url} --set http.KEY=VALUE" in without.stderr
    refused(given, "every path is answered alike")


def test_the_key_of_a_gateway_is_sent_by_discovery_and_named_in_the_file(init, platform, tmp_path):
    def gate(asked):
        return None if asked.header("x-api-key") == "k-123456" else json_page(403, {"message": "Forbidden"})

    with Gateway(platform.url, gate) as gateway:
        options = ("--non-interactive", "--url", gateway.url)
        refused(init(*options), "no service of the platform is found there")
        done = init(*options, "--set", "http.headers.x-api-key=${GATE_KEY}", env={"GATE_KEY": "k-123456"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert read(tmp_path / "staging.yaml")["http"] == {"headers": {"x-api-key": "${GATE_KEY}"}}
    assert "Ready: 6 services" in done.stdout


def test_input_that_ends_leaves_no_file(init, platform, tmp_path):
    done = init(answers=[platform.url, "nagra"])
    assert done.returncode == 3
    assert list(tmp_path.iterdir()) == []


def refused(done, said, *, code=2):
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stderr


def test_what_exists_is_never_overwritten(init, platform, tmp_path):
    (tmp_path / "staging.yaml").write_text("mine")
    refused(init("--non-interactive", "--url", platform.url), "staging.yaml: exists already, and is never overwritten")
    (tmp_path / "Jenkinsfile").write_text("mine")
    options = ("--non-interactive", "--url", platform.url, "--out", "other.yaml", "--pipeline", "jenkins")
    refused(init(*options), "Jenkinsfile: exists already")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "staging.yaml": "mine",
        "Jenkinsfile": "mine",
    }


def test_without_a_terminal_nothing_is_asked(init, platform):
    refused(init("--url", platform.url), "there is no terminal to ask on")
    refused(init("--non-interactive"), "no --url is given")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("subjects.user.password=Sofa-Evening.2026", "is a secret, and this looks like the secret itself"),
        ("subjects.usr.username=ada", "no key 'subjects.usr.username'"),
        ("tenant", "is not KEY=VALUE"),
        ("credentials.sdp.username=mdrm", "credentials.sdp.password is missing"),
    ],
)
def test_a_wrong_option_is_one_message_and_no_file(init, platform, given, said, tmp_path):
    done = init("--non-interactive", "--url", platform.url, "--set", given)
    refused(done, said)
    assert "Sofa-Evening" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_platform_that_contradicts_the_file_is_reported_and_the_file_stays(init, platform, subjects, tmp_path):
    wrong = box({"stb": {**subjects["stb"], "casn": "0000000001"}})
    done = init(
        *("--non-interactive", "--url", platform.url, *wrong, "--set", f"subjects.stb.dasChallenge={CHALLENGE}"),
        env={CHALLENGE: subjects["stb"]["dasChallenge"]},
    )
    refused(done, "subjects.stb")
    assert "Not ready: " in done.stdout
    assert (tmp_path / "staging.yaml").is_file()
