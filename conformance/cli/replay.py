"""`opentv-conformance replay`."""

from __future__ import annotations

from pathlib import Path

import click

from conformance import terminal


@click.command("replay")
@click.argument("run", metavar="RUN[#FINDING]")
@click.argument("finding", required=False)
@click.option("--target", type=click.Path(path_type=Path), help="Another target file than that of the run.")
@click.option("--script", is_flag=True, help="Send nothing: write it as one pytest file that runs without the suite.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the new run, or the script.")
def command(run: str, finding: str | None, target: Path | None, out: Path | None, *, script: bool) -> int:
    """Send again what led to a finding (results#SGN-013.1), or to all of a requirement: is it fixed?

    Exits with 0 where all is fixed, with 1 where something is still broken, and with 4 where it cannot be said.
    """
    from conformance.errors import UsageError
    from conformance.runner.replay import Fate, replay, write_script

    folder, _, named = run.partition("#") if finding is None else (run, "", finding)
    if not named:
        raise UsageError("no finding is named", advice="Write RUN#ID.n, as the report links to it: results#SGN-013.1.")
    if script:
        if target is not None:
            raise UsageError(
                "a script has no target file", advice="It asks for addresses and secrets by environment variables."
            )
        terminal.say(f"script: {write_script(Path(folder), named, out or Path())}")
        return 0
    console = terminal.console()
    found, ended = replay(Path(folder), named, console, target=target, out=out)
    for one in found:
        console.print(f"{one.fate.value} {one.name} ({one.cause}): {one.why}")
    console.print(f"report: {ended.folder / 'report.html'}")
    fates = {one.fate for one in found}
    return 1 if Fate.STILL_BROKEN in fates else 4 if Fate.CANNOT in fates else 0
