"""What a target file leaves out is never held against the target, and the report says what to add."""

import io

import pytest
from rich.console import Console

from conformance.model import Outcome, Verdict
from conformance.report import results_of
from conformance.runner.options import RunOptions
from conformance.runner.run import run
from conformance.selftest.checking import checks_here
from conformance.stream import read_run


def results(path, tmp_path):
    options = RunOptions(target=path, fuzz=False, out=tmp_path / "out")
    ended = run(
        options,
        Console(file=io.StringIO()),
        reports=lambda folder, register: results_of(read_run(folder), register),
        checks=checks_here,
    )
    return ended.results


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("subjects.player.initializationPayload", "initializationPayload"),
        ("subjects.user.username", "username"),
        ("subjects.account_template.npvrProfileName", "npvrProfileName"),
        ("subjects.stb", "subjects: {stb: {…}}"),
    ],
)
def test_each_requirement_that_cannot_be_tested_says_what_to_add(document, write, tmp_path, left_out, said):
    *way, last = left_out.split(".")
    place = document
    for name in way:
        place = place[name]
    del place[last]
    found = results(write(document), tmp_path)
    untested = [one for one in found.results if one.outcome is Outcome.COULD_NOT_TEST]
    assert found.verdict is Verdict.INCOMPLETE
    assert [one.requirement.id for one in found.results if one.outcome in (Outcome.FAILED, Outcome.ERROR)] == []
    assert [(one.requirement.id, one.reason) for one in untested if not one.add] == []
    assert any(said in line for one in untested for line in one.add)


def test_what_a_deployment_of_direct_mode_alone_has_no_part_for_is_not_declared(platform_with, write, tmp_path):
    with_readings = platform_with(readings={"nmp-mode": "direct-alone"})
    found = results(write(with_readings.target_document()), tmp_path)
    assert found.verdict is Verdict.CONFORMANT
    for name in ("INI-001", "INI-101", "INI-002", "WIR-103", "WIR-603", "ADM-071", "ADM-075"):
        assert found.of(name).outcome is Outcome.NOT_DECLARED, name
        assert "direct mode" in found.of(name).reason
