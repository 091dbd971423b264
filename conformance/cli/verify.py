"""`opentv-conformance verify`."""

from __future__ import annotations

from pathlib import Path

import click

from conformance import terminal
from conformance.cli.signing import asked_of, asked_options, print_rows, vendor_key


@click.command("verify")
@click.argument("bundle", type=click.Path(path_type=Path))
@vendor_key("--key", "The vendor's public key in PEM; each that is given must have signed (repeatable).")
@asked_options
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write it as one page, too.")
def command(
    bundle: Path,
    vendors: tuple[Path, ...],
    challenge: str,
    max_age: str | None,
    profile: Path | None,
    html: Path | None,
) -> int:
    """Check a bundle offline: signatures, hashes, an unbroken stream, and a verdict that follows from it.

    Exits with 0 where every row is verified, 1 where one failed, 3 where one is undetermined.
    """
    from conformance.proof.page import head_of, write_page
    from conformance.proof.verify import verify
    from conformance.register import load_register

    found = verify(bundle, asked_of(vendors, challenge, max_age, profile), load_register())
    if html is not None:
        write_page(found, html)
    console = terminal.console()
    print_rows(found.rows, console)
    console.print(head_of(found), highlight=False)
    return found.exit_code
