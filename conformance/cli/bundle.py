"""`opentv-conformance bundle`."""

from __future__ import annotations

from pathlib import Path

import click

from conformance import terminal
from conformance.cli.signing import sign_with, signers_of


@click.command("bundle")
@click.argument("results", type=click.Path(path_type=Path))
@click.option(
    "--sign-key",
    "keys",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="An Ed25519 key in PEM that signs it (repeatable).",
)
@sign_with
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="The archive; beside the folder by default."
)
def command(results: Path, keys: tuple[Path, ...], remote: tuple[tuple[str, str], ...], out: Path | None) -> int:
    """Put a run into one archive, and sign what it says: for somebody who was not there.

    The reports are made again. Its statement (in-toto, test-result) says PASSED of a conformant delivery alone.
    """
    from conformance.proof.bundle import bundle
    from conformance.register import load_register

    made = bundle(results, load_register(), signers_of(keys, remote), out)
    signed = f"{len(keys) + len(remote)} signed" if keys or remote else "not signed"
    console = terminal.console()
    console.print(f"{made.result} ({made.results.verdict.value}), {signed}: {made.path}", highlight=False, markup=False)
    return 0
