"""The checks of a service against a reference platform with one fault or in another reading, as a self-test runs them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from conformance.model import Outcome
from conformance.reference import RunningPlatform, default_settings
from conformance.reference.faults import ActiveFault, Fault
from conformance.register import load_register
from conformance.selftest import trial
from conformance.stream import events


@dataclass
class Verdicts:
    """What a run said: findings as requirement -> causes, and the checks that could not run."""

    findings: dict[str, set[str]] = field(default_factory=dict)
    untested: dict[str, str] = field(default_factory=dict)
    not_declared: dict[str, str] = field(default_factory=dict)
    readings: dict[str, str] = field(default_factory=dict)
    wrong_passwords: dict[str, int] = field(default_factory=dict)
    acted: int = 0
    message: str = ""

    @property
    def broken(self) -> set[str]:
        """What failed or warned."""
        return set(self.findings)

    @property
    def failed(self) -> set[str]:
        register = load_register()
        return {name for name in self.findings if register[name].binding}


def run_checks(
    *packages: ModuleType,
    fault: Fault | None = None,
    readings: Mapping[str, str] | None = None,
    only: Collection[str] = (),
    edit: Callable[[dict[str, Any]], object] = lambda document: None,
) -> Verdicts:
    """Run the checks of some packages that name one of `only` (all, if empty); `edit` changes the target file before."""
    running = RunningPlatform(default_settings(readings=dict(readings or {})))
    if fault is not None:
        running.platform.fault = ActiveFault(fault)
        running.platform.fault.install(running.platform)
    with running, tempfile.TemporaryDirectory() as folder:
        document = running.target_document()
        edit(document)
        services = () if only else tuple(package.__name__.rpartition(".")[2] for package in packages)
        found = trial(document, Path(folder), services=services, only=tuple(sorted(only)))
        verdicts = Verdicts(acted=running.fault_acted, message=found.message)
        verdicts.not_declared |= {
            one.requirement.id: one.reason for one in found.results.results if one.outcome is Outcome.NOT_DECLARED
        }
        untested = {one.requirement.id for one in found.results.results if one.outcome is Outcome.COULD_NOT_TEST}
        for event in found.stream.events():
            _note(verdicts, event, untested)
    return verdicts


def _note(found: Verdicts, event: object, untested: Collection[str]) -> None:
    match event:
        case events.Finding():
            found.findings.setdefault(event.requirement, set()).add(event.cause)
        case events.Untested() if event.requirement in untested:
            found.untested[event.by.rpartition("::")[2] or event.requirement] = event.reason
        case events.Reading():
            found.readings[event.reading] = event.option
        case events.Budget():
            found.wrong_passwords = {**found.wrong_passwords, **event.wrong}
