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
    "--fault", metavar="NAME", shell_complete=completion.faults, help="Be wrong in one way (see fixtures/faults.yaml)."
)
@click.option(
    "--reading",
    "readings",
    multiple=True,
    metavar="ID=OPTION",
    shell_complete=completion.readings,
    help="Follow another documented reading.",
)
@click.option("--latency", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS", help="Answer later.")
@click.option("--print-target", is_flag=True, help="Print a target file for it to standard output first.")
def command(
    port: int,
    host: str,
    database: str,
    fault: str | None,
    readings: tuple[str, ...],
    latency: float,
    print_target: bool,
) -> int:
    """Run the reference platform for client developers, until Ctrl-C."""
    from conformance.errors import UsageError
    from conformance.reference.faults import UnknownFault
    from conformance.reference.readings import UnknownReading
    from conformance.reference.server import RunningPlatform, default_settings

    pairs = [text.partition("=") for text in readings]
    for name, sign, _ in pairs:
        if not sign:
            raise UsageError(f"--reading {name!r} is not ID=OPTION")
    try:
        settings = default_settings(
            readings={name: option for name, _, option in pairs},
            fault=fault,
            latency=latency,
            database=database,
            # Conditions can be switched only by who holds the printed target file.
            **({} if print_target else {"control_key": None}),
        )
        platform = RunningPlatform(settings, port=port, host=host)
    except (UnknownReading, UnknownFault, OSError) as problem:
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
