"""`serve` is wrong in every way that it is asked for, and says in one message what it cannot serve."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

COMMANDS = (["-m", "conformance", "serve", "--port", "0"], ["-m", "conformance.reference"])
SIGNON = "/api/authentication/v2/stbsignontokens"


def refused(command: list[str], *options: str) -> str:
    done = subprocess.run(
        [sys.executable, *command, *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "COLUMNS": "500"},
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def corrupt(folder: Path) -> Path:
    path = folder / "corrupt.sqlite"
    path.write_bytes(b"This is a text, and long enough to be read as the head of a file. " * 99)
    return path


def foreign(folder: Path) -> Path:
    path = folder / "foreign.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE accounts (name TEXT)")
    connection.close()
    return path


def truncated(folder: Path) -> Path:
    path = foreign(folder)
    path.write_bytes(path.read_bytes()[:1000])
    return path


UNUSABLE = {
    "corrupt": corrupt,
    "another program's": foreign,
    "cut off": truncated,
    "a folder": lambda folder: folder,
    "in no folder": lambda folder: folder / "missing" / "platform.sqlite",
    "below a file": lambda folder: corrupt(folder) / "platform.sqlite",
}


@pytest.mark.parametrize("command", COMMANDS, ids=["serve", "module"])
@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_database_that_cannot_be_used_is_one_message(command: list[str], kind: str, tmp_path: Path) -> None:
    path = UNUSABLE[kind](tmp_path)
    said = refused(command, "--database", str(path))
    assert f"The database {path} cannot be used: " in " ".join(said.split())


@pytest.mark.parametrize("command", COMMANDS, ids=["serve", "module"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fault", "unverified-signature", "--fault", "unverified"], "There is no fault 'unverified'"),
        (["--reading", "ssp=on", "--reading", "ssp=off"], "The reading ssp is given twice, as 'on' and as 'off'."),
        (["--reading", "ssp"], "The reading 'ssp' is not ID=OPTION."),
    ],
)
def test_what_cannot_be_served_is_one_message(command: list[str], options: list[str], message: str) -> None:
    assert message in refused(command, *options)


@pytest.mark.parametrize("command", COMMANDS, ids=["serve", "module"])
def test_two_faults_and_two_readings_are_served_at_once(command: list[str]) -> None:
    faults = ("unauthorised-for-forbidden", "long-smartcard-breaks")
    readings = ("service-bases=separate", "correlation-id-form=uuid")
    options = [*(f"--fault={name}" for name in faults), *(f"--reading={one}" for one in readings)]
    process = subprocess.Popen(
        [sys.executable, *command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "500"},
    )
    try:
        said = process.stderr if "serve" in command else process.stdout
        assert said is not None
        url = next(word for word in said.readline().split() if word.startswith("http")).rstrip("/")
        with httpx.Client(base_url=url) as client:
            broken = client.get(f"/hdm{SIGNON}", params={"smartcardId": "1" * 201, "nuId": "1"})
            assert broken.status_code == 500
            assert client.get(f"/hdm{SIGNON}", headers={"x-correlation-id": "1"}).status_code == 400
    finally:
        process.kill()
        process.communicate()
