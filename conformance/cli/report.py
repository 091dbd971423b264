"""`opentv-conformance report`."""

from __future__ import annotations

from pathlib import Path

import click

from conformance import terminal
from conformance.cli.summary import print_summary


@click.command("report")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--profile",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Say what the run is worth by this acceptance profile, in place of the run's own.",
)
def command(folder: Path, profile: Path | None) -> int:
    """Build every report of a run folder again from its stream."""
    from conformance.proof.profile import load_profile
    from conformance.register import load_register
    from conformance.report import write_reports

    register = load_register()
    results = write_reports(folder, register, load_profile(profile, register) if profile else None)
    print_summary(results, folder, terminal.console())
    return results.exit_code
