"""Parts become one run folder with all reports; what is missing is named in each of them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conformance.errors import RunFolderError
from conformance.report import write_reports
from conformance.runner.merging import merge
from conformance.stream import events, read_run
from tests.report.streams import example, written
from tests.stream.test_merge import DIGESTS, REGISTER, chunks, middle, part

# Without these nothing is broken.
DECIDING = (events.Finding, events.Trouble)
REPORTS = ("report.json", "report.html", "junit.xml", "summary.md", "report.sarif", "evidence.har", "ctrf.json")


def results_in(folder, register):
    """Make the reports that say whether the run is whole, none of which needs its evidence."""
    from conformance.report import results_of

    return results_of(read_run(folder), register)


@pytest.fixture
def three(tmp_path):
    return [
        written(tmp_path / str(index), part(hand, index, 3))
        for index, hand in enumerate(chunks([one for one in middle() if not isinstance(one, DECIDING)], 3), 1)
    ]


def changed(folder, change):
    """Write a part again with other events."""
    told = change(list(read_run(folder).events()))
    (folder / "run.jsonl").unlink()
    return written(folder, told)


def test_the_order_of_the_parts_does_not_matter(tmp_path, three):
    merged = [
        merge(folders, out=tmp_path / name, reports=results_in).folder / "run.jsonl"
        for name, folders in (("up", three), ("down", three[::-1]))
    ]
    assert merged[0].read_bytes() == merged[1].read_bytes()


def test_merging_the_one_part_of_a_run_is_that_run(tmp_path):
    folder = example(REGISTER).save(tmp_path / "run")
    write_reports(folder, REGISTER)
    merged = merge([folder], out=tmp_path / "merged")
    for name in ("run.jsonl", "report.json"):
        assert (merged.folder / name).read_bytes() == (folder / name).read_bytes()


def test_a_missing_part_is_an_error_and_with_partial_at_best_incomplete(tmp_path, three):
    assert merge(three[:2], out=tmp_path / "error", reports=results_in).results.verdict.value == "error"
    found = merge(three[:2], out=tmp_path / "partial", partial=True)
    assert (found.results.verdict.value, found.results.exit_code) == ("incomplete", 4)
    for name in REPORTS:
        assert "part 3 of 3 is missing" in (found.folder / name).read_text(encoding="utf-8"), name


def test_a_part_that_was_cut_off_is_a_gap_whatever_it_holds(tmp_path, three):
    lines = (three[1] / "run.jsonl").read_bytes().splitlines(keepends=True)
    (three[1] / "run.jsonl").write_bytes(b"".join(lines[:-2]))
    assert merge(three, out=tmp_path / "error", reports=results_in).results.exit_code == 3
    found = merge(three, out=tmp_path / "partial", partial=True, reports=results_in).results
    assert (found.verdict.value, found.run.gaps) == ("incomplete", ["part 2 of 3 was cut off"])


def test_a_part_that_was_given_up_is_no_basis_for_a_verdict(tmp_path, three):
    given_up = events.End(aborted=True, exit_code=3, message="nothing answers")
    changed(three[0], lambda told: [*told[:-1], replace(given_up, at=told[-1].at)])
    assert merge(three, out=tmp_path / "error", reports=results_in).results.verdict.value == "error"
    found = merge(three, out=tmp_path / "partial", partial=True, reports=results_in).results
    assert found.run.gaps == ["part 1 of 3 was given up: nothing answers"]


def test_a_part_alone_decides_nothing_but_what_is_broken(tmp_path, three):
    alone = results_in(three[0], REGISTER)
    assert (alone.verdict.value, alone.exit_code) == ("partial", 0)
    broken = events.Finding(requirement="SGN-001", expected=["200"], actual="404", cause="c", exchange="E00001", by="b")
    changed(three[0], lambda told: [*told[:-1], replace(broken, at=told[-1].at), told[-1]])
    found = results_in(three[0], REGISTER)
    assert (found.verdict.value, found.exit_code) == ("nonconformant", 1)


def test_readings_that_parts_saw_otherwise_are_a_warning_of_the_whole(tmp_path, three):
    for folder, option in zip(three, ("200", "400", "400"), strict=True):
        seen = events.Reading(reading="ias-out-of-home-without-token", option=option, exchange="E00001")
        changed(folder, lambda told, seen=seen: [*told[:-1], replace(seen, at=told[-1].at), told[-1]])
    notes = [note.text for note in merge(three, out=tmp_path / "out", reports=results_in).results.notes]
    assert any("the target contradicts itself" in text and "E1000000001" in text for text in notes)


def test_nothing_is_left_of_a_merge_that_was_refused(tmp_path, three):
    other = replace(DIGESTS, target="another")
    changed(three[0], lambda told: [replace(told[0], digests=other), *told[1:]])
    with pytest.raises(RunFolderError, match=r"the digest of the target is another in .* and t here"):
        merge(three, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def refused(folder, *, control):
    """Let a part find that a request was refused; with a control that showed an ended token."""

    def change(told):
        sent = next(e for e in told if isinstance(e, events.Exchange) and e.operation == "updateInHomeStatus")
        sent = replace(sent, id="E00900", response=replace(sent.response, status=403), passed=[], valid=True)
        found = events.Finding(
            at=sent.at, requirement="UPD-096", expected=["200"], actual="403", cause="c", exchange=sent.id, by="b"
        )
        ended = [events.Control(at=sent.at, operation=sent.operation, verdict="expired", note="")] if control else []
        return [*told[:-1], sent, found, *ended, told[-1]]

    return change


@pytest.mark.parametrize("control", [True, False])
def test_parts_at_the_same_time_that_end_each_others_tokens_accuse_nobody(tmp_path, three, control):
    for folder in three:
        if any(
            getattr(e, "operation", "") == "updateInHomeStatus" and e.id
            for e in read_run(folder).events()
            if isinstance(e, events.Exchange)
        ):
            changed(folder, refused(folder, control=control))
            alone = results_in(folder, REGISTER).of("UPD-096").outcome.value
            break
    outcome = "could_not_test" if control else "failed"
    assert alone == outcome
    together = merge(three, out=tmp_path / "together", reports=results_in).results
    assert together.of("UPD-096").outcome.value == outcome
    # One after the other they accuse whom they accuse.
    day = 86_400_000
    for number, folder in enumerate(three):
        changed(folder, lambda told, number=number: [replace(event, at=event.at + number * day) for event in told])
    assert merge(three, out=tmp_path / "apart", reports=results_in).results.of("UPD-096").outcome.value == "failed"
