"""Pipeline files name the target file and its variables, and nothing of the example that they were made of."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

from conformance.runner.pipelines import PLACES, pipeline_text

OF_THE_EXAMPLE = re.compile(r"STAGING_|OTV_PASSWORD|CRM_PASSWORD|SDP_PASSWORD|otv-password")


def code(text):
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("#", "//")))


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("variables", [(), ("DAS_ONE",), ("DAS_ONE", "SDP_KEY")])
def test_a_pipeline_names_what_the_target_file_needs(name, variables):
    text = pipeline_text(name, "acme.yaml", variables)
    assert not OF_THE_EXAMPLE.search(code(text))
    assert "staging.yaml" not in text
    assert "run --target acme.yaml" in text
    if name != "gitlab":  # whose variables are in the environment of every job
        assert all(one in text for one in variables)


@pytest.mark.parametrize("variables", [(), ("DAS_ONE", "SDP_KEY")])
def test_the_steps_of_github_have_the_secrets_and_no_other_has(variables):
    steps = yaml.safe_load(pipeline_text("github", "acme.yaml", variables))["jobs"]["staging"]["steps"]
    secrets = {name: f"${{{{ secrets.{name} }}}}" for name in variables}
    for step in steps:
        runs = any(f"opentv-conformance {one}" in step.get("run", "") for one in ("preflight", "run"))
        assert step.get("env", {}) == (secrets if runs else {})


def test_every_shell_line_of_gitlab_parses():
    for line in yaml.safe_load(pipeline_text("gitlab", "acme.yaml", ()))["conformance"]["script"]:
        subprocess.run(["sh", "-n", "-c", line], check=True)
