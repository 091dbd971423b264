"""The target files that the suite writes: they load, keep every value as it is, and explain what is left out."""

from __future__ import annotations

import pytest
import yaml

from conformance.documents import parse_yaml
from conformance.errors import TargetFileError
from conformance.target import target_from_document
from conformance.target.mistakes import target_schema
from conformance.target.writing import is_secret, target_text, variable_of

KNOWN = {
    "name": "acme-staging",
    "tenant": "nagra",
    "services": {"hdm": {"url": "http://127.0.0.1:1"}},
}


def loaded(text, tmp_path, *, sending=False):
    return target_from_document(parse_yaml(tmp_path / "t.yaml", text.encode(), TargetFileError), sending=sending)


@pytest.mark.parametrize("explained", [True, False])
def test_the_least_that_is_known_is_a_target_file(explained, tmp_path):
    target = loaded(target_text(KNOWN, said=["Learned."], explained=explained), tmp_path)
    assert (target.name, target.tenant, target.services["hdm"].url) == ("acme-staging", "nagra", "http://127.0.0.1:1")


@pytest.mark.parametrize(
    "value",
    [
        "012",
        "yes",
        "null",
        "1e3",
        "~",
        "0x1F",
        "12:30:45",
        "a: b",
        "#x",
        '"q"',
        "it's",
        "ü\\n",
        "{a}",
        "- x",
        "2026-01-01",
    ],
)
def test_a_value_is_read_as_it_was_written(value, tmp_path):
    known = {**KNOWN, "tenant": value, "subjects": {"stb": {"casn": value}, "channels": {"everywhere": [value]}}}
    read = yaml.safe_load(target_text(known, said=()))
    assert read["tenant"] == value
    assert read["subjects"] == {"stb": {"casn": value}, "channels": {"everywhere": [value]}}
    assert yaml.safe_load(target_text({**KNOWN, "name": value}, said=()))["name"] == value


def test_files_commands_and_nested_groups_stay_what_they_are(tmp_path):
    given = {
        "subjects": {"stb": {"smartcardId": "1", "nuId": "2", "dasChallenge": {"command": ["./das", "--box=a b"]}}},
        "credentials": {"crm": {"keycloak": {"url": "http://x", "realm": "r", "password": {"file": "p"}}}},
        "features": {"ssp": True},
    }
    read = yaml.safe_load(target_text({**KNOWN, **given}, said=()))
    assert {name: read[name] for name in given} == given


def test_both_editors_find_the_schema_beside_the_file():
    lines = target_text(KNOWN, said=()).splitlines()
    assert lines[:2] == ["# yaml-language-server: $schema=target.json", "# $schema: target.json"]


def test_every_key_that_a_user_fills_in_is_named_and_explained():
    text = " ".join(target_text(KNOWN, said=()).replace("#", " ").split())
    schema = target_schema()["properties"]
    for group in ("services", "features", "subjects", "credentials"):
        for key, entry in schema[group]["properties"].items():
            assert f"{key}: " in text
            assert " ".join(entry["description"].split()).replace("#", " ") in text


def test_secrets_are_proposed_as_variables():
    assert is_secret(("subjects", "user", "password"))
    assert not is_secret(("subjects", "user", "username"))
    assert variable_of(("subjects", "stb_other_account", "dasChallenge")) == "OTV_STB_OTHER_ACCOUNT_DAS_CHALLENGE"
    assert "${OTV_SDP_PASSWORD}" in target_text(KNOWN, said=())
