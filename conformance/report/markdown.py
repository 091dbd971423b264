"""`summary.md`: the run for a merge request or a mail, on one screen."""

from __future__ import annotations

from conformance.model import Outcome, Verdict
from conformance.report.causes import Cause, causes_of, explained
from conformance.report.results import Results
from conformance.report.text import code_span, counted, markdown, shortened
from conformance.report.timestamps import duration, timestamp
from conformance.report.todo import todo_of
from conformance.report.verdict_summary import summary_of
from conformance.report.words import BINDING, OUTCOMES

MAX_CAUSES = 25
_SIGNS = {
    Verdict.CONFORMANT: "✅",
    Verdict.PARTIAL: "◐",
    Verdict.NONCONFORMANT: "❌",
    Verdict.INCOMPLETE: "⚠️",
    Verdict.ERROR: "⚠️",
}
_OPENING = (
    "Open `report.html` in any browser (one file, works offline); `evidence.har` in any HAR viewer. "
    "`opentv-conformance report FOLDER` rebuilds both from `run.jsonl`."
)


def summary_md(results: Results) -> str:
    """Return the run as Markdown: verdict, matrix, findings by cause, what to add, how to open the rest."""
    sentence = summary_of(results)
    name = code_span(results.run.target.name)
    sent = counted(results.requests.get("sent", 0), "request")
    took = duration(max(results.ended_at - results.started_at, 0))
    tool = f"opentv-conformance {markdown(results.run.suite.version)}".rstrip()
    by_profile = [f"**{markdown(results.acceptance.head, 600)}**", ""] if results.acceptance else []
    lines = [
        f"# {_SIGNS[results.verdict]} {results.verdict.value.capitalize()}: {name}",
        "",
        f"**{sentence.head}** {markdown(' '.join(sentence.why), 600)}".rstrip(),
        "",
        *by_profile,
        f"Tested on {timestamp(results.started_at)} with {tool}: {sent} in {took}. Exit code {results.exit_code}.",
        "",
        *_matrix(results),
    ]
    causes = causes_of(results)
    for heading, outcome in (("Broken", Outcome.FAILED), ("Warnings", Outcome.WARNED), ("Waived", Outcome.WAIVED)):
        found = [cause for cause in causes if cause.outcome is outcome]
        if found:
            lines += ["", f"## {heading}", "", *_causes(found)]
    if results.mistakes:
        lines += ["", "## What the client did wrong", "", *_mistakes(results)]
    if results.waivers:
        lines += ["", "## Waivers", "", *_waivers(results)]
    known = explained(causes)
    rest = [
        (item, number)
        for item in todo_of(results)
        if (number := sum(entry.id not in known for entry in item.requirements))
    ]
    for heading, chosen in (
        ("Not tested: what to add", [one for one in rest if one[0].add]),
        ("Not tested: what was seen", [one for one in rest if not one[0].add]),
    ):
        if chosen:
            lines += ["", f"## {heading}", ""]
        for item, number in chosen[:MAX_CAUSES]:
            what = "; ".join(code_span(line) for line in item.add) or markdown(item.reason)
            lines.append(f"- {what}: {counted(number, 'requirement')}")
    lines += [
        "",
        "---",
        "",
        _OPENING,
        "",
    ]
    return "\n".join(lines)


def _mistakes(results: Results) -> list[str]:
    lines = [
        f"- {markdown(one.operation)}: {markdown(one.cause)} ({counted(one.repeats, 'time')}, first {one.exchange})"
        for one in results.mistakes[:MAX_CAUSES]
    ]
    rest = len(results.mistakes) - MAX_CAUSES
    return lines + ([f"- and {rest} more, in `report.html`"] if rest > 0 else [])


def _waivers(results: Results) -> list[str]:
    """Every waiver, those that fail the run first."""
    lines = []
    for waiver in sorted(results.waivers, key=lambda one: not one.fails):
        state = f"**{waiver.state}**" if waiver.fails else waiver.state
        said = f"{markdown(waiver.reason, 300)} ({markdown(f'{waiver.owner}, {waiver.link}'.strip(', '), 280)})"
        lines.append(f"- {code_span(waiver.id)} {state}, until {code_span(waiver.expires)}: {said}")
    return lines


def _matrix(results: Results) -> list[str]:
    header = " | ".join(word.words for word in OUTCOMES)
    lines = [f"| | {header} | all |", "| --- |" + " ---: |" * (len(OUTCOMES) + 1)]
    for name, row in (*results.rows, ("**all**", results.counts)):
        cells = " | ".join(str(row[word.key]) for word in OUTCOMES)
        lines.append(f"| {BINDING.get(name, name)} | {cells} | {sum(row.values())} |")
    return lines


def _causes(causes: list[Cause]) -> list[str]:
    lines: list[str] = []
    for cause in causes[:MAX_CAUSES]:
        ids = list(dict.fromkeys(result.requirement.id for result, _ in cause.shown))
        named = _listed(ids)
        finding = cause.shown[0][1]
        expected = " or ".join(code_span(text, 80) for text in finding.expected[:4])
        lines.append(f"- **{markdown(cause.text)}** ({named})")
        if cause.effect:
            lines.append(f"  {markdown(cause.effect)}")
        lines.append(f"  expected {expected}, saw {code_span(finding.actual, 160)}")
        follows = _consequences(cause, ids)
        if follows:
            lines.append(f"  Follows from this: {follows}")
    if len(causes) > MAX_CAUSES:
        lines.append(f"- and {len(causes) - MAX_CAUSES} more causes, in `report.html`")
    return lines


def _listed(ids: list[str]) -> str:
    return ", ".join(ids[:6]) + (f" and {len(ids) - 6} more" if len(ids) > 6 else "")


def _consequences(cause: Cause, own: list[str]) -> str:
    """Say what else is broken by a cause, and how many requirements could not be tested because of it."""
    others = [name for name in cause.requirements if name not in own]
    seen = "; ".join(dict.fromkeys(markdown(result.why_untested, 120) for result in cause.untested))
    parts = [_listed(others)] if others else []
    if cause.untested:
        parts.append(f"{len(cause.untested)} not tested ({shortened(seen, 200)})")
    return ", ".join(parts)
