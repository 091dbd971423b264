"""The page: results and evidence put into the views that the templates show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.model import Outcome, Reading, Verdict
from conformance.register import Register
from conformance.report import views
from conformance.report.causes import causes_of
from conformance.report.charts import charts
from conformance.report.coverage import coverage, heat_map
from conformance.report.detection import detection, planted_faults
from conformance.report.evidence import Evidence
from conformance.report.findings import MAX_CAUSES, ShownFindings
from conformance.report.load_numbers import crossed, load_view
from conformance.report.profile_view import profile_facts
from conformance.report.results import RequirementResult, Results
from conformance.report.text import counted, one_line
from conformance.report.timestamps import duration, timestamp
from conformance.report.todo import todo_of
from conformance.report.verdict_summary import summary_of
from conformance.report.views import MatrixRow, OutcomeGroup, Page
from conformance.report.words import BINDING, FEATURES, OUTCOMES, SERVICES, source_address, source_words
from conformance.stream import events

_OPEN = ("failed", "error", "warned", "could_not_test", "waived")
MAX_CREATED = 200


def page_of(results: Results, evidence: Evidence, register: Register) -> Page:
    """Return the report of a run, ready for the templates."""
    run = results.run
    target = run.target
    sentence = summary_of(results)
    causes = causes_of(results)
    findings = ShownFindings(evidence.exchanges, evidence.steps, evidence.curl, results.premises)
    cause_views = findings.causes(causes)
    readings = {name: _reading(register, name, option, target) for name, option in results.readings.items()}
    services = tuple(_service(key, words, results) for key, words in SERVICES.items())
    return Page(
        title=f"{one_line(target.name, 60)}: {results.verdict.value}",
        target=one_line(target.name, 80),
        tenant=one_line(target.tenant, 80),
        verdict=results.verdict.value,
        exit_code=results.exit_code,
        head=sentence.head,
        why=tuple(one_line(text, 400) for text in sentence.why),
        acceptance=_acceptance(results),
        when=timestamp(results.started_at),
        facts=tuple(_facts(results)),
        digests=tuple(_digests(results, evidence)),
        outcomes=OUTCOMES,
        matrix=tuple(_matrix(results)),
        services=services,
        features=tuple((words, name in target.features) for name, words in FEATURES.items()),
        left_out=results.counts["left_out"],
        detection=detection(),
        causes=cause_views,
        causes_unshown=max(len(causes) - MAX_CAUSES, 0),
        groups=tuple(_groups(results, readings, findings.anchors)),
        operations=tuple(dict.fromkeys(result.requirement.operation for result in results.results)),
        todo=tuple(_todo(results)),
        readings=tuple(readings.values()),
        profile=profile_facts(results.profile),
        waivers=tuple(_waivers(results)),
        charts=charts(services, evidence.operations),
        load=load_view(results.load, results.crossings),
        load_evidence=findings.others(crossed(results.crossings)),
        heat=heat_map(results),
        documents=coverage(results),
        tested=_tested(results),
        fuzz=tuple(_fuzz(results)),
        created=tuple(_created(results)),
        notes=tuple(_notes(results)),
        captured=results.captured,
        mistakes=tuple(
            (one.operation, one_line(one.cause, 200), f"{one.repeats:,}", one.exchange)
            for one in results.mistakes[:MAX_CAUSES]
        ),
        proves=tuple(_proves(results)),
        sources=tuple((source_words(name), source_address(name)) for name in _sources(results)),
    )


def _acceptance(results: Results) -> views.Acceptance | None:
    found = results.acceptance
    if found is None:
        return None
    lines = tuple((line.met.value, one_line(line.asks), one_line(line.seen, 400)) for line in found.lines)
    return views.Acceptance(one_line(found.profile.name, 100), found.verdict.value, one_line(found.head, 400), lines)


def _sources(results: Results) -> dict[str, None]:
    """Return the sources of the requirements, in the order of the register."""
    return dict.fromkeys(result.requirement.source.document for result in results.results)


def _tested(results: Results) -> str:
    """Say how much was tested, and how hard."""
    sent = counted(results.requests.get("sent", 0), "request")
    if results.load:
        return f"{sent} under load, by many users at once."
    if results.captured:
        sent = counted(results.requests.get("sent", 0), "exchange")
        return f"{sent} of captured traffic; nothing was sent by the suite."
    cases = sum(event.sent for event in results.fuzz)
    judged = sum(result.exercised_by.exchanges for result in results.results)
    said = f"{sent}, {counted(cases, 'generated case')} among them; {counted(len(results.checks), 'check')}"
    return f"{said}; {counted(judged, 'judgement')} by rules."


def _facts(results: Results) -> list[views.Fact]:
    sent = results.requests.get("sent", 0)
    facts = [
        views.Fact("Started", timestamp(results.started_at)),
        views.Fact("Took", duration(max(results.ended_at - results.started_at, 0))),
        views.Fact("Requests", f"{sent:,} sent, {results.requests.get('unanswered', 0):,} without an answer"),
    ]
    if results.captured:
        facts.append(views.Fact("Captured traffic", one_line(", ".join(results.run.captures), 400)))
    if results.writes_said:
        facts.append(views.Fact("Writes", results.writes_said))
    if results.refused:
        facts.append(views.Fact("Refused by the suite", f"{counted(len(results.refused), 'request')} never sent"))
    for name, value in results.run.options.items():
        if value not in (None, "", [], False):
            facts.append(views.Fact(f"--{name.replace('_', '-')}", one_line(_plain(value), 200)))
    return facts


def _plain(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, (list, tuple)) else str(value)


def _digests(results: Results, evidence: Evidence) -> list[views.Fact]:
    run = results.run
    known = [
        ("Suite", f"{run.suite.name} {run.suite.version}".strip()),
        ("Edition", f"{run.suite.edition} of the register" if run.suite.edition else ""),
        ("Contract", run.digests.contract),
        ("Register", run.digests.register),
        ("run.jsonl", evidence.digest),
    ]
    return [views.Fact(name, one_line(value, 100)) for name, value in known if value]


def _matrix(results: Results) -> list[MatrixRow]:
    rows = [
        MatrixRow(binding, BINDING[binding], tuple((word.key, row[word.key]) for word in OUTCOMES), sum(row.values()))
        for binding, row in results.rows
    ]
    cells = tuple((word.key, results.counts.get(word.key, 0)) for word in OUTCOMES)
    return [*rows, MatrixRow("", "all", cells, sum(results.counts.values()))]


def _service(key: str, words: str, results: Results) -> views.Service:
    outcomes = [result.outcome.value for result in results.results if result.requirement.service == key]
    address = results.run.target.services.get(key)
    return views.Service(
        key=key,
        words=words,
        url=one_line(address.url, 120) if address else "",
        declared=address is not None,
        outcomes=tuple((word.key, outcomes.count(word.key)) for word in OUTCOMES),
    )


def _reading(register: Register, name: str, option: str, target: events.TargetFacts) -> views.Reading:
    known = {entry.id: entry for entry in register.readings}
    reading = known.get(name, Reading(name, "", name, ()))
    chosen = next((entry for entry in reading.options if entry.id == option), None)
    return views.Reading(
        id=one_line(name, 80),
        service=reading.service,
        question=one_line(reading.question, 300),
        option=one_line(option, 80),
        text=chosen.text if chosen else "",
        source=chosen.source if chosen else "",
        pinned=name in target.readings,
    )


def _groups(
    results: Results, readings: dict[str, views.Reading], anchors: dict[str, list[tuple[str, str]]]
) -> list[OutcomeGroup]:
    groups: list[OutcomeGroup] = []
    planted = planted_faults()
    for word in OUTCOMES:
        members = [result for result in results.results if result.outcome.value == word.key]
        if members:
            views = tuple(_requirement(result, readings, anchors, planted) for result in members)
            groups.append(OutcomeGroup(word, word.key in _OPEN, views))
    return groups


def _requirement(
    result: RequirementResult,
    readings: dict[str, views.Reading],
    anchors: dict[str, list[tuple[str, str]]],
    planted: Mapping[str, tuple[str, ...]],
) -> views.Requirement:
    entry = result.requirement
    return views.Requirement(
        id=entry.id,
        title=entry.title,
        statement=entry.statement,
        service=entry.service,
        operation=entry.operation,
        level=entry.level.value,
        binding="yes" if entry.binding else "no",
        basis=entry.basis.value,
        source=source_words(entry.source.document),
        section=entry.source.section,
        outcome=result.outcome.value,
        reason="" if result.outcome is Outcome.PASSED else one_line(result.reason, 400),
        add=tuple(one_line(line, 300) for line in result.add),
        readings=tuple(readings[name] for name in entry.readings if name in readings),
        checks=tuple(one_line(name, 120) for name in result.exercised_by.checks),
        exchanges=result.exercised_by.exchanges,
        generated=result.exercised_by.generated,
        findings=tuple(anchors.get(entry.id, ())),
        planted=planted.get(entry.id, ()),
    )


def _todo(results: Results) -> list[views.ToDo]:
    return [
        views.ToDo(
            add=tuple(one_line(line, 300) for line in item.add),
            reason=one_line(item.reason, 400),
            binding=item.binding,
            requirements=tuple((entry.id, entry.title) for entry in item.requirements),
        )
        for item in todo_of(results)
    ]


def _waivers(results: Results) -> list[views.Waiver]:
    return [
        views.Waiver(
            one_line(w.id, 40),
            one_line(w.reason, 400),
            one_line(w.owner, 100),
            _web_link(w.link),
            w.expires,
            w.state,
            w.fails,
        )
        for w in results.waivers
    ]


def _web_link(link: str) -> str:
    """Return a link only if it is one to a web page: a target file may hold `javascript:`."""
    return one_line(link, 300) if link.startswith(("https://", "http://")) else ""


def _fuzz(results: Results) -> list[tuple[str, ...]]:
    return [
        (
            one_line(event.operation),
            *(f"{number:,}" for number in (event.cases, event.sent, event.dropped, event.withheld, event.blocked)),
            one_line(", ".join(f"{status} × {count:,}" for status, count in sorted(event.statuses.items())), 200),
            "" if event.seed is None else str(event.seed),
        )
        for event in results.fuzz
    ]


def _created(results: Results) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (
            one_line(f"{event.method} {event.operation}".strip(), 120),
            *(one_line(text, 120) for text in (event.id, event.state, event.exchange)),
        )
        for event in results.created[:MAX_CREATED]
    ]
    rest = len(results.created) - len(rows)
    return [*rows, ("", f"and {rest:,} more, in report.json", "", "")] if rest else rows


def _notes(results: Results) -> list[views.Fact]:
    notes = [views.Fact(one_line(event.level, 20), one_line(event.text, 400)) for event in results.notes]
    conditions = [views.Fact(f"condition {name}", states) for name, states in _conditions(results).items()]
    controls = [
        views.Fact(one_line(event.verdict, 20), one_line(f"{event.operation}: {event.note}", 300))
        for event in results.controls
        if event.verdict != "real"
    ]
    return (notes + conditions + controls)[:200]


def _conditions(results: Results) -> dict[str, str]:
    """Return what became of each condition: `entered, left`."""
    states: dict[str, list[str]] = {}
    for event in results.conditions:
        if event.state != "entering":
            words = f"{event.state} {event.message}".strip()
            states.setdefault(one_line(event.name, 60), []).append(one_line(words, 200))
    return {name: ", ".join(dict.fromkeys(words)) for name, words in states.items()}


def _proves(results: Results) -> list[str]:
    """Say what the report shows and what it does not, from its numbers."""
    counts = results.counts
    tested = sum(counts[key] for key in ("passed", "failed", "warned", "waived"))
    every = sum(counts.values())
    said = [f"{counted(tested, 'requirement')} of {every:,} were put to the test by the requests of this run."]
    if counts["could_not_test"]:
        said.append(f"{counts['could_not_test']:,} are claimed and were not tested: nothing is known of them.")
    if counts["not_declared"]:
        said.append(f"{counts['not_declared']:,} were not judged: the target does not claim them.")
    if counts["not_observed"]:
        said.append(f"Of {counts['not_observed']:,} nothing in this run could have shown a breach: they prove nothing.")
    if counts["left_out"]:
        said.append(f"{counts['left_out']:,} were not selected for this run.")
    if counts["waived"]:
        said.append(f"{counts['waived']:,} are broken and waived.")
    if results.verdict is Verdict.CONFORMANT:
        said.append("A pass shows that no request of this run broke a requirement, not that none can.")
    said.append("This report is not signed; it is not a certificate.")
    return said
