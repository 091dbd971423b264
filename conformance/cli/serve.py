"""`opentv-conformance serve`."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click
import yaml

from conformance import terminal
from conformance.cli import completion
from conformance.cli.live import LiveTable

if TYPE_CHECKING:
    from conformance.reference.server import RunningPlatform
    from conformance.runner.serving import Callers


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="0: any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--database", default=":memory:", metavar="FILE", help="SQLite file; without it in memory.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.faults,
    help="Be wrong in this way (see fixtures/faults.yaml); repeatable.",
)
@click.option(
    "--reading",
    "readings",
    multiple=True,
    metavar="ID=OPTION",
    shell_complete=completion.readings,
    help="Follow another documented reading; repeatable.",
)
@click.option("--latency", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS", help="Answer later.")
@click.option("--judge", is_flag=True, help="Judge the callers: what a client does wrong, with a report at the end.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="With --judge: folder for the report.")
@click.option("--print-target", is_flag=True, help="Print a target file for it to standard output first.")
def command(
    port: int,
    host: str,
    database: str,
    faults: tuple[str, ...],
    readings: tuple[str, ...],
    latency: float,
    judge: bool,
    out: Path | None,
    print_target: bool,
) -> int:
    """Run the reference platform for client developers, until Ctrl-C."""
    from conformance.errors import UsageError
    from conformance.reference.faults import IncompatibleFaults, UnknownFault
    from conformance.reference.readings import UnknownReading, chosen_readings
    from conformance.reference.server import RunningPlatform, default_settings
    from conformance.reference.state import UnusableDatabase
    from conformance.runner.serving import Callers

    if out is not None and not judge:
        raise UsageError("--out is the folder of a report", advice="Add --judge.")
    try:
        settings = default_settings(
            readings=chosen_readings(readings),
            faults=faults,
            latency=latency,
            database=database,
            # Conditions can be switched only by who holds the printed target file.
            **({} if print_target else {"control_key": None}),
        )
        callers = Callers() if judge else None
        platform = RunningPlatform(settings, port=port, host=host, around=callers.around if callers else None)
    except UnusableDatabase as problem:
        advice = "Name a database that `serve` made, or a new file in a folder that you may write to."
        raise UsageError(str(problem), where="--database", advice=advice) from None
    except (UnknownReading, UnknownFault, IncompatibleFaults, OSError) as problem:
        raise UsageError(str(problem)) from None
    with platform as running:
        if print_target:
            terminal.say(yaml.safe_dump(running.target_document(), allow_unicode=True, sort_keys=False), end="")
        if callers is not None:
            return _judge(callers, running, out)
        _ready(running)
        try:
            running.wait()
        except KeyboardInterrupt:
            terminal.say("ended", err=True)
    return 0


def _ready(platform: RunningPlatform) -> None:
    terminal.say(f"reference platform: {platform.url} (Ctrl-C ends it)", err=True)


def _judge(callers: Callers, platform: RunningPlatform, out: Path | None) -> int:
    """Judge what clients send until Ctrl-C; return 1 where they made mistakes, 5 where nothing was sent."""
    from conformance.report import EXIT_NOTHING_VERIFIED, counted
    from conformance.runner.interrupts import interrupts_end

    console, stop = terminal.console(err=True), threading.Event()
    table = LiveTable(console)
    with table.live, interrupts_end(stop):
        _ready(platform)
        ended = callers.judge(platform, out=out, listener=table.take, stop=stop)
    mistakes, sent = ended.results.mistakes, ended.results.requests.get("sent", 0)
    console.print(
        f"{counted(sum(one.repeats for one in mistakes), 'mistake')} of the client in {counted(sent, 'request')}",
        highlight=False,
    )
    for one in mistakes:
        text = f"client   {one.operation}: {one.cause} (seen {counted(one.repeats, 'time')}, first {one.exchange})"
        console.print(text, highlight=False, markup=False)
    console.print(f"report: {ended.folder / 'report.html'}", highlight=False)
    return 1 if mistakes else 0 if sent else EXIT_NOTHING_VERIFIED
