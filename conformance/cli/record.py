"""`opentv-conformance record`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance import terminal
from conformance.cli.live import LiveTable
from conformance.cli.summary import print_summary

if TYPE_CHECKING:
    from rich.console import Console

    from conformance.runner.record import Listening


@click.command("record")
@click.option("--target", type=click.Path(path_type=Path), help="Target file: where the platform is.")
@click.option("--listen", type=click.IntRange(1, 65000), default=8081, show_default=True, help="First port here.")
@click.option("--mode", "modes", multiple=True, help="Another mode of mitmproxy: wireguard, local:APP (repeatable).")
@click.option("--mitmdump", default="", metavar="COMMAND", help="How to run mitmdump where it is not on the PATH.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the reports.")
@click.option("--addon", is_flag=True, help="Print the path of the addon for a mitmproxy of your own, and end.")
def command(
    target: Path | None, listen: int, modes: tuple[str, ...], mitmdump: str, out: Path | None, addon: bool
) -> int:
    """Judge live traffic between an app and a target, through mitmproxy, until Ctrl-C.

    The app is pointed at the addresses that are printed. mitmproxy runs in its own environment.
    """
    from conformance.errors import UsageError
    from conformance.runner.record import addon_path, record

    if addon:
        terminal.say(str(addon_path()))
        return 0
    if target is None:
        raise UsageError("record needs --target", advice="The target file says where the platform is.")
    console = terminal.console()
    table = LiveTable(console)
    with table.live:
        ended = record(
            target,
            port=listen,
            modes=modes,
            mitmdump=mitmdump,
            out=out,
            announce=partial(_announce, console),
            listener=table.take,
        )
    print_summary(ended.results, ended.folder, console)
    if ended.message:
        terminal.say(f"opentv-conformance: {ended.message}", err=True)
    return ended.results.exit_code


def _announce(console: Console, addresses: Sequence[Listening]) -> None:
    """Print where the app is to send its requests."""
    for one in addresses:
        console.print(f"{one.here} leads to {one.there}", highlight=False, markup=False)
    console.print("Recording; Ctrl-C ends it.", highlight=False)
