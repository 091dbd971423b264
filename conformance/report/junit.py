"""`junit.xml`: a test case per requirement, for CI servers (GitLab, Jenkins, GitHub)."""

from __future__ import annotations

from collections import defaultdict
from xml.etree import ElementTree as ET

from conformance.model import SERVICES, Outcome
from conformance.report.results import RequirementResult, Results
from conformance.report.text import shortened, xml_safe
from conformance.report.timestamps import iso

_SKIPPED = (Outcome.NOT_DECLARED, Outcome.COULD_NOT_TEST, Outcome.NOT_OBSERVED, Outcome.LEFT_OUT)


def junit_xml(results: Results) -> bytes:
    """Return the run as JUnit XML: a suite per service, a case per requirement.

    Failed is a failure, error an error; what was not tested or not observed is skipped with the reason; warned
    and waived pass, with the findings in `system-out`.
    """
    seconds = seconds_of(results)
    total = max(results.ended_at - results.started_at, 0) / 1000
    totals = _totals(results.results, total)
    # Jenkins' schema has no `skipped` here.
    del totals["skipped"]
    root = ET.Element("testsuites", {"name": "opentv-conformance", **totals})
    for service in SERVICES:
        members = [result for result in results.results if result.requirement.service == service]
        if not members:
            continue
        spent = sum(seconds[result.requirement.id] for result in members)
        named = {"name": service, "timestamp": iso(results.started_at)[:19]}
        suite = ET.SubElement(root, "testsuite", {**named, **_totals(members, spent)})
        if root[0] is suite:
            properties = ET.SubElement(suite, "properties")
            told = [("verdict", results.verdict.value), ("exit_code", str(results.exit_code))]
            told += [("part", str(results.run.part))] if results.run.part.of > 1 else []
            for name, value in (*told, *(("gap", gap) for gap in results.run.gaps)):
                ET.SubElement(properties, "property", name=name, value=xml_safe(value))
            for waiver in results.waivers:
                said = f"{waiver.state}: {waiver.reason} ({waiver.owner}, until {waiver.expires}) {waiver.link}".strip()
                ET.SubElement(properties, "property", name=xml_safe(f"waiver {waiver.id}"), value=xml_safe(said))
        for result in members:
            _case(suite, result, seconds[result.requirement.id])
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def seconds_of(results: Results) -> defaultdict[str, float]:
    """Share the time of each check among the requirements that it verifies."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for check in results.checks:
        for name in check.requirements:
            seconds[name] += check.duration_ms / 1000 / len(check.requirements)
    return seconds


def _totals(members: tuple[RequirementResult, ...] | list[RequirementResult], seconds: float) -> dict[str, str]:
    outcomes = [result.outcome for result in members]
    return {
        "tests": str(len(members)),
        "failures": str(outcomes.count(Outcome.FAILED)),
        "errors": str(outcomes.count(Outcome.ERROR)),
        "skipped": str(sum(outcome in _SKIPPED for outcome in outcomes)),
        "time": f"{seconds:.3f}",
    }


def _case(suite: ET.Element, result: RequirementResult, seconds: float) -> None:
    entry = result.requirement
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"{entry.service}.{entry.operation}",
        name=xml_safe(f"{entry.id} {entry.title}"),
        time=f"{seconds:.3f}",
    )
    words = result.outcome.value.replace("_", " ")
    if result.outcome in _SKIPPED:
        add = "".join(f"; add to the target file: {line}" for line in result.add)
        ET.SubElement(case, "skipped", message=xml_safe(f"{words}: {result.reason}{add}"))
    elif result.outcome is Outcome.ERROR:
        ET.SubElement(case, "error", type="error", message=xml_safe(result.reason)).text = xml_safe(result.reason)
    elif result.outcome is Outcome.FAILED:
        failure = ET.SubElement(case, "failure", type=entry.id, message=xml_safe(shortened(result.reason, 300)))
        failure.text = xml_safe(findings_text(result))
    elif result.findings:
        # Of what is waived, the reason of its waiver, too.
        head = result.reason if result.outcome is Outcome.WAIVED else words
        ET.SubElement(case, "system-out").text = xml_safe(f"{head}\n{findings_text(result)}")


def findings_text(result: RequirementResult) -> str:
    """Return what was found of a requirement, as text: its statement, then each finding with expected and actual."""
    entry = result.requirement
    parts = [f"{entry.statement}\nSource: {entry.source.document}, {entry.source.section}"]
    for finding in result.findings[:10]:
        expected = " or ".join(shortened(text, 300) for text in finding.expected)
        parts.append(
            f"{finding.cause}\n  expected: {expected}\n  actual: {shortened(finding.actual, 600)}\n"
            f"  exchange: {finding.exchange} (by {finding.by}), see report.html#{finding.exchange}"
        )
    if len(result.findings) > 10:
        parts.append(f"{len(result.findings) - 10} more causes in report.json")
    return "\n\n".join(parts)
