from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from conformance.report.load_numbers import load_view, percentiles, periods_of, too_slow
from conformance.stream import events


def tally(since, worker=1, **values):
    values.setdefault("flows", {"a": events.Flow(statuses={"200": 100, "0": 1}, latency=[(10.0, 90), (50.0, 10)])})
    return events.Load(worker=worker, since=since, seconds=10.0, users=5, in_flight=4, **values)


BROKEN = {"a": events.Flow(statuses={"200": 50}, broken=3, latency=[(100.0, 50)])}


def test_workers_that_count_at_nearly_the_same_time_are_one_period():
    found = periods_of([tally(1000), tally(1200, 2), tally(11_000), tally(11_300, 2)])
    assert [(one.users, one.in_flight, one.sent, one.seconds) for one in found] == [(10, 8, 202, 10.0)] * 2
    assert found[0].latency == (10.0, 50.0, 50.0)


def test_the_first_breach_is_named_with_the_load_at_which_it_appeared():
    view = load_view([tally(0), tally(10_000, flows=BROKEN), tally(20_000)], [])
    assert view.first == (
        "The first breach appeared within 20.0 s of the beginning: at 5 requests a second, 5 users, 4 in flight at most."
    )
    assert load_view([tally(0)], []).first == ""


def test_a_late_worker_voids_latencies_and_no_verdict():
    view = load_view([tally(0, lag_ms=51.0), tally(10_000, flows=BROKEN, lag_ms=2.0)], [])
    assert "in 1 of 2 periods" in view.void
    assert view.first
    assert load_view([tally(0, lag_ms=50.0)], []).void == ""


@given(st.dictionaries(st.floats(0.1, 1000), st.integers(1, 50), min_size=1))
def test_percentiles_are_those_of_the_values_one_by_one(latency):
    values = sorted(value for value, number in latency.items() for _ in range(number))
    at = [values[-(-len(values) * share // 100) - 1] for share in (50, 95)]
    assert percentiles(Counter(latency)) == (*at, values[-1])


def test_a_long_load_has_a_bounded_picture():
    view = load_view([tally(number * 10_000) for number in range(1000)], [])
    assert len(view.rate) <= 61
    assert sum(float(part[2]) for part in view.rate[0].parts) <= 40.1


def test_a_run_without_load_has_no_section():
    assert load_view([], []) is None


def run(p95):
    return events.Run(schema_version=1, suite=events.Suite("a", ""), target=events.TargetFacts(), options={"p95": p95})


def test_latency_is_judged_only_by_a_limit_of_the_target_file_and_never_by_a_late_worker():
    slow = [tally(0), tally(10_000, lag_ms=2.0)]
    assert too_slow(run(None), slow) == ""
    assert too_slow(run(0.05), slow) == ""
    assert too_slow(run(0.049), slow) == "95 % of the responses came within 50 ms, and the target file allows 49 ms"
    assert too_slow(run(0.049), [tally(0, lag_ms=51.0)]) == ""
