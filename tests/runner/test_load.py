import io
import json
import sys
from functools import partial

import pytest
import yaml
from rich.console import Console

from conformance.errors import MissingExtra, UsageError
from conformance.reference.server import RunningPlatform, default_settings
from conformance.report import Results, results_of
from conformance.report.verdict_summary import summary_of
from conformance.runner.load import LoadOptions, load
from conformance.runner.options import parse_address, parse_duration
from conformance.stream import events, read_run

# A worker that counts a period as the engine does; of two, one may be lost before its end.
WORKER = """
import sys
from conformance.load.settings import LoadSettings
from conformance.redaction import Redactor
from conformance.stream import StreamWriter, events
from pathlib import Path
settings = LoadSettings.parse(Path(sys.argv[1]).read_text())
with StreamWriter(Path(settings.run.stream), Redactor()) as stream:
    flow = events.Flow(statuses={"200": 10}, held=10, latency=[(5.0, 10)])
    stream.write(events.Load(worker=settings.worker, seconds=1.0, users=1, flows={"listServices": flow}))
    run = settings.run
    share = f"{run.max_requests} requests, {run.rate} a second, worker {settings.worker} of {settings.workers}"
    stream.write(events.Note(text=share))
    held = {name: events.Evaluated(held=10) for name in settings.run.selected}
    stream.write(events.Counts(process="L", requirements=held))
    if settings.worker == %d:
        import os; os.kill(os.getpid(), 9)
    stream.write(events.End())
"""


def folded(folder, register) -> Results:
    """Read the run; make no reports."""
    return results_of(read_run(folder), register)


def loaded(tmp_path, lost):
    options = LoadOptions(users=2, workers=2, seconds=1.0, out=tmp_path / "run")
    return load(options, Console(file=io.StringIO()), reports=folded, engine=("-c", WORKER % lost))


@pytest.mark.parametrize("lost", [0, 2])
def test_a_lost_worker_is_named_and_leaves_no_verdict(tmp_path, lost):
    ended = loaded(tmp_path, lost)
    assert sum(flow.sent for one in ended.results.load for flow in one.flows.values()) == 20
    assert ended.results.of("MDS-016").outcome == "passed"
    if lost:
        assert ended.results.exit_code == 3
        assert "worker 2 of 2 was lost (exit code -9)" in ended.message
    else:
        assert (ended.results.verdict, ended.results.exit_code) == ("partial", 0)


def test_more_users_than_subjects_are_refused_before_anything_is_sent(tmp_path):
    target = tmp_path / "target.yaml"
    target.write_text(
        "version: 1\nname: a\ntenant: t\nservices: {mds: {url: 'http://127.0.0.1:9'}}\nsubjects: {stb: {casn: '1'}}\n"
    )
    options = partial(LoadOptions, target=target, out=tmp_path / "run")
    with pytest.raises(UsageError) as caught:
        load(options(users=3), Console(file=io.StringIO()))
    assert "--users 3, and the target file has subjects for 1" in caught.value.message
    assert not (tmp_path / "run").exists()
    with pytest.raises(UsageError, match="--workers 4"):
        load(options(users=1, workers=4), Console(file=io.StringIO()))


def test_a_machine_of_several_makes_its_part_and_sends_its_share(tmp_path):
    part = events.Part(1, 3)
    options = LoadOptions(users=2, seconds=1.0, part=part, max_requests=3000, rate=60.0, out=tmp_path / "run")
    ended = load(options, Console(file=io.StringIO()), reports=folded, engine=("-c", WORKER % 0))
    assert (ended.results.run.part, ended.results.verdict) == (part, "partial")
    assert "1000 requests, 20.0 a second, worker 1 of 3" in [note.text for note in ended.results.notes]


def test_a_limit_of_the_target_file_makes_a_slow_target_nonconformant(tmp_path):
    settings = default_settings(households=2)
    with RunningPlatform(settings) as platform:
        target = {**platform.target_document(), "load": {"p95": 0.004}}
        path = tmp_path / "target.yaml"
        path.write_text(yaml.safe_dump(json.loads(json.dumps(target))))
        options = LoadOptions(target=path, users=2, seconds=1.0, out=tmp_path / "run")
        ended = load(options, Console(file=io.StringIO()), reports=folded, engine=("-c", WORKER % 0))
    assert (ended.results.verdict, ended.results.exit_code) == ("nonconformant", 1)
    said = "Do not accept: 95 % of the responses came within 5 ms, and the target file allows 4 ms."
    assert summary_of(ended.results).head == said


def test_an_address_is_a_host_and_a_port():
    assert parse_address("10.0.0.5:5557", "--join") == ("10.0.0.5", 5557)
    assert parse_address("[::1]:5557", "--join") == ("::1", 5557)
    for wrong in ("5557", "host:", "host:0", "host:99999", "host:x"):
        with pytest.raises(UsageError, match="--join"):
            parse_address(wrong, "--join")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90.0), ("90s", 90.0), ("10m", 600.0), ("1.5h", 5400.0), ("0", 0.0)]
)
def test_a_time_is_a_number_with_a_unit(text, seconds):
    assert parse_duration(text) == seconds
    for wrong in ("", "m", "-1s", "nan", "inf", "5d"):
        with pytest.raises(UsageError, match="not a time"):
            parse_duration(wrong)


def test_without_locust_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "locust", None)
    with pytest.raises(MissingExtra, match="locust, of the extra `load`") as caught:
        load(LoadOptions(), Console(file=io.StringIO()))
    assert "pip install '.[load]'" in caught.value.advice
