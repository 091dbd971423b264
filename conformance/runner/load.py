"""A load: the target file, a rehearsal by one user, many users in worker processes, one stream, reports, exit code.

The workers are parts of one run: each writes a stream of its own, and one that ends without its closing line was lost.
"""

from __future__ import annotations

import importlib.util
import math
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import msgspec
from rich.console import Console

from conformance.applicability import applicability_of
from conformance.errors import ConformanceError, MissingExtra, UsageError
from conformance.load.rehearsal import first_of, peopled, rehearse, requirements_of
from conformance.load.settings import LoadSettings
from conformance.opening import RunSettings, open_session, redactor_of
from conformance.register import Register, load_register
from conformance.report import Results, write_reports
from conformance.runner.folder import forget, new_folder
from conformance.runner.opening_line import opening_line
from conformance.runner.options import facts_of_options
from conformance.runner.preflight import preflight
from conformance.runner.progress import LiveProgress
from conformance.runner.run import RunEnded
from conformance.runner.scratch import scratch
from conformance.runner.target import opened_target
from conformance.stream import Parts, RunFolder, StreamWriter, events
from conformance.target import Target
from conformance.target.pool import Household, households
from conformance.terminal import terminable

PARTS = "parts"
WHOLE = events.Part()
POLL_S = 0.1
# A worker ends by itself; so long after the end of the load it is waited for.
GRACE_S = 30.0
# The embedded platform is ours: no limit keeps a load of it from its time.
ENOUGH = 1_000_000_000


@dataclass(frozen=True)
class LoadOptions:
    """What the command line says of a load; times in seconds, rates in events a second.

    `master` is where the master of several machines is (host and port); this machine makes `part` of the load then.
    """

    target: Path | None = None
    users: int = 10
    ramp: float = 5.0
    seconds: float = 60.0
    arrival: float | None = None
    workers: int = 1
    seed: int = 0
    safe: bool = False
    max_requests: int | None = None
    rate: float | None = None
    out: Path | None = None
    faults: tuple[str, ...] = ()
    fail_on: str = "must"
    master: tuple[str, int] | None = None
    part: events.Part = WHOLE

    @property
    def plan(self) -> str:
        """What decides which cases are generated: none are."""
        return ""

    def facts(self) -> dict[str, events.Option]:
        """Return the options as the stream holds them."""
        return {"load": True, **facts_of_options(asdict(self), without=("master", "part"))}


def load(
    options: LoadOptions,
    console: Console,
    *,
    reports: Callable[[Path, Register], Results] = write_reports,
    engine: Sequence[str] = ("-m", "conformance.load.engine"),
) -> RunEnded:
    """Load a target, and report what held; `engine` are the arguments with which Python becomes a worker.

    Raises:
        UsageError: the command line or the target file is wrong, or Locust is not there: nothing was sent.
        TargetUnreachable: the target cannot be reached at all.
    """
    require_engine()
    register = load_register()
    with ExitStack() as stack, terminable():
        own = stack.enter_context(scratch())
        embedded = () if options.target else ("--households", str(options.users), *_faults(options.faults))
        target, path = opened_target(options.target, own, stack, platform=embedded)
        crowd = households(target)
        _require_enough(crowd, options, target)
        folder = new_folder(options.out, target.name)
        settings = RunSettings(
            target=str(path),
            stream=str((folder / "run.jsonl").resolve()),
            embedded=target.embedded,
            safe=options.safe,
            max_requests=_share(options, options.max_requests or (ENOUGH if target.embedded else 0), target),
            rate=(options.rate or target.http.rate or 0.0) / options.part.of or None,
            ledger=str(own / "spent.json"),
            fingerprints=secrets.token_hex(32),
            shown=str(target.document.path) if target.document else "",
            folder=str(target.document.folder) if target.document else "",
        )
        return _Load(options, register, settings, target, crowd, folder, own, console, reports, engine).go()


def require_engine() -> None:
    """Require what the workers need.

    Raises:
        MissingExtra: it is not installed.
    """
    missing = [name for name in ("locust", "hdrh") if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(" and ".join(missing), "load")


def lead(users: int, ramp: float, seconds: float, workers: int, address: tuple[str, int]) -> int:
    """Begin and end the load of workers on several machines together; return the exit code: 3 if one was lost.

    Raises:
        UsageError: Locust is not there.
    """
    require_engine()
    with scratch() as own, terminable():
        settings = LoadSettings(
            run=RunSettings("", ""),
            users=users,
            ramp=ramp,
            seconds=seconds,
            workers=workers,
            host=address[0],
            port=address[1],
            master=True,
        )
        file = own / "master.json"
        file.touch(mode=0o600)
        file.write_text(settings.dump(), encoding="utf-8")
        command = [sys.executable, "-P", "-m", "conformance.load.engine", str(file)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, env=environment(), check=False)  # noqa: S603 - our own
        return done.returncode


def environment() -> dict[str, str]:
    """Return the environment of a process that imports Locust, which patches nothing then."""
    return {**os.environ, "LOCUST_SKIP_MONKEY_PATCH": "1"}


def _share(options: LoadOptions, most: int, target: Target) -> int | None:
    """Return how many requests this machine may send; None where the target file says it alone."""
    if options.part.of == 1:
        return most or None
    return max((most or target.safety.max_requests) // options.part.of, 1)


def _faults(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield from ("--fault", name)


def _require_enough(crowd: Sequence[Household], options: LoadOptions, target: Target) -> None:
    if options.workers > options.users:
        raise UsageError(f"--workers {options.workers} is more than --users {options.users}")
    if options.users > len(crowd):
        raise UsageError(
            f"--users {options.users}, and the target file has subjects for {len(crowd)}",
            where=target.where("subjects_pool") or target.where("subjects"),
            advice="Give more of them in `subjects_pool`, a CSV file; docs/load.md shows one.",
        )


@dataclass
class _Load:
    options: LoadOptions
    register: Register
    settings: RunSettings
    target: Target
    crowd: Sequence[Household]
    folder: Path
    scratch: Path
    console: Console
    reports: Callable[[Path, Register], Results]
    engine: Sequence[str]

    def go(self) -> RunEnded:
        redactor = redactor_of(self.target, self.settings)
        with LiveProgress(Path(self.settings.stream), self.console) as progress:
            progress.phase("Rehearsal")
            try:
                self._rehearse()
            except ConformanceError as problem:
                forget(self.folder, whole=self.options.out is None)
                problem.rewrite(redactor.text)
                raise
            with StreamWriter(Path(self.settings.stream), redactor) as stream:
                stream.write(self._opening(self.options.part))
                for event in RunFolder(self._rehearsal).events(marked=True):
                    if not isinstance(event, events.Torn):
                        stream.copy(event)
                progress.phase("Load")
                end = self._under_load(stream, progress)
                stream.write(end)
        return RunEnded(self.folder, self.reports(self.folder, self.register), redactor.text(end.message))

    @property
    def _rehearsal(self) -> Path:
        return self.scratch / "rehearsal"

    def _rehearse(self) -> None:
        """Have one user make each journey alone: what it needs to know of the target is found out, and what works.

        Raises:
            UsageError: no journey can be made.
        """
        self._rehearsal.mkdir()
        settings = replace(self.settings, stream=str(self._rehearsal / "run.jsonl"))
        with open_session(settings, self.target, prefix="P") as session:
            preflight(session)
            firsts = first_of(self.crowd)
            session.target = peopled(session.target, firsts, firsts)
            problems = rehearse(session, firsts, self.options.seed)
            worked = frozenset(session.known_good)
            profile = session.found()
        selected = requirements_of(self.register, worked)
        if not selected:
            why = "; ".join(problems) or "no request of the rehearsal was served"
            raise UsageError(f"no journey can be made: {why}", advice="`opentv-conformance preflight` says more.")
        applicability = applicability_of(self.register, self.settings.adjusted(self.target), selected)
        self.settings = replace(self.settings, profile=profile, selected=selected, applicability=applicability)

    def _under_load(self, stream: StreamWriter, progress: LiveProgress) -> events.End:
        """Let the workers work, take what they saw into the stream, and return how it ended."""
        part_of = self.options.part
        numbers = range(1, self.options.workers + 1) if part_of.of == 1 else (part_of.index,)
        of = max(self.options.workers, part_of.of)
        parts = [self.folder / PARTS / str(number) for number in numbers]
        redactor = redactor_of(self.target, self.settings)
        for number, part in zip(numbers, parts, strict=True):
            part.mkdir(parents=True)
            with StreamWriter(part / "run.jsonl", redactor) as own:
                own.write(self._opening(events.Part(number, of)))
        processes = [self._worker(number, part) for number, part in zip(numbers, parts, strict=True)]
        message = ""
        try:
            message = self._wait(processes, progress)
        except KeyboardInterrupt:
            message = "interrupted"
        finally:
            for process in processes:
                if process.poll() is None:
                    process.terminate()
                    _waited(process)
        end = None
        folders = [RunFolder(part) for part in parts]
        # The part of this machine is merged with the others later.
        seen = Parts(folders).events(marked=True) if part_of.of == 1 else folders[0].events(marked=True)
        for event in seen:
            if isinstance(event, events.End):
                end = event
            elif not isinstance(event, events.Run | events.Torn):
                stream.copy(event)
        for number, process in zip(numbers, processes, strict=True):
            if not _closed(self.folder / PARTS / str(number)):
                said = f"worker {number} of {of} was lost (exit code {process.returncode})"
                message = message or said + self._last_words(number)
        if end is not None and not message:
            return events.End(aborted=end.aborted, exit_code=end.exit_code, message=end.message)
        return events.End(aborted=True, exit_code=3, message=message)

    def _worker(self, number: int, part: Path) -> subprocess.Popen[bytes]:
        options, own = self.options, self.scratch / f"worker-{number}.json"
        settings = LoadSettings(
            run=replace(self.settings, stream=str((part / "run.jsonl").resolve())),
            users=options.users,
            ramp=options.ramp,
            seconds=options.seconds,
            arrival=options.arrival,
            worker=number,
            workers=max(options.workers, options.part.of),
            host=options.master[0] if options.master else "",
            port=options.master[1] if options.master else 0,
            seed=options.seed,
        )
        own.touch(mode=0o600)
        own.write_text(settings.dump(), encoding="utf-8")
        with self._log(number).open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-P", *self.engine, str(own)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.scratch,
                env=environment(),
                start_new_session=True,
            )

    def _log(self, number: int) -> Path:
        return self.scratch / f"worker-{number}.log"

    def _last_words(self, number: int) -> str:
        lines = self._log(number).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f": {lines[-1][:300]}" if lines else ""

    def _wait(self, processes: Sequence[subprocess.Popen[bytes]], progress: LiveProgress) -> str:
        """Wait for the end of the load; return what kept a worker from it."""
        begun = time.monotonic()
        # Nobody knows when the master of several machines begins.
        until = math.inf if self.options.master else begun + self.options.seconds + GRACE_S
        while any(process.poll() is None for process in processes):
            time.sleep(POLL_S)
            passed = time.monotonic() - begun
            progress.step(min(int(passed), int(self.options.seconds)), int(self.options.seconds) or 1, "seconds")
            if time.monotonic() > until:
                late = next(number for number, one in enumerate(processes, 1) if one.poll() is None)
                return f"worker {late} did not end within {GRACE_S:g} s after the load"
        return ""

    def _opening(self, part: events.Part) -> events.Run:
        line = opening_line(self.settings, self.target, self.register, self.options)
        # What the target file lacks was not selected.
        options = {**line.options, "p95": self.target.p95}
        return msgspec.structs.replace(line, part=part, lacking={}, options=options)


def _closed(part: Path) -> bool:
    return any(isinstance(event, events.End) for event in RunFolder(part).events())


def _waited(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
