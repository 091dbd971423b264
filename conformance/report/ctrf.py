"""`ctrf.json`: a test per requirement in the Common Test Report Format, for dashboards and CI actions that read it."""

from __future__ import annotations

import uuid
from typing import Any

from conformance.model import Outcome
from conformance.report.evidence import Evidence
from conformance.report.junit import findings_text, seconds_of
from conformance.report.results import RequirementResult, Results
from conformance.report.text import printable, shortened
from conformance.report.timestamps import iso

# The version that the schema of ctrf-io/ctrf is published as.
_VERSION = "0.0.0"
# Whose ids these are: the same requirement has the same id in every report.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "opentv-conformance")
# The format has five statuses; `rawStatus` keeps ours. What is neither a pass nor a failure is `other`.
_STATUS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.WARNED: "other",
    Outcome.WAIVED: "other",
    Outcome.ERROR: "other",
}
_NOT_TESTED = "skipped"
STATUSES = ("passed", "failed", "skipped", "pending", "other")


def ctrf(results: Results, evidence: Evidence) -> dict[str, Any]:
    """Return the run as CTRF; times are milliseconds since 1970, durations milliseconds."""
    seconds = seconds_of(results)
    tests = [_test(result, round(seconds[result.requirement.id] * 1000)) for result in results.results]
    statuses = [test["status"] for test in tests]
    run = results.run
    return {
        "reportFormat": "CTRF",
        "specVersion": _VERSION,
        "reportId": str(uuid.uuid5(_NAMESPACE, evidence.digest)),
        "timestamp": iso(results.ended_at),
        "generatedBy": f"opentv-conformance {printable(run.suite.version)}".strip(),
        "results": {
            "tool": {"name": "opentv-conformance", "version": printable(run.suite.version)},
            "summary": {
                "tests": len(tests),
                **{status: statuses.count(status) for status in STATUSES},
                "start": results.started_at,
                "stop": results.ended_at,
                "duration": max(results.ended_at - results.started_at, 0),
                "extra": {
                    "verdict": results.verdict.value,
                    "exitCode": results.exit_code,
                    **dict(results.counts),
                    **({"gaps": [printable(gap) for gap in run.gaps]} if run.gaps else {}),
                },
            },
            "tests": tests,
            "environment": {"appName": printable(run.target.name)},
        },
    }


def _test(result: RequirementResult, milliseconds: int) -> dict[str, Any]:
    entry = result.requirement
    made: dict[str, Any] = {
        "id": str(uuid.uuid5(_NAMESPACE, entry.id)),
        "name": f"{entry.id} {entry.title}",
        "status": _STATUS.get(result.outcome, _NOT_TESTED),
        "rawStatus": result.outcome.value,
        "duration": milliseconds,
        "suite": [entry.service, entry.operation],
        "tags": [entry.id, entry.level.value, entry.basis.value],
        "type": "conformance",
    }
    if result.reason:
        made["message"] = printable(shortened(result.reason))
    if result.findings:
        made["trace"] = printable(findings_text(result))
    return made
