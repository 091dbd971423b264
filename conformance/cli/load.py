"""`opentv-conformance load`."""

from __future__ import annotations

from pathlib import Path

import click

from conformance import terminal
from conformance.cli.summary import print_summary
from conformance.errors import UsageError
from conformance.runner.options import parse_address, parse_duration, parse_rate
from conformance.runner.shard import part_of


@click.command("load")
@click.option("--target", type=click.Path(path_type=Path), help="Target file; without it the embedded platform.")
@click.option("--users", type=click.IntRange(1, 100_000), default=10, show_default=True, help="Users at the same time.")
@click.option("--ramp", default="5s", show_default=True, metavar="TIME", help="Time until all users are at work.")
@click.option("--for", "lasts", default="60s", show_default=True, metavar="TIME", help="How long: 90s, 10m, 2h.")
@click.option(
    "--arrival", metavar="N/s", help="Begin so many journeys a second, whether earlier ones have ended or not."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that share the users."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Draw the journeys with another seed.")
@click.option("--safe", is_flag=True, help="Send nothing that creates or changes something.")
@click.option("--max-requests", type=click.IntRange(min=1), help="Stop sending after so many requests.")
@click.option("--rate", metavar="N/s", help="At most so many requests a second, over all workers.")
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Load the embedded platform with this fault.")
@click.option(
    "--master",
    metavar="HOST:PORT",
    help="Lead --workers of several machines from here: wait for them at this address (which asks nobody who he is), "
    "begin and end the load together. Sends nothing itself.",
)
@click.option("--join", metavar="HOST:PORT", help="Be a worker of the master there; needs --part.")
@click.option("--part", metavar="i/n", help="With --join: which of n workers this is.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the run.")
def command(
    target: Path | None,
    users: int,
    ramp: str,
    lasts: str,
    arrival: str | None,
    workers: int,
    seed: int,
    safe: bool,
    max_requests: int | None,
    rate: str | None,
    faults: tuple[str, ...],
    master: str | None,
    join: str | None,
    part: str | None,
    out: Path | None,
) -> int:
    """Test whether a target stays conformant under load: the same rules, many users at once."""
    from conformance.report import REFERENCE_PLATFORM
    from conformance.runner.load import LoadOptions, lead, load

    console = terminal.console()
    if (join is None) != (part is None) or (join and (master or target is None)):
        raise UsageError("--join HOST:PORT needs --part i/n and --target", advice="docs/load.md shows a cluster.")
    if master is not None:
        console.print(f"waits for {workers} workers at {master}, which asks nobody who he is", highlight=False)
        return lead(users, parse_duration(ramp), parse_duration(lasts), workers, parse_address(master, "--master"))
    if target is None:
        console.print(f"without --target: loads {REFERENCE_PLATFORM}, no delivery", highlight=False)
    options = LoadOptions(
        target=target,
        users=users,
        ramp=parse_duration(ramp),
        seconds=parse_duration(lasts),
        arrival=parse_rate(arrival, "--arrival") if arrival else None,
        workers=workers,
        seed=seed,
        safe=safe,
        max_requests=max_requests,
        rate=parse_rate(rate) if rate else None,
        faults=faults,
        out=out,
        master=parse_address(join, "--join") if join else None,
        part=part_of(part, {}, "--part") if part else LoadOptions.part,
    )
    ended = load(options, console)
    print_summary(ended.results, ended.folder, console)
    if ended.message:
        terminal.say(f"opentv-conformance: {ended.message}", err=True)
    return ended.results.exit_code
