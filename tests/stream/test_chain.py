"""The digests in a stream: whoever wrote it, what was changed, taken out or cut off afterwards is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.redaction import Redactor
from conformance.stream import RunFolder, StreamWriter, check_chain, events
from conformance.stream.chain import EVERY_LINES


def note(text: object) -> events.Note:
    return events.Note(text=f"note {text}")


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two writers that take turns, as the processes of a run do, and the end by the first."""
    path = tmp_path_factory.mktemp("chain") / "run.jsonl"
    with StreamWriter(path, Redactor()) as one:
        with StreamWriter(path, Redactor()) as other:
            for number in range(EVERY_LINES + 5):
                one.write(note(number))
                other.write(note(-number))
        one.write(events.End())
    return path


def changed(stream: Path, folder: Path, content: bytes) -> Path:
    path = folder / "run.jsonl"
    path.write_bytes(content)
    return path


def test_what_several_processes_wrote_is_one_chain(stream: Path) -> None:
    found = check_chain(stream)
    assert (found.wrong, found.closed) == (None, True)
    lines = stream.read_text().splitlines()
    assert found.lines == len(lines) == 2 * (EVERY_LINES + 5) + 1 + found.digests
    # One of each writer, and the last line.
    assert found.digests == 3
    assert json.loads(lines[-1])["event"] == "digest"
    assert json.loads(lines[-1])["lines"] == len(lines) - 1
    assert [type(one) for one in RunFolder(stream.parent).events()][-2:] == [events.End, events.Digest]


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_every_changed_bit_is_found(
    tmp_path_factory: pytest.TempPathFactory, stream: Path, share: float, bit: int
) -> None:
    content = bytearray(stream.read_bytes())
    content[int(share * len(content))] ^= 1 << bit
    found = check_chain(changed(stream, tmp_path_factory.mktemp("bit"), bytes(content)))
    assert not found.closed


@settings(max_examples=30, deadline=None)
@given(keep=st.floats(0, 1, exclude_max=True))
def test_what_was_cut_off_is_not_closed(tmp_path_factory: pytest.TempPathFactory, stream: Path, keep: float) -> None:
    content = stream.read_bytes()
    found = check_chain(changed(stream, tmp_path_factory.mktemp("cut"), content[: int(keep * len(content))]))
    assert not found.closed
    assert found.wrong is None


def test_the_first_change_is_named_by_the_lines_between_two_digests(stream: Path, tmp_path: Path) -> None:
    lines = stream.read_bytes().splitlines(keepends=True)
    places = [number for number, line in enumerate(lines, 1) if b'"digest"' in line[:40]]
    without = lines[: places[1] + 3] + lines[places[1] + 4 :]
    found = check_chain(changed(stream, tmp_path, b"".join(without)))
    assert found.wrong == (places[1] + 1, places[2] - 1)
    assert found.digests == 2


def test_a_process_that_was_killed_in_the_middle_of_a_line_leaves_a_chain(tmp_path: Path) -> None:
    """The others write on, and their digests are of the torn line, too."""
    path = tmp_path / "run.jsonl"
    with StreamWriter(path, Redactor()) as one:
        one.write(note(1))
        with path.open("ab") as killed:
            killed.write(b'{"event": "note", "te')
        one.write(events.End())
    assert check_chain(path).closed


def test_a_run_without_its_end_is_not_closed(tmp_path: Path) -> None:
    with StreamWriter(tmp_path / "run.jsonl", Redactor()) as one:
        one.write(note(1))
    found = check_chain(tmp_path / "run.jsonl")
    assert (found.wrong, found.closed, found.lines) == (None, False, 1)
