"""What a new user does wrong: one clear message, the right exit code, no traceback, and nothing tested."""

from __future__ import annotations

import json
import re
import socket

import pytest
import yaml

from conformance.stream import RunFolder, events
from tests.cli.command import suite_in
from tests.client.hostile import HostileServer, whole
from tests.client.test_reach import certificate

TARGET = {"version": 1, "name": "mine", "tenant": "nagra", "services": {"hdm": {"url": "http://127.0.0.1:9"}}}


@pytest.fixture
def suite(tmp_path):
    def run(*arguments, target=None, text=None, env=None):
        if target is not None or text is not None:
            (tmp_path / "mine.yaml").write_text(text if text is not None else yaml.safe_dump(target, sort_keys=False))
        return suite_in(tmp_path, *arguments, env=env)

    return run


def nothing_left(tmp_path):
    return not list(tmp_path.rglob("run.jsonl"))


def one_message(done, code, *said):
    assert done.returncode == code, done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) <= 4, done.stderr
    for text in said:
        assert text in done.stderr
    return done


@pytest.mark.parametrize("command", ["run", "plan", "preflight"])
def test_a_missing_target_file(suite, command, tmp_path):
    (tmp_path / "staging.yaml").write_text("")
    one_message(suite(command, "--target", "stagin.yaml"), 2, "stagin.yaml", "no such file", "staging.yaml")


@pytest.mark.parametrize("command", ["run", "plan", "preflight"])
def test_an_unknown_key(suite, command):
    done = suite(command, "--target", "mine.yaml", target={**TARGET, "featurs": {}})
    one_message(done, 2, "mine.yaml:7", "unknown key 'featurs'", "Did you mean 'features'?")


@pytest.mark.parametrize("command", ["run", "preflight"])
def test_an_unset_variable(suite, command):
    done = suite(command, "--target", "mine.yaml", target={**TARGET, "tenant": "${OTV_NOT_SET}"})
    one_message(done, 2, "mine.yaml:3", "OTV_NOT_SET", "export OTV_NOT_SET=")


def test_plan_needs_no_secrets(suite):
    user = {"username": "u", "password": "${OTV_NOT_SET}"}
    done = suite("plan", "--target", "mine.yaml", target={**TARGET, "subjects": {"user": user}})
    assert (done.returncode, done.stderr) == (0, "")


def test_all_mistakes_of_a_file_are_reported_in_one_go(suite):
    wrong = {**TARGET, "tenant": "nagra ", "featurs": {}, "waivers": [{"id": "STB-2O", "reason": "r"}]}
    done = suite("run", "--target", "mine.yaml", target=wrong)
    assert done.returncode == 2
    assert done.stderr.startswith("opentv-conformance: 5 problems:\n")
    for said in ("mine.yaml:3: tenant ends in a space", "featurs", "STB-2O", "waivers.0.owner is missing", "expires"):
        assert said in done.stderr


def test_a_reading_that_does_not_exist(suite):
    done = suite("run", "--target", "mine.yaml", target={**TARGET, "readings": {"stb-casn-nam": "casn"}})
    one_message(done, 2, "mine.yaml", "stb-casn-nam", "stb-casn-name")


def test_a_path_of_an_operation_that_does_not_exist(suite):
    done = suite("run", "--target", "mine.yaml", target={**TARGET, "paths": {"stbsignontoken": "/x"}})
    one_message(done, 2, "mine.yaml", "stbsignontoken", "stbsignontokens")


def test_an_unreachable_host(suite, tmp_path):
    target = {**TARGET, "services": {"hdm": {"url": "http://no-such-host.invalid"}}}
    done = suite("run", "--target", "mine.yaml", target=target)
    one_message(done, 3, "mine.yaml:6", "services.hdm.url", "no-such-host.invalid is not known")
    assert nothing_left(tmp_path)


def test_a_closed_port(suite, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    target = {**TARGET, "services": {"hdm": {"url": f"http://127.0.0.1:{port}"}}}
    one_message(suite("run", "--target", "mine.yaml", target=target), 3, "services.hdm.url", str(port))
    assert nothing_left(tmp_path)


@pytest.fixture
def secure(tmp_path):
    folder = tmp_path / "tls"
    folder.mkdir()
    cert, context = certificate(folder)
    with HostileServer(lambda conn: conn.sendall(whole(b"{}")), tls=context) as server:
        yield server, cert


def test_http_to_an_https_port(suite, secure, tmp_path):
    server, _ = secure
    target = {**TARGET, "services": {"hdm": {"url": server.url.replace("https", "http")}}, "http": {"timeout": 2}}
    one_message(suite("run", "--target", "mine.yaml", target=target), 2, "services.hdm.url", "Write https://")
    assert nothing_left(tmp_path)


def test_https_to_an_http_port(suite, tmp_path):
    import threading

    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer():
            while True:
                try:
                    conn, _ = plain.accept()
                except OSError:
                    return
                with conn:
                    conn.recv(1024)
                    conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        target = {**TARGET, "services": {"hdm": {"url": f"https://127.0.0.1:{plain.getsockname()[1]}"}}}
        one_message(suite("run", "--target", "mine.yaml", target=target), 2, "services.hdm.url", "Write http://")


def test_a_certificate_that_is_not_trusted(suite, secure, tmp_path):
    target = {**TARGET, "services": {"hdm": {"url": secure[0].url}}, "http": {"timeout": 2}}
    done = suite("run", "--target", "mine.yaml", target=target)
    one_message(done, 3, "services.hdm.url", "self-signed", "http: {verify: ca.pem}")
    assert nothing_left(tmp_path)


def test_a_folder_that_holds_a_run_already(suite, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run.jsonl").write_text('{"event": "run"}\n')
    done = suite("run", "--target", "mine.yaml", "--out", "out", target=TARGET)
    one_message(done, 2, "out: the folder holds a run already", "--out")
    assert (tmp_path / "out" / "run.jsonl").read_text() == '{"event": "run"}\n'


def test_an_out_that_is_a_file(suite, tmp_path):
    (tmp_path / "out").write_text("")
    done = suite("run", "--target", "mine.yaml", "--out", "out", target=TARGET)
    assert done.returncode == 2
    assert "out" in done.stderr


@pytest.mark.parametrize("option", ["--only", "--exclude"])
def test_an_unknown_requirement(suite, option):
    done = suite("run", "--target", "mine.yaml", option, "STB-9999", target=TARGET)
    one_message(done, 2, "no requirement has the id 'STB-9999'", "Did you mean STB-")


def test_an_unknown_service(suite):
    done = suite("run", "--target", "mine.yaml", "--service", "hmd", target=TARGET)
    one_message(done, 2, "no service is named 'hmd'", "hdm")


@pytest.mark.parametrize("rate", ["fast", "0", "-1/s", "5/day"])
def test_a_rate_that_is_none(suite, rate):
    done = suite("run", "--target", "mine.yaml", f"--rate={rate}", target=TARGET)
    assert done.returncode == 2
    assert "rate" in done.stderr


def test_a_rerun_of_a_folder_without_a_run(suite, tmp_path):
    (tmp_path / "empty").mkdir()
    done = suite("run", "--target", "mine.yaml", "--rerun-failed", "empty", target=TARGET)
    assert done.returncode in (2, 3)
    assert "run.jsonl" in done.stderr


def test_an_unknown_command_and_an_unknown_option(suite):
    done = suite("rum")
    assert done.returncode == 2
    assert "'run'" in done.stderr
    done = suite("run", "--targt", "x")
    assert done.returncode == 2
    assert "--target" in done.stderr


@pytest.fixture(scope="module")
def platform():
    from conformance.reference.server import RunningPlatform

    with RunningPlatform() as running:
        yield running


def test_wrong_credentials(suite, platform, tmp_path):
    document = platform.target_document()
    document["credentials"]["sdp"]["password"] = "wrong-word"
    document["credentials"]["crm"]["keycloak"]["password"] = "wrong-word"
    done = suite("run", "--target", "mine.yaml", target=document)
    one_message(done, 2, "credentials.sdp.password", "credentials.crm.keycloak.password", "mine.yaml:")
    assert "wrong-word" not in done.stdout + done.stderr
    assert nothing_left(tmp_path)


def test_preflight_prints_what_it_looked_at(suite, platform):
    document = platform.target_document()
    del document["subjects_vouched"]
    document["subjects"]["user"]["password"] = "wrong-word"
    done = suite("preflight", "--target", "mine.yaml", target=document)
    assert done.returncode == 2
    assert "ok          services.hdm.url: reachable" in done.stdout
    said = "subjects.user: HDM refuses its signon with 403; the file says that it is an active user with this password"
    assert f"{said}: one of them is wrong" in done.stderr
    assert done.stdout.endswith("Not ready: 1 problem\n")
    assert "mine.yaml:" in done.stderr
    assert "wrong-word" not in done.stdout + done.stderr
    document = platform.target_document()
    done = suite("preflight", "--target", "mine.yaml", target=document)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(
        r"^Ready: 6 services, \d+ subjects proved, \d+ not proved, \d+ requests$", done.stdout, re.MULTILINE
    )


def test_plan_sends_nothing_and_says_what_a_run_would_do(suite, tmp_path):
    with HostileServer(lambda conn: conn.sendall(whole(b"{}"))) as server:
        target = {**TARGET, "services": {"hdm": {"url": server.url}, "adm": {"url": server.url}}}
        done = suite("plan", "--target", "mine.yaml", "--fuzz-cases", 10, target=target)
        facts = json.loads(suite("plan", "--target", "mine.yaml", "--json", "--safe", "--fuzz-cases", 10).stdout)
        assert server.requests == []
    assert done.returncode == 0, done.stderr
    assert "sends about" in done.stdout
    assert "the target file lacks subjects.stb" in done.stdout
    assert "add  subjects: {stb:" in done.stdout
    assert "the target declares no ias" in done.stdout
    assert "createAccount: at most" in done.stdout
    assert facts["creates"] == []
    assert all(not one["writes"] or not one["cases"] for one in facts["operations"])
    assert facts["expected"] <= facts["at_most"] <= facts["limit"]
    assert nothing_left(tmp_path)


def test_plan_of_the_embedded_platform(suite):
    done = suite("plan", "--fuzz-cases", 10)
    assert done.returncode == 0, done.stderr
    assert "reference-platform" in done.stdout


@pytest.mark.parametrize("ids", ["NMP-030,NMP-036", "DAS-030,DAS-032"])
def test_a_run_of_few_large_checks_sends_no_more_than_its_plan_says(suite, platform, tmp_path, ids):
    document = platform.target_document()
    options = ("--target", "mine.yaml", "--only", ids, "--no-fuzz")
    facts = json.loads(suite("plan", *options, "--json", target=document).stdout)
    suite("run", *options, "--out", "out")
    written = list(RunFolder(tmp_path / "out").events())
    assert 0 < sum(event.sent for event in written if isinstance(event, events.Budget)) <= facts["at_most"]


def test_a_run_sends_no_more_than_its_plan_says(suite, platform, tmp_path):
    document = platform.target_document()
    facts = json.loads(
        suite("plan", "--target", "mine.yaml", "--service", "hdm", "--fuzz-cases", 5, "--json", target=document).stdout
    )
    assert not any("createAccount" in sentence for sentence in facts["creates"])
    # Its tokens are used at SDP, where no cases are generated then.
    assert {one["service"] for one in facts["operations"] if one["cases"]} == {"hdm"}
    suite("run", "--target", "mine.yaml", "--service", "HDM", "--fuzz-cases", 5, "--out", "out")
    written = list(RunFolder(tmp_path / "out").events())
    sent = sum(event.sent for event in written if isinstance(event, events.Budget))
    assert 0 < sent <= facts["at_most"]
    fuzzed = {event.operation for event in written if isinstance(event, events.Fuzz)}
    assert fuzzed == {"stbsignontokens", "nmpsignontokens", "initialiseDeviceByGet", "initialiseDeviceByPost"}
