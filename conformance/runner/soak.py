"""A soak: after the run, fresh blocks of generated cases from its seed, until the time is up.

What creates something is in the run alone: nothing deletes it. A block's cases are compiled in a process of their own
while those before are sent.
"""

from __future__ import annotations

import os
import signal
import zlib
from collections.abc import Collection
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Self

from conformance.client import creation_of
from conformance.contract import load_contract
from conformance.fuzz import DEFAULT_SEED, compile_plan, run_fuzz
from conformance.fuzz.plan import Plan
from conformance.fuzz.template import fuzzed
from conformance.model import SYSTEM_CLOCK, Clock
from conformance.opening import RunSettings, open_session
from conformance.redaction import Redactor
from conformance.runner.options import RunOptions
from conformance.runner.progress import LiveProgress
from conformance.stream import StreamWriter, events
from conformance.stream.sparing import Shown, SparingWriter
from conformance.target import Target
from conformance.workers import end_with

# A process that compiles is replaced after so many blocks: what it uses grows with them.
BLOCKS_PER_PROCESS = 20


def seed_of(seed: int | None, block: int) -> int:
    """Return the seed of a block of a run: any run with it sends the same cases."""
    return zlib.crc32(f"{DEFAULT_SEED if seed is None else seed}:block {block}".encode())


@dataclass
class Soak:
    """The blocks of one run.

    Attributes:
        until: when to end, by the monotonic clock.
        operations: those that are fuzzed, None for all.
    """

    options: RunOptions
    settings: RunSettings
    target: Target
    until: float
    operations: Collection[str] | None = None
    clock: Clock = SYSTEM_CLOCK
    _shown: Shown = field(default_factory=Shown)
    _last: int = 0

    def go(self, progress: LiveProgress, *, first: int) -> None:
        """Send blocks from number `first` on, until the time is up or nothing more may be sent.

        Raises:
            TargetUnreachable: the target is down.
        """
        names = [
            one.operation_id
            for one in fuzzed(load_contract())
            if not creation_of(one.operation_id) and (self.operations is None or one.operation_id in self.operations)
        ]
        self._last = self.settings.begin
        with _Compiler(self.options, names) as compiler:
            block = first
            compiler.begin(block)
            while names and self.clock.monotonic() < self.until:
                plan = compiler.plan()
                compiler.begin(block + 1)
                if not self._block(block, plan, names, progress):
                    return
                block += 1

    def _block(self, number: int, plan: Plan, names: Collection[str], progress: LiveProgress) -> bool:
        """Send a block; tell whether more may be sent."""
        writers: list[SparingWriter] = []

        def writer(path: Path, redactor: Redactor) -> StreamWriter:
            writers.append(SparingWriter(path, redactor, self._shown))
            return writers[-1]

        begun = self.clock.monotonic()
        settings = replace(self.settings, begin=self._last)
        with open_session(settings, self.target, prefix="F", writer=writer) as session:
            run_fuzz(
                session,
                plan=plan,
                cases_per_operation=self.options.fuzz_cases,
                connections=self.options.workers,
                operations=names,
                part=self.options.part,
                over=lambda: self.clock.monotonic() >= self.until,
                progress=lambda title, done, total: progress.step(done, total, f"block {number}: {title}"),
            )
            self._last = max(self._last, writers[0].last)
            seconds = round(self.clock.monotonic() - begun, 3)
            told = writers[0].unwritten()
            session.stream.write(events.Block(number=number, seconds=seconds, seed=plan.seed, operations=told))
            return not session.budget.spent


class _Compiler:
    """Compiles one block ahead, in another process."""

    def __init__(self, options: RunOptions, names: list[str]) -> None:
        self._options = options
        self._names = names
        # Not forked: the run has threads.
        self._pool = ProcessPoolExecutor(
            1,
            get_context("spawn"),
            initializer=_bound_to,
            initargs=(os.getpid(),),
            max_tasks_per_child=BLOCKS_PER_PROCESS,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def begin(self, block: int) -> None:
        seed, size = seed_of(self._options.seed, block), self._options.fuzz_cases
        self._next = self._pool.submit(compile_plan, seed=seed, size=size, workers=1, operations=self._names)

    def plan(self) -> Plan:
        return self._next.result()


def _bound_to(parent: int) -> None:
    """Let an interrupt be the parent's affair, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(parent)
