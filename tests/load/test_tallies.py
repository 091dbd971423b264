from hypothesis import given
from hypothesis import strategies as st

from conformance.load.tallies import Tallies


class Clock:
    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now

    wall = monotonic


def test_a_period_says_what_was_counted_and_the_next_one_begins_at_zero():
    clock = Clock()
    tallies = Tallies(2, clock)
    for _ in range(3):
        tallies.sent()
    tallies.came("a", 200, 12.0, shed=False)
    tallies.came("a", 503, 90.0, shed=True)
    tallies.judged("a", held=4, broken=1)
    tallies.crossed()
    tallies.journey(7.0)
    tallies.lagged(3.0)
    clock.now += 10
    first = tallies.period(5)
    assert (first.worker, first.since, first.seconds, first.users) == (2, 100_000, 10.0, 5)
    assert (first.in_flight, first.journeys, first.crossings, first.late_ms, first.lag_ms) == (3, 1, 1, 7.0, 3.0)
    assert first.flows["a"].statuses == {"200": 1, "503": 1}
    assert (first.flows["a"].shed, first.flows["a"].held, first.flows["a"].broken) == (1, 4, 1)
    second = tallies.period(5)
    assert second.flows == {}
    assert second.in_flight == 1, "one request is still under way"


@given(st.lists(st.floats(0.001, 600_000), min_size=1, max_size=50))
def test_a_latency_is_kept_to_two_significant_digits(latencies):
    tallies = Tallies(1, Clock())
    for latency in latencies:
        tallies.came("a", 200, latency, shed=False)
    kept = [value for value, number in tallies.period(1).flows["a"].latency for _ in range(number)]
    assert len(kept) == len(latencies)
    assert all(
        value - 0.002 <= bound <= value * 1.01 + 0.002 for value, bound in zip(sorted(latencies), kept, strict=True)
    )
