"""`opentv-conformance run`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click

from conformance import terminal
from conformance.cli.options import run_options
from conformance.cli.summary import print_summary
from conformance.runner.options import RunOptions, parse_duration


@click.command("run")
@run_options(
    click.option(
        "--url",
        "urls",
        multiple=True,
        metavar="URL",
        help="Without a target file: test what needs no credential of the services found at this URL (repeatable), and "
        "print the target file that was learned.",
    ),
    click.option(
        "--workers", type=click.IntRange(1, 64), default=8, show_default=True, help="Connections for generated cases."
    ),
    click.option(
        "--for",
        "duration",
        metavar="8h",
        help="A soak: after the run, fresh generated cases until so much time is up (90s, 30m, 8h). With the same "
        "--out it continues one that was killed.",
    ),
    click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the run."),
    click.option(
        "--part-of",
        type=click.Path(path_type=Path, file_okay=False),
        help="With --shard, the folder of another part: refuse to make a part of another run than that one.",
    ),
    click.option("--fail-on", type=click.Choice(["must", "should"]), default="must", show_default=True),
    click.option(
        "--profile",
        "acceptance",
        type=click.Path(path_type=Path, dir_okay=False),
        help="An acceptance profile: say what the run is worth by it, too; exit with the worse of the two codes.",
    ),
    click.option("--allow-untested", is_flag=True, help="Exit 0 although a claimed must could not be tested."),
)
def command(options: RunOptions, *, acceptance: Path | None, duration: str | None, part_of: Path | None) -> int:
    """Test a target; end with the verdict, the findings, and where the report is."""
    from conformance.proof.profile import load_profile
    from conformance.register import load_register
    from conformance.report import REFERENCE_PLATFORM
    from conformance.runner.run import LEARNED, run
    from conformance.runner.shard import acknowledge

    if duration is not None:
        options = replace(options, for_s=parse_duration(duration))
    profile = load_profile(acceptance, load_register()) if acceptance else None
    console = terminal.console()
    acknowledge(os.environ)
    if options.part.of > 1:
        console.print(f"{options.part} of a run: no verdict before `merge`", highlight=False)
    if options.target is None and not options.urls:
        console.print(f"without --target: tests {REFERENCE_PLATFORM}, no delivery", highlight=False)
    ended = run(options, console, profile=profile, part_of=part_of)
    print_summary(ended.results, ended.folder, console)
    if ended.message:
        terminal.say(f"opentv-conformance: {ended.message}", err=True)
    if ended.learned:
        console.print(f"the target file that was learned ({ended.folder / LEARNED}):\n", highlight=False)
        terminal.say(ended.learned, end="")
    return ended.results.exit_code
