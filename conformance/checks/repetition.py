"""Many requests of one kind, a few at a time: a server that errs sometimes, or when requests overlap, is caught by it.

A broken requirement is one finding, which says how often it showed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TypeVar

from conformance.checks.api import Check
from conformance.model import Exchange
from conformance.session.near import Near

Came = TypeVar("Came")
AT_ONCE = 6
# One answer in thirty that is wrong must show.
TIMES = 32
# For so many wrong requests, a right one is sent beside them.
BESIDE = 4
# So often the first of some wrong values comes again: what was refused once must not be known the next time.
AGAIN = 2


@dataclass(frozen=True)
class Sent:
    """One request of many: in which way it is special, and its exchange."""

    what: str
    exchange: Exchange


def send_all(sends: Iterable[Callable[[], Came]], *, at_once: int = AT_ONCE) -> list[Came]:
    """Send requests, a few at a time; return what came of them in order."""
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        return list(pool.map(lambda send: send(), sends))


def send_near(
    values: Sequence[Near],
    send: Callable[[str], Exchange],
    *,
    beside: Callable[[], Exchange] | None = None,
    every: int = BESIDE,
    at_once: int = AT_ONCE,
) -> list[Sent]:
    """Send a request with each of some values.

    `beside` sends a right one, one for `every` so many: others are under way together with it, and must not get its
    response. At the end the first value is sent again.
    """
    turns: list[Near | None] = []
    again = [Near(f"{near.what}, sent again", near.value) for near in values[:1]] * AGAIN
    for number, near in enumerate((*values, *again)):
        turns += [None, near] if beside and number % every == 0 else [near]
    sends = [partial(send, one.value) if one else beside for one in turns]
    exchanges = send_all([one for one in sends if one], at_once=at_once)
    return [Sent(one.what, exchange) for one, exchange in zip(turns, exchanges, strict=True) if one]


def judge_all(
    check: Check,
    requirement_id: str,
    sent: Sequence[Sent],
    holds: Callable[[Exchange], bool],
    *,
    expected: str | Iterable[str],
    cause: str,
) -> None:
    """Judge a requirement by many exchanges of one kind; where some break it, one finding says how many, and which."""
    # What something in front of the platform blocked tells nothing, where other requests came through.
    sent = [one for one in sent if not one.exchange.foreign] or sent
    wrong = [one for one in sent if one.exchange.response is not None and not holds(one.exchange)]
    shown = wrong[0] if wrong else sent[-1]
    kinds = "; ".join(dict.fromkeys(one.what for one in wrong if one.what))
    actual = f"HTTP {shown.exchange.status} ({len(wrong)} of {len(sent)} answers{f': {kinds}'[:160] if kinds else ''})"
    check.expect(requirement_id, not wrong, shown.exchange, expected=expected, actual=actual, cause=cause)


def judge_refusals(check: Check, requirement_id: str, sent: Sequence[Sent], status: int, *, cause: str) -> None:
    """Judge that many requests are refused, and with one status: 400 for what is malformed, 423 or 429 for many."""
    expected = f"HTTP {status}"
    judge_all(check, requirement_id, sent, lambda one: not one.succeeded, expected=expected, cause=cause)
    if not any(one.exchange.succeeded for one in sent):
        allowed = (status, 400, 423, 429)
        judge_all(
            check,
            requirement_id,
            sent,
            lambda one: one.status in allowed or one.status >= 500 or bool(one.foreign),
            expected=expected,
            cause=f"{cause.removesuffix(' is answered with a token')}: refused with another status now and then",
        )


def in_turns(*many: Sequence[Callable[[], Exchange]]) -> list[Callable[[], Exchange]]:
    """Return requests of several kinds in turns: the first of each, the second of each, and so on."""
    return list(chain.from_iterable(zip(*many, strict=True)))
