"""`opentv-conformance judge`: captured traffic in, a run folder and an exit code out."""

import json
import subprocess
import sys

import pytest

from conformance.reference.server import RunningPlatform, default_settings
from conformance.selftest.exports import har
from tests.capture.traffic import App


@pytest.fixture(scope="module")
def captured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("captures")
    for name, faults in (("right", ()), ("wrong", ("expiry-in-seconds",))):
        with RunningPlatform(default_settings(faults=faults)) as running:
            app = App(running.target_document()).evening()
            app.stb_signon(nuId=None)
        (folder / f"{name}.har").write_text(har(app.entries))
    return folder


def judge(*arguments, cwd):
    command = [sys.executable, "-P", "-m", "conformance", "judge", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_traffic_without_a_breach_is_no_decision_and_never_conformant(captured, tmp_path):
    done = judge(str(captured / "right.har"), "--out", "results", cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert "No decision: no breach in 6 exchanges of captured traffic" in done.stdout
    assert "client   stbsignontokens nuId in the query is missing" in done.stdout
    assert "no app sends the requests that test it" in done.stdout
    report = json.loads((tmp_path / "results" / "report.json").read_text())
    assert report["captures"] == ["right.har"]
    assert report["client"] == [
        {"operation": "stbsignontokens", "cause": "nuId in the query is missing", "exchange": "C00006", "repeats": 1}
    ]
    page = (tmp_path / "results" / "report.html").read_text()
    assert "What the client did wrong" in page


def test_a_breach_in_traffic_is_nonconformant_and_several_files_are_one_run(captured, tmp_path):
    done = judge(str(captured / "right.har"), str(captured / "wrong.har"), "--out", "results", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "SGN-013" in done.stdout
    report = json.loads((tmp_path / "results" / "report.json").read_text())
    assert report["requests"]["sent"] == 12
    # Nothing of it can be sent again.
    assert "Is it fixed?" not in (tmp_path / "results" / "report.html").read_text()


def test_a_target_file_says_whose_traffic_it_is(captured, tmp_path):
    target = tmp_path / "target.yaml"
    target.write_text("version: 1\nname: other\ntenant: nagra\nservices:\n  hdm: {url: 'https://hdm.example'}\n")
    done = judge(str(captured / "wrong.har"), "--target", "target.yaml", "--out", "results", cwd=tmp_path)
    assert done.returncode == 5, done.stdout + done.stderr
    notes = [json.loads(line) for line in (tmp_path / "results" / "run.jsonl").read_text().splitlines()]
    assert any("requests to other hosts, not judged: 127.0.0.1" in one.get("text", "") for one in notes)


def test_no_token_of_the_traffic_is_in_any_file(captured, tmp_path):
    judge(str(captured / "right.har"), "--out", "results", cwd=tmp_path)
    entries = json.loads((captured / "right.har").read_text())["log"]["entries"]
    tokens = [
        one["value"].partition(" ")[2].rpartition(".")[2]
        for entry in entries
        for one in entry["request"]["headers"]
        if one["name"] == "authorization"
    ]
    assert tokens
    for file in (tmp_path / "results").iterdir():
        assert not [token for token in tokens if token in file.read_text()], file.name


def test_what_is_no_capture_is_one_message(tmp_path):
    (tmp_path / "x.har").write_text("hello")
    for name in ("x.har", "missing.har"):
        done = judge(name, cwd=tmp_path)
        assert done.returncode == 2
        assert name in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "conformance-results").exists()
