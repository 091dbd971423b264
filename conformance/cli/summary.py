"""What a run says on the terminal at its end, on one screen: verdict, causes, what could not be tested, the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from conformance.model import Outcome, Verdict

if TYPE_CHECKING:
    from conformance.report import Cause, ClientMistake, Results

_STYLES = {
    Verdict.CONFORMANT: "bold green",
    Verdict.PARTIAL: "bold yellow",
    Verdict.NONCONFORMANT: "bold red",
    Verdict.INCOMPLETE: "bold yellow",
    Verdict.ERROR: "bold magenta",
}
# Lines of each kind: together no more than a screen.
MOST = {Outcome.FAILED: 10, Outcome.WARNED: 3, Outcome.WAIVED: 2, Outcome.ERROR: 3, Outcome.COULD_NOT_TEST: 5}
MOST_WAIVERS = 3
MOST_MISTAKES = 5
# A line that is not for a terminal may be so long.
LONGEST = 400


def clean(text: str, most: int = 200) -> str:
    """Return a target's text on one line, cut."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: max(most - 1, 0)]}…"


def print_summary(results: Results, folder: Path, console: Console) -> None:
    """Print the end of a run: a line each, none longer than the terminal is wide but that of the report."""
    from conformance.report import causes_of, summary_of

    width = console.width if console.is_terminal else LONGEST
    _verdict(results, console)
    console.print(summary_of(results).head, highlight=False)
    if results.acceptance is not None:
        console.print(Text(clean(results.acceptance.head, width), style=_STYLES[results.acceptance.verdict]))
    causes = causes_of(results)
    _errors(results, width, console)
    for outcome, style in ((Outcome.FAILED, "bold red"), (Outcome.WAIVED, "blue"), (Outcome.WARNED, "yellow")):
        chosen = [_cause(cause, style, width) for cause in causes if cause.outcome is outcome]
        _lines(chosen, MOST[outcome], console)
    _lines(list(_untested(results, causes, width)), MOST[Outcome.COULD_NOT_TEST], console)
    _lines([_mistake(one, width) for one in results.mistakes], MOST_MISTAKES, console)
    _lines(list(_waivers(results, width)), MOST_WAIVERS, console)
    if results.writes_said:
        console.print(results.writes_said, highlight=False)
    console.print(f"report: {folder / 'report.html'}", highlight=False)


def _lines(lines: Sequence[Text], most: int, console: Console) -> None:
    for line in lines[:most]:
        console.print(line, highlight=False)
    if len(lines) > most:
        console.print(f"        and {len(lines) - most} more; the report lists all", highlight=False)


def _line(label: str, style: str, bold: str, text: str, tail: str, width: int) -> Text:
    """Return a line of which the middle is cut where it would be too long."""
    line = Text(f"{label:<8}", style=style)
    line.append(f" {bold} " if bold else " ", style="bold")
    line.append(clean(text, max(width - len(line.plain) - len(tail), 12)))
    line.append(tail)
    return line


def _verdict(results: Results, console: Console) -> None:
    from conformance.report import REFERENCE_PLATFORM, counted

    counts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in results.counts.items() if number)
    seconds = (results.ended_at - results.started_at) / 1000
    tested = f" ({REFERENCE_PLATFORM})" if results.embedded else ""
    sent = counted(results.requests.get("sent", 0), "request")
    console.print(Text(results.verdict.value, style=_STYLES[results.verdict]), end="")
    console.print(f"{tested}: {counts}; {sent} in {seconds:.1f} s", highlight=False)


def _cause(cause: Cause, style: str, width: int) -> Text:
    """One cause: its requirements, and how much follows from it."""
    own = list(dict.fromkeys(result.requirement.id for result, _ in cause.shown))
    named = ", ".join(own[:3]) + (f" and {len(own) - 3} more" if len(own) > 3 else "")
    others = len(cause.requirements) - len(own)
    repeats = max(finding.repeats for _, finding in cause.shown)
    tails = (
        f" (seen {repeats:,} times)" if repeats > 1 else "",
        f" + {others} more broken" if others else "",
        f" + {len(cause.untested)} not tested" if cause.untested else "",
    )
    operation = cause.shown[0][0].requirement.operation
    text = cause.text if cause.text.startswith(operation) else f"{operation}: {cause.text}"
    return _line(cause.outcome.value, style, named, text, "".join(tails), width)


def _mistake(mistake: ClientMistake, width: int) -> Text:
    tail = f" (seen {mistake.repeats:,} times)" if mistake.repeats > 1 else ""
    return _line("client", "cyan", mistake.operation, mistake.cause, tail, width)


def _errors(results: Results, width: int, console: Console) -> None:
    groups: dict[str, list[str]] = {}
    for result in results.results:
        if result.outcome is Outcome.ERROR:
            groups.setdefault(result.reason, []).append(result.requirement.id)
    lines = []
    for reason, ids in groups.items():
        named = ids[0] + (f" and {len(ids) - 1} more" if len(ids) > 1 else "")
        lines.append(_line("error", "bold magenta", named, reason, "", width))
    _lines(lines, MOST[Outcome.ERROR], console)


def _untested(results: Results, causes: Sequence[Cause], width: int) -> Iterator[Text]:
    """A line for each kind of what could not be tested, but for what follows from a cause."""
    from conformance.report import counted, explained, todo_of

    known = explained(causes)
    for item in todo_of(results):
        ids = [entry.id for entry in item.requirements if entry.id not in known]
        if ids:
            why = f"the target file lacks {item.add[0]}" if item.add else item.reason
            more = f" (+ {len(item.add) - 1} lines)" if len(item.add) > 2 else ""
            tail = f"{more} ({', '.join(ids[:3])}{', …' if len(ids) > 3 else ''})"
            yield _line("untested", "yellow", f"{counted(len(ids), 'requirement')}:", why, tail, width)


def _waivers(results: Results, width: int) -> Iterator[Text]:
    """Every waiver, those that fail the run first."""
    for waiver in sorted(results.waivers, key=lambda one: not one.fails):
        said = f"is {waiver.state}: {clean(waiver.reason)}"
        tail = f" ({clean(waiver.owner, 40)}, until {waiver.expires})"
        yield _line("waiver", "red" if waiver.fails else "blue", clean(waiver.id, 40), said, tail, width)
