"""`opentv-conformance matrix`."""

from __future__ import annotations

from pathlib import Path

import click

from conformance import terminal
from conformance.cli.diff import write_files


@click.command("matrix")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write it as JSON, too.")
@click.option("--html", "html_file", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a page, too.")
def command(runs: tuple[Path, ...], json_file: Path | None, html_file: Path | None) -> int:
    """Put many run folders beside each other: verdicts, and which causes came and went."""
    from conformance.report import runs_of

    found = runs_of(runs)
    terminal.say(found.to_text(), end="")
    write_files(found, json_file, html_file)
    return 0
