"""What a shell completes, through click's own protocol."""

import os
import subprocess
import sys

import pytest

PROGRAM = "from conformance.cli.main import cli; cli.main(prog_name='opentv-conformance')"


def completed(words: str) -> list[str]:
    facts = {"_OPENTV_CONFORMANCE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **facts}, capture_output=True, text=True, check=True
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("opentv-conformance re", "requirements"),
        ("opentv-conformance requirements DAS-00", "DAS-001"),
        ("opentv-conformance run --only DAS-001,ADM-00", "DAS-001,ADM-001"),
        ("opentv-conformance run --service i", "ias"),
        ("opentv-conformance serve --fault account-not", "account-not-compared"),
        ("opentv-conformance selftest --reading sdp-path", "sdp-path-spelling=z"),
        ("opentv-conformance schema t", "target"),
    ],
)
def test_a_shell_completes(words, wanted):
    assert wanted in completed(words)
