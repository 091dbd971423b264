"""A target file in the making takes only values that it may have, and no secret."""

from __future__ import annotations

import json

import pytest
import yaml

from conformance.errors import UsageError
from conformance.resources import schema_files
from conformance.runner.draft import Draft, save

KNOWN = {"name": "n", "tenant": "nagra", "services": {"ias": {"url": "http://127.0.0.1:1"}}, "features": {}}
SECRETS = (
    "subjects.user.password",
    "subjects.stb.dasChallenge",
    "subjects.expired_tokens.ias",
    "subjects.player.initializationPayload",
    "credentials.crm.token",
    "credentials.crm.keycloak.password",
    "credentials.sdp.password",
)
TYPED = "Sofa-Evening.2026"


@pytest.fixture
def draft():
    return Draft(dict(KNOWN))


def put(draft, name, text):
    draft.put(tuple(name.split(".")), text)
    return yaml.safe_load(draft.text())


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("text", [TYPED, f"${{A}}{TYPED}", "SECRET_THAT_NO_VARIABLE_HAS", "file:", "command:"])
def test_a_secret_itself_is_refused_and_not_repeated(draft, name, text):
    with pytest.raises(UsageError) as raised:
        put(draft, name, text)
    assert TYPED not in str(raised.value)
    assert "SECRET_THAT" not in str(raised.value)
    assert "environment variable" in str(raised.value)
    assert TYPED not in draft.text()


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${OTV_ONE}", "${OTV_ONE}"),
        ("file:secrets/one", {"file": "secrets/one"}),
        ("command: pass show 'otv staging'", {"command": ["pass", "show", "otv staging"]}),
    ],
)
def test_the_name_of_a_secret_is_kept(draft, name, text, value):
    found = put(draft, name, text)
    for part in name.split("."):
        found = found[part]
    assert found == value


def test_the_bare_name_of_a_variable_that_is_set_is_one(draft, monkeypatch):
    monkeypatch.setenv("OTV_SET", TYPED)
    assert put(draft, "subjects.user.password", "OTV_SET")["subjects"]["user"]["password"] == "${OTV_SET}"
    assert TYPED not in draft.text()


@pytest.mark.parametrize(
    "text", ["Bearer abcdefghijkl", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.x", "https://jo:pw@host", "-----BEGIN KEY"]
)
def test_what_looks_like_a_secret_is_refused_everywhere(draft, text):
    with pytest.raises(UsageError, match="looks like a secret"):
        put(draft, "subjects.user.username", text)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("subjects.usr.username", "ada", "no key 'subjects.usr.username'"),
        ("subjects.user", "ada", "no key 'subjects.user'"),
        ("subjects.stb.scheme", "connct", "must be CONNECT or WIDEVINE"),
        ("features.ssp", "maybe", "features.ssp is true or false"),
        ("services.ias.url", "staging.example", "it has no scheme"),
        ("subjects.account_template.password_encoding", "rot13", "must be base64 or hex"),
    ],
)
def test_a_wrong_value_is_refused_when_it_is_given(draft, name, text, said):
    before = draft.text()
    with pytest.raises(UsageError) as raised:
        put(draft, name, text)
    assert said in str(raised.value)
    assert draft.text() == before


def test_lists_flags_and_texts_have_their_types(draft):
    put(draft, "subjects.channels.everywhere", "SVC-0001, SVC-0002")
    put(draft, "features.ssp", "True")
    found = put(draft, "subjects.stb.casn", "0029540177")
    assert found["subjects"]["channels"]["everywhere"] == ["SVC-0001", "SVC-0002"]
    assert found["features"]["ssp"] is True
    assert found["subjects"]["stb"]["casn"] == "0029540177"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("http.timeout", "20", 20),
        ("http.rate", "0.5", 0.5),
        ("http.verify", "false", False),
        ("http.client_key_password", "${KEY_PASSWORD}", "${KEY_PASSWORD}"),
        ("http.headers.x-api-key", "${API_KEY}", "${API_KEY}"),
        ("safety.max_requests", "500", 500),
    ],
)
def test_how_to_connect_has_its_types(draft, name, text, value):
    group, *keys = name.split(".")
    found = put(draft, name, text)[group]
    for key in keys:
        found = found[key]
    assert found == value


def test_a_key_of_a_gateway_is_a_secret(draft):
    with pytest.raises(UsageError, match="is a secret"):
        put(draft, "http.headers.x-api-key", "k-123456")


def test_the_variables_are_those_that_the_file_needs(draft):
    put(draft, "credentials.sdp.username", "mdrm")
    put(draft, "credentials.sdp.password", "${SDP_PASSWORD}")
    assert draft.variables() == ("SDP_PASSWORD",)


def test_a_file_that_exists_is_never_overwritten(draft, tmp_path):
    (tmp_path / "target.json").write_text("mine")
    assert save(draft, tmp_path / "staging.yaml") == [tmp_path / "staging.yaml"]
    assert (tmp_path / "target.json").read_text() == "mine"
    (tmp_path / "staging.yaml").write_text("mine, too")
    with pytest.raises(UsageError, match="never overwritten"):
        save(draft, tmp_path / "staging.yaml")
    assert (tmp_path / "staging.yaml").read_text() == "mine, too"


def test_the_schema_is_beside_the_file(draft, tmp_path):
    save(draft, tmp_path / "staging.yaml")
    assert json.loads((tmp_path / "target.json").read_text()) == json.loads(schema_files()["target"].read_text())
