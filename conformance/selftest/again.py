"""A run judged once more: its stored stream, which must change nothing, and its HAR, as captured traffic."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from conformance.capture.judging import foreign_by
from conformance.capture.stored import entry_of_event
from conformance.contract import load_contract
from conformance.report.har import har
from conformance.report.results import RequirementResult
from conformance.rules import Rule, all_rules
from conformance.runner.judge import judge_captures
from conformance.runner.rejudge import Rejudgement, rejudge
from conformance.selftest.cases import Case
from conformance.selftest.exports import LOSSY, WHOLE, Export
from conformance.selftest.trial import Trial, results_in
from conformance.stream import RunFolder, events

# Why captured traffic does not show what a rule saw in the run.
REDACTED = "it rests on what is redacted or cut off"
FOREIGN = "something in front of the platform may have sent the response"
OUTAGE = "the documents have the status for an outage"
REFUSED = "nothing in a capture says that the request, which was refused, was valid"
UNEXPLAINED = "not explained"
# What a tool writes in its own way shows on the faultless platform, what it leaves out on all conformant ones.
EXPORTS: Mapping[str, Mapping[str, Export]] = {"faultless": {**WHOLE, **LOSSY}, "reading": LOSSY, "fault": {}}
Causes: TypeAlias = dict[str, str]


@dataclass(frozen=True)
class Again:
    """What judging a run once more said.

    Attributes:
        changed: what its stored stream, judged again by the same rules, changed: a defect of the suite.
        captured: whether its HAR was judged as well.
        ruled: the binding requirements that rules saw broken in the run.
        missed: those of them that its HAR does not show -> why.
        accused: export -> binding requirement that it shows broken -> cause; of a platform against which the run has
            nothing that binds.
    """

    changed: tuple[str, ...] = ()
    captured: bool = False
    ruled: frozenset[str] = frozenset()
    missed: Causes = field(default_factory=dict)
    accused: Mapping[str, Causes] = field(default_factory=dict)


def judge_again(found: Trial, folder: Path, kind: str, *, captures: bool) -> Again:
    """Judge a run again that was made in a folder: its stream, and with `captures` its HAR with the losses of exports.

    Raises:
        ConformanceError: the suite cannot read what it wrote.
    """
    stored = rejudge(found.stream.path, out=folder / "again", reports=results_in)
    changed = tuple(_changed(stored))
    if not captures:
        return Again(changed)
    results = [one for one in found.results.results if one.requirement.binding]
    ruled = _broken_by(results, all_rules())
    # A HAR has the same mark for all secrets.
    hidden = _broken_by(results, (one for one in all_rules() if one.reads_secrets))
    broken = {one.requirement.id for one in results if one.findings}
    text = "".join(har(found.stream, ""))
    entries = json.loads(text)["log"]["entries"]
    seen = _shown(text, folder / "har")
    shown = {"evidence.har": seen}
    shown |= {name: _shown(export(entries), folder / name) for name, export in EXPORTS[kind].items()}
    # A platform that the run holds nothing against is accused by nothing else; of a broken one a capture says its own.
    beyond = {} if broken else shown
    return Again(
        changed,
        captured=True,
        ruled=ruled,
        missed={
            name: REDACTED if name in hidden else _why(name, found.stream, stored)
            for name in sorted(ruled - seen.keys())
        },
        accused={name: causes for name, causes in beyond.items() if causes},
    )


def _broken_by(results: Iterable[RequirementResult], rules: Iterable[Rule]) -> frozenset[str]:
    """Return the requirements that some rules saw broken."""
    names = {one.name for one in rules}
    return frozenset(one.requirement.id for one in results if any(finding.by in names for finding in one.findings))


def _changed(stored: Rejudgement) -> Iterator[str]:
    for name, reason in stored.reasons.items():
        yield f"{name}: {reason}"
    for name, number in stored.changes.contradicted.items():
        yield f"{name}: the same rule judges {number} exchanges otherwise"
    for name, rules in stored.changes.rules.items():
        yield f"{name}: {', '.join(sorted(rules))} judges otherwise"


def _shown(text: str, folder: Path) -> Causes:
    """Return the binding requirements that a HAR file shows broken, each with a cause."""
    file = folder.with_suffix(".har")
    file.write_text(text, encoding="utf-8")
    target = folder.parent / "target.yaml"
    results = judge_captures([file], target=target, out=folder, reports=results_in).results
    return {
        one.requirement.id: one.findings[0].cause for one in results.results if one.findings and one.requirement.binding
    }


def _why(name: str, run: RunFolder, stored: Rejudgement) -> str:
    """Say why captured traffic does not show a requirement broken that a rule saw broken in the run."""
    reasons = Counter(
        _hidden(event) for event in run.events() if isinstance(event, events.Exchange) and name in event.broken
    )
    if reasons[""] and name in stored.changes.kept:
        return REDACTED
    return UNEXPLAINED if reasons[""] or not reasons else reasons.most_common(1)[0][0]


def _hidden(event: events.Exchange) -> str:
    """Say why a capture holds nothing against the platform of an exchange; empty where nothing of its form says it."""
    response = entry_of_event(event, "").response
    if foreign_by(response):
        return FOREIGN
    if response is not None and load_contract().operation(event.operation).gives_failure(response.status):
        return OUTAGE
    return REFUSED if event.valid and response is not None and response.status >= 400 else ""


def captures_score(results: Iterable[tuple[Case, Again]], stated: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """Return what judging the HAR of runs showed, as JSON.

    `by_rules`: faults of which a rule saw a stated requirement broken in the run; `found`: those that the HAR shows as
    well; `missed`: why the others are not; `alarms`: conformant platforms that an export accuses.
    """
    by_rules = found = platforms = alarms = 0
    missed: Counter[str] = Counter()
    unexplained: list[str] = []
    for case, again in results:
        if not again.captured:
            continue
        if case.kind != "fault":
            platforms += 1
            alarms += bool(again.accused)
            continue
        ruled = again.ruled & set(stated.get(case.name, ()))
        by_rules += bool(ruled)
        found += bool(ruled - again.missed.keys())
        if ruled and ruled <= again.missed.keys():
            why = Counter(again.missed[name] for name in ruled)
            reason = UNEXPLAINED if UNEXPLAINED in why else why.most_common(1)[0][0]
            missed[reason] += 1
            unexplained += [case.name] * (reason == UNEXPLAINED)
        alarms += bool(again.accused)
    return {
        "by_rules": by_rules,
        "found": found,
        "missed": dict(missed.most_common()),
        "unexplained": unexplained,
        "platforms": platforms,
        "alarms": alarms,
    }
