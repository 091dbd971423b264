"""`opentv-conformance matrix`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from conformance import terminal


@click.command("matrix")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write it as JSON, too.")
@click.option("--html", "html_file", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a page, too.")
def command(runs: tuple[Path, ...], json_file: Path | None, html_file: Path | None) -> int:
    """Put many run folders beside each other: verdicts, and which causes came and went."""
    from conformance.errors import UsageError
    from conformance.report import runs_of

    found = runs_of(runs)
    terminal.say(found.to_text(), end="")
    try:
        if json_file:
            json_file.write_text(json.dumps(found.to_json(), indent=1) + "\n", encoding="utf-8")
        if html_file:
            html_file.write_text(found.to_html(), encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"cannot be written: {problem.strerror}", where=str(problem.filename)) from None
    return 0
