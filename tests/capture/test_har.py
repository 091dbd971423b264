"""HAR as browsers, proxies and API clients write it, judged: what they leave out is never held against a platform."""

import json

import pytest

from conformance.capture import Entry, PassedOver, read_capture
from conformance.errors import CaptureError
from conformance.reference.server import RunningPlatform, default_settings
from conformance.runner.judge import judge_captures
from conformance.selftest.exports import LOSSY, WHOLE, har
from tests.capture.traffic import App


@pytest.fixture(scope="module")
def faultless():
    with RunningPlatform(default_settings()) as running:
        yield App(running.target_document()).evening().entries


@pytest.fixture(scope="module")
def faulty():
    with RunningPlatform(
        default_settings(faults=("expiry-in-seconds", "updateInHomeStatus.access_token.missing"))
    ) as one:
        app = App(one.target_document())
        app.stb_signon()
        token = app.sign_on()
        app.update(token, app.broadcast(token))
        yield app.entries


def judged(tmp_path, text, **options):
    file = tmp_path / "app.har"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    return judge_captures([file], out=tmp_path / "out", **options).results


def notes(results):
    return "\n".join(event.text for event in results.notes)


@pytest.mark.parametrize("tool", [*WHOLE, *LOSSY])
def test_a_faultless_platform_is_not_accused_whatever_exported_its_traffic(tool, faultless, tmp_path):
    results = judged(tmp_path, (WHOLE | LOSSY)[tool](faultless))
    assert results.findings == ()
    assert results.mistakes == ()
    assert (results.verdict.value, results.exit_code) == ("incomplete", 4)
    assert results.requests["sent"] >= len(faultless)


@pytest.mark.parametrize("tool", WHOLE)
def test_a_fault_is_found_for_the_same_reason_whatever_exported_the_traffic(tool, faulty, tmp_path):
    results = judged(tmp_path, WHOLE[tool](faulty))
    causes = {finding.requirement: finding.cause for finding in results.findings}
    assert causes["SGN-013"].startswith("expiry is in seconds")
    assert causes["UPD-002"] == "access_token is missing"
    assert (results.verdict.value, results.exit_code) == ("nonconformant", 1)


@pytest.mark.parametrize("tool", ["safari", "playwright"])
def test_a_body_that_was_not_captured_is_not_an_empty_one(tool, faulty, tmp_path):
    results = judged(tmp_path, LOSSY[tool](faulty))
    assert results.findings == ()
    assert results.of("SGN-013").exercised_by.exchanges == 0


def test_an_export_without_authorization_is_said_once_with_what_it_costs(faultless, tmp_path):
    results = judged(tmp_path, LOSSY["chrome sanitised"](faultless))
    said = [event.text for event in results.notes if "Authorization" in event.text]
    assert len(said) == 1
    assert "BRD-005" in said[0]
    assert "UPD-070" in said[0]


def test_what_is_no_exchange_of_the_platform_is_counted_and_passed_over(faultless, tmp_path):
    results = judged(tmp_path, WHOLE["chrome"](faultless))
    assert "1 entry not judged: a WebSocket" in notes(results)
    assert "1 entry not judged: OPTIONS" in notes(results)
    assert results.requests["sent"] == len(faultless)


def test_other_hosts_are_counted_by_name(faultless, tmp_path):
    assert "telemetry.example 2" in notes(judged(tmp_path, WHOLE["mitmproxy"](faultless)))


def test_a_redacted_token_is_not_judged_for_what_is_missing_of_it(faultless, tmp_path):
    entries = json.loads(json.dumps(faultless))
    for entry in entries:
        content = entry["response"]["content"]
        if '"access_token"' in content["text"]:
            body = json.loads(content["text"])
            body["access_token"] = f"{body['access_token'][:40]}..."
            content["text"] = json.dumps(body)
    assert judged(tmp_path, har(entries)).findings == ()


def test_a_page_of_something_in_front_is_not_held_against_the_platform(faultless, tmp_path):
    entries = json.loads(json.dumps(faultless))
    page = {"size": 30, "mimeType": "text/html", "text": "<html><body>Sign in</body></html>"}
    for entry in entries:
        entry["response"].update(content=page, headers=[{"name": "Content-Type", "value": "text/html"}])
    entries = [json.loads(json.dumps(entry)) for entry in entries for _ in range(4)]
    for entry, status in zip(entries, (200, 302, 403, 502) * len(entries), strict=False):
        entry["response"]["status"] = status
    assert judged(tmp_path, har(entries)).findings == ()


def test_a_type_that_a_tool_took_a_body_for_is_not_the_label_of_the_response(faultless, tmp_path):
    entries = json.loads(json.dumps(faultless))
    for entry in entries:
        response = entry["response"]
        response["headers"] = [one for one in response["headers"] if one["name"].lower() != "content-type"]
        response["content"]["mimeType"] = "text/plain"
    assert not [one for one in judged(tmp_path, har(entries)).findings if one.requirement.startswith("WIR-3")]


def test_a_file_that_was_cut_off_is_judged_up_to_there(faultless, tmp_path):
    text = har(faultless)
    results = judged(tmp_path, text[: len(text) * 3 // 4])
    assert 0 < results.requests["sent"] < len(faultless)
    assert "cut off" in notes(results)
    assert results.finished


@pytest.mark.parametrize("text", ["", "hello", "[]", '{"log": {"entries": 5', "\x00\x01", '{"event": "run"'])
def test_what_is_no_capture_is_one_message(text, tmp_path):
    file = tmp_path / "x.har"
    file.write_text(text)
    with pytest.raises(CaptureError) as problem:
        judge_captures([file], out=tmp_path / "out")
    assert problem.value.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_entries_of_wrong_types_are_passed_over_with_their_key(faultless, tmp_path):
    file = tmp_path / "x.har"
    broken = [{"request": 5}, {"request": {"method": "GET"}}, 7, {**faultless[0], "startedDateTime": "yesterday"}]
    file.write_text(har([*broken, faultless[0]]))
    found = list(read_capture(file))
    assert [type(one) for one in found] == [PassedOver] * 4 + [Entry]
    assert "request" in found[0].reason
    assert "startedDateTime" in found[3].reason


def test_times_without_a_zone_are_utc(faultless, tmp_path):
    file = tmp_path / "x.har"
    entries = [{**faultless[0], "startedDateTime": "2026-11-27T01:02:03.250"}]
    file.write_text(har(entries))
    (entry,) = read_capture(file)
    assert entry.sent_at == 1795741323250
