"""One fault, and the registry of all of them."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.reference.wire import Answer, Call

if TYPE_CHECKING:
    from conformance.reference.faults.occasion import Occasion
    from conformance.reference.platform import Platform

Replacement = Callable[[Callable[..., Any], Any], Callable[..., Any]]
"""Takes the original bound method and its service; returns what is called instead."""
CallFilter = Callable[[Call, "Platform"], "Call | Answer"]
"""Returns the call, changed or not, or an answer that no service is asked for."""
AnswerFilter = Callable[[Call, Answer, "Platform"], Answer]

Registrar = Callable[[Callable[..., Any]], "Fault"]


class UnknownFault(ValueError):
    """A fault that nobody registered."""


class IncompatibleFaults(ValueError):
    """Faults of which each acts only in another reading."""


@dataclass(frozen=True)
class Fault:
    """One deviation from the documents.

    `kind` groups faults in reports; `operations` limits the filters (empty: every operation) and says what goes wrong.
    """

    name: str
    kind: str
    summary: str
    operations: tuple[str, ...] = ()
    overrides: Mapping[tuple[str, str], Replacement] = field(default_factory=dict)
    on_request: CallFilter | None = None
    on_response: AnswerFilter | None = None
    methods: tuple[str, ...] = ()
    """Methods that the page does not give, and that the operations serve all the same."""
    readings: Mapping[str, str] = field(default_factory=dict)
    """What the platform must read for the fault to act, unless it is told otherwise."""
    occasion: Callable[[], Occasion] | None = None
    """Makes what says on which requests of `operations` the fault acts; None where it always does."""
    breaks: tuple[str, ...] = ()
    """The ids that the contract gives to what is wrong, where it says so."""
    base: str = ""
    """The fault that this one is on some occasions."""
    under_load: bool = False
    """It acts only where several requests are in flight: a run has nothing to find."""


_REGISTRY: dict[str, Fault] = {}


def register(fault: Fault) -> Fault:
    """Adds a fault to the registry; its name must be new."""
    if fault.name in _REGISTRY:
        raise ValueError(f"There are two faults called {fault.name}.")
    _REGISTRY[fault.name] = fault
    return fault


def replaces(service: str, method: str, *operations: str, kind: str) -> Registrar:
    """Registers a fault that replaces one decision or action; its name and summary are the function's."""

    def registrar(function: Replacement) -> Fault:
        return register(Fault(*named(function, kind), operations, {(service, method): function}))

    return registrar


def alters_calls(*operations: str, kind: str) -> Registrar:
    """Registers a fault that changes requests of some operations, or answers them itself."""

    def registrar(function: CallFilter) -> Fault:
        return register(Fault(*named(function, kind), operations, on_request=function))

    return registrar


def alters_answers(*operations: str, kind: str) -> Registrar:
    """Registers a fault that changes answers of some operations."""

    def registrar(function: AnswerFilter) -> Fault:
        return register(Fault(*named(function, kind), operations, on_response=function))

    return registrar


def named(function: Callable[..., Any], kind: str) -> tuple[str, str, str]:
    """Name, kind and summary of the fault that a function is: its own name with dashes, and its docstring."""
    return function.__name__.replace("_", "-"), kind, (inspect.getdoc(function) or "").split("\n\n")[0]


def catalogue() -> Mapping[str, Fault]:
    """Every fault by its name."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"{__package__}.{module.name}")
    return dict(sorted(_REGISTRY.items()))


def find_plain(name: str) -> Fault:
    """A fault that is registered already; for those that are made of others."""
    return _REGISTRY[name]


def find(name: str) -> Fault:
    """One fault.

    Raises:
        UnknownFault: with the nearest names.
    """
    known = catalogue()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3)
        advice = f"Did you mean {', '.join(near)}?" if near else "`opentv-conformance requirements ID` names some."
        raise UnknownFault(f"There is no fault {name!r}. {advice}")
    return known[name]
