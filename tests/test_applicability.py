"""What `needs` in the register means for a target."""

from pathlib import Path

import pytest
import yaml

from conformance.applicability import Applicability, applicability_of
from conformance.opening import RunSettings
from conformance.register import load_register
from conformance.target import Target, load_target

REGISTER = load_register()


@pytest.fixture
def document() -> dict[str, object]:
    return {
        "version": 1,
        "name": "small",
        "tenant": "nagra",
        "services": {"hdm": {"url": "http://127.0.0.1:1"}, "ias": {"url": "http://127.0.0.1:1"}},
        "features": {"in_home_detection": True},
        "subjects": {"user": {"username": "alex", "password": "p4ss-word"}},
    }


def target_of(document: dict[str, object], folder: Path) -> Target:
    path = folder / "target.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return load_target(path)


def test_a_requirement_of_a_service_or_feature_that_the_target_lacks_is_not_declared(document, tmp_path):
    found = applicability_of(REGISTER, target_of(document, tmp_path), None)
    for entry in REGISTER:
        if entry.service == "sdp":
            assert found.not_declared[entry.id] == "the target declares no sdp"
    assert found.not_declared["SSP-001"]
    document["features"] = {}
    without = applicability_of(REGISTER, target_of(document, tmp_path), None)
    assert without.not_declared["UPD-001"] == "the target does not claim in_home_detection"
    assert "UPD-001" not in found.not_declared


def test_what_the_target_file_lacks_is_named_with_the_line_to_add(document, tmp_path):
    found = applicability_of(REGISTER, target_of(document, tmp_path), None)
    names = [f"subjects.stb.{key}" for key in ("smartcardId", "nuId", "casn", "csadList")]
    assert found.lacking["STB-001"].reason == f"the target file lacks {', '.join(names)}"
    assert found.lacking["STB-001"].add[0] == "subjects: {stb: {smartcardId: …}}"
    assert not found.testable("STB-001")
    assert not set(found.lacking) & set(found.not_declared)


def test_a_selection_concerns_the_services_whose_responses_it_needs(document, tmp_path):
    found = applicability_of(REGISTER, target_of(document, tmp_path), ("UPD-001",))
    assert found.services == {"ias", *REGISTER["UPD-001"].needs.services}
    assert found.concerns("UPD-001")
    assert not found.concerns("STB-001")
    assert Applicability().services is None


def test_the_process_of_the_checks_reads_what_the_run_found(document, tmp_path):
    found = applicability_of(REGISTER, target_of(document, tmp_path), ("UPD-001", "SDP-001"))
    settings = RunSettings("target.yaml", "run.jsonl", selected=("UPD-001", "SDP-001"), applicability=found)
    assert RunSettings.parse(settings.dump()) == settings
