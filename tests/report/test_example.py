"""The committed example is what the suite makes of its stream today.

`REBUILD_EXAMPLES=1 pytest tests/report/test_example.py` writes it anew, after a change of the register or of the report.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.model import Verdict
from conformance.register import Register
from conformance.report import write_reports

EXAMPLES = Path(__file__).resolve().parents[2] / "reports" / "examples"
COMMITTED = ("report.html", "summary.md")


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory, register: Register) -> Path:
    folder = tmp_path_factory.mktemp("rebuilt")
    shutil.copy(EXAMPLES / "run.jsonl", folder)
    results = write_reports(folder, register)
    assert results.verdict is Verdict.NONCONFORMANT
    # A run of all requirements leaves none out.
    assert [name for name, number in results.counts.items() if not number] == ["left_out"]
    if os.environ.get("REBUILD_EXAMPLES"):
        for name in COMMITTED:
            shutil.copy(folder / name, EXAMPLES)
    return folder


def of_the_run(path: Path) -> str:
    """A report without what it says of the suite: the detection score and the planted faults."""
    text = path.read_text(encoding="utf-8")
    for part in (
        r'<section class="panel" aria-labelledby="detection-title">.*?</section>',
        r"<h3>Detection score of the suite</h3>.*?</dl>",
        r"<div><dt>Planted faults</dt>.*?</div>",
        r"Suite: [^<]*\.</p>",
    ):
        text = re.sub(part, "", text, flags=re.DOTALL)
    return text


@pytest.mark.parametrize("name", COMMITTED)
def test_the_committed_example_is_rebuilt(rebuilt: Path, name: str) -> None:
    """Not a word of the run differs; else rebuild it, look at it, and commit it."""
    again = "rebuild it with REBUILD_EXAMPLES=1, and look at it"
    assert of_the_run(rebuilt / name) == of_the_run(EXAMPLES / name), again


def test_the_example_names_no_machine(rebuilt: Path) -> None:
    """Neither paths nor addresses of the machine that recorded it stand in the example."""
    text = (EXAMPLES / "run.jsonl").read_text(encoding="utf-8")
    assert "127.0.0.1" not in text
    assert "/tmp/" not in text


def test_every_line_of_the_example_runs_as_it_is_pasted(rebuilt: Path, tmp_path: Path) -> None:
    """A shell takes each: secrets by name, tokens from the responses before; without a secret it says which."""
    page = (rebuilt / "report.html").read_text(encoding="utf-8")
    blocks = [html.unescape(text) for text in re.findall(r'<pre id="curl-[^"]*">(.*?)</pre>', page, re.DOTALL)]
    assert len(blocks) > 10
    curl = tmp_path / "curl"
    curl.write_text(f"#!{sys.executable}\n{CURL}")
    curl.chmod(0o700)
    tools = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    for block in blocks:
        assert "***" not in block
        taken = set(re.findall(r"^(OTV_\w+)=\$\(", block, re.MULTILINE))
        asked = set(re.findall(r"\$\{(OTV_\w+):\?", block)) - taken
        secrets = {name: f"secret of {name}" for name in asked}
        done = pasted(block, {**tools, **secrets})
        assert done.returncode == 0, (block, done.stderr)
        sent = [json.loads(line) for line in done.stdout.splitlines()]
        assert all("***" not in text for arguments in sent for text in arguments)
        whole = "\n".join(text for arguments in sent for text in arguments)
        if asked and not taken:
            assert "secret of OTV_" in whole
            bare = pasted(block, tools)
            assert bare.returncode != 0
            assert any(name in bare.stderr for name in asked)
        if taken:
            assert "token of the response" in whole


def pasted(block: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", block], env=environment, capture_output=True, text=True, check=False, timeout=60)


# Prints its arguments; where its output is not for the reader, the response that has every token.
CURL = """
import json, sys
arguments = sys.argv[1:]
names = ("access_token", "refresh_token", "token", "updateInHomeToken")
print(json.dumps(arguments if "-i" in arguments else {name: "token of the response" for name in names}))
"""
