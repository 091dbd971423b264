"""A worker of a load, in a process of its own: `python -P -m conformance.load.engine SETTINGS`.

Locust is imported before anything else, and is kept from patching the standard library: who begins this process sets
LOCUST_SKIP_MONKEY_PATCH. It begins and ends users, and keeps several machines together. Requests go by our client, each
in a thread while it is under way; no verdict depends on a listener, since those swallow exceptions. A worker that does
not end as it should leaves a stream without its closing line.
"""

from __future__ import annotations

import locust

# isort: split
import math
import os
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import gevent
from gevent.queue import Empty, Queue
from locust.env import Environment
from locust.runners import MasterRunner, Runner, WorkerRunner

from conformance.errors import ConformanceError, CouldNotTest, Refused, SuiteError, TargetUnreachable
from conformance.load.crowd import Crowd, Member
from conformance.load.journeys import Journey
from conformance.load.rehearsal import first_of, peopled, rehearse
from conformance.load.sample import Sample
from conformance.load.sender import LoadSender, Shared
from conformance.load.settings import LoadSettings
from conformance.load.tallies import Tallies
from conformance.model import Exchange
from conformance.opening import open_session
from conformance.stream import StreamWriter, events
from conformance.target.pool import households

P = ParamSpec("P")
T = TypeVar("T")
PROBE_S = 0.1
# A user whose journey cannot be made (its target file lacks something) tries again so seldom.
RESTS_S = 1.0
# Of journeys that could not be made so many are told of.
MOST_NOTES = 20


class Worker:
    """What the users of this process share, and when the next journey is due."""

    def __init__(self, settings: LoadSettings, shared: Shared) -> None:
        self.settings = settings
        self.shared = shared
        self.due: Queue[float] = Queue()
        self.over = ""
        self.failed: Exception | None = None
        self.users = self.most_users = 0
        self.idle = self.ended = 0
        self.parent = os.getppid()

    def schedule(self) -> None:
        """Say when journeys are due, at the rate of this worker's share; in step with the clock, never with answers."""
        assert self.settings.arrival is not None
        gap = self.settings.workers / self.settings.arrival
        next_at = time.monotonic()
        while True:
            self.due.put(next_at)
            next_at += gap
            gevent.sleep(max(next_at - time.monotonic(), 0))

    def probe(self) -> None:
        """Measure how late this process is itself, and end with whoever began it."""
        while True:
            if os.getppid() != self.parent:
                self.failed = self.failed or SuiteError("the process that began this worker is gone")
            before = time.monotonic()
            gevent.sleep(PROBE_S)
            self.shared.tallies.lagged((time.monotonic() - before - PROBE_S) * 1000)

    def tally(self) -> None:
        """Write what was counted, a period at a time."""
        while True:
            gevent.sleep(self.settings.period)
            self.write_period()

    def write_period(self) -> None:
        """Write what was counted since the last time."""
        tallies, sample = self.shared.tallies, self.shared.sample
        tallies.written = sample.written
        sample.write(tallies.period(self.most_users))
        self.most_users = self.users


def user_class(worker: Worker) -> type[locust.User]:
    """Return the user that Locust begins and ends: a member of the crowd that makes its journeys in turns."""

    class CrowdUser(locust.User):
        """A member of the crowd."""

        member: Member | None = None

        def on_start(self) -> None:
            self.member = worker.shared.crowd.lease()
            self.turn = 0
            worker.users += self.member is not None
            worker.most_users = max(worker.most_users, worker.users)
            worker.idle += self.member is None

        def on_stop(self) -> None:
            if self.member is not None:
                worker.shared.crowd.release(self.member)
                worker.users -= 1

        @locust.task
        def journey(self) -> None:
            if self.member is None or worker.over or worker.failed:
                gevent.sleep(RESTS_S)
                return
            intended = self._due()
            if intended is not None:
                _make(worker, self.member, self.turn, intended)
                self.turn += 1

        def _due(self) -> float | None:
            if worker.settings.arrival is None:
                return time.monotonic()
            try:
                return float(worker.due.get(timeout=RESTS_S))
            except Empty:
                return None

    return CrowdUser


def _make(worker: Worker, member: Member, turn: int, intended: float) -> None:
    shared = worker.shared
    sender = LoadSender(shared, member)
    sender.intended = intended if worker.settings.arrival is not None else None
    shared.tallies.journey((time.monotonic() - intended) * 1000)
    rng = random.Random(f"{worker.settings.seed} {member.number} {turn}")  # noqa: S311 - repeatable, not secret
    journey = Journey(sender, member, shared.crowd, sender.say, rng)
    ways = [way for way, name in ((journey.user, member.user), (journey.box, member.box)) if name]
    try:
        ways[turn % len(ways)]()
    except Refused as problem:
        worker.over = worker.over or problem.message
    except CouldNotTest as problem:
        worker.ended += 1
        if worker.ended <= MOST_NOTES:
            shared.sample.write(events.Note(text=f"a journey of user {member.number} ended: {problem.message}"))
        gevent.sleep(RESTS_S)
    except Exception as problem:  # noqa: BLE001 - Locust would swallow it
        worker.failed = worker.failed or problem


def work(settings: LoadSettings) -> str:
    """Load the target as settings say, and leave a whole stream; return why it ended early, empty if it did not.

    Raises:
        ConformanceError: the target file cannot be used, or the stream cannot be written.
    """
    target = settings.run.load()
    everybody = households(target)
    mine = [one for one in everybody if one.number % settings.workers == settings.worker - 1]
    with open_session(settings.run, target, prefix="L", writer=Sample) as session:
        sample = session.stream
        assert isinstance(sample, Sample)
        session.target = peopled(session.target, everybody, first_of(mine))
        rehearse(session, first_of(mine), settings.seed)
        sample.forget()
        session.client.allow(max(settings.users, 1))
        environment = Environment()
        tallies = Tallies(settings.worker)
        crowd = Crowd(everybody, mine)
        hub = gevent.get_hub()
        # A user waits for one response at a time; the last is for what finds out what stands in front.
        hub.threadpool.maxsize = max(len(mine), 1) + 1

        def aside(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
            return cast("T", hub.threadpool.apply(function, args, kwargs))

        worker = Worker(settings, Shared(session, sample, crowd, tallies, partial(_fire, environment), aside))
        environment.user_classes = [user_class(worker)]
        _run(environment, settings, worker)
        worker.write_period()
        if worker.idle:
            said = f"{worker.idle} users of worker {settings.worker} had no household: only {len(mine)} are its own"
            sample.write(events.Note(text=said, level="warning"))
        return f"the load ended early: {worker.over}" if worker.over else ""


def _fire(environment: Environment, exchange: Exchange, latency: float, wrong: str) -> None:
    failure = wrong or exchange.failure
    environment.events.request.fire(  # type: ignore[no-untyped-call]
        request_type=exchange.service,
        name=exchange.operation,
        response_time=latency,
        response_length=len(exchange.response.body) if exchange.response else 0,
        exception=Exception(failure) if failure else None,
        context={},
    )


def _run(environment: Environment, settings: LoadSettings, worker: Worker) -> None:
    """Have Locust begin the users, and end them when the time is over or nothing more may be sent."""
    loops = [gevent.spawn(worker.probe), gevent.spawn(worker.tally)]
    if settings.arrival is not None:
        loops.append(gevent.spawn(worker.schedule))
    try:
        if settings.host:
            runner: Runner = environment.create_worker_runner(settings.host, settings.port)
            until = math.inf
        else:
            runner = environment.create_local_runner()
            share = len(range(settings.worker - 1, settings.users, settings.workers))
            runner.start(share, max(share / settings.ramp, 0.1) if settings.ramp else max(share, 1))
            until = time.monotonic() + settings.seconds
        while time.monotonic() < until and not (worker.over or worker.failed or any(loop.dead for loop in loops)):
            # The master of several machines ends its workers.
            if isinstance(runner, WorkerRunner) and len(runner.greenlet) == 0:
                break
            gevent.sleep(PROBE_S)
        runner.quit()
    finally:
        for loop in loops:
            loop.kill()
    for problem in (worker.failed, *(loop.exception for loop in loops)):
        if problem is not None and not isinstance(problem, gevent.GreenletExit):
            raise problem


def lead(settings: LoadSettings) -> int:
    """Wait for the workers of several machines, begin and end the load together; return how many were lost."""
    # Of the name of the workers' users: Locust counts users by that.
    environment = Environment(user_classes=[type("CrowdUser", (locust.User,), {"tasks": [lambda _user: None]})])
    runner = environment.create_master_runner(settings.host, settings.port)
    assert isinstance(runner, MasterRunner)
    while len(runner.clients.ready) < settings.workers:
        gevent.sleep(PROBE_S)
    runner.start(settings.users, settings.users / settings.ramp if settings.ramp else settings.users)
    gevent.sleep(settings.seconds)
    lost = settings.workers - runner.worker_count
    runner.quit()
    return lost


def main() -> int:
    """Run one worker, or the master of several."""
    settings = LoadSettings.parse(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if settings.master:
        return 3 if lead(settings) else 0
    path = Path(settings.run.stream)
    try:
        end = events.End(message=work(settings))
    except TargetUnreachable as problem:
        end = events.End(aborted=True, exit_code=problem.exit_code, message=str(problem))
    except ConformanceError as problem:
        sys.stderr.write(f"{problem}\n")
        return problem.exit_code
    from conformance.redaction import Redactor

    with StreamWriter(path, Redactor()) as stream:
        stream.write(end)
    return 0


if __name__ == "__main__":
    sys.exit(main())
