"""Other programs read the reports: each fits the schema of its format, whatever a target says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from conformance.errors import RunFolderError
from conformance.register import Register
from conformance.report import write_reports
from conformance.report.formats import FORMATS

from .conftest import Written
from .streams import example

SCHEMAS = Path(__file__).parent / "schemas"


@pytest.fixture(params=["written", "poisoned"])
def reports(request: pytest.FixtureRequest) -> Written:
    found: Written = request.getfixturevalue(request.param)
    return found


def test_junit_is_what_jenkins_xunit_plugin_accepts(reports: Written) -> None:
    """No attribute too many, none that is required is missing."""
    schema = json.loads((SCHEMAS / "junit.json").read_text())
    for element in ET.fromstring(reports.text("junit.xml")).iter():
        allowed = schema[element.tag]
        names = {name.rstrip("!") for name in allowed["attributes"]}
        assert set(element.keys()) <= names, element.tag
        assert {name[:-1] for name in allowed["attributes"] if name.endswith("!")} <= set(element.keys())
        assert {child.tag for child in element} <= set(allowed["children"])


@pytest.mark.parametrize(("name", "file"), [("sarif", "report.sarif"), ("har", "evidence.har")])
def test_sarif_and_har_fit_their_schemas(reports: Written, name: str, file: str) -> None:
    """Nothing that a strict reader refuses."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(reports.text(file)))


def test_what_is_waived_opens_no_alert(written: Written) -> None:
    """A code-scanning view opens one for each result; a note says what was left out, and why."""
    run = json.loads(written.text("report.sarif"))["runs"][0]
    assert "SDP-008" not in [result["ruleId"] for result in run["results"]]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["associatedRule"] == {"id": "SDP-008"}
    assert "The gateway asks" in note["message"]["text"]


def test_each_format_has_a_file_of_its_own_for_its_owner_alone(tmp_path: Path, register: Register) -> None:
    """The list is all that a run folder holds beside its stream."""
    folder = example(register).save(tmp_path / "run")
    write_reports(folder, register)
    assert {path.name for path in folder.iterdir()} == {"run.jsonl", *(one.file for one in FORMATS)}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("kind", ["link", "hard link", "pipe", "folder"])
@pytest.mark.parametrize("file", ["report.html", "evidence.har"])
def test_a_report_is_written_over_nothing_but_a_plain_file_of_its_own(
    tmp_path: Path, register: Register, kind: str, file: str
) -> None:
    """A link would lead out of the folder, a pipe would wait for ever."""
    folder = example(register).save(tmp_path / "run")
    outside = tmp_path / "outside"
    outside.write_text("mine")
    make = {
        "link": lambda path: path.symlink_to(outside),
        "hard link": lambda path: path.hardlink_to(outside),
        "pipe": os.mkfifo,
        "folder": Path.mkdir,
    }
    make[kind](folder / file)
    with pytest.raises(RunFolderError, match="not a plain file") as told:
        write_reports(folder, register)
    assert told.value.where == str(folder / file)
    assert told.value.exit_code == 2
    assert outside.read_text() == "mine"
