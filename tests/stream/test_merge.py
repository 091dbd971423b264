"""The parts of one run say together what the run says, in whatever order they come; nothing else is put together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conformance.errors import RunFolderError
from conformance.register import load_register
from conformance.report import results_of
from conformance.stream import Parts, RunFolder, events
from tests.report.streams import example, written

REGISTER = load_register()
DIGESTS = events.Digests(suite="s", contract="c", register="r", plan="p", target="t", options="o")


def whole():
    found = list(example(REGISTER).events)
    return [replace(found[0], digests=DIGESTS), *found[1:]]


def counts_of(told):
    """What a process counts of what it has written."""
    exchanges = [event for event in told if isinstance(event, events.Exchange)]
    held = Counter(name for event in exchanges for name in event.passed)
    broke = Counter(name for event in exchanges for name in event.broken)
    return events.Counts(
        process="E",
        requirements={name: events.Evaluated(held=held[name], broken=broke[name]) for name in sorted({*held, *broke})},
        causes=[],
        at=told[-1].at,
    )


def part(told, index, of, *, ended=True, counted=True):
    """A part of a run: its own opening, its own counts, its own numbers of exchanges."""
    numbers = {event.id: f"E{n:05d}" for n, event in enumerate((e for e in told if isinstance(e, events.Exchange)), 1)}
    found = [replace(whole()[0], part=events.Part(index, of))]
    for event in told:
        if isinstance(event, events.Exchange):
            event = replace(event, id=numbers[event.id])
        elif getattr(event, "exchange", "") in numbers:
            event = replace(event, exchange=numbers[event.exchange])
        found.append(event)
    found += [counts_of(told)] if counted else []
    return found + ([events.End(at=told[-1].at)] if ended else [])


def chunks(told, of):
    """Deal the events of a run out, so that what speaks of an exchange stays with it."""
    hands = [[] for _ in range(of)]
    home = {}
    for number, event in enumerate(told):
        key = event.id if isinstance(event, events.Exchange) else getattr(event, "exchange", "") or str(number)
        hands[home.setdefault(key, len(home) % of)].append(event)
    return hands


def told_by(results):
    outcomes = [
        (one.requirement.id, one.outcome, one.exercised_by.exchanges, len(one.findings)) for one in results.results
    ]
    return outcomes, results.verdict, results.requests, results.counts, sorted(results.readings.items())


def middle():
    return [event for event in whole()[1:] if not isinstance(event, events.Counts | events.End)]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of=st.integers(1, 16), data=st.data())
def test_parts_say_together_what_the_run_says_in_any_order(tmp_path_factory, of, data):
    folder = tmp_path_factory.mktemp("parts")
    told = middle()
    one = RunFolder(written(folder / "whole", [whole()[0], *told, counts_of(told), events.End(at=told[-1].at)]))
    folders = [
        RunFolder(written(folder / str(index), part(hand, index, of)))
        for index, hand in enumerate(chunks(told, of), 1)
        if hand
    ]
    assert len(folders) == of
    parts = Parts(data.draw(st.permutations(folders)))
    assert told_by(results_of(parts, REGISTER)) == told_by(results_of(one, REGISTER))
    ids = [event.id for event in parts.events() if isinstance(event, events.Exchange)]
    assert len(ids) == len(set(ids))


def test_one_part_is_the_run(tmp_path):
    run = RunFolder(example(REGISTER).save(tmp_path))
    assert list(Parts([run]).events()) == list(run.events())


@pytest.fixture
def two(tmp_path):
    return [
        RunFolder(written(tmp_path / str(index), part(hand, index, 2)))
        for index, hand in enumerate(chunks(middle(), 2), 1)
    ]


def test_a_part_that_is_missing_or_cut_off_gives_no_verdict(tmp_path, two):
    alone = Parts(two[:1])
    assert alone.missing == (2,)
    results = results_of(alone, REGISTER)
    assert (results.verdict.value, results.exit_code) == ("error", 3)
    assert "part 2 of 2 is missing" in [note.text for note in results.notes]
    cut = RunFolder(written(tmp_path / "cut", part(chunks(middle(), 2)[1], 2, 2, ended=False)))
    assert results_of(Parts([two[0], cut]), REGISTER).verdict.value == "error"


def test_what_a_killed_part_has_written_counts_beside_the_counts_of_others(tmp_path, two):
    cut = RunFolder(written(tmp_path / "cut", part(chunks(middle(), 2)[1], 2, 2, counted=False, ended=False)))
    whole_run = results_of(Parts(two), REGISTER)
    found = results_of(Parts([two[0], cut]), REGISTER)
    counted = [(one.requirement.id, one.exercised_by.exchanges) for one in found.results]
    assert counted == [(one.requirement.id, one.exercised_by.exchanges) for one in whole_run.results]


def test_a_part_twice_counts_once_and_a_different_one_is_refused(tmp_path, two):
    twice = Parts([*two, two[0]])
    assert twice.repeated == 1
    assert told_by(results_of(twice, REGISTER)) == told_by(results_of(Parts(two), REGISTER))
    other = RunFolder(written(tmp_path / "other", part(chunks(middle(), 2)[1], 1, 2)))
    with pytest.raises(RunFolderError) as found:
        Parts([*two, other])
    assert "another part 1" in found.value.message


@pytest.mark.parametrize("name", ["suite", "contract", "register", "plan", "target", "options"])
def test_parts_of_other_runs_are_refused_with_both_values(tmp_path, two, name):
    told = part(chunks(middle(), 2)[1], 2, 2)
    told[0] = replace(told[0], digests=replace(DIGESTS, **{name: "another"}))
    other = RunFolder(written(tmp_path / "other", told))
    with pytest.raises(RunFolderError) as found:
        Parts([two[0], other])
    assert f"the digest of the {name} is {name[0]} in {two[0].stream}:1 and another here" in found.value.message
    assert found.value.where == f"{other.stream}:1"
    assert found.value.exit_code == 2


def test_a_stream_without_its_opening_line_is_no_part(tmp_path):
    run = RunFolder(written(tmp_path, middle()[:3]))
    with pytest.raises(RunFolderError, match="the opening line is missing"):
        Parts([run])


def test_a_reason_that_names_an_exchange_names_that_of_its_part(tmp_path):
    told = [*middle()[:1], events.Untested(requirement="STB-001", reason="refused (exchange E00001)", at=5)]
    folders = [RunFolder(written(tmp_path / str(index), part(told, index, 2))) for index in (1, 2)]
    found = [event.reason for event in Parts(folders).events() if isinstance(event, events.Untested)]
    assert found == ["refused (exchange E1000000001)", "refused (exchange E2000000001)"]
    assert Path(folders[0].path).exists()
