"""`opentv-conformance diff`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

import click

from conformance import terminal


class Comparison(Protocol):
    """What compares runs: as JSON, and as a page."""

    def to_json(self) -> object:
        """Return it as JSON."""

    def to_html(self) -> str:
        """Return it as one page."""


def write_files(found: Comparison, json_file: Path | None, html_file: Path | None) -> None:
    """Write a comparison to the files that were asked for.

    Raises:
        UsageError: a file cannot be written.
    """
    from conformance.errors import UsageError

    try:
        if json_file:
            json_file.write_text(json.dumps(found.to_json(), indent=1) + "\n", encoding="utf-8")
        if html_file:
            html_file.write_text(found.to_html(), encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"cannot be written: {problem.strerror}", where=str(problem.filename)) from None


@click.command("diff")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write it as JSON, too.")
@click.option("--html", "html_file", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a page, too.")
def command(before: Path, after: Path, json_file: Path | None, html_file: Path | None) -> int:
    """Compare two run folders: new, fixed, other reason, newly untestable, added, removed.

    Exits with 1 where the second run is worse than the first.
    """
    from conformance.report import diff

    found = diff(before, after)
    terminal.say(found.to_text(), end="")
    write_files(found, json_file, html_file)
    return 1 if found.worse else 0
