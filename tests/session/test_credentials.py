"""Credentials that live: the CRM's token is renewed before it ends, and made afresh of what a command prints."""

from __future__ import annotations

import json
import sys
import time

import pytest
import yaml

from conformance.errors import CredentialError
from conformance.opening import RunSettings, open_session
from conformance.reference.tokens import SigningKey
from conformance.runner.preflight.lines import Prober
from conformance.session.crm import crm_token
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


def keycloak(server, life_s):
    grants = []

    def answer(path, number, headers):
        if "password=" not in headers["body"]:
            return 400, b'{"error":"invalid_request"}', {}
        grants.append(time.monotonic())
        body = {"access_token": f"token-{len(grants)}-of-keycloak", "expires_in": life_s, "token_type": "bearer"}
        return 200, json.dumps(body).encode(), {}

    server.answer = answer
    return grants, {
        "keycloak": {"url": server.url, "realm": "nagra", "username": "crm", "password": "pw-of-crm", "client_id": "c"}
    }


def test_keycloaks_token_is_renewed_before_it_ends(server, opened):
    grants, crm = keycloak(server, 1.0)
    with opened(crm) as session:
        prober = Prober(session)
        first = crm_token(prober)
        assert crm_token(prober) == first
        time.sleep(0.7)
        assert crm_token(prober) != first
    assert len(grants) == 2


def test_a_token_that_lives_long_is_asked_for_once(server, opened):
    grants, crm = keycloak(server, 300)
    with opened(crm) as session:
        assert len({crm_token(Prober(session)).reveal() for _ in range(5)}) == 1
    assert len(grants) == 1


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
