"""`opentv-conformance schema`."""

from __future__ import annotations

import click

from conformance import terminal
from conformance.cli.completion import schema_names


@click.command("schema")
@click.argument("name", metavar="NAME", shell_complete=schema_names)
def command(name: str) -> int:
    """Print a published JSON Schema: target, report, run, profile, requirements, readings."""
    import difflib

    from conformance.errors import UsageError
    from conformance.resources import schema_files

    files = schema_files()
    if name not in files:
        near = difflib.get_close_matches(name, files, n=1)
        advice = f"Did you mean {near[0]!r}? " if near else ""
        raise UsageError(f"no schema is named {name!r}", advice=f"{advice}Known: {', '.join(files)}.")
    terminal.say(files[name].read_text(encoding="utf-8"), end="")
    return 0
