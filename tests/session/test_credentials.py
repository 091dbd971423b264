"""Credentials that live: the CRM's token is renewed before it ends, and made afresh of what a command prints."""

from __future__ import annotations

import json
import sys
import time
from urllib.parse import parse_qsl

import pytest
import yaml

from conformance.errors import CredentialError
from conformance.opening import RunSettings, open_session
from conformance.reference.tokens import SigningKey
from conformance.runner.preflight.lines import Prober
from conformance.session.crm import crm_token, request_token
from conformance.target import load_target


@pytest.fixture
def opened(server, tmp_path):
    def open_with(crm):
        document = {
            "version": 1,
            "name": "lives",
            "tenant": "nagra",
            "services": {"adm": {"url": server.url}},
            "credentials": {"crm": crm},
        }
        path = tmp_path / "target.yaml"
        path.write_text(yaml.safe_dump(document))
        return open_session(RunSettings(str(path), str(tmp_path / "run.jsonl")), load_target(path), prefix="T")

    return open_with


PASSWORD = "pw-of-crm"
REFUSED = (400, b'{"error":"invalid_grant"}', {})


class Keycloak:
    """A Keycloak whose answers a test shapes; `grants` are the kinds that it was asked for."""

    def __init__(self, server, life_s, *, refused=(), rotates=True, **more):
        self.grants, self.sent = [], []
        self.life_s, self.refused, self.rotates, self.more = life_s, refused, rotates, more
        server.answer = self.answer
        self.crm = {
            "keycloak": {
                "url": server.url,
                "realm": "nagra",
                "username": "crm",
                "password": PASSWORD,
                "client_id": "crm-client",
            }
        }

    def answer(self, path, number, headers):
        if not path.endswith("/token"):  # ADM lies on the same host, and is asked what its errors look like
            return 404, b"", {}
        form = dict(parse_qsl(headers["body"]))
        kind = form.get("grant_type")
        if kind == "password" and "password" not in form:
            return 400, b'{"error":"invalid_request"}', {}
        self.grants.append(kind)
        self.sent.append(form)
        if kind in self.refused:
            return self.refused[kind]
        count = len(self.grants)
        body = {"access_token": f"access-{count}-of-keycloak", "expires_in": self.life_s, "token_type": "bearer"}
        if kind == "password" or self.rotates:
            body |= {"refresh_token": f"refresh-{count}-of-keycloak", "refresh_expires_in": 1800}
        body |= self.more
        return 200, json.dumps({name: value for name, value in body.items() if value is not None}).encode(), {}


def used(opened, keycloak, times, pause_s=0.35):
    """Ask for a token several times, and return those that were given."""
    found = []
    with opened(keycloak.crm) as session:
        for number in range(times):
            time.sleep(pause_s if number else 0)
            found.append(crm_token(Prober(session)).reveal())
    return found


def test_keycloaks_token_is_renewed_before_it_ends_by_its_refresh_token(server, opened):
    keycloak = Keycloak(server, 0.6)
    found = used(opened, keycloak, 3)
    assert keycloak.grants == ["password", "refresh_token", "refresh_token"]
    assert found == [f"access-{number}-of-keycloak" for number in (1, 2, 3)]
    assert keycloak.sent[1] == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-1-of-keycloak",
        "client_id": "crm-client",
    }
    # A new refresh token takes the place of the old one.
    assert keycloak.sent[2]["refresh_token"] == "refresh-2-of-keycloak"


def test_a_token_is_not_renewed_while_it_is_good(server, opened):
    keycloak = Keycloak(server, 0.6)
    assert len(set(used(opened, keycloak, 4, 0.02))) == 1
    assert keycloak.grants == ["password"]


def test_a_token_is_not_used_after_the_next_was_granted(server, opened):
    keycloak = Keycloak(server, 60)
    with opened(keycloak.crm) as session:
        first = crm_token(Prober(session)).reveal()
        assert request_token(Prober(session)).succeeded
        assert crm_token(Prober(session)).reveal() not in (first, "access-2-of-keycloak")


def test_an_answer_without_a_refresh_token_leaves_the_old_one_good(server, opened):
    keycloak = Keycloak(server, 0.6, rotates=False)
    used(opened, keycloak, 3)
    assert [form.get("refresh_token") for form in keycloak.sent] == [None, *["refresh-1-of-keycloak"] * 2]


@pytest.mark.parametrize(
    "more",
    [{"refresh_token": None}, {"refresh_token": ""}, {"refresh_token": 7}, {"refresh_expires_in": 0.3}],
    ids=["none", "empty", "no text", "ended"],
)
def test_the_password_is_sent_again_where_no_refresh_token_is_good(server, opened, more):
    keycloak = Keycloak(server, 0.6, **more)
    assert len(set(used(opened, keycloak, 2))) == 2
    assert keycloak.grants == ["password", "password"]


@pytest.mark.parametrize("ends", [None, 0, -1, True, "soon", 10**9])
def test_a_refresh_token_without_a_known_end_is_tried(server, opened, ends):
    keycloak = Keycloak(server, 0.6, refresh_expires_in=ends)
    used(opened, keycloak, 2)
    assert keycloak.grants == ["password", "refresh_token"]


@pytest.mark.parametrize(
    "refusal",
    [REFUSED, (401, b"", {}), (403, b"<html>", {}), (500, b"", {}), (200, b"{}", {}), (200, b"[", {})],
    ids=["invalid_grant", "401", "403", "500", "200 without a token", "200 without JSON"],
)
def test_a_refresh_token_that_is_refused_gives_way_to_the_password(server, opened, refusal, events):
    keycloak = Keycloak(server, 0.6, refused={"refresh_token": refusal})
    assert len(set(used(opened, keycloak, 2))) == 2
    assert [keycloak.grants[0], keycloak.grants[-1]] == ["password", "password"]
    assert "refresh_token" in keycloak.grants
    if refusal[0] < 500:
        # JSON that breaks off is asked for again, and compared with what worked, first.
        assert refusal[1] == b"[" or keycloak.grants == ["password", "refresh_token", "password"]
        assert not [event for event in events("finding") if event["requirement"].startswith("CRM")]


def test_no_rule_of_the_password_grant_judges_a_renewal(server, opened, events):
    """RFC 6749, section 5.1: refresh_token and expires_in are optional."""
    keycloak = Keycloak(server, 0.6, rotates=False)
    used(opened, keycloak, 2)
    *_, first, second = (event for event in events("exchange") if "grant_type" in event["request"]["body"])
    assert "CRM-005" in first["passed"]
    assert not [name for name in (*second["passed"], *second["broken"]) if name.startswith("CRM")]
    assert not events("finding")


def test_neither_password_nor_token_of_keycloak_stands_in_the_stream(server, opened, tmp_path):
    keycloak = Keycloak(server, 0.6)
    used(opened, keycloak, 3)
    text = (tmp_path / "run.jsonl").read_text()
    assert keycloak.grants.count("refresh_token") == 2
    assert "refresh_token=***" in text
    for secret in (PASSWORD, "refresh-1-of", "refresh-2-of", "access-1-of", "access-3-of"):
        assert secret not in text


def test_a_token_that_lives_long_is_asked_for_once(server, opened):
    keycloak = Keycloak(server, 300)
    assert len(set(used(opened, keycloak, 5, 0))) == 1
    assert keycloak.grants == ["password"]


def test_a_token_that_a_command_prints_is_made_afresh_when_it_ends(opened, tmp_path):
    key = SigningKey("k", b"0" * 64)
    (tmp_path / "token").write_text(key.sign({"exp": int(time.time()) + 2, "n": 1}))
    code = "import pathlib; print(pathlib.Path('token').read_text())"
    with opened({"token": {"command": [sys.executable, "-c", code]}}) as session:
        first = crm_token(Prober(session))
        (tmp_path / "token").write_text(key.sign({"exp": int(time.time()) + 60, "n": 2}))
        time.sleep(1.3)
        assert crm_token(Prober(session)) != first


def test_a_given_token_that_has_ended_is_a_mistake_of_the_file(opened):
    token = SigningKey("k", b"0" * 64).sign({"exp": int(time.time()) - 5})
    with opened({"token": token}) as session, pytest.raises(CredentialError) as found:
        crm_token(Prober(session))
    assert found.value.exit_code == 2
    assert "target.yaml:" in found.value.where
