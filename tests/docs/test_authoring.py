"""docs/authoring.md, applied to a copy of the tree: the fault of its requirement warns, and the platform without it not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"[Ii]n\s`([^`]+)`, (?:at the end|below `([^`]+)`):\n\n```\w+\n(.*?)```\n", re.DOTALL)
PAGE = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
REQUIREMENT = "DAS-099"
# DAS-035 provokes a 401.
ONLY = f"DAS-035,{REQUIREMENT}"
FAULT = "sign-on-401-without-challenge"


def suite(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"}
    command = [sys.executable, "-m", "conformance", *arguments]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=180, check=False)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the suite needs to run, with the blocks of the page in it."""
    copy = tmp_path_factory.mktemp("authoring")
    for name in ("conformance", "specs", "fixtures"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "_data"))
    shutil.copytree(ROOT / "reports" / "templates", copy / "reports" / "templates")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for name, below, text in BLOCK.findall(PAGE):
        path = copy / name
        before = path.read_text(encoding="utf-8")
        assert before.count(below) >= 1, f"{name} has no {below!r}"
        head, found, tail = before.partition(f"{below}\n") if below else (before, "", "")
        path.write_text(head + found + text + tail, encoding="utf-8")
    return copy


def outcome(tree: Path, target: Path, folder: Path) -> str:
    done = suite(tree, "run", "--target", str(target), "--only", ONLY, "--no-fuzz", "--out", str(folder))
    assert (folder / "report.json").is_file(), done.stderr + done.stdout
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return next(one["outcome"] for one in report["requirements"] if one["id"] == REQUIREMENT)


def test_the_page_touches_six_files() -> None:
    assert len({name for name, _, _ in BLOCK.findall(PAGE)}) == 6


def test_the_requirement_is_in_the_register_of_the_copy_alone(tree: Path) -> None:
    assert suite(tree, "requirements", REQUIREMENT).returncode == 0
    assert suite(ROOT, "requirements", REQUIREMENT).returncode == 2


@pytest.mark.parametrize(("faults", "expected"), [((), "passed"), ((FAULT,), "warned")], ids=["no fault", "fault"])
def test_the_fault_warns_and_the_platform_without_it_does_not(
    tree: Path, faults: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "conformance.reference", "--print-target", "--die-with-parent"]
    command += [f"--fault={name}" for name in faults]
    platform = subprocess.Popen(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert platform.stdout is not None
        target = tmp_path / "target.json"
        target.write_text(json.dumps(json.loads(platform.stdout.readline())["target"]), encoding="utf-8")
        assert outcome(tree, target, tmp_path / "run") == expected
    finally:
        platform.kill()
        platform.communicate()


def test_the_catalogue_of_faults_takes_the_fault(tree: Path) -> None:
    code = (
        "from conformance.selftest.catalogue import load_faults\n"
        "from conformance.reference.faults import catalogue\n"
        f"print(load_faults()[{FAULT!r}].requirements, {FAULT!r} in catalogue())"
    )
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tree, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "('DAS-099',) True\n"
