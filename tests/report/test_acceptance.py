"""A run by an acceptance profile: each line is met, not met, or open, and the exit code is the worse of two."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from conformance.cli.summary import print_summary
from conformance.register import Register
from conformance.report import results_of, write_reports
from conformance.report.acceptance import Met, worse
from conformance.stream import read_run
from conformance.stream.events import AcceptanceProfile

from .conftest import Written
from .streams import Stream

KEY, OTHER = "a" * 64, "b" * 64


def profile(**asked) -> AcceptanceProfile:
    return AcceptanceProfile(name="Example TV", sha256=KEY, **asked)


@pytest.fixture
def small(tmp_path: Path) -> Stream:
    """A run of one requirement, which holds."""
    stream = Stream()
    stream.open()
    stream.change(
        0,
        waivers=[],
        selected=["STB-020"],
        suite={"name": "opentv-conformance", "version": "0.1.0", "edition": 2},
    )
    identity = stream.exchange("stbsignontokens", 403, {}, by="hdm/x::y")
    stream.write("verified", requirement="STB-020", exchange=identity, by="hdm/x::y")
    stream.write("reading", reading="sdp-field-types", option="example")
    stream.write("peer", host="hdm.acme.example", port=8443, first_key=KEY, last_key=KEY)
    stream.write("fuzz", operation="stbsignontokens", cases=200, sent=200)
    return stream


def lines(stream: Stream, folder: Path, register: Register, **asked) -> list[tuple[Met, str]]:
    stream.end()
    results = results_of(read_run(stream.save(folder)), register, profile(**{"binding": ["STB-020"], **asked}))
    return [(line.met, line.seen) for line in results.acceptance.lines[1:]]


@pytest.mark.parametrize(
    ("asked", "met", "seen"),
    [
        ({"readings": {"sdp-field-types": "example"}}, Met.YES, "seen: example"),
        ({"readings": {"sdp-field-types": "table"}}, Met.NO, "seen: example"),
        ({"readings": {"mds-status": "x"}}, Met.OPEN, "not seen in this run"),
        ({"services": ["hdm", "sdp"]}, Met.YES, "all are claimed"),
        ({"features": ["in_home_detection"]}, Met.YES, "all are claimed"),
        ({"features": ["ssp"]}, Met.NO, "not claimed: ssp"),
        ({"hosts": {"hdm": "HDM.acme.example"}}, Met.YES, "hdm.acme.example"),
        ({"hosts": {"hdm": "hdm.other.example"}}, Met.NO, "hdm.acme.example"),
        ({"keys": [KEY]}, Met.YES, "no other key"),
        ({"keys": [OTHER]}, Met.NO, f"other keys: {KEY}"),
        ({"cases": 200}, Met.YES, "up to 200 of each operation"),
        ({"cases": 201}, Met.OPEN, "up to 200 of each operation"),
        ({"edition": 2}, Met.YES, "edition 2"),
        ({"edition": 3}, Met.NO, "edition 2"),
        ({"challenge": True}, Met.NO, "the run has none"),
        ({"waived": []}, Met.YES, "waived: none"),
    ],
    ids=str,
)
def test_a_line_is_met_or_not_and_says_what_was_seen(small, tmp_path, register, asked, met, seen) -> None:
    assert lines(small, tmp_path, register, **asked) == [(met, seen)]


def test_without_tls_no_key_is_known(small, tmp_path, register) -> None:
    small.events = [event for event in small.events if type(event).__name__ != "Peer"]
    assert lines(small, tmp_path, register, keys=[KEY]) == [(Met.OPEN, "no TLS connection")]


def test_generated_cases_that_stopped_early_do_not_count(small, tmp_path, register) -> None:
    small.write("fuzz", operation="listServices", cases=200, sent=3, stopped="the limit of requests")
    assert lines(small, tmp_path, register, cases=100) == [(Met.OPEN, "stopped early: listServices")]


def acceptance(results):
    return results.acceptance.verdict.value, results.own_exit_code, results.exit_code


def test_the_exit_code_is_the_worse_of_the_two(small, tmp_path, register) -> None:
    """The run decides nothing (partial, 0); by the profile, what it asks holds, was not tested, or is refused."""
    small.end()
    run = read_run(small.save(tmp_path))
    for asked, code, verdict in (
        ({"binding": ["STB-020"]}, 0, "conformant"),
        ({"binding": ["STB-020", "STB-021"]}, 4, "incomplete"),
        ({"binding": ["STB-020"], "features": ["ssp"]}, 1, "nonconformant"),
        ({}, 4, "incomplete"),
    ):
        assert acceptance(results_of(run, register, profile(**asked))) == (verdict, 0, code)
    assert results_of(run, register).acceptance is None


@pytest.mark.parametrize(("one", "other", "code"), [(0, 4, 4), (4, 1, 1), (1, 5, 1), (5, 4, 5), (1, 3, 3), (0, 0, 0)])
def test_a_breach_is_worse_than_what_was_not_tested(one, other, code) -> None:
    assert worse(one, other) == worse(other, one) == code


def test_a_run_that_is_broken_for_its_own_verdict_may_hold_by_a_profile(written: Written, register: Register) -> None:
    """And ends as nonconformant all the same."""
    held = next(one.requirement.id for one in written.results.results if one.outcome.value == "passed")
    results = results_of(read_run(written.folder), register, profile(binding=[held]))
    assert acceptance(results) == ("conformant", 1, 1)


def test_what_binds_here_and_is_broken_or_waived_is_not_acceptable(written: Written, register: Register) -> None:
    of = {one.outcome.value: one.requirement.id for one in written.results.results}
    run = read_run(written.folder)
    for asked, seen in (
        ({"binding": [of["failed"]]}, f"broken: {of['failed']}"),
        ({"binding": [of["passed"]], "shoulds": [of["warned"]]}, f"broken: {of['warned']}"),
        ({"binding": [of["waived"], of["passed"]], "waived": []}, f"waived beyond it: {of['waived']}"),
    ):
        found = results_of(run, register, profile(**asked)).acceptance
        assert found.verdict.value == "nonconformant"
        assert [line.seen for line in found.lines if line.met is Met.NO] == [seen]
    accepted = results_of(run, register, profile(binding=[of["waived"], of["passed"]], waived=[of["waived"]]))
    assert accepted.acceptance.verdict.value == "conformant"


def test_the_profile_of_the_stream_stands_in_every_report(small, tmp_path, register) -> None:
    """`report` makes the same of it; another profile may be given in its place."""
    small.events.insert(1, profile(binding=["STB-020"], features=["ssp"]))
    small.end()
    folder = small.save(tmp_path / "run")
    results = write_reports(folder, register)
    head = "Not acceptable by Example TV: claims the features ssp."
    assert results.acceptance.head == head
    assert results.exit_code == 1
    report = json.loads((folder / "report.json").read_text())
    assert (report["acceptance"]["verdict"], report["verdict"], report["exit_code"]) == ("nonconformant", "partial", 1)
    for name in ("report.html", "summary.md"):
        assert head in (folder / name).read_text().replace("\\", ""), name
    said = io.StringIO()
    print_summary(results, folder, Console(file=said, width=200))
    assert head in said.getvalue()
    other = write_reports(folder, register, profile(binding=["STB-020"]))
    assert acceptance(other) == ("conformant", 0, 0)
