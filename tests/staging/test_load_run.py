"""Loads of the embedded platform by the command line, on Locust."""

import json
import subprocess
import sys


def test_a_short_load_holds_and_its_report_shows_it(tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "conformance", "load", "--users", "4", "--ramp", "0s", "--for", "2s"]
    done = subprocess.run(
        [*command, "--arrival", "20/s", "--out", str(out)], check=False, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "no delivery" in done.stdout
    assert "Held under load" in done.stdout
    report = json.loads((out / "report.json").read_text())
    assert report["verdict"] == "partial"
    assert report["load"][0]["in_flight"] >= 1
    assert [status for one in report["load"] for status, _ in one["statuses"]] == [200] * len(report["load"])
    assert report["crossings"] == []
    assert 'id="load"' in (out / "report.html").read_text()
    stream = (out / "parts" / "1" / "run.jsonl").read_text().splitlines()
    assert json.loads(stream[-2])["event"] == "end"
