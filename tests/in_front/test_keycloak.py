"""What Keycloak says of a refusal is shown, in place of a guess."""

from __future__ import annotations

import pytest

from conformance.errors import CouldNotTest, CredentialError, GivenUp
from conformance.runner.preflight import State, examine
from conformance.session.crm import crm_token, request_token
from conformance.session.sender import Sender
from tests.in_front.gateway import json_page, page, redirect


def refusing(description):
    def before(asked):
        if not asked.path.endswith("/openid-connect/token") or b"grant_type=password" not in asked.body:
            return None
        return json_page(400, {"error": "invalid_grant", "error_description": description})

    return before


def test_an_account_that_is_not_set_up_is_no_wrong_password(behind, opened):
    lines = examine(opened(behind(refusing("Account is not fully set up")).target))
    [line] = [line for line in lines if line.state is State.WRONG]
    assert line.what == "credentials.crm.keycloak.password"
    assert "400: Account is not fully set up" in line.detail
    assert "Check username and password" not in line.advice


def test_wrong_credentials_are_told_as_such(behind, opened):
    lines = examine(opened(behind(refusing("Invalid user credentials")).target))
    [line] = [line for line in lines if line.state is State.WRONG]
    assert "Check username and password" in line.advice


@pytest.mark.parametrize("answer", [page(403, "Forbidden"), page(200, "Welcome"), redirect("/login")])
def test_a_page_in_place_of_a_token_is_of_something_in_front(behind, opened, answer):
    session = opened(behind(lambda asked: answer if "/openid-connect/" in asked.path else None).target)
    with pytest.raises(CouldNotTest, match=f"in front of Keycloak answers in its place: HTTP {answer.status}"):
        crm_token(Sender(session, "test"))
    [line] = [line for line in examine(session) if line.what == "credentials.crm.keycloak"]
    assert line.state is State.UNREACHABLE


def test_credentials_that_were_taken_before_are_not_called_wrong_and_not_sent_again(behind, opened):
    refuses = refusing("Invalid user credentials")
    gateway = behind()
    sender = Sender(opened(gateway.target), "test")
    assert request_token(sender, valid=True).succeeded
    gateway.before = refuses
    for _ in range(2):
        with pytest.raises(GivenUp, match="the credentials that it took before: Invalid user credentials"):
            crm_token(sender)
    assert "keycloakToken" in sender.session.found().bans


def test_the_description_is_one_line_and_repeats_no_secret(behind, opened, platform):
    password = platform.target_document()["credentials"]["crm"]["keycloak"]["password"]
    session = opened(behind(refusing(f"{password}\x1b[2J\nis wrong")).target)
    with pytest.raises(CredentialError, match="is wrong") as found:
        crm_token(Sender(session, "test"))
    assert password not in str(found.value)
    assert "\x1b" not in found.value.message


def test_the_token_endpoint_is_found_where_every_refusal_looks_like_that_of_an_unknown_path(platform_with, opened):
    running = platform_with(readings={"unknown-paths": "401", "error-body": "empty"})
    session = opened(running.target_document())
    assert crm_token(Sender(session, "test")).reveal().count(".") == 2
