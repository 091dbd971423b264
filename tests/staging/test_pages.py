"""The tutorial is run word for word; the pipelines are checked as far as that goes without their engines."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PIPELINES = ROOT / "docs" / "pipelines"
PAGE = ROOT / "docs" / "staging.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


@pytest.fixture
def script(tmp_path):
    """A folder whose `opentv-conformance` is this tree's."""
    command = tmp_path / "bin" / "opentv-conformance"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m conformance "$@"\n')
    command.chmod(0o755)
    return command.parent


def test_the_tutorial_runs_word_for_word(tmp_path, script):
    port = free_port()
    blocks = FENCE.findall(PAGE.read_text(encoding="utf-8"))
    shell = [text for kind, text in blocks if kind == "sh"]
    files = [text for kind, text in blocks if kind == "yaml"]
    assert (len(shell), len(files)) == (10, 1)
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "staging.yaml").write_text(files[0], encoding="utf-8")
    start, *rest = [text.replace("8787", port) for text in shell]
    wait = "for i in $(seq 100); do test -s platform.yaml && break; sleep 0.1; done\n"
    lines = ["set -e", f"export PATH={script}:$PATH", start, "server=$!", "trap 'kill $server' EXIT", wait]
    for number, text in enumerate(rest):
        lines += [f"echo '=== {number}'", text]
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    parts = re.split(r"=== \d\n", done.stdout)
    shown = [text.strip().splitlines() for kind, text in blocks if kind == "text"]
    assert shown[1][0] in done.stdout
    assert "ended with 2" in done.stdout
    assert re.search(r"staging\.yaml:\d+: subjects\.user", done.stderr)
    assert "found HDM, ADM, IAS, SDP, MDS" in parts[1]
    assert "ended with 4" in parts[1]
    assert yaml.safe_load((folder / "contact" / "target.yaml").read_text())["services"]["hdm"]["url"].endswith(port)
    assert shown[0][0] in parts[2]
    assert all(line in parts[6] for line in shown[2])
    assert done.stdout.count("incomplete: ") == 4
    assert "failed" not in parts[7]
    assert (folder / "first" / "report.html").is_file()
    assert (folder / "results" / "junit.xml").is_file()
    assert "Traceback" not in done.stderr


def shell_lines(path):
    text = path.read_text(encoding="utf-8")
    if path.name.startswith("Jenkinsfile"):
        return re.findall(r"\bsh '(.*)'$", text, re.MULTILINE)
    document = yaml.safe_load(text)
    if path.name.startswith("github-actions"):
        (job,) = document["jobs"].values()
        return [step["run"] for step in job["steps"] if "run" in step]
    (job,) = document.values()
    return [*job["script"], *job.get("after_script", ())]


# Those of a delivery: the vendor's, which bundle, and the operator's, which verify.
OF_A_DELIVERY = sorted(path for path in PIPELINES.iterdir() if re.search(r"-(bundle|verify)\b", path.name))
ALL = sorted({path for path in PIPELINES.iterdir() if path.is_file()} - set(OF_A_DELIVERY))


def test_there_is_a_file_for_each_engine():
    assert {path.name for path in ALL} == {"github-actions.yml", "gitlab-ci.yml", "Jenkinsfile"}
    names = {path.name for path in OF_A_DELIVERY}
    assert names == {
        *(f"github-actions-{side}.yml" for side in ("bundle", "verify")),
        *(f"gitlab-ci-{side}.yml" for side in ("bundle", "verify")),
        *(f"Jenkinsfile-{side}" for side in ("bundle", "verify")),
    }


@pytest.mark.parametrize("path", [*ALL, *OF_A_DELIVERY], ids=lambda path: path.name)
def test_its_shell_lines_parse(path):
    lines = shell_lines(path)
    assert len(lines) >= 3
    for line in lines:
        subprocess.run(["bash", "-n", "-c", line], check=True)
        if shutil.which("dash"):
            subprocess.run(["dash", "-n", "-c", line], check=True)


@pytest.mark.parametrize("path", [*ALL, *OF_A_DELIVERY], ids=lambda path: path.name)
def test_the_commands_and_options_that_it_names_exist(path):
    from conformance.cli.main import cli

    named = 0
    for line in shell_lines(path):
        for command, rest in re.findall(r"opentv-conformance (\w+)([^\n;|&]*)", line):
            found = cli.get_command(None, command)
            assert found is not None, command
            known = {option for parameter in found.params for option in parameter.opts}
            for option in re.findall(r"--[a-z-]+", rest):
                assert option in known, (command, option)
                named += 1
    assert named >= 4


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_junit_html_and_summary_are_wired(path):
    text = path.read_text(encoding="utf-8")
    assert "results/junit.xml" in text
    assert "results/summary.md" in text
    assert re.search(r"path: results$|- results/$|reportFiles: 'report.html'", text, re.MULTILINE)
    assert "--out results" in text


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_it_gives_every_variable_that_the_example_names(path):
    example = (ROOT / "fixtures" / "targets" / "staging.yaml").read_text(encoding="utf-8")
    lines = [line.partition("#")[0] for line in example.splitlines()]
    names = set(re.findall(r"\$\{(\w+)\}", "\n".join(lines).replace("CRM_TOKEN", ""))) - {"", "IAS_SIGNING_KEY"}
    text = path.read_text(encoding="utf-8")
    if path.name == "gitlab-ci.yml":
        assert "CI/CD variables" in text
    else:
        assert {name for name in names if name not in text} == set()


def test_the_github_workflow_is_one():
    document = yaml.safe_load((PIPELINES / "github-actions.yml").read_text(encoding="utf-8"))
    assert set(document[True]) == {"schedule", "workflow_dispatch"}  # YAML reads `on` as true
    for step in document["jobs"]["staging"]["steps"]:
        assert ("run" in step) != ("uses" in step)
        if "uses" in step:
            assert re.fullmatch(r"actions/[\w.-]+@[0-9a-f]{40}", step["uses"]), "not pinned to a commit"
    assert document["permissions"] == {"contents": "read"}


def test_only_the_steps_that_talk_to_the_target_get_secrets():
    document = yaml.safe_load((PIPELINES / "github-actions.yml").read_text(encoding="utf-8"))
    job = document["jobs"]["staging"]
    assert "secrets." not in str(job["env"])
    assert [step["name"] for step in job["steps"] if "secrets." in str(step)] == ["Check the target file", "Test"]


@pytest.mark.parametrize("path", [*ALL, *OF_A_DELIVERY], ids=lambda path: path.name)
def test_no_name_is_installed_from_an_index_where_nobody_has_registered_it(path):
    installed = [line for line in shell_lines(path) if "pip install" in line]
    assert len(installed) == 1
    extra = "[sign]" if path in OF_A_DELIVERY else ""
    assert installed[0].endswith(f'pip install "$OPENTV_CONFORMANCE{extra}"')
    assert "OPENTV_CONFORMANCE" in path.read_text(encoding="utf-8").split("pip install")[0]
    assert "./opentv_conformance-0.1.0-py3-none-any.whl" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", OF_A_DELIVERY, ids=lambda path: path.name)
def test_a_delivery_is_bundled_on_one_side_and_verified_on_the_other(path):
    """A run that finds something is bundled too; a receipt follows on nothing but a verification that holds."""
    lines = "\n".join(shell_lines(path))
    text = path.read_text(encoding="utf-8")
    commands = re.findall(r"opentv-conformance (\w+)", lines)
    if "-bundle" in path.name:
        assert commands == ["run", "bundle"]
        assert re.search(r"if: always\(\)|\|\| code=\$\?|catchError", text)
    else:
        assert commands == ["verify", "accept"]
        assert "|| true" not in lines
    asking = [line for line in lines.splitlines() if re.search(r"opentv-conformance (run|verify|accept)", line)]
    assert all('--challenge "$CHALLENGE" ' in line and "--profile operator.yaml" in line for line in asking)
    # A key reaches a file or the environment of the step that signs, and no command line.
    assert not re.search(r"--(sign-)?key \"?\$\{?\{? ?secrets", text)
    assert re.search(r"timeout-minutes: \d+|timeout: \d+ minutes|timeout\(time: \d+", text)
    if path.name.startswith("github"):
        (job,) = yaml.safe_load(text)["jobs"].values()
        named = [step["name"] for step in job["steps"] if "SIGNING_KEY" in str(step)]
        assert named == ["Sign" if "-bundle" in path.name else "Accept"]
        uses = [step["uses"] for step in job["steps"] if "uses" in step]
        assert all(re.fullmatch(r"actions/[\w.-]+@[0-9a-f]{40}", one) for one in uses)


def test_what_a_failed_run_proved_is_kept_and_shown():
    """A run that finds something ends with 1: the steps after it must not be left out then."""
    github = yaml.safe_load((PIPELINES / "github-actions.yml").read_text(encoding="utf-8"))
    steps = github["jobs"]["staging"]["steps"]
    names = [step.get("name") for step in steps]
    after = steps[names.index("Test") + 1 :]
    assert len(after) == 2
    assert all(step["if"] == "always()" for step in after)
    assert 'cat results/summary.md >> "$GITHUB_STEP_SUMMARY"' in after[0]["run"]
    gitlab = yaml.safe_load((PIPELINES / "gitlab-ci.yml").read_text(encoding="utf-8"))["conformance"]
    assert gitlab["artifacts"]["when"] == "always"
    assert any("summary.md" in line for line in gitlab["after_script"])
    jenkins = (PIPELINES / "Jenkinsfile").read_text(encoding="utf-8")
    post = jenkins[jenkins.index("  post {\n    always {") :]
    assert all(step in post for step in ("junit ", "publishHTML ", "archiveArtifacts ", "summary.md"))


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_two_runs_do_not_share_the_deployment_and_none_runs_for_ever(path):
    text = path.read_text(encoding="utf-8")
    assert re.search(r"^concurrency: |resource_group: |disableConcurrentBuilds\(\)", text, re.MULTILINE)
    assert re.search(r"timeout-minutes: \d+|timeout: \d+ minutes|timeout\(time: \d+", text)


def test_the_container_is_built_of_files_that_exist_and_runs_as_nobody_special():
    lines = (ROOT / "Containerfile").read_text(encoding="utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    for name in [one for names in copied for one in names]:
        assert (ROOT / name).exists(), name
    assert any(line.startswith("USER ") and line != "USER root" for line in lines)
    assert 'ENTRYPOINT ["opentv-conformance"]' in lines
    # The wheel is built in the image: of what pyproject.toml names, and of nothing else.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {"pyproject.toml", project["project"]["readme"], *wheel["packages"], *wheel["force-include"]}
    assert {name for names in copied for name in names} == needed
