"""Sends again what led to a finding, against the same or another target: is it fixed?

The check that sent the exchange runs again with its control and with tokens of its own, beside the checks of the
requirement; a generated case is sent again among those of its operation, which are the same for the same seed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rich.console import Console

from conformance.errors import UsageError
from conformance.model import Outcome
from conformance.register import Register, load_register
from conformance.report import Results, results_of
from conformance.report.causes import normalised
from conformance.report.results import RequirementResult
from conformance.report.tally import Finding
from conformance.report.words import SERVICES, source_words
from conformance.reproduction import Case, chains_of, pytest_file
from conformance.runner.options import DEFAULT_FUZZ_CASES, RunOptions
from conformance.runner.run import RunEnded, run
from conformance.stream import RunFolder, events, read_run

_NAME = re.compile(r"(?P<id>[A-Za-z]{3}-\d{3})(?:\.(?P<number>\d+))?")
_BROKEN = (Outcome.FAILED, Outcome.WARNED, Outcome.WAIVED)


class Fate(StrEnum):
    """What became of a finding."""

    FIXED = "FIXED"
    STILL_BROKEN = "STILL BROKEN"
    CANNOT = "CANNOT"


@dataclass(frozen=True)
class Replayed:
    """A finding of the earlier run, what became of it, and in words why."""

    name: str
    cause: str
    fate: Fate
    why: str


@dataclass(frozen=True)
class _Wanted:
    """A finding of the earlier run with who sent the exchange that shows it: a check, or `fuzz` and the like."""

    name: str
    finding: Finding
    sender: str


def replay(
    folder: Path, name: str, console: Console, *, target: Path | None = None, out: Path | None = None
) -> tuple[tuple[Replayed, ...], RunEnded]:
    """Test again what a run found: `name` is a finding (SGN-013.1), or a requirement with all its findings.

    Without `target` the one of that run is meant. Returns what became of each finding, and the new run.

    Raises:
        UsageError: there is no such finding, or the target file is wrong.
        StreamError: the folder holds no run.
        TargetUnreachable: the target cannot be reached.
    """
    register = load_register()
    earlier = read_run(folder)
    results = results_of(earlier, register)
    wanted = _wanted(earlier, results, register, name)
    ended = run(_options(results.run, wanted, target, out), console)
    found = ended.results.of(wanted[0].finding.requirement)
    return tuple(_fate(one, found, ended.message) for one in wanted), ended


def write_script(folder: Path, name: str, out: Path) -> Path:
    """Write what `replay` would send as one pytest file that needs nothing of the suite; return its path.

    Raises:
        UsageError: there is no such finding, or the file is there already.
        StreamError: the folder holds no run.
    """
    register = load_register()
    earlier = read_run(folder)
    results = results_of(earlier, register)
    wanted = _wanted(earlier, results, register, name)
    chains, names = chains_of(earlier, [one.finding.exchange for one in wanted])
    lost = [one.name for one in wanted if one.finding.exchange not in chains]
    if lost:
        raise UsageError(f"the exchange of {lost[0]} is not in the stream", where=str(earlier.stream))
    entry = register[wanted[0].finding.requirement]
    about = (entry.statement, f"{source_words(entry.source.document)}, {entry.source.section}.")
    cases = [
        Case(
            one.name,
            (f"{one.name}: {one.finding.cause}.", *about),
            one.finding.expected,
            one.finding.actual,
            one.finding.cause,
            chains[one.finding.exchange],
        )
        for one in wanted
    ]
    target = results.run.target
    places = {name: target.services[name] for name in SERVICES if name in target.services}
    services = {f"OTV_{name.upper()}_URL": place.url for name, place in places.items()}
    services |= {f"OTV_{name.upper()}_SSP_URL": place.ssp_url for name, place in places.items() if place.ssp_url}
    suite = results.run.suite
    head = f"{entry.title}: written by {suite.name} {suite.version} from a run against {target.name}."
    path = out / f"test_{re.sub(r'[^A-Za-z0-9]', '_', name)}.py"
    try:
        out.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(pytest_file(cases, names, services, head))
    except FileExistsError:
        raise UsageError(
            "there is a file of this name already", where=str(path), advice="Name a folder by --out."
        ) from None
    except OSError as problem:
        raise UsageError(f"the script cannot be written: {problem.strerror}", where=str(path)) from None
    return path


def _wanted(earlier: RunFolder, results: Results, register: Register, name: str) -> tuple[_Wanted, ...]:
    match = _NAME.fullmatch(name)
    if match is None:
        raise UsageError(f"{name!r} names no finding", advice="Write it as reports do: SGN-013.1, or SGN-013 for all.")
    entry = register[match["id"].upper()]
    result = results.of(entry.id)
    chosen = {result.name_of(finding): finding for finding in result.findings}
    if match["number"]:
        chosen = {one: finding for one, finding in chosen.items() if one == f"{entry.id}.{match['number']}"}
    if not chosen:
        names = [one.name_of(finding) for one in results.results for finding in one.findings]
        near = [one for one in names if one.startswith(entry.id)] or names
        raise UsageError(
            f"the run has no finding {name}",
            where=str(earlier.path),
            advice=f"It has {', '.join(near[:12])}." if near else "It has no finding at all.",
        )
    shown = {finding.exchange for finding in chosen.values()}
    senders = {
        event.id: event.by for event in earlier.events() if isinstance(event, events.Exchange) and event.id in shown
    }
    return tuple(_Wanted(one, finding, senders.get(finding.exchange, finding.by)) for one, finding in chosen.items())


def _options(opening: events.Run, wanted: tuple[_Wanted, ...], target: Path | None, out: Path | None) -> RunOptions:
    """Return the options of the earlier run that shape its requests, for one requirement alone."""
    before = opening.options
    cases, seed, given = before.get("fuzz_cases"), before.get("seed"), before.get("target")
    checks = tuple(dict.fromkeys(one.sender for one in wanted if "::" in one.sender))
    if target is None and isinstance(given, str):
        target = Path(given)
        if not target.exists():
            raise UsageError(
                f"the target file of the run, {given}, does not exist here",
                advice="Name it, or another target, with --target.",
            )
    if target is None and not opening.target.embedded:
        raise UsageError(
            "the run does not say where its target file is", advice="Name it, or another target, with --target."
        )
    return RunOptions(
        target=target,
        only=(wanted[0].finding.requirement,),
        checks=checks,
        fuzz=any("::" not in one.sender for one in wanted),
        fuzz_cases=cases if isinstance(cases, int) else DEFAULT_FUZZ_CASES,
        seed=seed if isinstance(seed, int) else None,
        safe=before.get("safe") is True,
        out=out,
    )


def _fate(wanted: _Wanted, found: RequirementResult, message: str) -> Replayed:
    def because(fate: Fate, why: str) -> Replayed:
        return Replayed(wanted.name, wanted.finding.cause, fate, why)

    if found.outcome in _BROKEN:
        causes = {normalised(finding.cause): finding.cause for finding in found.findings}
        if normalised(wanted.finding.cause) in causes:
            return because(Fate.STILL_BROKEN, "the same way")
        return because(Fate.STILL_BROKEN, f"another way: {'; '.join(causes.values())}")
    if found.outcome is Outcome.PASSED and not message:
        often = found.exercised_by.exchanges
        return because(Fate.FIXED, f"it holds in {often} exchanges" if often > 1 else "it holds")
    return because(Fate.CANNOT, message or found.reason or found.outcome.value)
