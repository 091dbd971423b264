"""A capture is as little trusted as a target: whatever is in it, each entry is judged or passed over."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.applicability import applicability_of
from conformance.capture import CaptureJudge, Entry, PassedOver, read_capture
from conformance.capture.har import TORN, entry_of, entry_on
from conformance.contract import load_contract
from conformance.errors import CaptureError
from conformance.model import SERVICES
from conformance.redaction import Redactor
from conformance.reference.server import RunningPlatform, default_settings
from conformance.register import load_register
from conformance.rules import Context
from conformance.runner.judge import judge_captures
from conformance.selftest.exports import har
from conformance.stream import StreamWriter
from conformance.target import ServiceAddress, Target
from tests.capture.traffic import App

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def entries():
    with RunningPlatform(default_settings()) as running:
        return App(running.target_document()).evening().entries


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def with_other(value, path, other):
    """Return a value with another one at a place."""
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = with_other(value[path[0]], path[1:], other)
    return copy


@given(JSON)
def test_any_json_is_an_entry_or_passed_over_with_a_reason(value):
    found = entry_of(value, "x")
    assert isinstance(found, Entry) or (isinstance(found, PassedOver) and found.reason)


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    register = load_register()
    everything = Target("x", "", {name: ServiceAddress("") for name in SERVICES})
    applies = applicability_of(register, everything, None)
    with StreamWriter(tmp_path_factory.mktemp("hostile") / "run.jsonl", Redactor()) as stream:
        yield CaptureJudge(load_contract(), Context(register=register), applies, None, stream)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_an_entry_with_anything_in_any_place_is_judged_or_passed_over(data, entries, judge):
    entry = data.draw(st.sampled_from(entries))
    place = data.draw(st.sampled_from(list(places(entry))))
    found = entry_of(with_other(entry, place, data.draw(JSON)), "x")
    before = judge.judged
    judge.judge_file("x.har", [found])
    assert judge.judged - before <= 1


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000])
def test_what_is_nested_without_end_is_one_message(deep, tmp_path):
    for text in (deep, f'{{"log": {{"entries": [{deep}'):
        (tmp_path / "x.har").write_text(text)
        with pytest.raises(CaptureError):
            list(read_capture(tmp_path / "x.har"))


@pytest.mark.parametrize("deep", ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_a_file_is_read_up_to_what_is_nested_very_deep(deep, entries, tmp_path):
    text = json.dumps(entries[0]).replace('"cache"', f'"_own": {deep}, "cache"', 1)
    (tmp_path / "x.har").write_text(f'{{"log": {{"entries": [{json.dumps(entries[1])}, {text}]}}}}')
    first, second = read_capture(tmp_path / "x.har")
    assert isinstance(first, Entry)
    assert isinstance(second, PassedOver)


def test_entries_that_are_longer_than_a_piece_and_characters_across_its_end_are_read_whole(entries, tmp_path):
    long = json.loads(json.dumps(entries[0]))
    long["_own"] = "é日" * 900_000
    (tmp_path / "x.har").write_text(
        har([entries[1], long, *entries]).replace("\\u00e9\\u65e5", "é日"), encoding="utf-8"
    )
    found = list(read_capture(tmp_path / "x.har"))
    assert [type(one) for one in found] == [Entry] * (len(entries) + 2)
    assert found[1].request.url == entries[0]["request"]["url"]


def test_control_sequences_and_markup_of_a_capture_reach_no_terminal_and_no_page(entries, tmp_path):
    bad = json.loads(json.dumps(entries[0]))
    bad["request"]["url"] = "https://\x1b[31m<script>alert(1)</script>.example/x"
    (tmp_path / "x.har").write_text(har([bad, *entries]))
    folder = judge_captures([tmp_path / "x.har"], out=tmp_path / "out").folder
    page = (folder / "report.html").read_text()
    assert "<script>alert(1)" not in page
    assert "\x1b" not in page


def test_a_line_of_a_spool_that_is_cut_off_is_passed_over_wherever_it_is_read(entries, tmp_path):
    """A recording that goes on reads the same lines as a file."""
    whole = json.dumps(entries[0]).encode()
    assert isinstance(entry_on(whole, "x"), Entry)
    assert entry_on(whole[:50], "x") == PassedOver("x", TORN)
    (tmp_path / "spool.jsonl").write_bytes(whole + b"\n" + whole[:50])
    assert [type(one) for one in read_capture(tmp_path / "spool.jsonl")] == [Entry, PassedOver]
