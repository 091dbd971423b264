"""`opentv-conformance accept`."""

from __future__ import annotations

from pathlib import Path

import click

from conformance import terminal
from conformance.cli.signing import asked_of, asked_options, sign_with, signers_of, vendor_key


@click.command("accept")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--key",
    "keys",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="Your Ed25519 key in PEM, which signs the receipt (repeatable).",
)
@sign_with
@vendor_key("--vendor-key", "The vendor's public key in PEM; each that is given must have signed (repeatable).")
@asked_options
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="The receipt; beside the bundle by default."
)
def command(
    bundle: Path,
    keys: tuple[Path, ...],
    remote: tuple[tuple[str, str], ...],
    vendors: tuple[Path, ...],
    challenge: str,
    max_age: str | None,
    profile: Path | None,
    out: Path | None,
) -> int:
    """Verify a bundle, and sign a receipt of it (in-toto, simple verification result); without every row, none."""
    from conformance.errors import UsageError
    from conformance.proof.page import write_new
    from conformance.proof.receipt import receipt
    from conformance.proof.verify import verify
    from conformance.register import load_register

    signers = signers_of(keys, remote)
    if not signers:
        raise UsageError("a receipt is signed", advice="Give your key: --key operator.pem")
    found = verify(bundle, asked_of(vendors, challenge, max_age, profile), load_register())
    path = out or bundle.with_name(f"{bundle.name}.receipt.json")
    write_new(path, receipt(found, signers))
    console = terminal.console()
    console.print(f"verified, {len(found.rows)} rows; receipt: {path}", highlight=False, markup=False)
    return 0
