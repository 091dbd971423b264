"""`--help` says what there is, at once."""

import subprocess
import sys

PROGRAM = (
    "import sys; from conformance.cli import main\ntry: main()\nexcept SystemExit: pass\nprint(*sorted(sys.modules))"
)
HEAVY = ("jsonschema", "schemathesis", "pytest", "conformance.register", "conformance.report", "conformance.client")


def test_help_loads_nothing_that_only_a_run_needs():
    done = subprocess.run([sys.executable, "-c", PROGRAM, "--help"], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "conformance.cli.run" in loaded
    assert sorted(loaded.intersection(HEAVY)) == []
