"""A stored run, judged by the rules of this suite: the same stream, with the judgements that these rules make.

A judgement whose rule is the same code as then stays: the run knew more than its stream holds (secrets, keys), and the
same code says the same. Where a rule has changed it is asked again. What rests on a secret cannot be judged again, and
is counted; what checks and generated cases found stays, for they need their own requests.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from msgspec.structs import replace

from conformance.capture.redacted import judge_redacted
from conformance.capture.stored import entry_of_event
from conformance.contract import load_contract
from conformance.model import Exchange, Judgement
from conformance.redaction.masks import MASK
from conformance.rules import Context
from conformance.stream import RunFolder, events
from conformance.stream.writer import KEEP_FINDINGS_PER_CAUSE

_Said: TypeAlias = tuple[str, Judgement | None]
# Who sent generated cases.
_GENERATED = "fuzz"
_UNJUDGED: _Said = ("", None)


@dataclass
class Changes:
    """What became of the judgements of a run.

    Attributes:
        rules: requirement -> the rules that judge it otherwise than then, each once.
        kept: requirement -> how many exchanges could not be judged again, and keep the judgement of the same code.
        secret: requirement -> how many exchanges its rule, which is not the same any more, cannot judge again, since
            what it judges is redacted or cut off.
        contradicted: requirement -> how many exchanges the same code judges otherwise than then: a defect of the suite.
    """

    rules: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    kept: Counter[str] = field(default_factory=Counter)
    secret: Counter[str] = field(default_factory=Counter)
    contradicted: Counter[str] = field(default_factory=Counter)


class Rejudged:
    """Yields the events of a run with the judgements of this suite in place of those that its rules make otherwise."""

    def __init__(self, run: RunFolder, context: Context, versions: Mapping[str, str]) -> None:
        """Judge by the rules of this suite, whose `versions` these are."""
        self._run = run
        self._context = context
        self._versions = versions
        self.changes = Changes()
        self._then: dict[str, str] = {}
        self._judged_by: dict[str, set[str]] = defaultdict(set)
        # Process -> requirement -> how many more exchanges keep or break it than then.
        self._held: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._broken: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._causes: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        # What a rule that changed no longer sees broken in an exchange.
        self._cleared: set[tuple[str, str]] = set()
        for event in run.events(marked=True):
            if isinstance(event, events.Run):
                self._then = event.rules
            elif isinstance(event, events.Counts):
                for name, evaluated in event.requirements.items():
                    self._judged_by[name].update(evaluated.by)

    def stream(self) -> Iterator[events.Written]:
        """Yield the events in their order, marks of secrets as they are.

        Raises:
            RunFolderError: the stream cannot be read.
        """
        for event in self._run.events(marked=True):
            if isinstance(event, events.Torn):
                continue
            if isinstance(event, events.Run):
                yield replace(event, rules=dict(self._versions))
            elif isinstance(event, events.Exchange):
                yield from self._again(event)
            elif isinstance(event, events.Counts):
                yield self._counted(event)
            elif not (isinstance(event, events.Finding) and self._ended(event)):
                yield event

    def _ended(self, event: events.Finding) -> bool:
        """Tell whether a finding is made again, because its rule is not the same code, or is not seen any more."""
        if event.by in self._then:
            return not self._same(event.requirement, {event.by})
        return (event.exchange, event.requirement) in self._cleared

    def _same(self, requirement: str, rules: Collection[str]) -> bool:
        names = {*rules, *self._judged_by[requirement]}
        return all(self._then.get(name) == self._versions.get(name) for name in names)

    def _again(self, event: events.Exchange) -> Iterator[events.Written]:
        before = {**dict.fromkeys(event.passed, True), **dict.fromkeys(event.broken, False)}
        if not before or event.foreign or event.response is None:
            # What was not judged then was not the platform's, or an answer that some state of it explains.
            yield event
            return
        entry = entry_of_event(event, "")
        exchange = entry.exchange(event.id, event.service, event.operation, tenant=self._context.tenant)
        after = dict(before)
        found: list[tuple[str, Judgement]] = []
        said = self._said(exchange)
        for name in sorted({*before, *said}):
            by, judgement = said.get(name, _UNJUDGED)
            if self._stands(event, name, by, judgement, before.get(name)):
                continue
            after.pop(name, None)
            if judgement is not None:
                after[name] = judgement.holds
                if not judgement.holds:
                    found.append((by, judgement))
                elif name in event.broken:
                    self._cleared.add((event.id, name))
            if after.get(name) != before.get(name):
                self.changes.rules[name].update({by} if by else self._judged_by[name])
        self._note(event.id, before, after)
        passed = [name for name, holds in after.items() if holds]
        broken = [name for name, holds in after.items() if not holds]
        yield replace(event, passed=sorted(passed), broken=sorted(broken))
        for by, judgement in found:
            yield from self._finding(event, by, judgement)

    def _said(self, exchange: Exchange) -> dict[str, _Said]:
        """Return what the rules of this suite say of an exchange: requirement -> rule and judgement, a breach first."""
        found: dict[str, _Said] = {}
        for by, judgement in judge_redacted(exchange, self._context):
            _, known = found.get(judgement.requirement, _UNJUDGED)
            if known is None or known.holds:
                found[judgement.requirement] = by, judgement
        return found

    def _stands(
        self, event: events.Exchange, name: str, by: str, judgement: Judgement | None, before: bool | None
    ) -> bool:
        """Tell whether the judgement of then stands, or its absence; count what cannot be judged again."""
        if before is None and (event.by.startswith(_GENERATED) or _expected_outage(event)):
            return True  # of what is oddly written, and of an outage, most rules are not asked
        if judgement is None and not self._judged_by[name] & self._then.keys():
            return True  # a check or a generated case judged it
        verdict = None if judgement is None else judgement.holds
        if self._same(name, {by} if by else ()):
            if before is not None and verdict != before:
                (self.changes.kept if verdict is None else self.changes.contradicted)[name] += 1
            return True
        if verdict is None and _is_not_whole(event):
            self.changes.secret[name] += 1
            return True
        return False

    def _note(self, exchange: str, before: Mapping[str, bool], after: Mapping[str, bool]) -> None:
        process = events.process_of(exchange)
        for sign, judged in ((-1, before), (1, after)):
            for name, holds in judged.items():
                (self._held if holds else self._broken)[process][name] += sign

    def _finding(self, event: events.Exchange, by: str, judgement: Judgement) -> Iterator[events.Finding]:
        seen = self._causes[events.process_of(event.id)]
        key = judgement.requirement, judgement.cause
        seen[key] += 1
        if seen[key] <= KEEP_FINDINGS_PER_CAUSE:
            yield events.Finding(
                at=event.at,
                requirement=judgement.requirement,
                expected=list(judgement.expected),
                actual=judgement.actual,
                cause=judgement.cause,
                exchange=event.id,
                by=by,
            )

    def _counted(self, event: events.Counts) -> events.Counts:
        held, broken = self._held[event.process], self._broken[event.process]
        causes = self._causes[event.process]
        counted = dict(event.requirements)
        for name in {*held, *broken}:
            known = counted.get(name, events.Evaluated())
            by = sorted(self.changes.rules[name]) if name in self.changes.rules else known.by
            counted[name] = events.Evaluated(held=known.held + held[name], broken=known.broken + broken[name], by=by)
        again = {name for name, _ in causes} | self.changes.rules.keys()
        kept = [one for one in event.causes if one.requirement not in again]
        made = [
            events.CauseCount(requirement=name, cause=cause, repeats=number)
            for (name, cause), number in sorted(causes.items())
        ]
        counted = {name: one for name, one in counted.items() if one.held or one.broken}
        return replace(event, requirements=counted, causes=[*kept, *made])


def _is_not_whole(event: events.Exchange) -> bool:
    """Tell whether the stream does not hold an exchange whole: something is redacted, or cut off."""
    messages = [one for one in (event.request, event.response) if one is not None]
    return any(one.cut or MASK in one.text or any(MASK in value for _, value in one.headers) for one in messages) or (
        MASK in event.request.url
    )


def _expected_outage(event: events.Exchange) -> bool:
    """Tell whether a status is one that the documents give for an outage of something behind the platform."""
    operation = load_contract().operations.get(event.operation)
    return operation is not None and event.response is not None and operation.gives_failure(event.response.status)
