"""`report.sarif`: findings in SARIF 2.1.0, whose rules are the requirements."""

from __future__ import annotations

import hashlib
from typing import Any

from conformance.model import Outcome, Requirement
from conformance.report.causes import normalised
from conformance.report.evidence import Evidence
from conformance.report.results import RequirementResult, Results
from conformance.report.specification import line_of
from conformance.report.tally import Finding
from conformance.report.text import printable, shortened
from conformance.report.timestamps import iso

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(results: Results, evidence: Evidence) -> dict[str, Any]:
    """Return the run as SARIF: a result per finding, at the line of the specification that it breaks.

    Waived ones are left out, with a note: GitHub reads no suppressions, and would open an alert for each.
    """
    rules = [_rule(result.requirement) for result in results.results]
    places = {result.requirement.id: index for index, result in enumerate(results.results)}
    found = [
        _result(result, finding, places[result.requirement.id], evidence)
        for result in results.results
        if result.outcome is not Outcome.WAIVED
        for finding in result.findings
    ]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "opentv-conformance",
                        "semanticVersion": results.run.suite.version,
                        "rules": rules,
                    }
                },
                "automationDetails": {"id": f"opentv-conformance/{printable(results.run.target.name)}/"},
                "invocations": [
                    {
                        "executionSuccessful": results.finished and results.exit_code != 3,
                        "exitCode": results.exit_code,
                        "startTimeUtc": iso(results.started_at),
                        "endTimeUtc": iso(results.ended_at),
                        "toolExecutionNotifications": [*_gaps(results), *_waived(results)],
                    }
                ],
                "columnKind": "unicodeCodePoints",
                "results": found,
                "properties": {"verdict": results.verdict.value, "counts": dict(results.counts)},
            }
        ],
    }


def _gaps(results: Results) -> list[dict[str, Any]]:
    """Return a note for each part that a merged run lacks."""
    return [{"level": "warning", "message": {"text": printable(gap)}} for gap in results.run.gaps]


def _waived(results: Results) -> list[dict[str, Any]]:
    """Return a note for each waiver that was applied."""
    return [
        {
            "level": "note",
            "associatedRule": {"id": waiver.id},
            "message": {"text": printable(f"{waiver.id} is broken and waived until {waiver.expires}: {waiver.reason}")},
        }
        for waiver in results.waivers
        if waiver.state == "applied"
    ]


def _rule(entry: Requirement) -> dict[str, Any]:
    return {
        "id": entry.id,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.statement},
        "help": {"text": f"{entry.statement}\n\nSource: {entry.source.document}, {entry.source.section}"},
        "defaultConfiguration": {"level": "error" if entry.binding else "warning"},
        "properties": {"tags": [entry.service, entry.operation, entry.level.value, entry.basis.value]},
    }


def _place(file: str, line: int) -> dict[str, Any]:
    """Return a place in a file; line 0 is the whole file."""
    return {"artifactLocation": {"uri": file}, **({"region": {"startLine": line}} if line else {})}


def _result(result: RequirementResult, finding: Finding, rule: int, evidence: Evidence) -> dict[str, Any]:
    entry = result.requirement
    expected = " or ".join(shortened(text, 300) for text in finding.expected)
    text = f"{finding.cause}. {finding.effect} Expected: {expected}. Actual: {shortened(finding.actual, 600)}."
    stated = line_of(entry)
    seen = _place("run.jsonl", evidence.lines.get(finding.exchange, 0))
    physical = _place(stated.file, stated.number) if stated else seen
    identity = hashlib.sha256(f"{entry.id}\0{normalised(finding.cause)}".encode("utf-8", "replace")).hexdigest()
    return {
        "ruleId": entry.id,
        "ruleIndex": rule,
        "level": "error" if entry.binding else "warning",
        "message": {"text": printable(text)},
        "locations": [
            {
                "physicalLocation": physical,
                "logicalLocations": [
                    {
                        "name": entry.operation,
                        "fullyQualifiedName": f"{entry.service}.{entry.operation}",
                        "kind": "resource",
                    }
                ],
            }
        ],
        "relatedLocations": [{"physicalLocation": seen, "message": {"text": "the exchange that shows it"}}],
        "partialFingerprints": {"requirementAndCause/v1": identity},
        "occurrenceCount": max(finding.repeats, 1),
        "properties": {"exchange": finding.exchange, "by": printable(finding.by), "outcome": result.outcome.value},
    }
