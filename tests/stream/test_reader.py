"""Whatever stands in `run.jsonl`: it is read, or it is one message with file, line and key."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.errors import RunFolderError
from conformance.register import load_register
from conformance.report import results_of, write_reports
from conformance.resources import specs
from conformance.stream import RunFolder, events
from conformance.stream.schema import run_schema
from tests.report.streams import Stream, example

REGISTER = load_register()
LINES = [msgspec.json.encode(event) for event in example(REGISTER).events]
KINDS = list({json.loads(line)["event"]: json.loads(line) for line in LINES}.values())


def folder_of(path: Path, content: bytes) -> RunFolder:
    (path / "run.jsonl").write_bytes(content)
    return RunFolder(path)


def test_the_published_schema_is_made_from_the_types() -> None:
    """`python docs/generate.py` writes it."""
    assert (specs() / "schemas" / "run.json").read_text(encoding="utf-8") == run_schema()


@pytest.mark.parametrize("line", KINDS, ids=lambda line: line["event"])
def test_every_kind_of_line_fits_the_schema(line: dict[str, object]) -> None:
    """The schema is one that other programs can use."""
    jsonschema.Draft202012Validator(json.loads(run_schema())).validate(line)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"event": "end", "aborted": 1}, "aborted: expected bool, got int"),
        ({"event": "finding", "requirement": "STB-001"}, "object missing required field expected"),
        ({"event": "note", "text": ["a"]}, "text: expected str, got array"),
        ({"event": "counts", "process": "E", "causes": [{"requirement": 1}]}, "causes[0].requirement: expected str"),
        ({"event": "end", "at": 10**18}, "at: expected int <="),
        ({"event": 7}, "event: expected str"),
        ({}, "object missing required field event"),
        ([], "expected object, got array"),
    ],
)
def test_a_wrong_type_is_one_message_with_file_line_and_key(tmp_path: Path, line: object, told: str) -> None:
    """Neither a traceback nor a guess: exit 2."""
    run = folder_of(tmp_path, LINES[0] + b"\n\n" + json.dumps(line).encode() + b"\n")
    with pytest.raises(RunFolderError) as found:
        list(run.events())
    assert found.value.where == f"{tmp_path / 'run.jsonl'}:3"
    assert told in found.value.message
    assert found.value.exit_code == 2


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_number_that_is_no_json_reaches_no_report(tmp_path: Path, number: str) -> None:
    """Such a line counts as torn: nothing of it is copied into a report."""
    line = LINES[1].replace(b'"elapsed_ms":', f'"elapsed_ms":{number},"x":'.encode())
    folder = folder_of(tmp_path, b"\n".join([LINES[0], line, LINES[-1]]))
    try:
        assert write_reports(folder.path, REGISTER).verdict.value == "error"
    except RunFolderError:
        return
    assert number not in (tmp_path / "report.json").read_text()


def test_what_a_newer_suite_adds_is_read_over(tmp_path: Path) -> None:
    """Another kind of line, another key: what is known is read."""
    more = json.dumps({"event": "rotation", "at": 1}).encode()
    known = json.dumps({"event": "end", "at": 1, "colour": "red"}).encode()
    assert list(folder_of(tmp_path, b"\n".join([more, known])).events()) == [events.End(at=1)]


def test_a_newer_form_of_the_stream_is_refused(tmp_path: Path) -> None:
    """What a key means may have changed: better no report than a wrong one."""
    line = msgspec.to_builtins(msgspec.json.decode(LINES[0])) | {"schema_version": 2}
    with pytest.raises(RunFolderError, match="schema_version: expected int <= 1"):
        list(folder_of(tmp_path, json.dumps(line).encode()).events())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def changed_lines(draw: st.DrawFn) -> bytes:
    """A line of the example with one of its keys, at any depth, changed or taken away; or any bytes."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.binary(max_size=80)).replace(b"\n", b" ")
    line = json.loads(json.dumps(draw(st.sampled_from(KINDS))))
    place = line
    while isinstance(place, (dict, list)) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if draw(st.booleans()) or not isinstance(place[key], (dict, list)) or not place[key]:
            if draw(st.booleans()):
                del place[key]
            else:
                place[key] = draw(json_values)
            break
        place = place[key]
    return json.dumps(line).encode()


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(changed_lines(), min_size=1, max_size=6), whole=st.booleans())
def test_any_bytes_end_in_results_or_in_one_message(tmp_path: Path, lines: list[bytes], whole: bool) -> None:
    """A file that somebody changed ends in no traceback, wherever it was changed."""
    content = [LINES[0], *lines, LINES[-1]] if whole else lines
    try:
        results_of(folder_of(tmp_path, b"\n".join(content)), REGISTER)
    except RunFolderError as told:
        where = told.where
    else:
        return
    assert where.startswith(str(tmp_path / "run.jsonl"))


def test_counts_are_what_was_evaluated_however_little_was_kept(tmp_path: Path) -> None:
    """189 exchanges broke it and one finding was kept: every report says 189."""
    stream = Stream()
    stream.open()
    stream.change(0, waivers=[])
    identity = stream.exchange("stbsignontokens", 200, {}, by="hdm/x::y")
    stream.finding("SGN-013", identity, ["a"], "b", "c", by="rule", repeats=189)
    evaluated = {"SGN-013": {"held": 11, "broken": 189, "by": ["rule"]}}
    causes = [{"requirement": "SGN-013", "cause": "c", "repeats": 189}]
    stream.write("counts", process="E", requirements=evaluated, causes=causes)
    stream.write("end")
    results = write_reports(stream.save(tmp_path), REGISTER)
    (finding,) = results.of("SGN-013").findings
    assert finding.repeats == 189
    assert results.of("SGN-013").exercised_by.exchanges == 200
    assert "Seen 189 times" in (tmp_path / "report.html").read_text()
    assert json.loads((tmp_path / "report.sarif").read_text())["runs"][0]["results"][0]["occurrenceCount"] == 189
