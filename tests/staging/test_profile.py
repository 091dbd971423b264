"""What a run finds out about a target is found out once, handed on, and shown."""

import json

import pytest

from conformance.opening import RunSettings
from conformance.session import Sender, hdm, ias, initialise

READINGS = {"stb-casn-name": "caSn", "initialise-parameters": "positional", "ias-authorization-form": "bare"}


@pytest.fixture
def profile(opened, platform_with):
    """What a session finds out about a platform in unusual readings, and the target document."""
    document = platform_with(readings=READINGS).target_document()
    session = opened(document)
    sender = Sender(session, "test")
    hdm.casn_name(sender)
    initialise.initialise_form(sender, "initialiseDeviceByPost")
    ias.authorization_form(sender)
    ias.superseded_tokens_work(sender)
    return session.found(), document


def test_the_profile_says_how_the_target_wants_its_requests(profile):
    found, _ = profile
    assert found.casn_name == "caSn"
    assert found.initialise["initialiseDeviceByPost"].names == ("arg0", "arg1", "arg2")
    assert found.authorization_form == "bare"
    assert found.superseded_tokens_work
    assert found.places["stbsignontokens"].endswith("/stbsignontokens")
    assert found.account is None


def test_a_process_that_is_given_the_profile_finds_nothing_out_again(profile, opened):
    found, document = profile
    session = opened(document, profile=found)
    sender = Sender(session, "test")
    before = session.budget.spending().sent
    assert hdm.casn_name(sender) == "caSn"
    assert initialise.initialise_form(sender, "initialiseDeviceByPost") == found.initialise["initialiseDeviceByPost"]
    assert ias.authorization_form(sender) == "bare"
    assert ias.superseded_tokens_work(sender)
    assert session.budget.spending().sent == before


def test_what_nothing_shows_is_found_out_again_by_the_next_process(opened, document):
    del document["subjects"]["stb"]
    session = opened(document)
    assert hdm.casn_name(Sender(session, "test")) == "casn"
    assert session.found().casn_name is None


def test_the_profile_reaches_another_process_as_it_is(profile):
    found, _ = profile
    settings = RunSettings("target.yaml", "run.jsonl", profile=found)
    assert RunSettings.parse(settings.dump()).profile == found


def test_a_run_shows_how_it_talked_to_the_platform(cli, platform_with, write, tmp_path):
    document = platform_with(readings=READINGS).target_document()
    only = ("--only", "STB-00,INI-00,GEN-00", "--no-fuzz", "--allow-untested")
    ended = cli("run", "--target", str(write(document)), "--out", str(tmp_path / "shown"), *only)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads((tmp_path / "shown" / "report.json").read_text())
    assert report["profile"]["casn_name"] == "caSn"
    assert report["profile"]["authorization_form"] == "bare"
    page = (tmp_path / "shown" / "report.html").read_text(encoding="utf-8")
    shown = page.partition('<h3 id="profile">')[2].partition("</dl>")[0]
    assert "caSn" in shown
    assert "arg0, arg1, arg2" in shown


def test_generated_updates_carry_no_token_that_an_earlier_one_ended(cli, platform_with, write, tmp_path):
    document = platform_with(readings={"ias-superseded-token": "refused"}).target_document()
    only = ("--only", "UPD-060,UPD-061,UPD-001", "--fuzz-cases", "20", "--allow-untested")
    ended = cli("run", "--target", str(write(document)), "--out", str(tmp_path / "updates"), *only)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads((tmp_path / "updates" / "report.json").read_text())
    assert report["profile"]["superseded_tokens_work"] is False
    cases = {one["operation"]: one for one in report["fuzz"]}["updateInHomeStatus"]
    assert cases["sent"] > 10
    # A request whose token had ended would be refused for that, with 403.
    assert cases["statuses"]["400"] >= 8
