"""`opentv-conformance merge`."""

from __future__ import annotations

from pathlib import Path

import click

from conformance import terminal
from conformance.cli.summary import print_summary


@click.command("merge")
@click.argument("parts", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PART...")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the whole run.")
@click.option("--partial", is_flag=True, help="Judge what is there although parts are missing; at best incomplete.")
def command(parts: tuple[Path, ...], out: Path | None, *, partial: bool) -> int:
    """Make one run of its parts (`run --shard i/n`), in any order; judge it once, and write all reports.

    Parts of other runs are refused. Exits with the code of the verdict of the whole run.
    """
    from conformance.runner.merging import merge

    merged = merge(parts, out=out, partial=partial)
    console = terminal.console()
    if merged.repeated:
        console.print(f"given twice, counted once: {merged.repeated} of the parts", highlight=False)
    for gap in merged.results.run.gaps:
        console.print(gap, style="yellow", highlight=False, markup=False)
    print_summary(merged.results, merged.folder, console)
    return merged.results.exit_code
