"""What led to a finding, as a script and as lines of a shell: both run without the suite, and show what it showed."""

from __future__ import annotations

import ast
import builtins
import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from conformance.errors import UsageError
from conformance.reference.server import RunningPlatform, default_settings
from conformance.reproduction import prelude
from conformance.runner.replay import write_script
from conformance.stream import events
from tests.report.streams import Stream, hostile
from tests.runner.test_replay import found

# How the reference platform's target file names what a script asks for, in the order in which a run uses them.
SECRETS = {
    "OTV_STB_DAS_CHALLENGE": ("stb", "dasChallenge"),
    "OTV_STB_DAS_CHALLENGE_2": ("stb_other_account", "dasChallenge"),
    "OTV_USER_PASSWORD": ("user", "password"),
    "OTV_USER_PASSWORD_2": ("user_other_account", "password"),
    "OTV_PLAYER_INITIALIZATION_PAYLOAD": ("player", "initializationPayload"),
}


def secrets_of(running: RunningPlatform) -> dict[str, str]:
    document = running.target_document()
    known = {name: document["subjects"][subject][key] for name, (subject, key) in SECRETS.items()}
    keycloak = document["credentials"]["crm"]["keycloak"]
    known |= {f"OTV_CRM_KEYCLOAK_{name.upper()}": keycloak[name] for name in ("username", "password", "client_id")}
    known |= {f"OTV_{name.upper()}_URL": running.url for name in document["services"]}
    known |= {f"OTV_SDP_{name.upper()}": document["credentials"]["sdp"][name] for name in ("username", "password")}
    return known


def outcome(script: Path, *faults: str, **environment: str) -> str:
    """Run a script as a vendor's developer does; return what pytest says of its test."""
    with RunningPlatform(default_settings(faults=faults)) as running:
        given = {**os.environ, "PYTHONPATH": "", **secrets_of(running), **environment}
        command = [sys.executable, "-P", "-m", "pytest", "-p", "no:conformance.plugin", "-rsf", "-q", script.name]
        done = subprocess.run(
            command, cwd=script.parent, env=given, capture_output=True, text=True, check=False, timeout=120
        )
    assert "Error" not in done.stdout, done.stdout
    return done.stdout


@pytest.mark.parametrize(
    ("fault", "only", "finding"),
    [
        ("dasSignOnByCasn.access_token.exp.too-large", "TOK-014", "TOK-014.1"),  # a claim of a token
        ("any-password-with-device", "NMP-033", "NMP-033.1"),  # a status, with a secret of the case
        ("account-without-tenant", "ADM-041", "ADM-041.1"),  # accounts that must be new
        ("crm-any-jwt", "ADM-052", "ADM-052.1"),  # a token with other claims
    ],
)
def test_a_script_says_what_is_fixed_and_what_is_broken(tmp_path: Path, fault: str, only: str, finding: str) -> None:
    script = write_script(found(tmp_path, fault, only), finding, tmp_path)
    assert "conformance" not in re.findall(r"^(?:import|from) (\w+)", script.read_text(), re.MULTILINE)
    # The check sends several wrong passwords before the one that shows it.
    numbers = ("", *(f"_{number}" for number in range(2, 16)))
    other = {f"OTV_OTHER_USER_PASSWORD{number}": "sofa-evening.2026~a!" for number in numbers}
    assert "1 passed" in outcome(script, **other)
    assert "STILL BROKEN" in outcome(script, fault, **other)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that found a finding of two sign-ons, two broadcast tokens and an update."""
    return found(tmp_path_factory.mktemp("home"), "any-home-is-home", "UPD-040")


def test_a_script_of_several_requests_takes_each_token_from_the_response_before(home: Path, tmp_path: Path) -> None:
    script = write_script(home, "UPD-040.1", tmp_path)
    assert "1 passed" in outcome(script)
    assert "STILL BROKEN" in outcome(script, "any-home-is-home")
    # Where the control is refused, nothing is said of the platform.
    assert "CANNOT: no access_token in the response with status 422" in outcome(script, "signon-at-ias-refused")
    assert "CANNOT: set OTV_STB_DAS_CHALLENGE: subjects.stb.dasChallenge of the target file" in outcome(
        script, OTV_STB_DAS_CHALLENGE=""
    )


def test_a_script_overwrites_nothing(home: Path, tmp_path: Path) -> None:
    write_script(home, "UPD-040.1", tmp_path)
    with pytest.raises(UsageError, match="there is a file of this name already"):
        write_script(home, "UPD-040.1", tmp_path)


def test_no_text_of_a_target_becomes_code(tmp_path: Path) -> None:
    """A script is what it is without them: the same functions, and calls of nothing else."""
    stream = hostile()
    evil = [
        replace(one, id=f"{one.id}\nimport os") if isinstance(one, events.Exchange) else one for one in stream.events
    ]
    evil = [
        replace(one, exchange=f"{one.exchange}\nimport os") if isinstance(one, events.Finding) else one for one in evil
    ]
    Stream(evil).save(tmp_path)
    known = set(dir(builtins)) | {one for one in dir(prelude) if one[:2] != "__"}
    for name in sorted({one.requirement for one in evil if isinstance(one, events.Finding)}):
        tree = ast.parse(write_script(tmp_path, name, tmp_path / "scripts").read_text(encoding="utf-8"))
        tests = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")]
        assert tests
        for test in tests:
            called = {
                one.func.id for one in ast.walk(test) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)
            }
            assert called <= known
            assert not [one for one in ast.walk(test) if isinstance(one, ast.Import | ast.ImportFrom)]


def test_the_lines_of_the_report_run_as_they_are_pasted(home: Path) -> None:
    page = (home / "report.html").read_text(encoding="utf-8")
    lines = html.unescape(page.partition('id="UPD-040.1"')[2].partition('<pre id="curl-')[2].partition(">")[2])
    lines = lines.partition("</pre>")[0]
    url = re.findall(r"http://127\.0\.0\.1:\d+", lines)[0]
    with RunningPlatform(default_settings(faults=("any-home-is-home",))) as running:
        here = lines.replace(url, running.url)
        pasted = subprocess.run(
            ["sh", "-c", here], env={**os.environ, **secrets_of(running)}, capture_output=True, text=True, check=False
        )
        bare = subprocess.run(["sh", "-c", here], capture_output=True, text=True, check=False)
    assert pasted.returncode == 0, pasted.stderr
    assert "200 OK" in pasted.stdout
    assert "access_token" in pasted.stdout
    assert bare.returncode != 0
    assert "OTV_STB_DAS_CHALLENGE: subjects.stb.dasChallenge of the target file" in bare.stderr
