import io
import sys
from functools import partial

import pytest
from rich.console import Console

from conformance.errors import UsageError
from conformance.report import Results, results_of
from conformance.runner.load import LoadOptions, load
from conformance.stream import read_run

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


def test_without_locust_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "locust", None)
    with pytest.raises(UsageError) as caught:
        load(LoadOptions(), Console(file=io.StringIO()))
    assert "load needs locust" in caught.value.message
    assert "opentv-conformance[load]" in caught.value.advice
