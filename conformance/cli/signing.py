"""The options that say who signs, and what is required of a bundle: one list for `bundle`, `verify` and `accept`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from securesystemslib.signer import Signer

    from conformance.proof.verify import Asked

Decorator = Callable[[Callable[..., int]], Callable[..., int]]
_FILE = click.Path(path_type=Path, dir_okay=False)

sign_with: Decorator = click.option(
    "--sign-with",
    "remote",
    nargs=2,
    multiple=True,
    metavar="URI PUBLIC_KEY",
    help="A signer of securesystemslib (an HSM, a KMS) by its URI, and its public key in PEM (repeatable).",
)
_ASKED: tuple[Decorator, ...] = (
    click.option("--challenge", metavar="NONCE", default="", help="The nonce that you gave for the run."),
    click.option("--max-age", metavar="AGE", help="How old the end of the run may be: 30d, 12h."),
    click.option(
        "--profile", type=_FILE, help="Your acceptance profile; it decides in place of the run's own verdict."
    ),
)


def vendor_key(name: str, help_text: str) -> Decorator:
    """Return the option of the public keys that must have signed."""
    return click.option(name, "vendors", type=_FILE, multiple=True, help=help_text)


def asked_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that say what is required of a bundle."""
    for option in reversed(_ASKED):
        command = option(command)
    return command


def signers_of(files: tuple[Path, ...], remote: tuple[tuple[str, str], ...]) -> list[Signer]:
    """Return the signers that options name.

    Raises:
        BundleError: one cannot be used.
    """
    from conformance.proof.keys import signer_of_file, signer_of_uri

    own = [signer_of_file(path) for path in files]
    return [*own, *(signer_of_uri(uri, Path(public)) for uri, public in remote)]


def asked_of(vendors: tuple[Path, ...], challenge: str, max_age: str | None, profile: Path | None) -> Asked:
    """Return what is required of a bundle.

    Raises:
        UsageError: an option or the profile is wrong.
    """
    from conformance.proof.profile import load_profile, parse_age
    from conformance.proof.verify import Asked
    from conformance.register import load_register
    from conformance.runner.options import parse_challenge

    return Asked(
        keys=vendors,
        challenge=parse_challenge(challenge) if challenge else "",
        max_age_s=parse_age(max_age) if max_age else None,
        profile=load_profile(profile, load_register()) if profile else None,
    )


def print_rows(rows: Any, console: Any) -> None:
    """Print a row for each thing that was looked at."""
    from rich.text import Text

    styles = {"verified": "green", "failed": "bold red", "undetermined": "yellow"}
    for row in rows:
        line = Text(f"{row.state.value:<13}", style=styles[row.state.value])
        line.append(f"{row.what:<13}", style="bold")
        line.append(" ".join(row.said.split()))
        console.print(line, highlight=False)
