"""Many requests of one kind: each value is sent, the first again, and right ones beside them."""

from __future__ import annotations

from collections import Counter

from conformance.checks.repetition import AGAIN, BESIDE, send_near
from conformance.session.near import Near

VALUES = [Near(f"kind {number}", f"value {number}") for number in range(2 * BESIDE)]


def test_the_first_value_is_sent_again_once_all_were_sent():
    values = []
    sent = send_near(VALUES, values.append, at_once=1)
    assert Counter(values) == Counter({near.value: 1 + AGAIN * (near is VALUES[0]) for near in VALUES})
    assert values[-AGAIN:] == [VALUES[0].value] * AGAIN
    assert [one.what for one in sent][-1] == "kind 0, sent again"


def test_right_requests_are_sent_beside_the_wrong_ones_and_not_returned():
    order = []
    sent = send_near(VALUES, order.append, beside=lambda: order.append("right"), at_once=1)
    assert order[0] == "right"
    assert order.count("right") == -(-(len(VALUES) + AGAIN) // BESIDE)
    assert len(sent) == len(VALUES) + AGAIN


def test_nothing_is_sent_for_no_values():
    assert send_near([], lambda _value: None) == []
