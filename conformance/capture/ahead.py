"""Judges the exchanges of a large capture in other processes, ahead of the one that is written.

Rules are pure, so that it does not matter where they are asked; what is written stays in the order of the capture.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import TypeAlias, TypeVar

from conformance.capture.redacted import Judged, judge_redacted
from conformance.errors import SuiteError
from conformance.model import Exchange, held
from conformance.rules import Context
from conformance.workers import end_with

# The rules that held, with their requirements, and the judgements that did not: there are many of the former.
_Found: TypeAlias = tuple[list[tuple[str, str]], Judged]
_T = TypeVar("_T")

# Exchanges that are judged in this process first: starting others takes longer than to judge a small capture.
FIRST = 4_000
BATCH = 64
PROCESSES = 2


class Ahead:
    """Says what the rules say of an exchange, and may know it before it is asked."""

    def __init__(self, context: Context, *, first: int = FIRST, processes: int | None = None) -> None:
        """Judge by `context`; with two processors or more in as many `processes`, after the `first` exchanges."""
        self._context = context
        self._first = first
        self._processes = min(os.cpu_count() or 1, PROCESSES) if processes is None else processes
        self._known: dict[str, Judged] = {}

    def judge(self, exchange: Exchange) -> Judged:
        """Return the names of the rules that apply to an exchange, with their judgements."""
        known = self._known.pop(exchange.id, None)
        return judge_redacted(exchange, self._context) if known is None else known

    def in_order(self, items: Iterable[_T], exchange_of: Callable[[_T], Exchange]) -> Iterator[_T]:
        """Yield the items as they come, the later ones with their exchanges judged already.

        Raises:
            SuiteError: a process that judges was killed.
        """
        rest = iter(items)
        if self._processes < 2:
            yield from rest
            return
        yield from islice(rest, self._first)
        following = next(rest, None)
        if following is None:
            return
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(self._processes, context, initializer=_begin, initargs=(self._context, os.getpid()))
        try:
            yield from self._judged(chain([following], rest), exchange_of, lambda batch: pool.submit(_judge, batch))
        except BrokenProcessPool:
            advice = "Is there memory for it? Judge the files one by one."
            raise SuiteError("a process that judges the capture was killed", advice=advice) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _judged(
        self,
        items: Iterator[_T],
        exchange_of: Callable[[_T], Exchange],
        submit: Callable[[list[Exchange]], Future[list[_Found]]],
    ) -> Iterator[_T]:
        waiting: deque[tuple[Sequence[_T], Future[list[_Found]]]] = deque()
        failed: Exception | None = None
        while True:
            batch: list[_T] = []
            try:
                batch.extend(islice(items, BATCH))
            except Exception as problem:  # noqa: BLE001 - what came before it is written first
                failed = problem
            if batch:
                waiting.append((batch, submit([exchange_of(item) for item in batch])))
            if waiting and (not batch or len(waiting) > 2 * self._processes):
                done, future = waiting.popleft()
                found = [[(by, held(name)) for by, name in kept] + broken for kept, broken in future.result()]
                self._known = {exchange_of(item).id: one for item, one in zip(done, found, strict=True)}
                yield from done
            elif not batch:
                break
        if failed is not None:
            raise failed


# What a process of the pool judges by: set once, when it begins.
_CONTEXT: list[Context] = []


def _begin(context: Context, parent: int) -> None:
    # Ctrl-C reaches the whole group; the process that writes ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(parent)
    _CONTEXT.append(context)


def _judge(exchanges: Sequence[Exchange]) -> list[_Found]:
    [context] = _CONTEXT
    found = []
    for exchange in exchanges:
        said = judge_redacted(exchange, context)
        kept = [(by, one.requirement) for by, one in said if one.holds]
        found.append((kept, [(by, one) for by, one in said if not one.holds]))
    return found
