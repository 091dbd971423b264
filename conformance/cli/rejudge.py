"""`opentv-conformance rejudge`."""

from __future__ import annotations

from pathlib import Path

import click

from conformance import terminal


@click.command("rejudge")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the run as judged now.")
def command(run: Path, out: Path | None) -> int:
    """Judge a stored run by the rules of this suite; show each verdict that changes, and why. Nothing is sent.

    Exits with the code of the verdict that the run has now.
    """
    from conformance.runner.rejudge import rejudge

    found = rejudge(run, out=out)
    console = terminal.console()
    before, after = found.difference.before, found.difference.after
    said = (f"suite {one.suite}, edition {one.edition or 'unknown'}: {one.verdict}" for one in (before, after))
    console.print(" -> ".join(said), highlight=False, markup=False)
    console.print(found.difference.head, highlight=False)
    for changes in found.difference.changes.values():
        for change in changes:
            if change.id in found.reasons:
                console.print(f"{change.id} {change.words}: {found.reasons[change.id]}", highlight=False, markup=False)
    for name, number in sorted(found.changes.contradicted.items()):
        console.print(
            f"{name}: the same rule judges {number:,} exchanges otherwise: a defect of the suite", style="red"
        )
    for name, number in sorted(found.changes.secret.items()):
        console.print(
            f"{name}: it needs a secret: its rule changed, and what it judges is redacted or cut off in {number:,} "
            "exchanges; there the judgement of the run stays",
            highlight=False,
        )
    kept = found.changes.kept
    if kept:
        console.print(
            f"{len(kept)} requirements rest on secrets, or on what the stream does not hold, in {sum(kept.values()):,} "
            "places: there the judgement of the run stays",
            highlight=False,
        )
    console.print(f"report: {found.folder / 'report.html'}", highlight=False)
    return found.results.exit_code
