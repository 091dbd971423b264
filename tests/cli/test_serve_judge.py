"""`serve --judge`: an exit code and a report for a client, and the target file alone on standard output."""

import json
import signal
import subprocess
import sys

import httpx
import pytest
import yaml


def served(folder, *requests):
    command = [sys.executable, "-P", "-m", "conformance", "serve", "--port", "0", "--print-target", "--judge"]
    with subprocess.Popen(
        [*command, "--out", str(folder / "out")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        url = process.stderr.readline().split()[2]
        for path in requests:
            httpx.get(f"{url}{path}")
        process.send_signal(signal.SIGINT)
        output, said = process.communicate(timeout=60)
    return process.returncode, yaml.safe_load(output), said


@pytest.mark.parametrize(
    ("requests", "code", "said"),
    [
        ([], 5, "0 mistakes of the client in 0 requests"),
        (["/api/authentication/v2/stbsignontokens"], 1, "stbsignontokens: casn in the query is missing (seen 1 time"),
    ],
)
def test_the_exit_code_says_whether_the_client_made_mistakes(requests, code, said, tmp_path):
    ended, target, output = served(tmp_path, *requests)
    assert (ended, target["name"]) == (code, "reference-platform")
    assert said in output
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert len(report["client"]) == 4 * len(requests)


def test_a_folder_without_judging_is_one_message(tmp_path):
    command = [sys.executable, "-P", "-m", "conformance", "serve", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "Add --judge." in done.stderr) == (2, True)
