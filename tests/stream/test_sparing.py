"""The stream of a block of a soak stays small, and what is not in it is in its numbers."""

from __future__ import annotations

import pytest

from conformance.model import Exchange, Finding, Request, Response
from conformance.redaction import Redactor
from conformance.stream import RunFolder, events
from conformance.stream.sparing import MOST_CAUSES, Shown, SparingWriter
from conformance.stream.writer import KEEP_FINDINGS_PER_CAUSE


def exchange(number, status=200, *, valid=False, elapsed=12.34):
    return Exchange(
        id=f"F{number:05d}",
        service="mds",
        operation="listServices",
        request=Request("GET", "http://mds.example/services", (), b""),
        response=Response(status, (), b"{}") if status else None,
        failure="" if status else "no response",
        sent_at=1_000.0,
        received_at=1_000.0 + elapsed,
        made_by="fuzz",
        valid=valid,
    )


def finding(number, cause="c", requirement="WIR-211"):
    return Finding(requirement, ("200",), "500", cause, f"F{number:05d}", "fuzz")


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def block(folder, shown=None):
    return SparingWriter(folder.stream, Redactor(), shown or Shown())


def test_of_ten_thousand_findings_of_one_cause_a_few_are_written_with_their_exchanges(folder):
    shown = Shown()
    for begin in (0, 5_000):
        with block(folder, shown) as stream:
            for number in range(begin + 1, begin + 5_001):
                stream.exchange(exchange(number, 500), [], ["WIR-211"])
                stream.finding(finding(number))
            numbers = stream.unwritten()["listServices"]
        assert numbers.statuses["500"] == 5_000 - (KEEP_FINDINGS_PER_CAUSE if not begin else 0)
    written = list(folder.events())
    assert len(written) == 2 * KEEP_FINDINGS_PER_CAUSE
    named = [event.exchange for event in written if isinstance(event, events.Finding)]
    assert named == [event.id for event in written if isinstance(event, events.Exchange)]


def test_a_finding_that_is_told_later_still_has_its_exchange_before_it(folder):
    with block(folder) as stream:
        stream.exchange(exchange(1, 500), [], ["WIR-211"])
        for number in range(2, 300):
            stream.exchange(exchange(number), ["WIR-001"], [])
        stream.finding(finding(1))
    assert [type(event).__name__ for event in folder.events()] == ["Exchange", "Finding"]


def test_the_causes_of_a_requirement_are_bounded_and_those_of_others_are_not_lost(folder):
    with block(folder) as stream:
        for number in range(1, 200):
            stream.exchange(exchange(number, 500), [], ["WIR-211"])
            stream.finding(finding(number, cause=f"cause {number}"))
        stream.exchange(exchange(200, 500), [], ["WIR-411"])
        stream.finding(finding(200, requirement="WIR-411"))
    told = [event.requirement for event in folder.events() if isinstance(event, events.Finding)]
    assert told == ["WIR-211"] * MOST_CAUSES + ["WIR-411"]


def test_a_case_is_written_where_its_finding_is(folder):
    with block(folder) as stream:
        for number in range(1, 6):
            stream.exchange(exchange(number, 500), [], ["WIR-211"])
            stream.finding(finding(number))
            told = events.Case(operation="listServices", requirement="WIR-211", cause="c", exchange=f"F{number:05d}")
            stream.write(told)
    kinds = [type(event).__name__ for event in folder.events()]
    assert kinds.count("Case") == kinds.count("Finding") == KEEP_FINDINGS_PER_CAUSE


def test_what_is_not_written_is_counted_once_by_status_and_time(folder):
    with block(folder) as stream:
        stream.exchange(exchange(1, valid=True), [], [])
        stream.exchange(exchange(2, 404, elapsed=1234), [], [])
        stream.exchange(exchange(3, 0), [], ["WIR-711"])
        stream.exchange(exchange(4), [], [])
        stream.write(events.Reading(reading="r", option="o", exchange="F00004"))
        found = stream.unwritten()["listServices"]
        assert stream.last == 4
    assert (found.statuses, found.valid) == ({"200": 1, "404": 1, "0": 1}, {"200": 1})
    assert found.latencies == {"12": 1, "1200": 1}
    assert [type(event).__name__ for event in folder.events()] == ["Exchange", "Reading"]


def test_lines_that_say_the_same_are_written_a_few_times(folder):
    with block(folder) as stream:
        for _ in range(1_000):
            stream.write(events.Note(text="the same"))
            stream.write(events.Verified(requirement="MDS-010", exchange="", by="fuzz: walk 1"))
    assert len(list(folder.events())) < 50
