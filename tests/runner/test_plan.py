"""How long a run takes is said before it begins, where the target file's rate makes it long."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.reference.server import RunningPlatform
from conformance.register import load_register
from conformance.runner.options import RunOptions
from conformance.runner.plan import PREFLIGHT_REQUESTS, duration, pace, plan_of
from tests.runner.test_gains import target


@pytest.fixture(scope="module")
def document():
    with RunningPlatform() as running:
        yield running.target_document()


@pytest.fixture
def paced(document, tmp_path):
    return lambda rate: with_rate(target(document, tmp_path), rate)


def with_rate(found, rate):
    return replace(found, http=replace(found.http, rate=rate))


def test_a_rate_by_which_a_run_takes_long_is_told(paced):
    slow = paced(0.01)
    told = pace(RunOptions(fuzz=False), slow, load_register())
    plan = plan_of(RunOptions(fuzz=False), slow, load_register())
    assert plan.seconds == 100 * plan.expected
    first = duration(100 * PREFLIGHT_REQUESTS)
    assert told.startswith(f"at http.rate 0.01 requests a second, preflight takes about {first}, ")
    assert told.endswith(f"at least {duration(plan.seconds)}")


@pytest.mark.parametrize("rate", [None, 1000])
def test_a_rate_that_makes_no_run_long_is_not(paced, rate):
    assert pace(RunOptions(fuzz=False), paced(rate), load_register()) == ""


@pytest.mark.parametrize(("seconds", "said"), [(61, "61 seconds"), (600, "10 minutes"), (14_400, "4 hours")])
def test_a_time_is_in_the_unit_that_one_would_say(seconds, said):
    assert duration(seconds) == said
