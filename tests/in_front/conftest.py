"""A faultless platform, gateways before it, and sessions and short runs through them."""

from __future__ import annotations

import contextlib
import json

import pytest
import yaml

from conformance.fuzz import run_fuzz
from conformance.model import SYSTEM_CLOCK
from conformance.opening import RunSettings, open_session
from conformance.reference.server import RunningPlatform, default_settings
from conformance.report.report_json import report_json
from conformance.selftest.trial import trial
from conformance.target import load_target
from tests.in_front.gateway import Gateway


class Waits:
    """The clock of the machine, but nobody waits by it."""

    wall = staticmethod(SYSTEM_CLOCK.wall)
    monotonic = staticmethod(SYSTEM_CLOCK.monotonic)

    def __init__(self):
        self.waited = []

    def sleep(self, seconds):
        self.waited.append(seconds)


@pytest.fixture(scope="session")
def platform():
    with RunningPlatform() as running:
        yield running


@pytest.fixture
def platform_with():
    """Start another platform, with settings of its own."""
    with contextlib.ExitStack() as stack:
        yield lambda **changes: stack.enter_context(RunningPlatform(default_settings(**changes)))


@pytest.fixture
def behind(platform):
    """Put a gateway before a platform; its `.target` is the target file."""
    with contextlib.ExitStack() as stack:

        def put(before=None, after=None, of=None, **limits):
            chosen = of or platform
            gateway = stack.enter_context(Gateway(chosen.url, before, after, **limits))
            gateway.target = gateway.document(chosen.target_document(), chosen.url)
            return gateway

        yield put


@pytest.fixture
def opened(tmp_path):
    """Open a session on a target document; its stream is `events()`."""
    with contextlib.ExitStack() as stack:

        def open_on(document, **settings):
            path = tmp_path / "target.yaml"
            path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
            stream = tmp_path / "run" / "run.jsonl"
            stream.parent.mkdir(exist_ok=True)
            chosen = RunSettings(str(path), str(stream), ledger=str(tmp_path / "spent.json"), **settings)
            session = stack.enter_context(open_session(chosen, load_target(path), prefix="T"))
            session.front.clock = Waits()
            return session

        yield open_on


@pytest.fixture
def events(tmp_path):
    def read(kind=None):
        found = map(json.loads, (tmp_path / "run" / "run.jsonl").read_text().splitlines())
        return [event for event in found if kind in (None, event["event"])]

    return read


@pytest.fixture
def generated(opened, events):
    """Send the generated cases of some operations; return the findings and the events of the cases."""

    def send(document, *operations, cases=60):
        run_fuzz(opened(document), cases_per_operation=cases, operations=operations)
        return events("finding"), {event["operation"]: event for event in events("fuzz")}

    return send


@pytest.fixture
def ran(tmp_path):
    """Run the suite; return how it ended, and its report as JSON."""

    def go(document, **options):
        found = trial(document, tmp_path, **options)
        return found, report_json(found.results)

    return go


@pytest.fixture
def failed(ran):
    """Run without generated cases; return what failed, and report.json."""

    def go(document, **options):
        _ended, report = ran(document, **options)
        bad = {one["id"]: one["findings"] for one in report["requirements"] if one["outcome"] in ("failed", "error")}
        return bad, report

    return go
