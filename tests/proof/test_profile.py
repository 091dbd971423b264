"""Acceptance profiles: what stands in the file is taken as it is meant, or told with its line."""

from __future__ import annotations

import hashlib

import pytest

from conformance.errors import ProfileError, UsageError
from conformance.proof.profile import load_profile, parse_age
from conformance.register import load_register

REGISTER = load_register()
WHOLE = """\
version: 1
name: Example TV, autumn 2026
requirements: {binding: [STB, TOK-001], shoulds: [WIR-012]}
readings: {sdp-field-types: table}
services: [hdm, sdp]
features: [ssp]
target:
  hosts: {hdm: hdm.acme.example}
  keys: [e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855]
limits: {max_age: 30d, cases: 200, edition: 2, waivers: []}
challenge: true
signed: true
"""


def loaded(folder, text):
    path = folder / "operator.yaml"
    path.write_text(text)
    return load_profile(path, REGISTER)


def test_every_line_of_a_profile_is_a_fact(tmp_path):
    should = next(entry.id for entry in REGISTER if not entry.binding)
    text = WHOLE.replace("WIR-012", should)
    found = loaded(tmp_path, text)
    assert (found.name, found.binding, found.shoulds) == ("Example TV, autumn 2026", ["STB", "TOK-001"], [should])
    assert (found.readings, found.services, found.features) == ({"sdp-field-types": "table"}, ["hdm", "sdp"], ["ssp"])
    assert (found.hosts, len(found.keys)) == ({"hdm": "hdm.acme.example"}, 1)
    assert (found.max_age_s, found.cases, found.edition, found.waived) == (30 * 86_400, 200, 2, [])
    assert found.challenge
    assert found.signed
    assert found.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_a_profile_may_ask_for_little(tmp_path):
    found = loaded(tmp_path, "version: 1\nname: x\n")
    assert (found.binding, found.waived, found.max_age_s, found.signed) == (None, None, None, False)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("limitz: {}", "unknown key 'limitz'"),
        ("requirements: {binding: [STB-999]}", "no requirement has the id 'STB-999'"),
        ("requirements: {shoulds: [STB]}", "no requirement has the id 'STB'"),
        ("limits: {waivers: [STB-999]}", "no requirement has the id 'STB-999'"),
        ("limits: {max_age: soon}", "limits.max_age must match"),
        ("limits: {cases: 0}", "must be at least 1"),
        ("readings: {sdp-field-types: tabel}", "has no option 'tabel'"),
        ("readings: {sdp-feld-types: table}", "no reading has the id"),
        ("target: {keys: [abc]}", "must match"),
        ("services: [hmd]", "must be hdm, adm"),
    ],
)
def test_a_wrong_line_is_told_with_its_number(tmp_path, line, told):
    with pytest.raises(ProfileError) as found:
        loaded(tmp_path, f"version: 1\nname: x\n{line}\n")
    assert told in found.value.message
    assert found.value.where.endswith("operator.yaml:3")
    assert found.value.exit_code == 2


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ProfileError):
        load_profile(tmp_path / "none.yaml", REGISTER)


def test_an_age_is_days_hours_or_minutes():
    assert [parse_age(text) for text in ("30d", "12h", "90m")] == [2_592_000, 43_200, 5_400]
    for text in ("", "30", "0d", "-1d", "1w"):
        with pytest.raises(UsageError):
            parse_age(text)
