"""`opentv-conformance selftest`."""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from conformance import terminal
from conformance.cli import completion
from conformance.workers import end_with

if TYPE_CHECKING:
    from conformance.selftest import Case, CaseResult, ExpectedFault, Judged, Score

DEFAULT_FUZZ_CASES = 200
DEFAULT_COMBINATIONS = 12


@click.command("selftest")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.faults,
    help="Only this fault (repeatable).",
)
@click.option(
    "--reading",
    "readings",
    multiple=True,
    metavar="ID[=OPTION]",
    shell_complete=completion.readings,
    help="Only this reading (repeatable).",
)
@click.option(
    "--combinations",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"Platforms with a reading of every question at once; alone, nothing else.  [default: {DEFAULT_COMBINATIONS}]",
)
@click.option("--fuzz-cases", type=click.IntRange(min=0), default=DEFAULT_FUZZ_CASES, show_default=True)
@click.option("--workers", type=click.IntRange(min=1), default=lambda: 2 * (os.cpu_count() or 1), help="Processes.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write every case's result to a file.")
@click.option("--save", is_flag=True, help="Keep the score as the one that reports print.")
@click.option("--rejudge", is_flag=True, help="Judge each stored run again by the same rules: nothing may change.")
@click.option(
    "--captures",
    is_flag=True,
    help="Judge the HAR of each run as well, also as browsers and proxies export it; includes --rejudge.",
)
def command(
    faults: tuple[str, ...],
    readings: tuple[str, ...],
    combinations: int | None,
    fuzz_cases: int,
    workers: int,
    json_file: Path | None,
    save: bool,
    rejudge: bool,
    captures: bool,
) -> int:
    """Run the suite against every fault and every reading of the reference platform."""
    from conformance.register import load_register
    from conformance.selftest import captures_score, cases, judge_case, load_faults, score

    again = "captures" if captures else "stream" if rejudge else ""
    some = bool(faults or readings)
    combined = combinations if combinations is not None else 0 if some else DEFAULT_COMBINATIONS
    some = some or combinations is not None
    chosen = cases(faults if some else None, readings if some else None, combined)
    expected, register = load_faults(), load_register()
    console = terminal.console()
    started = time.monotonic()
    judged = [
        judge_case(result, expected, register)
        for result in track(
            _results(chosen, fuzz_cases, workers, expected, again),
            "Selftest",
            total=len(chosen),
            console=console,
            transient=True,
        )
    ]
    judged.sort(key=lambda one: (one.result.case.kind, one.result.case.name))
    total = score(judged)
    _print(judged, total, console)
    stated = {name: entry.requirements for name, entry in expected.items()}
    captured = captures_score(((one.result.case, one.result.again) for one in judged), stated) if captures else {}
    right = _print_again(judged, captured, console) if again else True
    if json_file:
        json_file.write_text(json.dumps([_facts(one) for one in judged], indent=1) + "\n", encoding="utf-8")
    if save:
        _save(total, captured, seconds=time.monotonic() - started, workers=workers)
    return 0 if total.perfect and right else 1


def _results(
    chosen: list[Case], fuzz_cases: int, workers: int, expected: Mapping[str, ExpectedFault], again: str
) -> Iterator[CaseResult]:
    from conformance.register import load_register
    from conformance.selftest import batches, execute_together

    # Long ones first: all services, then the rest.
    ordered = sorted(chosen, key=lambda case: len(case.services) or 9, reverse=True)
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_start, initargs=(os.getpid(),)
    ) as pool:
        stated = {name: entry.requirements for name, entry in expected.items()}
        groups = batches(ordered, stated, load_register())
        for future in as_completed(
            [pool.submit(execute_together, group, fuzz_cases, stated, again=again) for group in groups]
        ):
            yield from future.result()


def _start(parent: int) -> None:
    """Prepare a worker: it ends when the process that started it has ended, however that came about."""
    # Nearly all that a worker holds is the documents, which never become garbage.
    gc.set_threshold(20_000, 20, 20)
    end_with(parent)


def _facts(one: Judged) -> dict[str, object]:
    result = one.result
    return {
        "kind": result.case.kind,
        "name": result.case.name,
        "group": result.case.group,
        "word": one.word,
        "how": one.how,
        "verdict": result.verdict,
        "failed": result.failed,
        "causes": result.causes,
        "errors": list(result.errors),
        "untested": list(result.untested),
        "warned": result.warned,
        "message": result.message,
        "seconds": result.seconds,
        "again": {
            "changed": list(result.again.changed),
            "missed": result.again.missed,
            "accused": result.again.accused,
        },
    }


def _print(judged: list[Judged], total: Score, console: Console) -> None:
    from conformance.selftest.score import CAUGHT, CLEAN

    for one in judged:
        if one.word in (CAUGHT, CLEAN):
            continue
        seen = ", ".join(f"{name} ({cause})" for name, cause in list(one.result.causes.items())[:4])
        rest = seen or one.result.message or ", ".join((*one.result.errors[:6], *one.result.untested[:6]))
        console.print(Text.assemble((one.word, "red"), f" {one.result.case.name}: {rest}"))
    table = Table("kind of fault", "caught", "other reason", "missed", "void", box=None, pad_edge=False)
    for kind, words in total.kinds.items():
        table.add_row(kind, *(str(words.get(w, 0)) for w in ("caught", "caught for another reason", "missed", "void")))
    console.print(table)
    how = ", ".join(f"{number} by {name}" for name, number in sorted(total.how.items()))
    console.print(
        f"{total.caught} of {total.faults} faults caught ({how}), {total.for_the_stated_reason} for the stated "
        f"reason, {total.void} void; {total.false_alarms} false alarms on {total.readings} readings",
        highlight=False,
    )


def _print_again(judged: list[Judged], captured: Mapping[str, Any], console: Console) -> bool:
    """Print what judging each run again said; return whether it is as it must be."""
    changed = 0
    for one in judged:
        again = one.result.again
        changed += bool(again.changed)
        said = [f"judged again: {text}" for text in again.changed]
        said += [f"{name}: {one}: {text}" for name, causes in again.accused.items() for one, text in causes.items()]
        for text in said[:4]:
            console.print(Text.assemble((one.result.case.name, "red"), f" {text}"))
    console.print(f"{len(judged)} stored runs judged again: {changed} changed", highlight=False)
    if captured:
        why = "".join(f"; {number} not, since {reason}" for reason, number in captured["missed"].items())
        console.print(
            f"of {captured['by_rules']} faults that a rule saw, their HAR shows {captured['found']}{why}; "
            f"{captured['alarms']} false alarms on the exports of {captured['platforms']} conformant platforms",
            highlight=False,
        )
        for name in captured["unexplained"]:
            console.print(Text.assemble((name, "red"), " is not seen in its HAR, and nothing explains it"))
    return not changed and not captured.get("alarms") and not captured.get("unexplained")


def _save(total: Score, captured: Mapping[str, Any], *, seconds: float, workers: int) -> None:
    from conformance import __version__
    from conformance.resources import fixtures

    file = fixtures() / "detection.json"
    today = date.today().isoformat()  # noqa: DTZ011 - a calendar day
    before = json.loads(file.read_text(encoding="utf-8")).get("captures") if file.is_file() else None
    facts = {
        "suite": __version__,
        "date": today,
        "seconds": round(seconds),
        "cores": os.cpu_count(),
        "workers": workers,
        **total.facts(),
    }
    # A pass without captures leaves what an earlier one measured.
    kept = {"date": today, **captured} if captured else before
    if kept:
        facts["captures"] = kept
    file.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
