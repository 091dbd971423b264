"""`opentv-conformance serve`."""

from __future__ import annotations

import click
import yaml

from conformance import terminal
from conformance.cli import completion


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
@click.option("--print-target", is_flag=True, help="Print a target file for it to standard output first.")
def command(
    port: int,
    host: str,
    database: str,
    faults: tuple[str, ...],
    readings: tuple[str, ...],
    latency: float,
    print_target: bool,
) -> int:
    """Run the reference platform for client developers, until Ctrl-C."""
    from conformance.errors import UsageError
    from conformance.reference.faults import IncompatibleFaults, UnknownFault
    from conformance.reference.readings import UnknownReading, chosen_readings
    from conformance.reference.server import RunningPlatform, default_settings
    from conformance.reference.state import UnusableDatabase

    try:
        settings = default_settings(
            readings=chosen_readings(readings),
            faults=faults,
            latency=latency,
            database=database,
            # Conditions can be switched only by who holds the printed target file.
            **({} if print_target else {"control_key": None}),
        )
        platform = RunningPlatform(settings, port=port, host=host)
    except UnusableDatabase as problem:
        advice = "Name a database that `serve` made, or a new file in a folder that you may write to."
        raise UsageError(str(problem), where="--database", advice=advice) from None
    except (UnknownReading, UnknownFault, IncompatibleFaults, OSError) as problem:
        raise UsageError(str(problem)) from None
    with platform as running:
        if print_target:
            terminal.say(yaml.safe_dump(running.target_document(), allow_unicode=True, sort_keys=False), end="")
        terminal.say(f"reference platform: {running.url} (Ctrl-C ends it)", err=True)
        try:
            running.wait()
        except KeyboardInterrupt:
            terminal.say("ended", err=True)
    return 0
