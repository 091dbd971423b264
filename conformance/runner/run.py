"""The run: target file, preflight, checks, fuzzing, reports, exit code.

Whatever ends it, the stream is complete up to its last line, and the reports say what was proved until then.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from conformance.applicability import Applicability, applicability_of
from conformance.client import Client, Ledger
from conformance.errors import ConformanceError, UsageError
from conformance.model import SYSTEM_CLOCK
from conformance.opening import RunSettings, open_session, redactor_of
from conformance.register import Register, load_register
from conformance.report import Results, write_reports
from conformance.runner.checks import run_checks, uninterrupted
from conformance.runner.discovery import discover
from conformance.runner.folder import Done, forget, new_folder, unfinished
from conformance.runner.opening_line import opening_line
from conformance.runner.options import RunOptions, operations_of, select
from conformance.runner.plan import pace
from conformance.runner.preflight import preflight
from conformance.runner.progress import LiveProgress
from conformance.runner.scratch import scratch
from conformance.runner.target import learned_target, opened_target
from conformance.session.conditions import leave_remaining
from conformance.session.endurance import endure
from conformance.session.repetition import Suspicion, repeat
from conformance.stream import AnyEvent, RunFolder, StreamWriter, differences, events, read_run
from conformance.target import Target
from conformance.terminal import terminable

_NOT_ENDURED = "whether a token ends before its time is looked at in a run of one part only: another one may end it"
# The target file of a run that had none, in its folder.
LEARNED = "target.yaml"


@dataclass(frozen=True)
class RunEnded:
    """How a run ended: its folder, its results, and the message where it was cut short.

    `learned` is the target file that was learned of a target without one.
    """

    folder: Path
    results: Results
    message: str = ""
    learned: str = ""


def run(
    options: RunOptions,
    console: Console,
    *,
    profile: events.AcceptanceProfile | None = None,
    part_of: Path | None = None,
    reports: Callable[[Path, Register], Results] = write_reports,
    checks: Callable[..., None] = run_checks,
) -> RunEnded:
    """Run the suite; `checks` runs the checks, `reports` makes what is wanted of the finished stream.

    With an acceptance profile, what the run is worth by it is said, too. `part_of` is the folder of another part of the
    same run, where one is known.

    Raises:
        UsageError: the command line or the target file is wrong: nothing was tested, no folder is left.
        TargetUnreachable: the target cannot be reached at all.
    """
    register = load_register()
    selected = select(options, register)
    if selected is not None and not selected:
        raise UsageError("no requirement is selected", advice="Look at --service, --only and --exclude again.")
    if options.for_s is not None and not options.fuzz:
        raise UsageError("--for repeats generated cases, and --no-fuzz sends none", advice="Leave one of them out.")
    if options.urls and options.target is not None:
        raise UsageError("--url and --target are two targets", advice="Give --url to test without a target file.")
    with ExitStack() as stack, terminable():
        own = stack.enter_context(scratch())
        learned = ""
        if options.urls:
            found = discover(options.urls, own, rate=options.rate, challenge=options.challenge)
            console.print(f"{found.said} ({', '.join(found.urls)})", highlight=False)
            learned = found.text()
            target, path = learned_target(learned, own)
        else:
            target, path = opened_target(options.target, own, stack)
        if (options.rate or target.http.rate) and (told := pace(options, target, register)):
            console.print(told, highlight=False)
        goes_on = options.for_s is not None and unfinished(options.out)
        folder = options.out if goes_on and options.out else new_folder(options.out, target.name)
        done = Done.of(RunFolder(folder).events()) if goes_on else Done()
        settings = RunSettings(
            target=str(path),
            stream=str((folder / "run.jsonl").resolve()),
            embedded=target.embedded,
            selected=selected,
            checks=options.checks,
            part=options.part,
            safe=options.safe,
            max_requests=options.max_requests,
            rate=options.rate,
            challenge=options.challenge,
            # What was spent outlives a soak that is killed.
            ledger=str((own if options.for_s is None else folder.resolve()) / "spent.json"),
            begin=done.number,
            fingerprints=secrets.token_hex(32),
            shown=str(target.document.path) if target.document else "",
            folder=str(target.document.folder) if target.document else "",
        )
        applicability = applicability_of(register, settings.adjusted(target), selected)
        settings = replace(settings, applicability=applicability)
        ended = _Run(
            options,
            register,
            settings,
            applicability,
            target,
            folder,
            own,
            console,
            reports,
            checks,
            profile,
            part_of,
            done,
            goes_on,
        ).go()
        if learned:
            (folder / LEARNED).touch(mode=0o600)
            (folder / LEARNED).write_text(learned, encoding="utf-8")
        return replace(ended, learned=learned)


@dataclass
class _Run:
    options: RunOptions
    register: Register
    settings: RunSettings
    applicability: Applicability
    target: Target
    folder: Path
    scratch: Path
    console: Console
    reports: Callable[[Path, Register], Results]
    checks: Callable[..., None]
    profile: events.AcceptanceProfile | None
    part_of: Path | None
    done: Done
    goes_on: bool

    def go(self) -> RunEnded:
        end = events.End()
        opening = opening_line(self.settings, self.target, self.register, self.options)
        try:
            self._compare(opening)
        except ConformanceError:
            if not self.goes_on:
                forget(self.folder, whole=self.options.out is None)
            raise
        with StreamWriter(Path(self.settings.stream), redactor_of(self.target, self.settings)) as stream:
            if self.goes_on:
                stream.write(events.Note(text=f"cut off, and continued behind block {self.done.blocks - 1}"))
            else:
                stream.write(opening)
                if self.profile is not None:
                    stream.write(self.profile)
            try:
                with LiveProgress(Path(self.settings.stream), self.console) as progress:
                    self._phases(progress, stream)
                end = self._aborted() or end
            except ConformanceError as problem:
                if not self.goes_on and not self._anything_sent():
                    stream.close()
                    forget(self.folder, whole=self.options.out is None)  # a configuration mistake is no result
                    problem.rewrite(stream.redactor.text)
                    raise
                end = events.End(aborted=True, exit_code=problem.exit_code, message=str(problem))
            except KeyboardInterrupt:
                end = events.End(aborted=True, exit_code=3, message="interrupted")
            stream.write(end)
            message = stream.redactor.text(end.message)
        if self.options.for_s is not None:
            Path(self.settings.ledger).unlink(missing_ok=True)
        results = self.reports(self.folder, self.register)
        return RunEnded(self.folder, results, message)

    def _compare(self, opening: events.Run) -> None:
        """Refuse to go on with another run, or to make a part of another one than the given part is of.

        Raises:
            UsageError: in what they differ; with both values.
        """
        if self.part_of is not None:
            advice = "Make every part with the same suite, target file and options."
            _same_run(read_run(self.part_of), opening, "not a part of that run", advice)
        if self.goes_on:
            said = "the folder holds another run, which was cut off"
            _same_run(RunFolder(self.folder), opening, said, "Name another folder with --out.", part=True)
            with closing(Ledger(Path(self.settings.ledger))) as ledger, ledger.open() as spent:
                spent.free_at = 0.0  # the clock may have begun anew

    def _phases(self, progress: LiveProgress, stream: StreamWriter) -> None:
        begun = SYSTEM_CLOCK.monotonic()
        progress.phase("Preflight")
        with open_session(self.settings, self.target, prefix="P") as session:
            preflight(session, self.applicability.services)
            self.settings = replace(self.settings, profile=session.found())
        if not self.done.blocks:
            self._once(progress, stream)
        if self.options.for_s is not None and not self._aborted():
            if not self.done.blocks:
                stream.write(events.Block(number=0, seconds=round(SYSTEM_CLOCK.monotonic() - begun, 3)))
            self._soak(progress, begun + self.options.for_s - self.done.seconds)
        if not self._aborted():
            self._repeat(progress)

    def _once(self, progress: LiveProgress, stream: StreamWriter) -> None:
        """Make the checks, and send the generated cases of the seed."""
        progress.phase("Checks")
        try:
            self.checks(self.settings, self.scratch, poll=progress.poll)
        finally:
            with uninterrupted():
                self._leave_conditions(stream)
        if self.options.fuzz and not self._aborted():
            from conformance.fuzz import run_fuzz

            progress.phase("Generated cases")
            self._take_profile()
            with open_session(self.settings, self.target, prefix="F") as session:
                run_fuzz(
                    session,
                    cases_per_operation=self.options.fuzz_cases,
                    seed=self.options.seed,
                    connections=self.options.workers,
                    operations=operations_of(self.settings.selected, self.register),
                    part=self.options.part,
                    challenge=self.options.challenge,
                    progress=lambda title, done, total: progress.step(done, total, title),
                )

    def _soak(self, progress: LiveProgress, until: float) -> None:
        """Send blocks of generated cases until the time is up."""
        from conformance.runner.soak import Soak

        progress.phase("Soak")
        self._take_profile()
        # The numbers of the process that sends generated cases go on.
        settings = replace(self.settings, begin=Done.of(self._written()).number)
        operations = operations_of(self.settings.selected, self.register)
        Soak(self.options, settings, self.target, until, operations).go(progress, first=max(self.done.blocks, 1))

    def _repeat(self, progress: LiveProgress) -> None:
        """Repeat what failed and worked when it was sent again."""
        suspicion = Suspicion.of(RunFolder(self.folder).events())
        if suspicion.operations or suspicion.renewed:
            progress.phase("Repetition")
            with open_session(self.settings, self.target, prefix="R") as session:
                if self.options.part.of == 1:
                    endure(session, suspicion.renewed)
                elif suspicion.renewed:
                    # Another part may sign on meanwhile, and end what this one uses.
                    session.stream.write(events.Note(text=_NOT_ENDURED))
                repeat(session, suspicion)

    def _take_profile(self) -> None:
        """Hand on what the checks found out about the target; what was redacted in the stream is found out again."""
        known = self.settings.profile
        for event in self._written():
            if isinstance(event, events.Profile):
                known = event.profile.without_masks().with_facts(known)
        self.settings = replace(self.settings, profile=known)

    def _leave_conditions(self, stream: StreamWriter) -> None:
        """Leave what a process of checks that was killed has entered."""
        written = [event for event in self._written() if isinstance(event, events.Condition)]
        if written:
            with Client(self.target.http) as client:
                leave_remaining(self.target, written, client, stream)

    def _written(self) -> Iterator[AnyEvent]:
        return RunFolder(self.folder).events()

    def _aborted(self) -> events.End | None:
        for event in self._written():
            if isinstance(event, events.Abort):
                return events.End(aborted=True, exit_code=event.exit_code, message=event.message)
        return None

    def _anything_sent(self) -> bool:
        exchanges = (event for event in self._written() if isinstance(event, events.Exchange))
        return any(not event.id.startswith("P") for event in exchanges)


def _same_run(known: RunFolder, opening: events.Run, said: str, advice: str, *, part: bool = False) -> None:
    """Refuse an opening line that is not of a known run; with `part` also one of another part of it.

    Raises:
        UsageError: it is not.
    """
    first = next(iter(known.events()), None)
    if not isinstance(first, events.Run):
        raise UsageError("the opening line is missing", where=f"{known.stream}:1", advice=advice)
    parts = [("the part", first.part, opening.part)] if part and first.part != opening.part else []
    for what, left, right in (*parts, *differences(first, opening)):
        raise UsageError(f"{said}: {what} is {left} there and {right} now", where=str(known.path), advice=advice)
