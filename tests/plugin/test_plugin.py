"""pytest as people use it: the checks against a target file, and the reference platform as a fixture, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from conformance.reference.server import RunningPlatform, default_settings

ROOT = Path(__file__).resolve().parents[2]
CHECKS = ("--pyargs", "conformance.checks")


@pytest.fixture
def installed(tmp_path):
    """A folder on the path that installs the suite's plugin, whatever the environment of this test has installed."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    folder = tmp_path / "site" / "opentv_conformance-0.dist-info"
    folder.mkdir(parents=True)
    lines = "".join(f"{name} = {module}\n" for name, module in points.items())
    (folder / "entry_points.txt").write_text(f"[pytest11]\n{lines}")
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: opentv-conformance\nVersion: 0\n")
    (folder / "RECORD").write_text("")
    return folder.parent


@pytest.fixture
def run(tmp_path, installed):
    """Run pytest in an empty folder that has the given files."""
    folder = tmp_path / "client"
    folder.mkdir()

    def go(*arguments, files=None, env=None):
        for name, text in (files or {}).items():
            (folder / name).write_text(text)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
        return subprocess.run(
            [sys.executable, "-P", "-m", "pytest", "-q", *map(str, arguments)],
            cwd=folder,
            env={**environment, "PYTHONPATH": f"{installed}{os.pathsep}{ROOT}", **(env or {})},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return go


@pytest.fixture(scope="module")
def platform():
    with RunningPlatform() as running:
        yield running


def target_of(running):
    return yaml.safe_dump(running.target_document())


def outcomes(done):
    return {
        word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error|skipped|deselected)", done.stdout)
    }


PAGE = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "pytest.md").read_text(encoding="utf-8"), re.DOTALL)
CLIENT = """
import pytest

@pytest.mark.opentv(fault=["expiry-in-seconds", "account-shows-sql-trace"], reading="ssp=off", latency=0.01)
class TestSeveral:
    @pytest.mark.opentv(reading={"nmp-mode": "direct"})
    def test_of_a_class_and_of_a_test(self, opentv_platform):
        assert opentv_platform.settings.faults == ("expiry-in-seconds", "account-shows-sql-trace")
        assert opentv_platform.settings.readings == {"ssp": "off", "nmp-mode": "direct"}
        assert opentv_platform.settings.latency == 0.01

    @pytest.mark.opentv(reading=["ssp=on"])
    def test_the_closest_marker_counts(self, opentv_platform):
        assert opentv_platform.settings.readings == {"ssp": "on"}
"""


@pytest.mark.parametrize("parallel", [(), ("-n", "2")], ids=["one process", "two processes"])
def test_a_client_s_tests_have_a_platform_each(run, parallel):
    files = {"test_page.py": "".join(PAGE), "test_several.py": CLIENT}
    done = run("-W", "error", "--strict-markers", *parallel, files=files)
    assert outcomes(done) == {"passed": 5}, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("fault='expiry-in-second'", "There is no fault 'expiry-in-second'"),
        ("reading='ssp'", "is not ID=OPTION"),
        ("reading='ssp=maybe'", "ssp"),
        ("faults='expiry-in-seconds'", "faults is unknown; known are fault=…, reading=…, latency=…"),
        ("'expiry-in-seconds'", "'expiry-in-seconds' is unknown"),
    ],
)
def test_a_marker_that_is_wrong_is_one_message(run, marker, said):
    text = f"import pytest\n@pytest.mark.opentv({marker})\ndef test_it(opentv_platform): pass\n"
    done = run(files={"test_client.py": text})
    assert outcomes(done) == {"error": 1}, done.stdout + done.stderr
    assert said in done.stdout
    assert "Traceback" not in done.stdout
    assert "entry.py" not in done.stdout


STRANGER = """
import sys
import pytest

@pytest.fixture
def check():
    return "mine"

@pytest.mark.requirement("REQ-1")
def test_of_somebody_else(check):
    assert check == "mine"

def test_nothing_of_the_suite_is_imported():
    assert not [name for name in sys.modules if name.startswith("conformance") and name.count(".") > 0
                and not name.startswith("conformance.plugin")]
"""


def test_the_tests_of_others_are_left_alone(run):
    files = {"test_other.py": STRANGER, "pytest.ini": "[pytest]\nmarkers = requirement(id): theirs\n"}
    done = run("-W", "error", "--strict-markers", files=files)
    assert outcomes(done) == {"passed": 2}, done.stdout + done.stderr


@pytest.mark.parametrize("twice", [("-p", "conformance.plugin"), ()])
def test_the_plugin_is_loaded_once(run, twice):
    files = {
        "test_it.py": "def test_it(pytestconfig):\n    names = [n for n, p in pytestconfig.pluginmanager.list_name_plugin() if 'conformance' in str(n)]\n    assert names == ['conformance.plugin']\n"
    }
    assert outcomes(run(*twice, files=files)) == {"passed": 1}
    files["conftest.py"] = "pytest_plugins = ['conformance.plugin']\n"
    assert outcomes(run(*twice, files=files)) == {"passed": 1}


def test_the_checks_run_against_a_target_file(run, platform):
    done = run(
        *CHECKS, "--opentv-target", "staging.yaml", "-k", "sign_on", "-x", files={"staging.yaml": target_of(platform)}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert outcomes(done)["passed"] > 10


def test_what_failed_last_runs_again_alone(run, tmp_path):
    with RunningPlatform(default_settings(faults=("expiry-in-seconds",))) as running:
        options = (*CHECKS, "--opentv-target", "staging.yaml", "-k", "stb_signon or box_signs_on or expiry or expires")
        first = run(*options, "-p", "no:randomly", files={"staging.yaml": target_of(running)})
        failed = outcomes(first)["failed"]
        again = run(*options, "--lf")
    assert failed > 0, first.stdout
    assert re.search(r"TOK-\d+|SGN-\d+", first.stdout)
    assert "expected" in first.stdout
    assert outcomes(again)["failed"] == failed
    assert "passed" not in outcomes(again)


def test_one_check_runs_by_its_path_as_an_editor_does_it(run, platform):
    path = ROOT / "conformance/checks/hdm/test_stb_signon.py"
    name = re.search(r"def (test_\w+)", path.read_text())[1]
    done = run(f"{path}::{name}", "--opentv-target", "staging.yaml", files={"staging.yaml": target_of(platform)})
    assert outcomes(done) == {"passed": 1}, done.stdout + done.stderr


def test_without_a_target_the_checks_test_the_embedded_platform(run):
    done = run(*CHECKS, "-k", "test_a_set_top_box_signs_on_with_its_four_details")
    assert outcomes(done)["passed"] == 1, done.stdout + done.stderr


def test_a_wrong_target_file_is_one_message(run):
    done = run(*CHECKS, "--opentv-target", "staging.yaml", files={"staging.yaml": "version: 1\nname: x\n"})
    assert done.returncode == 4
    assert "staging.yaml" in done.stderr
    assert "tenant is missing" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_run_in_a_folder_of_tests_is_not_disturbed_by_the_plugin(tmp_path, installed, platform):
    """The process of the checks loads the plugin by name, and no entry point."""
    (tmp_path / "staging.yaml").write_text(target_of(platform))
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n")
    done = subprocess.run(
        [*(sys.executable, "-m", "conformance", "run", "--target", "staging.yaml"), "--only", "STB-001", "--no-fuzz"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{installed}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
