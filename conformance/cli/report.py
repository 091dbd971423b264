"""`opentv-conformance report`."""

from __future__ import annotations

from pathlib import Path

import click

from conformance import terminal
from conformance.cli.summary import print_summary


@click.command("report")
@click.argument("folder", type=click.Path(path_type=Path))
def command(folder: Path) -> int:
    """Build every report of a run folder again from its stream."""
    from conformance.register import load_register
    from conformance.report import write_reports

    results = write_reports(folder, load_register())
    print_summary(results, folder, terminal.console())
    return results.exit_code
