"""pytest's hooks: collection, what a check needs, and what became of it."""

from __future__ import annotations

import traceback
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.checks.again import ask_again
from conformance.checks.api import Check
from conformance.checks.division import checks_of_part
from conformance.errors import (
    ConformanceError,
    CouldNotTest,
    NotDeclared,
    NotObserved,
    Refused,
    TargetFileError,
    TargetUnreachable,
    UsageError,
)
from conformance.model import Finding
from conformance.opening import RunSettings
from conformance.plugin.parent_watchdog import follow
from conformance.plugin.state import PluginState
from conformance.resources import checks
from conformance.stream import events

__all__ = [
    "check",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_pyfunc_call",
    "pytest_runtest_makereport",
    "pytest_runtest_setup",
    "pytest_unconfigure",
]

_CHECKS = checks()
_STATE = pytest.StashKey[PluginState]()
_STARTED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings of the run, or the target file.

    Raises:
        UsageError: the target file is wrong.
    """
    config.addinivalue_line("markers", "requirement(*ids, alone, place): the requirements that a check verifies")
    path, target = config.getoption("--conformance-run"), config.getoption("--opentv-target")
    settings = RunSettings.parse(Path(path).read_text(encoding="utf-8")) if path else None
    try:
        config.stash[_STATE] = PluginState(settings, Path(target) if target else None)
    except ConformanceError as problem:
        raise pytest.UsageError(str(problem)) from None
    parent = config.getoption("--conformance-parent")
    if parent is not None:
        follow(parent)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the session and the embedded platform."""
    state = config.stash.get(_STATE, None)
    if state is not None:
        state.closing.close()


def _ids(item: pytest.Item) -> tuple[str, ...]:
    """Return the requirements that a check verifies; a test of somebody else's may have a marker of the same name."""
    if _CHECKS not in item.path.parents:
        return ()
    return tuple(name for marker in item.iter_markers("requirement") for name in marker.args)


def _alone(item: pytest.Item) -> bool:
    return any(marker.kwargs.get("alone") for marker in item.iter_markers("requirement"))


def _place(item: pytest.Item) -> int:
    """Where a check runs: what must run alone comes last; what asks for it before all others, or after them."""
    places = {marker.kwargs.get("place") for marker in item.iter_markers("requirement")}
    return 2 if _alone(item) else -1 if "first" in places else 1 if "last" in places else 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse unknown ids, leave out what is not selected, and put first and last what must run there."""
    state = config.stash[_STATE]
    settings = state.settings
    own = None
    if settings is not None and settings.part.of > 1:
        own = {one.name for one in checks_of_part(settings.part, settings.selected, settings.checks)}
    chosen: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        ids = _ids(item)
        for name in ids:
            if name not in state.register:
                raise pytest.UsageError(f"{item.nodeid} names the requirement {name}, which the register does not have")
        selected = settings.selected if settings else None
        named = settings is not None and _name(item) in settings.checks
        wanted = selected is None or not ids or named or any(name in selected for name in ids)
        wanted = wanted and (own is None or _name(item).partition("[")[0] in own)
        (chosen if wanted else dropped).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
    items[:] = sorted(chosen, key=_place)
    if settings is not None and items:
        state.session.stream.write(events.Collected(checks=len(items)))


def _fate(state: PluginState, item: pytest.Item) -> str:
    """Write why a check cannot run, and return the reason; empty if it can."""
    applies = state.session.applicability
    reasons = []
    for name in _ids(item):
        outside = applies.not_declared.get(name)
        if outside:
            # The opening line of the stream says so already. Without the service that it needs an operation is no part
            # of the deployment; for lack of a feature it is not missing.
            needed = state.register[name].needs.services
            if any(service not in state.session.target.services for service in needed):
                state.session.stream.write(events.Undeclared(requirement=name, reason=outside))
            reasons.append(outside)
            continue
        lack = applies.lacking.get(name)
        if lack:
            _untested(state, name, lack.reason, lack.add, item)
            reasons.append(lack.reason)
    if not reasons and state.session.budget.spent:
        reasons.append(state.session.budget.spent)
    # What one requirement of a check lacks, the others lack too: they are tested by the same exchanges.
    if reasons:
        for name in _ids(item):
            if applies.testable(name):
                _untested(state, name, reasons[0], [], item)
    return "; ".join(dict.fromkeys(reasons))


def _untested(state: PluginState, name: str, reason: str, add: list[str], item: pytest.Item) -> None:
    state.session.stream.write(events.Untested(requirement=name, reason=reason, add=add, by=_name(item)))


def _name(item: pytest.Item) -> str:
    """Return a check's name as it stands in every report: service/file::function."""
    path = Path(str(item.path))
    return f"{path.parent.name}/{path.stem.removeprefix('test_')}::{item.name}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a check that cannot run against this target, and write why."""
    if not _ids(item):
        return
    reason = _fate(item.config.stash[_STATE], item)
    if reason:
        pytest.skip(reason)


@pytest.fixture
def check(request: pytest.FixtureRequest) -> Iterator[Check]:
    """The running check."""
    state = request.config.stash[_STATE]
    name = _name(request.node)
    found = Check(state.session, name)
    state.checks[name] = found
    yield found
    state.checks.pop(name, None)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Fail a check that has findings when it is done; they are written already."""
    result = yield
    if _ids(pyfuncitem):
        state = pyfuncitem.config.stash[_STATE]
        found = state.checks.get(_name(pyfuncitem))
        if found and not _alone(pyfuncitem):
            ask_again(found)
        findings = list(found.findings) if found else []
        findings += state.session.recorder.findings_by.pop(_name(pyfuncitem), [])
        binding = [one for one in dict.fromkeys(findings) if state.register[one.requirement].binding]
        if binding:
            pytest.fail("\n".join(_line(one) for one in binding), pytrace=False)
    return result


def _line(finding: Finding) -> str:
    expected = " or ".join(finding.expected)
    seen = f"{finding.actual} ({finding.exchange})"
    return f"{finding.requirement}: {finding.cause}\n  expected {expected}\n  actual   {seen}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write what became of a check: could not test, trouble of the suite's own, or its end."""
    report = yield
    ids = _ids(item)
    if not ids:
        return report
    state = item.config.stash[_STATE]
    problem = call.excinfo.value if call.excinfo is not None else None
    found = state.checks.get(_name(item))
    verified = set(found.verified) if found else set()
    message = ""
    if isinstance(problem, (CouldNotTest, Refused)):
        message = problem.message
        add = list(problem.add) if isinstance(problem, CouldNotTest) else []
        for name in ids:
            if name not in verified and isinstance(problem, NotDeclared):
                state.session.stream.write(events.Undeclared(requirement=name, reason=message))
            elif name not in verified and isinstance(problem, NotObserved):
                state.session.stream.write(events.Unobserved(requirement=name, reason=message, by=_name(item)))
            elif name not in verified:
                _untested(state, name, message, add, item)
        report.outcome = "skipped"
        report.longrepr = (str(item.path), 0, f"Skipped: {message}")
    elif problem is not None and not isinstance(problem, (pytest.skip.Exception, pytest.fail.Exception)):
        message = _trouble(problem)
        for name in ids:
            if name not in verified:
                state.session.stream.write(events.Trouble(requirement=name, reason=message, by=_name(item)))
        if isinstance(problem, (TargetUnreachable, TargetFileError, UsageError)):
            state.session.stream.write(events.Abort(message=str(problem), exit_code=problem.exit_code))
            item.session.shouldstop = str(problem)
    elif problem is None and call.when == "call":
        for name in ids:
            if not any(state.register.for_operation(one, state.register[name].operation) == name for one in verified):
                message = f"the check {_name(item)} ended without a word about {name}"
                state.session.stream.write(events.Trouble(requirement=name, reason=message, by=_name(item)))
    if call.when == "call" or (call.when == "setup" and report.outcome != "passed"):
        state.session.stream.write(
            events.Check(
                name=_name(item),
                outcome=report.outcome,
                duration_ms=round(call.duration * 1000, 1),
                requirements=list(ids),
                message=message or str(problem or ""),
            )
        )
    return report


def _trouble(problem: BaseException) -> str:
    """Say where the suite itself went wrong, without values that could be secrets."""
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if "conformance" in frame.filename]
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    if isinstance(problem, (TargetUnreachable, TargetFileError, UsageError)):
        return str(problem)
    return f"the suite failed: {type(problem).__name__}{where}"
