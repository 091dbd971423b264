"""The seam for faults: one named, documented deviation at a time, kept apart from the platform's own code.

A fault does one of three things, or several: it *replaces* one method of one service that is marked `@decision` or
`@action`, it changes requests before a service sees them, or it changes answers before they are written. Every module
of this package is read when a fault is first looked up, and registers its faults with the three decorators below::

    @replaces("ias", "verify_signature", kind="check left out", summary="Signatures are not verified.")
    def unverified_signature(original, service):
        def verify_signature(token): ...
        return verify_signature

The fault's name is the function's, with dashes. A fault counts how often it *acted*: a replaced decision when its
result differs from the original's, a replaced action when it is called, a filter when what it returns differs from
what it got.
A fault that never acted proves nothing about the suite that did not see it.
"""

from __future__ import annotations

import contextlib
import copy
import difflib
import importlib
import inspect
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.reference.wire import Answer, Call, Refusal

if TYPE_CHECKING:
    from conformance.reference.faults.occasion import Occasion
    from conformance.reference.platform import Platform
    from conformance.reference.service import Operation

Replacement = Callable[[Callable[..., Any], Any], Callable[..., Any]]
"""Takes the original bound method and its service; returns what is called instead."""
CallFilter = Callable[[Call, "Platform"], "Call | Answer"]
"""Returns the call, changed or not, or an answer that no service is asked for."""
AnswerFilter = Callable[[Call, Answer, "Platform"], Answer]

Registrar = Callable[[Callable[..., Any]], "Fault"]


class UnknownFault(ValueError):
    """A fault that nobody registered."""


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
    base: str = ""
    """The fault that this one is on some occasions."""


_REGISTRY: dict[str, Fault] = {}
_SERVED: ContextVar[Call | None] = ContextVar("served", default=None)


def register(fault: Fault) -> Fault:
    """Adds a fault to the registry; its name must be new."""
    if fault.name in _REGISTRY:
        raise ValueError(f"There are two faults called {fault.name}.")
    _REGISTRY[fault.name] = fault
    return fault


def replaces(service: str, method: str, *, kind: str, summary: str, operations: tuple[str, ...] = ()) -> Registrar:
    """Registers a fault that replaces one decision or action."""

    def registrar(function: Replacement) -> Fault:
        overrides = {(service, method): function}
        return register(Fault(_name(function), kind, summary, operations, overrides))

    return registrar


def alters_calls(*operations: str, kind: str, summary: str) -> Registrar:
    """Registers a fault that changes requests of some operations, or answers them itself."""

    def registrar(function: CallFilter) -> Fault:
        return register(Fault(_name(function), kind, summary, operations, on_request=function))

    return registrar


def alters_answers(*operations: str, kind: str, summary: str) -> Registrar:
    """Registers a fault that changes answers of some operations."""

    def registrar(function: AnswerFilter) -> Fault:
        return register(Fault(_name(function), kind, summary, operations, on_response=function))

    return registrar


def catalogue() -> Mapping[str, Fault]:
    """Every fault by its name."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
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
        raise UnknownFault(f"There is no fault {name!r}." + (f" Did you mean {', '.join(near)}?" if near else ""))
    return known[name]


class ActiveFault:
    """A fault at work in one platform."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.acted = 0
        self._occasion = fault.occasion() if fault.occasion else None
        self._platform: Platform | None = None

    def facts(self) -> dict[str, object]:
        """What the control endpoint says of it."""
        return {"fault": self.fault.name, "kind": self.fault.kind, "acted": self.acted}

    def install(self, platform: Platform) -> None:
        """Puts every replacement of the fault in its place."""
        self._platform = platform
        services = {service.name: service for service in platform.services}
        for (service, method), replacement in self.fault.overrides.items():
            self.replace(services[service], method, replacement)

    async def answer(self, call: Call, served: Callable[[Call], Awaitable[Answer]], platform: Platform) -> Answer:
        """The answer to a call, with the fault before and behind what serves it."""
        async with self.serving(call):
            altered = self.alter_call(call, platform)
            if isinstance(altered, Answer):
                return altered
            answer = self.alter_answer(altered, await served(altered), platform)
        self.answered(altered, answer)
        return answer

    def _concerns(self, call: Call) -> bool:
        return not self.fault.operations or call.operation in self.fault.operations

    @contextlib.asynccontextmanager
    async def serving(self, call: Call) -> AsyncIterator[None]:
        """Keeps in mind which request is being served, for a fault that acts on some occasions only."""
        if self._occasion is None or not self._concerns(call):
            yield
            return
        _SERVED.set(call)
        async with self._occasion.serving(call):
            yield

    def answered(self, call: Call, answer: Answer) -> None:
        """Tells the occasion what became of a request."""
        if self._occasion is not None and self._platform is not None:
            self._occasion.answered(call, answer, self._platform)

    def _acts(self) -> bool:
        """Whether the fault acts on the request that is being served, which it would change."""
        call = _SERVED.get()
        if self._occasion is None:
            return True
        if call is None or self._platform is None or not self._concerns(call):
            return False
        return self._occasion.acts(call, self._platform)

    def serves(self, call: Call, operations: Mapping[str, Operation]) -> Operation | None:
        """The operation that serves a method which no page gives; None where the fault is another."""
        wanted = self.fault.operations
        found = next((one for one in operations.values() if one.id in wanted), None)
        if call.method not in self.fault.methods or found is None:
            return None
        self.acted += 1
        return found

    def alter_call(self, call: Call, platform: Platform) -> Call | Answer:
        """The call as the fault passes it on."""
        if self.fault.on_request is None or not self._concerns(call):
            return call
        altered = self.fault.on_request(copy.deepcopy(call), platform)
        if repr(altered) == repr(call) or not self._acts():
            return call
        self.acted += 1
        return altered

    def alter_answer(self, call: Call, answer: Answer, platform: Platform) -> Answer:
        """The answer as the fault leaves it."""
        if self.fault.on_response is None or not self._concerns(call):
            return answer
        altered = self.fault.on_response(call, copy.deepcopy(answer), platform)
        if repr(altered) == repr(answer) or not self._acts():  # 1 is not true on the wire
            return answer
        self.acted += 1
        return altered

    def replace(self, service: Any, method: str, replacement: Replacement) -> None:
        """Puts a replacement in a method's place, for this one service object."""
        original = getattr(service, method, None)
        seam = getattr(original, "seam", None)
        if original is None or seam is None:
            raise UnknownFault(f"{self.fault.name}: {service.name}.{method} is no decision and no action.")
        changed = replacement(original, service)

        async def judged_async(*args: Any, **kwargs: Any) -> Any:
            expected = await _outcome_async(original, args, kwargs)
            return self._judge(expected, await _outcome_async(changed, args, kwargs))

        def judged(*args: Any, **kwargs: Any) -> Any:
            return self._judge(_outcome(original, args, kwargs), _outcome(changed, args, kwargs))

        def called(*args: Any, **kwargs: Any) -> Any:
            if not self._acts():
                return original(*args, **kwargs)
            self.acted += 1
            return changed(*args, **kwargs)

        if seam == "action":
            setattr(service, method, called)
        else:
            setattr(service, method, judged_async if inspect.iscoroutinefunction(original) else judged)

    def _judge(self, expected: tuple[str, Any], actual: tuple[str, Any]) -> Any:
        if not _same(expected, actual):
            if self._acts():
                self.acted += 1
            else:
                actual = expected
        if actual[0] == "raised":
            raise actual[1]
        return actual[1]


def activate(name: str, platform: Platform) -> ActiveFault:
    """Builds a fault into a platform."""
    active = ActiveFault(find(name))
    active.install(platform)
    return active


def _name(function: Callable[..., Any]) -> str:
    return function.__name__.replace("_", "-")


def _outcome(function: Callable[..., Any], args: Any, kwargs: Any) -> tuple[str, Any]:
    try:
        return "returned", function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - the outcome is compared, and raised again
        return "raised", error


async def _outcome_async(function: Callable[..., Any], args: Any, kwargs: Any) -> tuple[str, Any]:
    try:
        return "returned", await function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - the outcome is compared, and raised again
        return "raised", error


def _same(expected: tuple[str, Any], actual: tuple[str, Any]) -> bool:
    if expected[0] != actual[0]:
        return False
    if isinstance(expected[1], Refusal) and isinstance(actual[1], Refusal):
        return vars(expected[1]) == vars(actual[1])
    if expected[0] == "raised":
        return type(expected[1]) is type(actual[1]) and expected[1].args == actual[1].args
    return bool(expected[1] == actual[1])
