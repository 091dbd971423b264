"""What `needs` in the register means for one run: which requirements it tests, and why it does not test the others.

Found once, before the first request; everything else reads it: checks, generated cases, preflight, `plan`, reports.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from conformance.model import Requirement
from conformance.register import Register
from conformance.stream.parts import Lack
from conformance.target import Target

PERMISSION_TO_WRITE = "permission to write"


@dataclass(frozen=True)
class Applicability:
    """Which requirements a run tests.

    Attributes:
        selected: the ids that the command line selects; None for all.
        not_declared: id -> why the target does not declare it.
        lacking: id of a declared requirement -> what the target file lacks to test it.
        services: the services whose responses the selected requirements need; None for all.
    """

    selected: frozenset[str] | None = None
    not_declared: Mapping[str, str] = field(default_factory=dict)
    lacking: Mapping[str, Lack] = field(default_factory=dict)
    services: frozenset[str] | None = None

    def selects(self, requirement_id: str) -> bool:
        """Tell whether a requirement is selected for the run."""
        return self.selected is None or requirement_id in self.selected

    def concerns(self, requirement_id: str) -> bool:
        """Tell whether a requirement is selected, and declared by the target."""
        return self.selects(requirement_id) and requirement_id not in self.not_declared

    def testable(self, requirement_id: str) -> bool:
        """Tell whether the target declares a requirement, and its file holds what testing it needs."""
        return requirement_id not in self.not_declared and requirement_id not in self.lacking


def applicability_of(register: Register, target: Target, selected: Collection[str] | None) -> Applicability:
    """Return what a run of the selected requirements (None for all) tests on a target."""
    not_declared = {entry.id: why for entry in register if (why := undeclared(entry, target.services, target.features))}
    declared = [entry for entry in register if entry.id not in not_declared]
    lacking = {entry.id: lack for entry in declared if (lack := _lack(entry, target))}
    if selected is None:
        return Applicability(None, not_declared, lacking)
    chosen = [register[name] for name in selected]
    services = frozenset(service for entry in chosen for service in (entry.service, *entry.needs.services))
    return Applicability(frozenset(selected), not_declared, lacking, services)


def undeclared(entry: Requirement, services: Collection[str], features: Collection[str]) -> str:
    """Return why a target with these services and features does not declare a requirement; empty if it does."""
    for service in (entry.service, *entry.needs.services):
        if service not in services:
            return f"the target declares no {service}"
    for feature in entry.needs.features:
        if feature not in features:
            return f"the target does not claim {feature}"
    return ""


def lacking_lines(entry: Requirement, target: Target) -> dict[str, str]:
    """Return what a target file lacks to test a requirement, by name (`subjects.stb`), with the line to add."""
    needs = entry.needs
    lines: dict[str, str] = {}
    for name in needs.subjects:
        if not target.has_subject(name):
            subject, _, key = name.partition(".")
            lines[f"subjects.{name}"] = f"subjects: {{{subject}: {{{f'{key}: ' if key else ''}…}}}}"
    for name in needs.credentials:
        if not target.has_credential(name):
            lines[f"credentials.{name}"] = f"credentials: {{{name}: {{…}}}}"
    for name in needs.conditions:
        if name not in target.conditions:
            lines[f"conditions.{name}"] = (
                f"conditions: {{{name}: {{enter: {{command: […]}}, leave: {{command: […]}}}}}}"
            )
    if needs.writes and not target.safety.writes:
        lines[PERMISSION_TO_WRITE] = "safety: {writes: allow}  # and no --safe"
    return lines


def _lack(entry: Requirement, target: Target) -> Lack | None:
    lines = lacking_lines(entry, target)
    return Lack(f"the target file lacks {', '.join(lines)}", list(lines.values())) if lines else None
