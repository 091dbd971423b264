"""`opentv-conformance preflight`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click
from rich.text import Text

from conformance import terminal
from conformance.cli.summary import clean

_STYLES = {"ok": "green", "proved": "green", "not proved": "dim"}
_WIDTH = 12


@click.command("preflight")
@click.option(
    "--target",
    type=click.Path(path_type=Path),
    help="Target file (- is standard input); without it the embedded platform.",
)
@click.option("--safe", is_flag=True, help="Send nothing that could create or change something.")
def command(target: Path | None, safe: bool) -> int:
    """Check a target file: reachability, TLS, credentials, subjects, claims, with a handful of requests."""
    examine_target(target, safe=safe)
    return 0


def examine_target(target: Path | None, *, safe: bool) -> None:
    """Run preflight and print a line for each thing that it looked at.

    Raises:
        ConformanceError: a line of the target file is wrong, or a service cannot be reached.
    """
    from conformance.opening import RunSettings, open_session
    from conformance.register import load_register
    from conformance.runner.options import RunOptions
    from conformance.runner.plan import pace
    from conformance.runner.preflight import examine, raise_for, sentence
    from conformance.runner.scratch import scratch
    from conformance.runner.target import opened_target

    console = terminal.console()
    with ExitStack() as stack:
        own = stack.enter_context(scratch())
        loaded, path = opened_target(target, own, stack)
        settings = RunSettings(str(path), str(own / "run.jsonl"), embedded=loaded.embedded, safe=safe)
        if loaded.http.rate and (told := pace(RunOptions(target=target), loaded, load_register())):
            console.print(told, highlight=False)
        session = stack.enter_context(open_session(settings, loaded, prefix="P"))
        with console.status("preflight") if console.is_terminal else ExitStack():
            lines = examine(session)
        sent = session.budget.spending().sent
        redact = session.stream.redactor.text
        for line in lines:
            if line.state.problem:  # reported on standard error, below
                continue
            text = Text(f"{line.state.value:<{_WIDTH}}", style=_STYLES[line.state.value])
            text.append(f"{line.what}: {clean(redact(line.detail), 400)}", style="none")
            if line.advice:
                text.append(f"\n{'':<{_WIDTH}}{line.where}  {line.advice}".rstrip(), style="dim")
            console.print(text, highlight=False)
        console.print(sentence(lines, sent), highlight=False)
        raise_for(lines)
