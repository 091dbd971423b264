"""What every pytest gets where the suite is installed: options, a marker, a fixture. It imports nothing else at first.

Nothing here touches the tests of others: the hooks of the checks are loaded where the checks are collected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.reference import RunningPlatform

__all__ = ["opentv_platform", "pytest_addoption", "pytest_configure"]

_CHECKS = Path(__file__).parents[1] / "checks"
_KEYS = ("fault", "reading", "latency")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--opentv-target`, and what the runner gives; without both, the checks test the embedded platform."""
    group = parser.getgroup("opentv-conformance")
    group.addoption("--opentv-target", metavar="FILE", help="target file of the platform that the checks test")
    group.addoption("--conformance-run", metavar="FILE", help="settings of a run, written by opentv-conformance run")
    group.addoption("--conformance-parent", metavar="FD", type=int, help="pipe that closes when the runner dies")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the hooks of the checks where they are collected."""
    config.addinivalue_line(
        "markers", "opentv(fault, reading, latency): how the platform of the fixture opentv_platform behaves"
    )
    if config.getoption("--conformance-run") or any(_concerns_checks(config, argument) for argument in config.args):
        from conformance.plugin import hooks

        if not config.pluginmanager.is_registered(hooks):
            config.pluginmanager.register(hooks, "conformance.plugin.hooks")


def _concerns_checks(config: pytest.Config, argument: str) -> bool:
    """Tell whether an argument of the command line names checks of the suite, or a folder of them in a source tree."""
    name = argument.partition("::")[0]
    if name.startswith("conformance.checks"):
        return True
    path = (config.invocation_params.dir / name).resolve()
    if path == _CHECKS or _CHECKS in path.parents:
        return True
    # What is installed somewhere below a project is not the project's.
    below = path in _CHECKS.parents
    return below and "site-packages" not in _CHECKS.relative_to(path).parts


@pytest.fixture
def opentv_platform(request: pytest.FixtureRequest) -> Iterator[RunningPlatform]:
    """A reference platform of this test alone, on a free port of the loopback interface.

    `opentv_platform.url` is where it is; `opentv_platform.target_document()` says whom a client can be there. It
    is faultless unless `@pytest.mark.opentv(fault=…, reading=…, latency=…)` says otherwise: the name of a fault, or
    several; a reading as `ID=OPTION`, or several, or a mapping; seconds. Markers of a class or module apply, too.
    """
    from conformance.reference import RunningPlatform, default_settings
    from conformance.reference.faults import IncompatibleFaults, UnknownFault
    from conformance.reference.readings import UnknownReading, chosen_readings

    faults: list[str] = []
    readings: dict[str, str] = {}
    latency = 0.0
    try:
        # The closest marker comes first.
        for marker in reversed(list(request.node.iter_markers("opentv"))):
            _check_marker(marker)
            faults += _several(marker.kwargs.get("fault", ()))
            readings |= chosen_readings(_pairs(marker.kwargs.get("reading", ())))
            latency = float(marker.kwargs.get("latency", latency))
        settings = default_settings(faults=tuple(dict.fromkeys(faults)), readings=readings, latency=latency)
        platform = RunningPlatform(settings)
    except (UnknownFault, UnknownReading, IncompatibleFaults, TypeError, ValueError) as problem:
        pytest.fail(f"@pytest.mark.opentv of {request.node.nodeid}: {problem}", pytrace=False)
    with platform:
        yield platform


def _check_marker(marker: pytest.Mark) -> None:
    unknown = [*map(repr, marker.args), *(name for name in marker.kwargs if name not in _KEYS)]
    if unknown:
        raise TypeError(f"{unknown[0]} is unknown; known are {', '.join(f'{name}=…' for name in _KEYS)}")


def _several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _pairs(value: Any) -> Iterable[str]:
    """Return readings as a command line has them."""
    return [f"{name}={option}" for name, option in value.items()] if isinstance(value, Mapping) else _several(value)
