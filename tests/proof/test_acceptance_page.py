"""docs/acceptance.md, word for word: the vendor's half and the operator's, and signatures by other tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conformance.reference.server import RunningPlatform

from .delivery import behind_tls

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"^```(\w+)\n(.*?)^```$", (ROOT / "docs" / "acceptance.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)
SHELL = [text for kind, text in BLOCKS if kind == "sh"]
(PROFILE,) = (text for kind, text in BLOCKS if kind == "yaml")


def shell(folder: Path, *texts: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    script = "\n".join(["set -e", *texts])
    return subprocess.run(
        ["sh", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where `opentv-conformance` is this tree's; `run` makes the checks of what the page's profile asks, which is quick."""
    command = tmp_path / "bin" / "opentv-conformance"
    command.parent.mkdir()
    command.write_text(
        f'#!/bin/sh\nexport PYTHONPATH={ROOT}\n[ "$1" != run ] || set -- "$@" --no-fuzz --only STB,SGN-001\n'
        f'exec {sys.executable} -m conformance "$@"\n'
    )
    command.chmod(0o755)
    return tmp_path


def test_a_delivery_goes_from_the_vendor_to_the_operator_as_the_page_says(folder: Path) -> None:
    # The host of this machine; generated cases are left to the runs that are made for them.
    text = PROFILE.replace("hdm.staging.example", "127.0.0.1")
    assert re.search(r"^  cases: 200", text, re.MULTILINE)
    (folder / "operator.yaml").write_text(re.sub(r"^  cases: 200.*\n", "", text, flags=re.MULTILINE))
    with RunningPlatform() as platform:
        document, front = behind_tls(platform, folder)
        (folder / "staging.yaml").write_text(yaml.safe_dump(document))
        made = shell(folder, *SHELL[:3])
        front.close()
    assert made.returncode == 0, made.stdout + made.stderr
    assert "Acceptable by Example TV, autumn 2026: all 7 lines are met." in made.stdout
    assert "FAILED (partial), 1 signed: 25.3.tar" in made.stdout
    verified = shell(folder, SHELL[3])
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "Verified: every row holds." in verified.stdout
    assert "Verified: every row holds." in (folder / "25.3.html").read_text()
    rows = re.findall(r"^\| ([a-z, ]+) \|", (ROOT / "docs" / "acceptance.md").read_text("utf-8"), re.MULTILINE)
    told = {name for row in rows for name in row.split(", ")} - {"row"}
    assert told == set(re.findall(r'data-row="([^"]+)"', (folder / "25.3.html").read_text()))
    accepted = shell(folder, SHELL[4])
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert (folder / "25.3.receipt.json").stat().st_mode & 0o777 == 0o600
    # Another nonce than the operator's: no receipt, and the code of the verification.
    refused = shell(folder, "echo no-such-nonce > nonce", SHELL[4].replace("receipt.json", "other.json"))
    assert refused.returncode == 1
    assert "challenge is failed: the run was made for another one" in refused.stderr
    assert not (folder / "25.3.other.json").exists()


@pytest.mark.parametrize(("tool", "block"), [("ssh-keygen", 5), ("minisign", 6)])
def test_the_archive_is_signed_and_verified_by_other_tools(folder: Path, tool: str, block: int) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    assert SHELL[block].startswith(tool)
    (folder / "25.3.tar").write_bytes(b"an archive")
    done = shell(folder, SHELL[block])
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "25.3.tar").write_bytes(b"another archive")
    assert shell(folder, SHELL[block].splitlines()[-1]).returncode != 0
