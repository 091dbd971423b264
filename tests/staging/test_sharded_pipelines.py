"""The pipelines that make a run in parts: every part is made once, by the same command, and the last job merges them."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

from conformance.cli.main import cli
from conformance.runner.shard import part_of
from tests.staging.test_pages import ALL as WHOLE
from tests.staging.test_pages import PIPELINES

ALL = sorted((PIPELINES / "sharded").iterdir())
SHARDED = {path.name: path.read_text(encoding="utf-8") for path in ALL}


def commands():
    """Return the shell lines of each file."""
    github = yaml.safe_load(SHARDED["github-actions.yml"])["jobs"].values()
    gitlab = [job for job in yaml.safe_load(SHARDED["gitlab-ci.yml"]).values() if "script" in job]
    return {
        "github-actions.yml": [step["run"] for job in github for step in job["steps"] if "run" in step],
        "gitlab-ci.yml": [line for job in gitlab for line in (*job["script"], *job.get("after_script", ()))],
        "Jenkinsfile": re.findall(r"\bsh '(.*)'$", SHARDED["Jenkinsfile"], re.MULTILINE),
    }


def test_there_is_one_for_each_pipeline():
    assert SHARDED.keys() == {path.name for path in WHOLE}


@pytest.mark.parametrize("name", sorted(SHARDED))
def test_its_shell_lines_parse_and_name_what_exists(name):
    named = []
    for line in commands()[name]:
        subprocess.run(["sh", "-n", "-c", line], check=True)
        for command, rest in re.findall(r"opentv-conformance (\w+)([^\n;|&]*)", line):
            found = cli.get_command(None, command)
            assert found is not None, command
            known = {option for parameter in found.params for option in parameter.opts}
            assert set(re.findall(r"--[a-z-]+", rest)) <= known
            named.append(command)
    assert named == ["run", "merge"]


def test_the_numbers_of_a_matrix_are_the_parts_of_its_shard():
    job = yaml.safe_load(SHARDED["github-actions.yml"])["jobs"]["part"]
    numbers = job["strategy"]["matrix"]["part"]
    assert not job["strategy"]["fail-fast"]
    written = re.search(r"--shard \$\{\{ matrix\.part \}\}/(\d+)", SHARDED["github-actions.yml"])
    assert numbers == list(range(1, int(written[1]) + 1))
    jenkins = SHARDED["Jenkinsfile"]
    values = re.findall(r"'(\d+)'", re.search(r"values (.*?) \}", jenkins)[1])
    assert values == [str(number) for number in range(1, int(re.search(r'"\$PART/(\d+)"', jenkins)[1]) + 1)]
    assert values == re.findall(r"'(\d+)'", re.search(r"for \(part in \[(.*?)\]", jenkins)[1])


def test_gitlab_says_itself_which_part_a_job_is():
    job = yaml.safe_load(SHARDED["gitlab-ci.yml"])["part"]
    total = job["parallel"]
    parts = [part_of(None, {"CI_NODE_INDEX": str(one), "CI_NODE_TOTAL": str(total)}) for one in range(1, total + 1)]
    assert [part.index for part in parts] == list(range(1, total + 1))
    assert "resource_group" not in job


@pytest.mark.parametrize("name", sorted(SHARDED))
def test_the_parts_are_merged_whatever_became_of_one(name):
    text = SHARDED[name]
    assert "if: always()" in text or "when: always" in text or "catchError" in text
    assert "results/junit.xml" in text
    assert "results/summary.md" in text


def test_actions_are_pinned_to_commits():
    for job in yaml.safe_load(SHARDED["github-actions.yml"])["jobs"].values():
        for step in job["steps"]:
            assert re.fullmatch(r"actions/[\w.-]+@[0-9a-f]{40}", step.get("uses", f"actions/x@{'0' * 40}"))
