"""The OpenAPI documents as documents: valid, lint-free, and loadable by the fuzzer's engine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
import yaml
from openapi_spec_validator import validate

from conformance.model import SERVICES
from conformance.resources import specs

REDOCLY = "@redocly/cli@2.77.0"
SPECTRAL = "@stoplight/spectral-cli@6"
LINT_TIMEOUT_S = 180
DOCUMENTS = [specs() / "openapi" / f"{service}.yaml" for service in SERVICES]
EACH_DOCUMENT = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
SOURCES = {
    "hdm-authentication",
    "ias-das-signon-by-casn",
    "ias-in-home-detection",
    "adm-creating-an-account",
    "sdp-is-content-authorised",
    "keycloak-access-token",
}


@EACH_DOCUMENT
def test_a_document_is_valid_openapi(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    validate(document)
    assert document["openapi"] == "3.1.0"


@EACH_DOCUMENT
def test_schemathesis_loads_a_document(path: Path) -> None:
    schema = schemathesis.openapi.from_path(str(path))
    found = {result.ok().definition.raw["operationId"] for result in schema.get_all_operations()}
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    methods = ("get", "put", "post")
    assert found == {item[m]["operationId"] for item in document["paths"].values() for m in methods if m in item}


@EACH_DOCUMENT
def test_every_operation_names_its_source_and_describes_itself(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for item in document["paths"].values():
        for method in {"get", "put", "post"} & item.keys():
            operation = item[method]
            assert operation["x-source"]["document"] in SOURCES
            assert operation["x-source"]["section"]
            assert operation["description"].startswith(operation["x-source"]["document"])


@EACH_DOCUMENT
def test_every_tolerated_status_has_a_reason(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    reasons = {int(status) for status in document["x-tolerated-reasons"]}
    used: set[int] = set()
    for item in document["paths"].values():
        for method in {"get", "put", "post"} & item.keys():
            used |= set(item[method]["x-tolerated-statuses"])
            documented = {int(status) for status in item[method]["responses"] if status.isdigit()}
            assert not documented & set(item[method]["x-tolerated-statuses"])
    assert used == reasons


@EACH_DOCUMENT
def test_no_condition_states_a_requirement(path: Path) -> None:
    def conditions(value: object) -> Iterator[object]:
        if isinstance(value, dict):
            for key, item in value.items():
                if key in ("if", "not"):
                    yield item
                yield from conditions(item)
        elif isinstance(value, list):
            for item in value:
                yield from conditions(item)

    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [one for one in conditions(document["components"]["schemas"]) if "x-requirement" in str(one)] == []


@pytest.mark.skipif(not shutil.which("npx"), reason="npx is not installed, so the documents cannot be linted")
@pytest.mark.parametrize(
    "command",
    [
        (REDOCLY, "lint", "--format=stylish"),
        (SPECTRAL, "lint", "--fail-severity=warn", "--verbose"),
    ],
    ids=["redocly", "spectral"],
)
def test_the_documents_are_clean(command: tuple[str, ...]) -> None:
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
    try:
        done = subprocess.run(
            ["npx", "--yes", *command, *map(str, DOCUMENTS)],
            cwd=specs().parent,
            env={**os.environ, **quiet},
            capture_output=True,
            text=True,
            timeout=LINT_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npx did not fetch the linter in time")
    output = done.stdout + done.stderr
    if done.returncode and "validating" not in output and "problems" not in output:
        pytest.skip(f"npx could not run the linter: {output.strip().splitlines()[-1:]}")
    assert done.returncode == 0, output
    assert " warning " not in output, output
