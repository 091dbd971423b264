"""Runs checks against a reference platform with one fault or in another reading, without pytest between."""

from __future__ import annotations

import functools
import importlib
import json
import pkgutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from conformance.checks.api import Check
from conformance.errors import ConformanceError, NotDeclared
from conformance.opening import RunSettings, open_session
from conformance.reference import RunningPlatform, default_settings
from conformance.reference.faults import ActiveFault, Fault
from conformance.register import load_register
from conformance.target import load_target


@dataclass
class Verdicts:
    """What a run said: findings as requirement -> causes, and the checks that could not run."""

    findings: dict[str, set[str]] = field(default_factory=dict)
    untested: dict[str, str] = field(default_factory=dict)
    readings: dict[str, str] = field(default_factory=dict)
    wrong_passwords: dict[str, int] = field(default_factory=dict)
    acted: int = 0

    @property
    def broken(self) -> set[str]:
        """What failed or warned."""
        return set(self.findings)

    @property
    def failed(self) -> set[str]:
        register = load_register()
        return {name for name in self.findings if register[name].binding}


def checks_of(package: ModuleType) -> Iterator[tuple[Callable[[Check], None], tuple[str, ...]]]:
    for info in pkgutil.iter_modules(package.__path__):
        if info.name.startswith("test_"):
            for name, value in vars(importlib.import_module(f"{package.__name__}.{info.name}")).items():
                if name.startswith("test_"):
                    yield from _cases(value)


def _cases(function: Callable[..., None]) -> Iterator[tuple[Callable[[Check], None], tuple[str, ...]]]:
    """Yield a check with its ids; a parametrised one for each of its parameters, which carry the ids."""
    for mark in function.pytestmark:  # type: ignore[attr-defined]
        if mark.name == "requirement":
            yield function, mark.args
        elif mark.name == "parametrize":
            names, cases = mark.args
            for case in cases:
                bound = functools.partial(function, **dict(zip(names, case.values, strict=True)))
                functools.update_wrapper(bound, function)
                bound.__name__ = f"{function.__name__}[{case.id}]"
                yield bound, next(own.args for own in case.marks if own.name == "requirement")


def run_checks(
    package: ModuleType,
    *,
    fault: Fault | None = None,
    readings: Mapping[str, str] | None = None,
    only: Collection[str] = (),
    edit: Callable[[dict[str, Any]], object] = lambda document: None,
) -> Verdicts:
    """Run the checks of a package that name one of `only` (all, if empty); `edit` changes the target file before."""
    running = RunningPlatform(default_settings(readings=dict(readings or {})))
    if fault is not None:
        running.platform.fault = ActiveFault(fault)
        running.platform.fault.install(running.platform)
    with running, tempfile.TemporaryDirectory() as folder:
        document = running.target_document()
        edit(document)
        target, stream = Path(folder, "target.yaml"), Path(folder, "run.jsonl")
        target.write_text(yaml.safe_dump(document))
        found = _run(package, RunSettings(target=str(target), stream=str(stream)), only)
        for line in stream.read_text().splitlines():
            _note(found, json.loads(line))
        found.acted = running.fault_acted
    return found


def _run(package: ModuleType, settings: RunSettings, only: Collection[str]) -> Verdicts:
    found, register, target = Verdicts(), load_register(), load_target(Path(settings.target))
    with open_session(settings, target, prefix="E") as session:
        for function, ids in checks_of(package):
            if only and not set(only) & set(ids):
                continue
            if any(feature not in target.features for name in ids for feature in register[name].needs.features):
                continue
            lacking = next((lack for name in ids if (lack := session.applicability.lacking.get(name))), None)
            if lacking:
                found.untested[function.__name__] = lacking.reason
                continue
            try:
                function(Check(session, function.__name__))
            except NotDeclared:
                continue
            except ConformanceError as problem:
                found.untested[function.__name__] = str(problem)
    return found


def _note(found: Verdicts, fact: dict[str, Any]) -> None:
    if fact["event"] == "finding":
        found.findings.setdefault(fact["requirement"], set()).add(fact["cause"])
    elif fact["event"] == "reading":
        found.readings[fact["reading"]] = fact["option"]
    elif fact["event"] == "budget":
        found.wrong_passwords = fact["wrong"]
