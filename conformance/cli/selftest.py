"""`opentv-conformance selftest`."""

from __future__ import annotations

import gc
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from conformance import terminal
from conformance.cli import completion

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
def command(
    faults: tuple[str, ...],
    readings: tuple[str, ...],
    combinations: int | None,
    fuzz_cases: int,
    workers: int,
    json_file: Path | None,
    save: bool,
) -> int:
    """Run the suite against every fault and every reading of the reference platform."""
    from conformance.register import load_register
    from conformance.selftest import cases, judge_case, load_faults, score

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
            _results(chosen, fuzz_cases, workers, expected),
            "Selftest",
            total=len(chosen),
            console=console,
            transient=True,
        )
    ]
    judged.sort(key=lambda one: (one.result.case.kind, one.result.case.name))
    total = score(judged)
    _print(judged, total, console)
    if json_file:
        json_file.write_text(json.dumps([_facts(one) for one in judged], indent=1) + "\n", encoding="utf-8")
    if save:
        _save(total, seconds=time.monotonic() - started, workers=workers)
    return 0 if total.perfect else 1


def _results(
    chosen: list[Case], fuzz_cases: int, workers: int, expected: Mapping[str, ExpectedFault]
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
        for future in as_completed([pool.submit(execute_together, group, fuzz_cases, stated) for group in groups]):
            yield from future.result()


def _start(parent: int) -> None:
    """Prepare a worker: it ends when the process that started it has ended, however that came about."""
    # Nearly all that a worker holds is the documents, which never become garbage.
    gc.set_threshold(20_000, 20, 20)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


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


def _save(total: Score, *, seconds: float, workers: int) -> None:
    from conformance import __version__
    from conformance.resources import fixtures

    facts = {
        "suite": __version__,
        "date": date.today().isoformat(),  # noqa: DTZ011 - a calendar day
        "seconds": round(seconds),
        "cores": os.cpu_count(),
        "workers": workers,
        **total.facts(),
    }
    (fixtures() / "detection.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
