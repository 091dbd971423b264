"""`opentv-conformance run`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from conformance.cli.summary import print_summary
from conformance.runner.options import DEFAULT_FUZZ_CASES, RunOptions, parse_rate


@click.command("run")
@click.option("--target", type=click.Path(path_type=Path), help="Target file; without it the embedded platform.")
@click.option("--service", "services", multiple=True, metavar="NAME", help="Test only this service (repeatable).")
@click.option("--only", multiple=True, metavar="ID", help="Test only this requirement, or those that begin so.")
@click.option("--exclude", multiple=True, metavar="ID", help="Leave this requirement out.")
@click.option("--no-fuzz", is_flag=True, help="No generated cases.")
@click.option(
    "--fuzz-cases", type=click.IntRange(min=1), default=DEFAULT_FUZZ_CASES, show_default=True, help="Per operation."
)
@click.option("--seed", type=int, help="Generate other cases than the ones that ship with the suite.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=8, show_default=True, help="Connections for generated cases."
)
@click.option("--safe", is_flag=True, help="Send nothing that creates or changes something.")
@click.option("--max-requests", type=click.IntRange(min=1), help="Stop sending after so many requests.")
@click.option("--rate", metavar="N/s", help="At most so many requests a second.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the run.")
@click.option("--fail-on", type=click.Choice(["must", "should"]), default="must", show_default=True)
@click.option("--allow-untested", is_flag=True, help="Exit 0 although a claimed must could not be tested.")
@click.option(
    "--rerun-failed",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Test only what did not pass in an earlier run.",
)
def command(
    target: Path | None,
    services: tuple[str, ...],
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    no_fuzz: bool,
    fuzz_cases: int,
    seed: int | None,
    workers: int,
    safe: bool,
    max_requests: int | None,
    rate: str | None,
    out: Path | None,
    fail_on: str,
    allow_untested: bool,
    rerun_failed: Path | None,
) -> int:
    """Test a target; end with the verdict, the findings, and where the report lies."""
    from conformance.runner import run

    options = RunOptions(
        target=target,
        services=services,
        only=only,
        exclude=exclude,
        fuzz=not no_fuzz,
        fuzz_cases=fuzz_cases,
        seed=seed,
        workers=workers,
        safe=safe,
        max_requests=max_requests,
        rate=parse_rate(rate) if rate else None,
        out=out,
        fail_on=fail_on,
        allow_untested=allow_untested,
        rerun_failed=rerun_failed,
    )
    console = Console(stderr=False, soft_wrap=True)
    ended = run(options, console)
    print_summary(ended.results, ended.folder, console)
    if ended.message:
        click.echo(f"opentv-conformance: {ended.message}", err=True)
    return ended.results.exit_code
