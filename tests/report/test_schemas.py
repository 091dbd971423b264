"""Other programs read the reports: each fits the schema of its format, whatever a target says."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest
from referencing import Registry, Resource

from conformance.errors import RunFolderError
from conformance.register import Register
from conformance.report import write_reports
from conformance.report.ctrf import STATUSES
from conformance.report.formats import FORMATS
from conformance.resources import specs
from conformance.stream import TargetProfile

from .conftest import Written
from .streams import example

SCHEMAS = Path(__file__).parent / "schemas"


@pytest.fixture(params=["written", "poisoned"])
def reports(request: pytest.FixtureRequest) -> Written:
    found: Written = request.getfixturevalue(request.param)
    return found


XS = "{http://www.w3.org/2001/XMLSchema}"


class JenkinsSchema:
    """junit-10.xsd, as far as an element's attributes and children go."""

    def __init__(self) -> None:
        root = ET.parse(SCHEMAS / "junit" / "junit-10.xsd").getroot()
        self.elements = {one.get("name"): one for one in root.findall(f"{XS}element")}
        self.patterns = {
            one.get("name"): re.compile(pattern.get("value", ""))
            for one in root.findall(f"{XS}simpleType")
            for pattern in one.iter(f"{XS}pattern")
        }

    def violations(self, element: ET.Element) -> list[str]:
        """What an element, without its children's own violations, has that the schema does not allow."""
        declared = self.elements.get(element.tag)
        if declared is None:
            return [f"<{element.tag}>"]
        attributes = {one.get("name", ""): one for one in declared.iter(f"{XS}attribute")}
        children = {one.get("ref") for one in declared.iter(f"{XS}element")}
        found = [f"<{element.tag} {name}>" for name in element.attrib if name not in attributes]
        found += [
            f"<{element.tag}> without {name}"
            for name, one in attributes.items()
            if one.get("use") == "required" and name not in element.attrib
        ]
        for name in set(attributes) & set(element.attrib):
            pattern = self.patterns.get(attributes[name].get("type"))
            if pattern is not None and not pattern.fullmatch(element.get(name, "")):
                found.append(f"<{element.tag} {name}={element.get(name)!r}>")
        return found + [f"<{child.tag}> in <{element.tag}>" for child in element if child.tag not in children]


def test_junit_is_what_jenkins_xunit_plugin_accepts(reports: Written) -> None:
    """By the plugin's own schema: no attribute too many, none that is required is missing."""
    schema = JenkinsSchema()
    for element in ET.fromstring(reports.text("junit.xml")).iter():
        assert schema.violations(element) == []


@pytest.mark.parametrize(
    "text",
    [
        '<testsuites skipped="1"/>',
        '<testsuite name="x" tests="1" failures="0"/>',
        '<testsuites time="soon"/>',
        "<testcase><skipped/></testcase>",
        '<testsuites><testcase name="x"/></testsuites>',
    ],
)
def test_what_jenkins_refuses_is_refused_here(text: str) -> None:
    assert JenkinsSchema().violations(ET.fromstring(text)) != []


def test_sarif_fits_the_schema_of_oasis(reports: Written) -> None:
    """Nothing that a strict reader refuses."""
    schema = json.loads((SCHEMAS / "sarif" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema).validate(json.loads(reports.text("report.sarif")))


def test_ctrf_fits_its_schema(reports: Written) -> None:
    """Its readers refuse a member that the format does not know; our outcomes stay in `rawStatus`."""
    schema = json.loads((SCHEMAS / "ctrf" / "ctrf.json").read_text(encoding="utf-8"))
    report = json.loads(reports.text("ctrf.json"))
    jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(report)
    raw = {one["name"].split()[0]: one["rawStatus"] for one in report["results"]["tests"]}
    assert raw == {one.requirement.id: one.outcome.value for one in reports.results.results}


def test_ctrf_calls_passed_only_what_passed(written: Written) -> None:
    """A reader that knows five statuses takes neither a warning nor what was not tested for a pass."""
    report = json.loads(written.text("ctrf.json"))["results"]
    raws = {status: {one["rawStatus"] for one in report["tests"] if one["status"] == status} for status in STATUSES}
    assert raws == {
        "passed": {"passed"},
        "failed": {"failed"},
        "skipped": {"not_observed", "not_declared", "left_out", "could_not_test"},
        "pending": set(),
        "other": {"warned", "waived", "error"},
    }
    summary = report["summary"]
    assert summary["tests"] == len(report["tests"]) == sum(summary[status] for status in STATUSES)
    assert (summary["extra"]["verdict"], summary["extra"]["exitCode"]) == ("nonconformant", 1)


def test_har_fits_its_schema(reports: Written) -> None:
    """As har-schema validates it; a member of our own begins with `_`."""
    parts = [json.loads(path.read_text(encoding="utf-8")) for path in (SCHEMAS / "har").glob("*.json")]
    resources = [(part["$id"].rstrip("#"), Resource.from_contents(part)) for part in parts]
    schema = next(part for part in parts if part["$id"] == "har.json#")
    har = json.loads(reports.text("evidence.har"))
    jsonschema.Draft6Validator(schema, registry=Registry().with_resources(resources)).validate(har)
    known = {name for part in parts for name in part.get("properties", {})}
    known |= {name for part in parts for item in _objects(part) for name in item.get("properties", {})}
    assert {name for item in _objects(har) for name in item if not name.startswith("_")} <= known


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(item)


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


def test_the_schema_of_report_json_has_the_profile_as_the_stream_has_it():
    (_, known) = msgspec.json.schema_components([TargetProfile], ref_template="#/$defs/{name}")
    written = json.loads((specs() / "schemas" / "report.json").read_text(encoding="utf-8"))["$defs"]
    assert {name: written[name] for name in known} == known
