"""`opentv-conformance judge`."""

from __future__ import annotations

from pathlib import Path

import click

from conformance import terminal
from conformance.cli.summary import print_summary


@click.command("judge")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--target", type=click.Path(path_type=Path), help="Target file: hosts, services, tenant, keys.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the reports.")
@click.option("--fail-on", type=click.Choice(["must", "should"]), default="must", show_default=True)
def command(files: tuple[Path, ...], target: Path | None, out: Path | None, fail_on: str) -> int:
    """Judge captured traffic (HAR files, spools, run folders); send nothing.

    What the platform did wrong and what the client did wrong are counted apart. The verdict is never conformant: an app
    does not send what most requirements need.
    """
    from conformance.runner.judge import judge_captures

    ended = judge_captures(files, target=target, out=out, fail_on=fail_on)
    print_summary(ended.results, ended.folder, terminal.console())
    if ended.message:
        terminal.say(f"opentv-conformance: {ended.message}", err=True)
    return ended.results.exit_code
