"""`http.headers`: with every request to the target, read again now and then, known to the redactor, and nowhere else."""

from __future__ import annotations

import json
import re
import sys

import pytest
import yaml

from conformance.client import Client, Wire
from conformance.errors import TargetFileError
from conformance.opening import RunSettings, open_session
from conformance.target import HttpSettings, Source, load_target
from tests.client.hostile import HostileServer, whole
from tests.client.lanes import LANES, send


def fine(conn):
    conn.sendall(whole(b"{}"))


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "key").write_text("gateway-key-one\n")
    return HttpSettings(timeout=2, headers={"X-Gate": Source(file="key", folder=tmp_path)})


def value(request):
    return [line.partition(b": ")[2] for line in request.split(b"\r\n") if line.lower().startswith(b"x-gate:")]


@pytest.mark.parametrize("lane", LANES)
def test_a_header_of_a_file_is_read_again_when_its_time_is_over(settings, tmp_path, monkeypatch, lane):
    monkeypatch.setattr("conformance.client.headers.EXTRA_HEADERS_S", -1)
    with HostileServer(fine) as server:

        def wires():
            yield Wire("GET", server.url)
            yield Wire("GET", server.url)
            # Whole at once: the concurrent lane may be reading it.
            (tmp_path / "new").write_text("gateway-key-two\n")
            (tmp_path / "new").replace(tmp_path / "key")
            yield Wire("GET", server.url)
            yield Wire("GET", server.url, (("x-gate", "of the request"),))

        send(lane, wires(), headers=settings.headers)
    values = [value(request) for request in server.requests]
    assert (values[0], values[2:]) == ([b"gateway-key-one"], [[b"gateway-key-two"], [b"of the request"]])


def test_a_header_that_is_given_no_more_is_a_mistake_of_the_file(settings, tmp_path, monkeypatch):
    monkeypatch.setattr("conformance.client.headers.EXTRA_HEADERS_S", -1)
    with HostileServer(fine) as server, Client(settings) as client:
        (tmp_path / "key").unlink()
        with pytest.raises(TargetFileError, match="the file key"):
            client.send(Wire("GET", server.url))


def test_a_users_own_user_agent_takes_the_place_of_ours():
    with HostileServer(fine) as server, Client(HttpSettings(headers={"user-agent": Source(value="mine")})) as client:
        client.send(Wire("GET", server.url))
    assert server.requests[0].lower().count(b"user-agent:") == 1
    assert b"mine" in server.requests[0]


def test_a_hook_may_be_elsewhere_and_gets_no_header_of_the_target(settings):
    with HostileServer(fine) as server, Client(settings) as client:
        client.send_unguarded(Wire("POST", server.url, (("x-key", "of the hook"),)))
    assert b"gateway-key" not in server.requests[0]
    assert b"of the hook" in server.requests[0]


@pytest.mark.parametrize("place", ["http", "sdp", "stb", "key", "rotated"])
def test_what_a_command_gives_is_known_before_it_can_be_seen(tmp_path, place):
    """The target shows it in its answer, and the request in its header: neither reaches the stream."""
    secret = "c29tZS1jb21tYW5kLXNlY3JldA==" if place == "key" else "printed-by-a-command-7"

    def reflecting(conn):
        conn.sendall(whole(json.dumps({"echo": f"x {secret} y"}).encode(), b"X-Echo: " + secret.encode()))

    command = {"command": [sys.executable, "-c", f"print({secret!r})"]}
    (tmp_path / "rotating").write_text("before-it-was-rotated")
    with HostileServer(reflecting) as server:
        document = {
            "version": 1,
            "name": "commands",
            "tenant": "nagra",
            "services": {"hdm": {"url": server.url}, "ias": {"url": server.url}, "sdp": {"url": server.url}},
            "subjects": {"stb": {"dasChallenge": command if place == "stb" else {"file": "rotating"}}},
            "credentials": {
                "sdp": {"username": "mdrm", "password": command if place == "sdp" else "another"},
                "token_keys": {"1": command} if place == "key" else {},
            },
            "http": {"timeout": 2, "headers": {"x-gate": command if place == "http" else "plain-gate"}},
        }
        path = tmp_path / "target.yaml"
        path.write_text(yaml.safe_dump(document))
        stream = tmp_path / "run.jsonl"
        with open_session(RunSettings(str(path), str(stream)), load_target(path), prefix="T") as session:
            (tmp_path / "rotating").write_text(secret)
            _ = session.target.subject("stb")["dasChallenge"]
            session.target.credentials.sdp_password.read()
            session.send("stbsignontokens", made_by="test")
    text = stream.read_text()
    assert re.search(r'"X-Echo", ?"\*\*\*', text)
    assert secret not in text
