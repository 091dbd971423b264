"""What a run says on the terminal at its end: the verdict, the findings by cause, what could not be tested."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from conformance.model import Outcome, Verdict

if TYPE_CHECKING:
    from conformance.report import Results

_STYLES = {
    Verdict.CONFORMANT: "bold green",
    Verdict.PARTIAL: "bold yellow",
    Verdict.NONCONFORMANT: "bold red",
    Verdict.INCOMPLETE: "bold yellow",
    Verdict.ERROR: "bold magenta",
}
MOST_LINES = 40


def clean(text: str, most: int = 200) -> str:
    """Return a target's text on one line, cut."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def print_summary(results: Results, folder: Path, console: Console) -> None:
    """Print the end of a run."""
    from conformance.report import REFERENCE_PLATFORM, sentence_of

    _lines(results, Outcome.ERROR, "bold magenta", "error", console)
    _findings(results, Outcome.FAILED, "bold red", console)
    _findings(results, Outcome.WAIVED, "blue", console)
    _findings(results, Outcome.WARNED, "yellow", console)
    _untested(results, console)
    for waiver in results.waivers:
        said = f"{clean(waiver.reason)} ({clean(waiver.owner)}, until {waiver.expires})"
        line = f"waiver {clean(waiver.id)} is {waiver.state}: {said}"
        console.print(Text(line, style="red" if waiver.fails else "blue"))
    counts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in results.counts.items() if number)
    seconds = (results.ended_at - results.started_at) / 1000
    console.print(Text(results.verdict.value, style=_STYLES[results.verdict]), end="")
    tested = f" ({REFERENCE_PLATFORM})" if results.embedded else ""
    console.print(f"{tested}: {counts}; {results.requests.get('sent', 0)} requests in {seconds:.1f} s", highlight=False)
    console.print(sentence_of(results).head, highlight=False)
    if results.writes_said:
        console.print(results.writes_said, highlight=False)
    console.print(f"report: {folder / 'report.html'}", highlight=False)


def _findings(results: Results, outcome: Outcome, style: str, console: Console) -> None:
    shown = 0
    for result in results.results:
        if result.outcome is not outcome:
            continue
        for finding in result.findings:
            shown += 1
            if shown > MOST_LINES:
                continue
            line = Text(f"{outcome.value:<7}", style=style)
            line.append(f" {result.requirement.id} ", style="bold")
            line.append(f"{result.requirement.operation}: {clean(finding.cause)}")
            if finding.repeats > 1:
                line.append(f" (seen {finding.repeats} times)")
            console.print(line, highlight=False)
    if shown > MOST_LINES:
        console.print(f"        and {shown - MOST_LINES} more; the report lists all", highlight=False)


def _lines(results: Results, outcome: Outcome, style: str, label: str, console: Console) -> None:
    for result in [one for one in results.results if one.outcome is outcome][:MOST_LINES]:
        line = Text(f"{label:<7}", style=style)
        line.append(f" {result.requirement.id} ", style="bold")
        line.append(clean(result.reason))
        console.print(line, highlight=False)


def _untested(results: Results, console: Console) -> None:
    from conformance.report import counted

    groups: dict[str, list[str]] = {}
    for result in results.results:
        if result.outcome is Outcome.COULD_NOT_TEST and result.requirement.binding:
            groups.setdefault(result.reason, []).append(result.requirement.id)
    for reason, ids in groups.items():
        line = Text("untested", style="yellow")
        named = ", ".join(ids[:6]) + (", …" if len(ids) > 6 else "")
        line.append(f" {counted(len(ids), 'binding requirement')}: {clean(reason)} ({named})")
        console.print(line, highlight=False)
