"""Findings and their exchanges, ready to be shown; bounded, however much a target says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from markupsafe import Markup

from conformance.report import views
from conformance.report.answers import trace_of
from conformance.report.causes import Cause
from conformance.report.evidence import Step
from conformance.report.marking import marked
from conformance.report.own_words import own_words
from conformance.report.pretty import pretty_body
from conformance.report.results import RequirementResult
from conformance.report.tally import Finding
from conformance.report.text import one_line, path_and_query, printable, shortened
from conformance.report.timestamps import dates_in, duration, timestamp
from conformance.report.tokens import tokens_of
from conformance.report.words import source_words
from conformance.reproduction import by_place, curl_line
from conformance.stream import events

MAX_CAUSES = 300
MAX_FINDINGS_PER_CAUSE = 12
MAX_INPUTS = 12
MAX_FOLLOWING = 40
MAX_SEEN = 6
# Of the lines that send an exchange again; longer ones `replay --script` writes.
MAX_LINES_CHARS = 12_000
# Of HTML text for evidence: what keeps the whole file well under 10 MB.
MAX_EVIDENCE_CHARS = 5_000_000
_NOTHING = Markup()
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass
class ShownFindings:
    """Makes the views of findings, each exchange shown once; remembers where each requirement's findings stand."""

    exchanges: Mapping[str, events.Exchange]
    steps: Mapping[str, tuple[Step, ...]]
    curl: Mapping[str, str]
    premises: tuple[events.Premise, ...] = ()
    anchors: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _shown: set[str] = field(default_factory=set)
    _chars: int = 0

    def causes(self, causes: tuple[Cause, ...]) -> tuple[views.Cause, ...]:
        """Return the views of the first `MAX_CAUSES` causes."""
        return tuple(self._cause(f"cause-{number}", cause) for number, cause in enumerate(causes[:MAX_CAUSES], 1))

    def _cause(self, anchor: str, cause: Cause) -> views.Cause:
        shown = cause.shown[:MAX_FINDINGS_PER_CAUSE]
        findings = tuple(self._finding(result, finding) for result, finding in shown)
        requirements = dict.fromkeys((result.requirement.id, result.requirement.title) for result, _ in cause.shown)
        following = ((r.requirement.id, r.requirement.title) for other in cause.follows for r, _ in other.shown)
        follows = cause.follows[:MAX_FOLLOWING]
        return views.Cause(
            anchor=anchor,
            text=one_line(cause.text, 300),
            effect=cause.effect,
            outcome=cause.outcome.value,
            services=cause.services,
            operations=tuple(dict.fromkeys(result.requirement.operation for result, _ in cause.shown)),
            requirements=tuple(requirements),
            findings=findings,
            unshown=len(cause.shown) - len(shown) + sum(len(other.shown) for other in cause.follows[MAX_FOLLOWING:]),
            follows=tuple(self._cause(f"{anchor}-{number}", other) for number, other in enumerate(follows, 1)),
            following=tuple(name for name in dict.fromkeys(following) if name not in requirements),
            untested=tuple((result.requirement.id, result.requirement.title) for result in cause.untested),
            seen=tuple(dict.fromkeys(one_line(result.why_untested, 300) for result in cause.untested))[:MAX_SEEN],
        )

    def _finding(self, result: RequirementResult, finding: Finding) -> views.Finding:
        entry = result.requirement
        places = self.anchors.setdefault(entry.id, [])
        anchor = result.name_of(finding)
        places.append((anchor, one_line(finding.cause, 300)))
        exchange = self.exchanges.get(finding.exchange)
        expected, actual = marked(finding.expected, finding.actual)
        return views.Finding(
            anchor=anchor,
            requirement=entry.id,
            title=entry.title,
            statement=entry.statement,
            outcome=result.outcome.value,
            service=entry.service,
            operation=entry.operation,
            level=entry.level.value,
            basis=entry.basis.value,
            source=source_words(entry.source.document),
            section=entry.source.section,
            expected=expected,
            actual=actual,
            dates=dates_in(*finding.expected, finding.actual),
            cause=one_line(finding.cause, 300),
            effect=finding.effect,
            by=one_line(finding.by),
            repeats=finding.repeats,
            inputs=tuple(one_line(text, 160) for text in finding.inputs[:MAX_INPUTS]),
            premises=tuple(
                _premise(event) for event in self.premises if event.premise in (*entry.premises, *entry.readings)
            ),
            own_words=own_words(exchange.response) if exchange else (),
            exchange_id=one_line(finding.exchange, 40),
            exchange=self._exchange(result, finding),
            recorded=finding.exchange in self.exchanges,
            sequence=_sequence(self.steps.get(finding.exchange, ())),
        )

    def others(self, names: Iterable[str]) -> tuple[views.Exchange, ...]:
        """Return the views of exchanges that no finding shows, as far as there is room."""
        found = []
        for name in names:
            event = self.exchanges.get(name)
            if event is not None and name not in self._shown and self._chars <= MAX_EVIDENCE_CHARS:
                self._shown.add(name)
                found.append(_exchange_view(event, (), (), self._lines(name, event)))
                self._chars += _size(found[-1])
        return tuple(found)

    def _exchange(self, result: RequirementResult, finding: Finding) -> views.Exchange | None:
        event = self.exchanges.get(finding.exchange)
        if event is None or finding.exchange in self._shown or self._chars > MAX_EVIDENCE_CHARS:
            return None
        self._shown.add(finding.exchange)
        about = (*finding.expected, finding.actual, finding.cause)
        otherwise = (result.requirement.title, result.requirement.statement)
        view = _exchange_view(event, about, otherwise, self._lines(result.name_of(finding), event))
        self._chars += _size(view)
        return view

    def _lines(self, name: str, event: events.Exchange) -> str:
        """Return the lines that send it again, as they are to be pasted: whole, or not at all."""
        lines = printable(self.curl.get(event.id) or curl_line(event.request, by_place(event.operation)))
        return lines if len(lines) <= MAX_LINES_CHARS else f"opentv-conformance replay 'RUN#{name}' --script"


def _sequence(steps: tuple[Step, ...]) -> views.Sequence | None:
    """Return the sequence diagram of a finding; None where one request shows it."""
    if not steps:
        return None
    services = tuple(dict.fromkeys(step.service for step in steps))
    arrows = tuple(
        views.Step(
            exchange=one_line(step.exchange, 40),
            column=services.index(step.service) + 1,
            request=f"{step.method} {step.operation}",
            response=f"{step.status} {_PHRASES.get(step.status, '')}".strip() if step.status else "no response",
            broke=step is steps[-1],
        )
        for step in steps
    )
    return views.Sequence(tuple(service.upper() for service in services), arrows)


def _premise(event: events.Premise) -> str:
    """Say what a finding rests on: the line of the target file, what was seen, and who vouched for it."""
    said = f"{event.where} {event.place} {event.it}: {event.state} ({event.seen})"
    vouched = f"; {event.vouched_by} vouched for it on {event.vouched_on}" if event.vouched_by else ""
    return one_line(said + vouched, 400)


def _exchange_view(
    event: events.Exchange, about: tuple[str, ...], otherwise: tuple[str, ...], curl: str
) -> views.Exchange:
    """Return the view of an exchange; members and claims that `about` (else `otherwise`) names are marked."""
    request, response = event.request, event.response
    path, query = path_and_query(request.url)
    status = response.status if response else 0
    return views.Exchange(
        id=one_line(event.id, 40),
        operation=event.operation,
        by=one_line(event.by),
        at=timestamp(event.sent_at or event.at),
        trace=trace_of(request),
        elapsed=duration(event.elapsed_ms),
        request=_message(f"{request.method} {shortened(printable(path), 300)}", request, about, _query(query)),
        response=_message(f"{status} {_PHRASES.get(status, '')}".strip(), response, about) if response else None,
        failure=one_line(event.failure, 300),
        tokens=tokens_of(event, about, otherwise),
        curl=curl,
    )


def _query(query: str) -> Markup:
    """Lay a query out, a parameter a line, as it went over the wire."""
    if not query:
        return Markup()
    lines = [
        Markup("<b>{}{}</b>={}").format("?" if index == 0 else "&", *_parameter(pair))
        for index, pair in enumerate(query.split("&")[:60])
    ]
    return Markup("\n").join(lines)


def _parameter(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return shortened(printable(name), 100), shortened(printable(value), 300)


def _message(
    line: str, message: events.Request | events.Response, about: tuple[str, ...], lead: Markup = _NOTHING
) -> views.Message:
    headers = tuple((printable(name), shortened(printable(value), 160)) for name, value in message.headers[:60])
    media_type = next((value.lower() for name, value in headers if name.lower() == "content-type"), "")
    body = pretty_body(message.text, media_type, about)
    note = f"{message.size:,} bytes" if message.size else "no body"
    if isinstance(message, events.Response) and message.truncated:
        note += ", cut at the limit of the client"
    if message.cut:
        note += ", not kept whole in the stream"
    return views.Message(printable(line), headers, Markup("\n\n").join(part for part in (lead, body) if part), note)


def _size(view: views.Exchange) -> int:
    messages = (view.request, view.response) if view.response else (view.request,)
    texts = sum(
        len(message.body) + sum(len(name) + len(value) for name, value in message.headers) for message in messages
    )
    claims = sum(len(claim.value) + 120 for token in view.tokens for claim in (*token.header, *token.claims))
    return texts + claims + len(view.curl) + 1_500
