"""`report.json`: the machine's report (specs/schemas/report.json is its schema)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from msgspec import to_builtins

from conformance.report.detection import score
from conformance.report.load_numbers import periods_of
from conformance.report.results import RequirementResult, Results
from conformance.report.tally import Finding
from conformance.stream import events

REPORT_SCHEMA_VERSION = 1


def report_json(results: Results) -> dict[str, Any]:
    """Return the report as JSON; times in milliseconds since 1970, durations in seconds."""
    run = results.run
    return {
        "schema_version": REPORT_SCHEMA_VERSION,
        "suite": to_builtins(run.suite),
        "target": to_builtins(run.target),
        "options": run.options,
        "part": to_builtins(run.part),
        "gaps": list(run.gaps),
        "digests": to_builtins(run.digests),
        "verdict": results.verdict.value,
        "exit_code": results.exit_code,
        "acceptance": _acceptance(results),
        "counts": dict(results.counts),
        "matrix": {level: dict(row) for level, row in results.matrix.items()},
        "binding": dict(results.binding),
        "requirements": [_requirement(result, results.premises) for result in results.results],
        "readings": dict(results.readings),
        "captures": list(run.captures),
        "client": [asdict(one) for one in results.mistakes],
        "profile": to_builtins(results.profile),
        "fuzz": [_facts(event) for event in results.fuzz],
        "load": [asdict(one) for one in periods_of(results.load)],
        "crossings": [_facts(event) for event in results.crossings],
        "blocks": len(results.blocks),
        "requests": dict(results.requests),
        "timings": {
            "started_at": results.started_at,
            "ended_at": results.ended_at,
            "duration_s": round((results.ended_at - results.started_at) / 1000, 3),
        },
        "waivers": [
            {"id": w.id, "reason": w.reason, "owner": w.owner, "link": w.link, "expires": w.expires, "state": w.state}
            for w in results.waivers
        ],
        "created": [_facts(event) for event in results.created],
        "refused": len(results.refused),
        "detection": score(),
        "finished": results.finished,
        "message": results.end.message,
    }


def _acceptance(results: Results) -> dict[str, Any] | None:
    found = results.acceptance
    if found is None:
        return None
    return {
        "profile": found.profile.name,
        "sha256": found.profile.sha256,
        "verdict": found.verdict.value,
        "lines": [{"asks": line.asks, "met": line.met.value, "seen": line.seen} for line in found.lines],
    }


def _facts(event: events.Event) -> dict[str, Any]:
    return {key: value for key, value in to_builtins(event).items() if key != "event"}


def _requirement(result: RequirementResult, premises: Collection[events.Premise]) -> dict[str, Any]:
    entry = result.requirement
    return {
        "id": entry.id,
        "service": entry.service,
        "operation": entry.operation,
        "title": entry.title,
        "level": entry.level.value,
        "basis": entry.basis.value,
        "fails_from": entry.fails_from,
        "source": {"document": entry.source.document, "section": entry.source.section},
        "outcome": result.outcome.value,
        "reason": result.reason,
        "premises": [_facts(event) for event in premises if event.premise in (*entry.premises, *entry.readings)],
        "add": list(result.add),
        "findings": [_finding(finding) for finding in result.findings],
        "exercised_by": {
            "checks": list(result.exercised_by.checks),
            "exchanges": result.exercised_by.exchanges,
            "generated": result.exercised_by.generated,
        },
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "expected": list(finding.expected),
        "actual": finding.actual,
        "cause": finding.cause,
        "effect": finding.effect,
        "exchange": finding.exchange,
        "trace": finding.answered.trace if finding.answered else "",
        "by": finding.by,
        "repeats": finding.repeats,
        "inputs": list(finding.inputs),
    }
