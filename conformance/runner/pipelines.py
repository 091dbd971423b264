"""A pipeline file for a target file: one of docs/pipelines, with the variables that the target file names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from conformance.resources import pipelines

# Name -> the file among docs/pipelines, and where an engine looks for it.
PLACES = {
    "github": ("github-actions.yml", Path(".github/workflows/conformance.yml")),
    "gitlab": ("gitlab-ci.yml", Path(".gitlab-ci.yml")),
    "jenkins": ("Jenkinsfile", Path("Jenkinsfile")),
}
# The variables of the example's target file: its addresses, its first password, and the others.
_ADDRESS = re.compile(r"\bSTAGING_[A-Z]+\s*[:=]")
_FIRST, _OTHERS = re.compile(r"\bOTV_PASSWORD\b"), re.compile(r"\b(?:OTV_PASSWORD_B|CRM_PASSWORD|SDP_PASSWORD)\b")


def pipeline_text(name: str, target: str, variables: Sequence[str]) -> str:
    """Return a pipeline file.

    Args:
        name: github, gitlab or jenkins.
        target: the target file, as the pipeline finds it.
        variables: the environment variables that it names; each is a secret of the pipeline.
    """
    lines: list[str] = []
    for line in (pipelines() / PLACES[name][0]).read_text(encoding="utf-8").splitlines():
        comment = line.lstrip().startswith(("#", "//"))
        if not comment and (_ADDRESS.search(line) or _OTHERS.search(line)):
            continue
        if not comment and _FIRST.search(line):
            lines += [_named(line, variable) for variable in variables]
        elif variables or not re.search(r"env: [&*]secrets", line):
            lines.append(line)
    return "\n".join(lines).replace("staging.yaml", target) + "\n"


def _named(line: str, variable: str) -> str:
    return _FIRST.sub(variable, line).replace("otv-password", variable.lower().replace("_", "-"))
