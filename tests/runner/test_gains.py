"""How much can be tested, and what to add, is counted in the register, as `plan` and a run count it."""

from __future__ import annotations

import pytest

from conformance.documents import parse_yaml
from conformance.errors import TargetFileError
from conformance.reference.server import RunningPlatform
from conformance.register import load_register
from conformance.runner.gains import testable as counted
from conformance.runner.options import RunOptions
from conformance.runner.plan import plan_of
from conformance.target import target_from_document
from conformance.target.writing import target_text


@pytest.fixture(scope="module")
def document():
    with RunningPlatform() as running:
        yield running.target_document()


def target(document, tmp_path, **changes):
    known = {name: value for name, value in {**document, **changes}.items() if name not in ("version", "conditions")}
    text = target_text(known, said=())
    return target_from_document(parse_yaml(tmp_path / "t.yaml", text.encode(), TargetFileError), sending=False)


SUBJECTS = ("stb", "user", "content")


@pytest.mark.parametrize("number", range(len(SUBJECTS) + 1))
def test_what_can_be_tested_now_is_what_plan_counts(document, tmp_path, number):
    subjects = {name: document["subjects"][name] for name in SUBJECTS[:number]}
    found = target(document, tmp_path, subjects=subjects)
    plan = plan_of(RunOptions(fuzz=False), found, load_register())
    assert counted(load_register(), found).now == plan.testable


def test_the_gain_is_what_adding_it_brings(document, tmp_path):
    without = {name: value for name, value in document["subjects"].items() if name not in ("stb_other_account", "user")}
    before = counted(load_register(), target(document, tmp_path, subjects=without))
    for added in (("stb_other_account",), ("user",), ("user", "stb_other_account")):
        more = without | {name: document["subjects"][name] for name in added}
        after = counted(load_register(), target(document, tmp_path, subjects=more))
        assert before.gain(frozenset(f"subjects.{name}" for name in added)) == after.now - before.now


def test_the_sentence_names_what_brings_most(document, tmp_path):
    found = counted(load_register(), target(document, tmp_path, subjects={}, credentials={}))
    assert (
        f"0 of {found.declared} requirements can be tested now; add `stb` for +{found.gain(found.best)}"
        == found.sentence
    )
    assert found.gain(found.best) > 100
