"""What the client of captured traffic did wrong is counted for itself, and never against the platform."""

import time

import pytest

from conformance.capture.client_side import NO_AUTHORIZATION
from conformance.opentv.tokens import make_jwt
from conformance.reference.server import RunningPlatform, default_settings
from conformance.runner.judge import judge_captures
from conformance.selftest.exports import har
from tests.capture.traffic import IAS, App


@pytest.fixture(scope="module")
def document():
    with RunningPlatform(default_settings()) as running:
        yield running.target_document()


@pytest.fixture
def app(document):
    return App(document)


@pytest.fixture
def mistakes(app, tmp_path):
    def of_the_app():
        file = tmp_path / "app.har"
        file.write_text(har(app.entries))
        results = judge_captures([file], out=tmp_path / "out").results
        assert results.findings == ()
        return {(one.operation, one.cause): one.repeats for one in results.mistakes}

    return of_the_app


def test_a_parameter_that_is_missing_or_empty(app, mistakes):
    app.stb_signon(nuId=None)
    app.stb_signon(nuId=None)
    app.stb_signon(nuId="")
    assert mistakes() == {
        ("stbsignontokens", "nuId in the query is missing"): 2,
        ("stbsignontokens", "nuId in the query is empty"): 1,
    }


def test_a_value_of_another_type(app, mistakes):
    token = app.sign_on()
    app.update(token, app.broadcast(token), in_home="yes")
    assert mistakes() == {("updateInHomeStatus", "inHome in the body has another JSON type"): 1}


def test_a_token_in_another_place_and_none_at_all(app, mistakes):
    token = app.sign_on()
    app.broadcast(token)
    app.get("ias", f"{IAS}/generateUpdateInHomeToken", access_token=token)
    app.get("ias", f"{IAS}/generateUpdateInHomeToken")
    assert mistakes() == {
        ("generateUpdateInHomeToken", "the token is in access_token, not in the Authorization header"): 1,
        ("generateUpdateInHomeToken", NO_AUTHORIZATION): 1,
    }


def test_the_token_before_an_update(app, mistakes):
    token = app.sign_on()
    app.update(token, app.broadcast(token))
    app.broadcast(token)
    cause = "the token that was sent is the one before the last update"
    assert mistakes() == {("generateUpdateInHomeToken", cause): 1}


def test_a_token_that_was_refused_sent_again(app, mistakes):
    for _ in range(3):
        app.get("ias", f"{IAS}/generateUpdateInHomeToken", "no-token-of-the-platform")
    assert mistakes() == {("generateUpdateInHomeToken", "a token that was refused is sent again"): 2}


def test_a_token_that_has_expired(app, mistakes):
    claims = {"exp": int(time.time()) - 4000, "tenantId": "nagra", "accountId": "a", "deviceId": "d"}
    app.get("ias", f"{IAS}/generateUpdateInHomeToken", make_jwt({"alg": "HS256", "kid": "1"}, claims, b"k" * 32))
    assert mistakes() == {("generateUpdateInHomeToken", "the token has expired when it is sent"): 1}


def test_an_app_that_does_all_right_makes_no_mistake(app, mistakes):
    app.evening()
    assert mistakes() == {}
