"""A soak: blocks of fresh cases behind a run, in a stream that stays small, and that goes on after a kill."""

from __future__ import annotations

import itertools
from io import StringIO

import pytest
import yaml
from rich.console import Console

from conformance.errors import UsageError
from conformance.opening import RunSettings, secret_sources
from conformance.redaction import Redactor
from conformance.reference.server import RunningPlatform
from conformance.register import load_register
from conformance.report import results_of
from conformance.runner.folder import Done, unfinished
from conformance.runner.options import RunOptions, parse_duration
from conformance.runner.progress import LiveProgress
from conformance.runner.run import run
from conformance.runner.soak import Soak, seed_of
from conformance.stream import RunFolder, StreamWriter, events, read_run
from conformance.target import load_target
from tests.report.streams import example

REGISTER = load_register()


class Counting:
    """A clock that goes on by a second whenever somebody looks at it."""

    def __init__(self):
        self.seconds = itertools.count()

    def monotonic(self):
        return float(next(self.seconds))


def test_blocks_are_counted_as_if_their_exchanges_were_in_the_stream(tmp_path):
    folder = RunFolder(tmp_path)
    options = RunOptions(fuzz_cases=10, for_s=60)
    with RunningPlatform() as platform:
        (tmp_path / "target.yaml").write_text(yaml.safe_dump(platform.target_document()), encoding="utf-8")
        target = load_target(tmp_path / "target.yaml")
        settings = RunSettings(str(tmp_path / "target.yaml"), str(folder.stream))
        with StreamWriter(folder.stream, Redactor()) as stream:
            stream.write(events.Run(schema_version=1, suite=events.Suite("s", "1"), target=events.TargetFacts()))
        soak = Soak(options, settings, target, 40.0, ["listServices"], clock=Counting())
        console = Console(file=StringIO())
        with LiveProgress(folder.stream, console) as progress:
            soak.go(progress, first=1)
    # A soak that kept the redactors of its blocks would grow by each of them.
    assert not any(source.told for source in secret_sources(target))
    told = list(folder.events())
    blocks = [event for event in told if isinstance(event, events.Block)]
    assert [block.number for block in blocks] == list(range(1, len(blocks) + 1))
    assert len(blocks) >= 2
    assert len({block.seed for block in blocks}) == len(blocks)
    cases = [event.cases for event in told if isinstance(event, events.Fuzz)]
    assert cases == [10] * len(cases)
    sent = sum(event.sent for event in told if isinstance(event, events.Fuzz))
    held = [int(event.id[1:]) for event in told if isinstance(event, events.Exchange)]
    assert held == sorted(set(held))
    assert len(held) < sent / 2
    results = results_of(folder, REGISTER)
    # Beside the cases are the requests that bring their tokens.
    numbers = [sum(one.statuses.values()) for block in blocks for one in block.operations.values()]
    assert results.requests["sent"] == len(held) + sum(numbers) >= sent
    assert [(one.operation, one.sent) for one in results.fuzz] == [("listServices", sent)]


def test_a_block_has_the_same_cases_whenever_it_is_sent():
    assert (seed_of(None, 1), seed_of(0, 1)) == (218345740, 218345740)
    assert len({seed_of(seed, block) for seed in (1, 2) for block in (1, 2)}) == 4


def test_a_run_that_was_cut_off_goes_on_behind_its_last_whole_line(tmp_path):
    folder = example(REGISTER).save(tmp_path)
    stream = folder / "run.jsonl"
    assert not unfinished(folder)
    whole = stream.read_bytes().splitlines(keepends=True)
    kept = [line for line in whole if b'"end"' not in line[:40] and b'"digest"' not in line[:40]]
    stream.write_bytes(b"".join(kept) + b'{"event": "exchange", "id": "E9')
    assert unfinished(folder)
    assert stream.read_bytes() == b"".join(kept)
    assert not unfinished(None)
    assert not unfinished(tmp_path / "nothing")


def test_what_a_run_has_done_is_read_from_its_stream(tmp_path):
    with StreamWriter(tmp_path / "run.jsonl", Redactor()) as stream:
        for event in example(REGISTER).events[:4]:
            stream.write(event)
        stream.write(events.Block(number=0, seconds=30.0))
        stream.write(events.Block(number=1, seconds=12.5))
    done = Done.of(read_run(tmp_path).events())
    assert (done.blocks, done.seconds, done.number) == (2, 42.5, 2)


def test_another_run_is_not_continued_in_its_folder(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    with StreamWriter(folder / "run.jsonl", Redactor()) as stream:
        stream.write(example(REGISTER).events[0])
    before = (folder / "run.jsonl").read_bytes()
    with pytest.raises(UsageError) as found:
        run(RunOptions(out=folder, for_s=1.0), Console(file=StringIO()))
    assert "the folder holds another run, which was cut off" in found.value.message
    assert (folder / "run.jsonl").read_bytes() == before


def test_a_part_of_another_run_is_refused_at_its_start(tmp_path):
    other = example(REGISTER).save(tmp_path / "other")
    with pytest.raises(UsageError) as found:
        run(RunOptions(part=events.Part(2, 3), out=tmp_path / "out"), Console(file=StringIO()), part_of=other)
    assert "not a part of that run: the number of parts is 1 there and 3 now" in found.value.message
    assert found.value.where == str(other)
    assert not (tmp_path / "out").exists()


def test_a_soak_without_generated_cases_is_refused():
    with pytest.raises(UsageError, match="--for repeats generated cases"):
        run(RunOptions(fuzz=False, for_s=1.0), Console(file=StringIO()))


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90.0), ("30m", 1800.0), ("8h", 28800.0), ("45", 45.0)])
def test_durations_are_read(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "-1h", "8d", "1h30m", "h", "infh"])
def test_other_durations_are_refused(text):
    with pytest.raises(UsageError, match="is not a time"):
        parse_duration(text)
