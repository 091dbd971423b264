"""The platform on a socket, in a thread and in a process of its own."""

import json
import signal
import subprocess
import sys
from functools import partial

import httpx
import pytest

from conformance.reference import RunningPlatform, Settings, default_settings
from conformance.reference.__main__ import main
from conformance.reference.platform import CONDITIONS

web = httpx.Client(verify=False, limits=httpx.Limits(max_keepalive_connections=0))
COMMAND = [sys.executable, "-m", "conformance.reference"]


def hook(part):
    http = part["http"]
    return web.request(http["method"], http["url"], headers=http["headers"])


def test_it_serves_until_the_block_ends():
    with RunningPlatform() as running:
        assert running.url.startswith("http://127.0.0.1:")
        assert web.get(f"{running.url}/nowhere").status_code == 404
    with pytest.raises(httpx.ConnectError):
        web.get(running.url)


def test_two_platforms_share_nothing():
    with RunningPlatform() as one, RunningPlatform() as other:
        keys = [running.target_document()["credentials"]["token_keys"] for running in (one, other)]
        assert keys[0] != keys[1]


def test_the_target_document_is_plain_data_with_every_section():
    running = RunningPlatform()
    with running:
        document = running.target_document()
        assert json.loads(json.dumps(document)) == document
        assert set(document) == {
            "version", "name", "tenant", "services", "features", "subjects", "subjects_vouched", "credentials",
            "conditions",
        }  # fmt: skip
        assert document["conditions"].keys() == set(CONDITIONS)
        for condition in document["conditions"].values():
            assert hook(condition["enter"]).status_code == hook(condition["leave"]).status_code == 200
        assert running.platform.conditions == set()


def test_conditions_need_the_key():
    with RunningPlatform() as running:
        part = running.target_document()["conditions"]["esps_unreachable"]["enter"]
        for key in ("", "wrong", "é".encode()):
            assert web.post(part["http"]["url"], headers={"x-control-key": key}).status_code == 403
        assert web.post(part["http"]["url"]).status_code == 403
        assert running.platform.conditions == set()


def test_without_a_key_there_is_no_control_endpoint():
    with RunningPlatform(Settings()) as running:
        assert "conditions" not in running.target_document()
        for path in ("control/fault", "control/conditions", "control/conditions/esps_unreachable/enter"):
            assert web.post(f"{running.url}/{path}").status_code == 404


def test_services_may_stand_apart():
    with RunningPlatform(default_settings(readings={"service-bases": "separate"})) as running:
        document = running.target_document()
        assert len({service["url"] for service in document["services"].values()}) == 5
        url = f"{document['services']['hdm']['url']}/api/authentication/v2/stbsignontokens"
        assert web.get(url).status_code == 400
        assert web.get(f"{running.url}/api/authentication/v2/stbsignontokens").status_code == 404


def test_latency_is_waited():
    with RunningPlatform(default_settings(latency=0.05)) as running:
        assert web.get(f"{running.url}/nowhere").elapsed.total_seconds() >= 0.05


def test_a_taken_port_is_said():
    with RunningPlatform() as running, pytest.raises(OSError, match="in use"):
        RunningPlatform(port=int(running.url.rpartition(":")[2]))


def test_a_process_of_its_own_prints_its_target_and_dies_with_its_parent():
    options = ["--print-target", "--die-with-parent", "--reading", "charset=utf-8", "--fault", "expiry-in-seconds"]
    with subprocess.Popen(COMMAND + options, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        printed = json.loads(process.stdout.readline())
        box = printed["target"]["subjects"]["stb"]
        params = {name: box[name] for name in ("smartcardId", "nuId", "casn", "csadList")}
        answer = web.get(f"{printed['url']}/api/authentication/v2/stbsignontokens", params=params)
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.json()["expiry"] < 10_000_000_000
        hooks = printed["target"]["conditions"]["esso_unreachable"]
        assert hook(hooks["enter"]).json() == {"conditions": ["esso_unreachable"]}
        process.stdin.close()
        assert process.wait(timeout=10) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--reading", "charsett=utf-8"], "Did you mean 'charset'"),
        (["--reading", "charset"], "'charset' is not ID=OPTION"),
        (["--fault", "expiry-in-second"], "Did you mean expiry-in-seconds"),
    ],
)
def test_a_wrong_option_is_one_message(options, message, capsys):
    assert main(options) == 2
    assert message in capsys.readouterr().err


def test_an_interrupt_ends_it_quietly():
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # Tests that a script runs with `&` ignore interrupts; what they start shall not.
    heeds = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(COMMAND, **pipes, text=True, preexec_fn=heeds) as process:  # noqa: PLW1509 - it sets a signal
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize("path", ["/api/authentication/v2/nmpsignontokens", "/nowhere", "/metadata/delivery/x"])
def test_every_answer_can_be_read_from_another_origin(path):
    with RunningPlatform() as running:
        answer = web.get(running.url + path, headers={"Origin": "http://app.example"})
    assert answer.headers["access-control-allow-origin"] == "http://app.example"
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("path", "members"),
    [
        ("/api/authentication/v2/nowhere", {"resultCode", "result", "localeMessage"}),
        ("/hue-gateway/gateway/http/js/nowhere", {"resultCode", "result", "localeMessage"}),
        ("/qsp/nowhere", {"resultCode", "result", "localeMessage"}),
        ("/adm/v1/nowhere", {"message", "code", "errorCode"}),
        ("/nowhere", {"message", "code", "errorCode"}),
    ],
)
@pytest.mark.parametrize("bases", ["shared", "separate"])
def test_what_is_not_found_is_refused_in_the_form_of_its_service(path, members, bases):
    with RunningPlatform(default_settings(readings={"service-bases": bases})) as running:
        services = running.target_document()["services"]
        service = "hdm" if path.startswith("/api") else "sdp" if path.startswith("/hue") else "adm"
        answer = web.get(services["hdm" if path.startswith("/qsp") else service]["url"] + path)
    assert answer.status_code == 404
    assert set(answer.json()) == members


def test_a_browser_may_send_the_method_that_it_asks_for():
    asked = {"Origin": "http://app.example", "Access-Control-Request-Method": "DELETE"}
    with RunningPlatform() as running:
        for path in ("/api/authentication/v2/nmpsignontokens", "/nowhere"):
            answer = web.options(running.url + path, headers=asked)
            assert answer.status_code == 204
            assert "DELETE" in answer.headers["access-control-allow-methods"].split(", ")
            assert answer.headers["vary"] == "Origin"


def test_a_browser_may_send_every_header_that_it_asks_for():
    asked = {"Origin": "http://app.example", "Access-Control-Request-Headers": "nagra-target,x-auth-service-id"}
    with RunningPlatform() as running:
        answer = web.options(running.url + "/api/authentication/v2/nmpsignontokens", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-headers"] == "nagra-target,x-auth-service-id"
    assert "GET" in answer.headers["access-control-allow-methods"]


def test_a_caller_without_an_origin_sees_no_header_of_browsers():
    with RunningPlatform() as running:
        assert "access-control-allow-origin" not in web.get(running.url + "/nowhere").headers
