"""Whole runs against a platform: what is safe, what is kept, what ends them, and what they leave behind."""

from __future__ import annotations

import json
import re
import signal
import time

import pytest

from conformance.register import load_register
from tests.facts import facts


def read(folder, kind=None):
    return [event for event in facts(folder) if kind in (None, event["event"])]


def report(folder):
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def outcomes(folder):
    return {entry["id"]: entry["outcome"] for entry in report(folder)["requirements"]}


def test_a_safe_run_sends_no_write_and_proves_it(cli, write, document, tmp_path):
    out = tmp_path / "out"
    done = cli("run", "--target", write(document), "--safe", "--service", "adm", "--fuzz-cases", 5, "--out", out)
    assert done.returncode in (4, 5), done.stdout + done.stderr
    budget = read(out, "budget")
    assert sum(event["writes_sent"] for event in budget) == 0
    sent = {(event["operation"], event["request"]["method"]) for event in read(out, "exchange")}
    assert ("createAccount", "POST") not in sent
    assert ("createAccountOnSsp", "POST") not in sent
    assert read(out, "created") == []
    facts = report(out)
    assert facts["requests"]["budget_writes_sent"] == 0
    refused = facts["requests"]["budget_writes_refused"]
    assert f"0 writes sent, {refused} refused" in done.stdout
    assert f"0 writes sent, {refused} refused" in (out / "report.html").read_text()
    assert facts["created"] == []


def test_the_limit_of_requests_holds_for_the_whole_run(cli, write, document, tmp_path):
    out = tmp_path / "out"
    done = cli(
        "run", "--target", write(document), "--service", "hdm", "--max-requests", 60, "--fuzz-cases", 5, "--out", out
    )
    assert "Traceback" not in done.stderr
    assert sum(event["sent"] for event in read(out, "budget")) <= 60


def test_everything_created_stands_in_the_ledger(cli, write, document, tmp_path):
    out = tmp_path / "out"
    cli("run", "--target", write(document), "--no-fuzz", "--only", "ADM", "--out", out)
    made = [
        event
        for event in read(out, "exchange")
        if event["operation"] == "createAccount" and (event["response"] or {}).get("status") == 201
    ]
    ledger = report(out)["created"]
    assert made
    assert len([one for one in ledger if one["operation"] == "createAccount"]) >= len(made)
    assert all((one["method"], one["state"]) == ("POST", "exists") and one["id"] for one in ledger)
    assert ">POST createAccount<" in (out / "report.html").read_text()


@pytest.mark.parametrize(("only", "operation"), [("INI-001", "initialiseDeviceByGet"), ("STB-003", "stbsignontokens")])
def test_devices_that_come_into_being_stand_in_the_ledger(cli, write, platform_with, tmp_path, only, operation):
    out = tmp_path / "out"
    document = platform_with(readings={"dynamic-provisioning": "on"}).target_document()
    document["features"]["dynamic_provisioning"] = True
    done = cli("run", "--target", write(document), "--no-fuzz", "--only", only, "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    ledger = [one for one in report(out)["created"] if one["operation"] == operation]
    assert ledger
    assert {(one["method"], one["state"]) for one in ledger} == {("GET", "exists")}
    assert all("device" in one["id"] or "box" in one["id"] for one in ledger)


STB = "STB-020"


def failing(document, platform_with, **changes):
    return platform_with(**changes).target_document()


@pytest.mark.parametrize(("expires", "state", "code"), [("2099-12-31", "stale", 1), ("2001-01-01", "expired", 1)])
def test_a_waiver_that_is_stale_or_expired_fails_the_run(cli, write, document, tmp_path, expires, state, code):
    document["waivers"] = [{"id": "STB-001", "reason": "known", "owner": "jo", "expires": expires}]
    out = tmp_path / "out"
    done = cli("run", "--target", write(document), "--no-fuzz", "--only", "STB-00", "--out", out)
    assert done.returncode == code, done.stdout + done.stderr
    assert report(out)["waivers"][0]["state"] == state
    assert f"is {state}" in done.stdout


def test_a_waiver_of_nothing_fails_the_run(cli, write, document, tmp_path):
    document["waivers"] = [{"id": "NOP-999", "reason": "known", "owner": "jo", "expires": "2099-01-01"}]
    out = tmp_path / "out"
    done = cli("run", "--target", write(document), "--no-fuzz", "--only", "STB-00", "--out", out)
    assert done.returncode in (1, 2)
    assert "NOP-999" in done.stdout + done.stderr


def test_a_waiver_that_holds_is_shown_and_fails_nothing(cli, write, platform_with, tmp_path):
    import yaml

    from conformance.reference.faults import catalogue
    from conformance.resources import fixtures

    expected = yaml.safe_load((fixtures() / "faults.yaml").read_text(encoding="utf-8"))["faults"]
    name = next(
        (
            fault
            for fault in sorted(expected)
            if fault in catalogue() and any(one.startswith("STB") for one in expected[fault]["requirements"])
        ),
        None,
    )
    if name is None:
        pytest.skip("the catalogue of faults has none of STB yet")
    document = platform_with(faults=(name,)).target_document()
    first = tmp_path / "first"
    done = cli("run", "--target", write(document), "--no-fuzz", "--service", "hdm", "--out", first)
    failed = [one for one, outcome in outcomes(first).items() if outcome == "failed"]
    assert failed, done.stdout + done.stderr
    document["waivers"] = [
        {"id": one, "reason": "fixed in 25.3", "owner": "jo", "link": "https://t/1", "expires": "2099-01-01"}
        for one in failed
    ]
    out = tmp_path / "out"
    done = cli("run", "--target", write(document), "--no-fuzz", "--service", "hdm", "--out", out)
    assert {outcomes(out)[one] for one in failed} == {"waived"}
    assert done.returncode == 0, done.stdout
    assert all(one["state"] == "applied" for one in report(out)["waivers"])
    again = tmp_path / "again"
    done = cli("run", "--target", write(document), "--no-fuzz", "--rerun-failed", out, "--out", again)
    tested = [one for one, outcome in outcomes(again).items() if outcome not in ("not_declared", "left_out")]
    assert set(failed) <= set(tested)
    assert len(tested) < len([one for one, outcome in outcomes(out).items() if outcome == "passed"])


def test_rerun_failed_of_a_clean_run_says_that_nothing_failed_in_it(cli, write, document, tmp_path):
    out = tmp_path / "out"
    cli("run", "--target", write(document), "--no-fuzz", "--only", "STB-001", "--out", out)
    done = cli("run", "--target", write(document), "--no-fuzz", "--rerun-failed", out, "--only", "STB-001")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"nothing selected failed in {out}" in done.stdout


def test_ids_may_be_given_with_commas(cli, write, document, tmp_path):
    out = tmp_path / "out"
    done = cli("run", "--target", write(document), "--no-fuzz", "--only", "STB-001, DAS-001", "--out", out)
    assert done.returncode == 0, done.stderr
    assert {one for one, outcome in outcomes(out).items() if outcome == "passed"} == {"STB-001", "DAS-001"}
    assert "No decision: 2 of " in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_leaves_a_readable_folder_with_reports(started, write, platform_with, tmp_path, number):
    document = platform_with(latency=0.05).target_document()
    out = tmp_path / "out"
    process = started("run", "--target", write(document), "--no-fuzz", "--out", out)
    _wait(lambda: (out / "run.jsonl").exists() and any(e["event"] == "check" for e in read(out)))
    process.send_signal(number)
    output, errors = process.communicate(timeout=90)
    assert process.returncode == 3, output + errors
    assert "Traceback" not in output + errors
    assert "interrupted" in errors
    facts = report(out)
    assert facts["verdict"] == "error"
    assert "passed" in {entry["outcome"] for entry in facts["requirements"]}
    assert (out / "report.html").exists()
    assert read(out, "end")[-1]["aborted"] is True


def test_a_killed_run_can_be_reported_and_its_checks_end_too(started, cli, write, platform_with, tmp_path):
    document = platform_with(latency=0.05).target_document()
    out = tmp_path / "out"
    process = started("run", "--target", write(document), "--no-fuzz", "--out", out)
    _wait(lambda: (out / "run.jsonl").exists() and any(e["event"] == "check" for e in read(out)))
    process.kill()
    process.wait()
    _wait(lambda: _quiet(out), 90)
    collected = read(out, "collected")[0]["checks"]
    # They were ended, and did not go on to the last one.
    assert len(read(out, "check")) < collected * 0.8
    done = cli("report", out)
    assert done.returncode == 3
    assert report(out)["verdict"] == "error"


def _quiet(out):
    size = (out / "run.jsonl").stat().st_size
    time.sleep(1.5)
    return (out / "run.jsonl").stat().st_size == size


def _wait(what, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if what():
                return
        except (OSError, ValueError):
            pass
        time.sleep(0.05)
    pytest.fail("it did not come to it in time")


def test_a_target_that_dies_ends_the_run_as_error_with_what_was_proved(started, write, tmp_path):
    from conformance.reference.server import RunningPlatform, default_settings

    out = tmp_path / "out"
    running = RunningPlatform(default_settings(latency=0.02)).start()
    document = running.target_document()
    document["http"] = {"timeout": 2}
    process = started("run", "--target", write(document), "--no-fuzz", "--service", "hdm", "--out", out)
    _wait(lambda: (out / "run.jsonl").exists() and sum(e["event"] == "check" for e in read(out)) > 3)
    running.stop()
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 3, output + errors
    assert "the target stopped responding" in errors
    facts = report(out)
    assert facts["verdict"] == "error"
    found = {entry["outcome"] for entry in facts["requirements"]}
    assert "passed" in found
    assert "failed" not in found
    assert any(event["verdict"] == "down" for event in read(out, "control"))


def test_no_finding_comes_of_a_configuration_mistake(cli, write, document, tmp_path):
    del document["subjects_vouched"]
    document["subjects"]["user"]["password"] = "wrong"
    out = tmp_path / "out"
    done = cli("run", "--target", write(document), "--out", out)
    assert done.returncode == 2
    assert re.search(r"target\.yaml:\d+: subjects\.user: HDM refuses its signon with 403", done.stderr)
    assert not (out / "run.jsonl").exists()
    assert "Traceback" not in done.stderr


def test_ids_of_this_file_exist():
    register = load_register()
    assert STB in register
    assert "STB-001" in register
