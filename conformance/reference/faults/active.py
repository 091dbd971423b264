"""Faults at work in one platform."""

from __future__ import annotations

import contextlib
import copy
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.reference.faults.fault import Fault, IncompatibleFaults, Replacement, UnknownFault, find
from conformance.reference.wire import Answer, Call, Refusal

if TYPE_CHECKING:
    from conformance.reference.platform import Platform
    from conformance.reference.service import Operation

_SERVED: ContextVar[Call | None] = ContextVar("served", default=None)


class ActiveFault:
    """A fault at work in one platform."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.acted = 0
        self._occasion = fault.occasion() if fault.occasion else None
        self._platform: Platform | None = None

    def facts(self) -> dict[str, object]:
        """What the control endpoint says of it."""
        return {
            "faults": [{"fault": self.fault.name, "kind": self.fault.kind, "acted": self.acted}],
            "acted": self.acted,
        }

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

        decided = judged_async if inspect.iscoroutinefunction(original) else judged
        replaced: Any = called if seam == "action" else decided
        replaced.seam = seam  # another fault may replace it in its turn
        setattr(service, method, replaced)

    def _judge(self, expected: tuple[str, Any], actual: tuple[str, Any]) -> Any:
        if not _same(expected, actual):
            if self._acts():
                self.acted += 1
            else:
                actual = expected
        if actual[0] == "raised":
            raise actual[1]
        return actual[1]


class ActiveFaults:
    """Several faults at work in one platform; where two replace one decision, the later one has the earlier inside."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.active = [ActiveFault(fault) for fault in faults]

    @property
    def acted(self) -> int:
        """How often any of them acted."""
        return sum(one.acted for one in self.active)

    def facts(self) -> dict[str, object]:
        """What the control endpoint says of them."""
        each = [{"fault": one.fault.name, "kind": one.fault.kind, "acted": one.acted} for one in self.active]
        return {"faults": each, "acted": self.acted}

    def install(self, platform: Platform) -> None:
        """Puts every replacement in its place."""
        for one in self.active:
            one.install(platform)

    def serves(self, call: Call, operations: Mapping[str, Operation]) -> Operation | None:
        """The operation with which the first fault that can serves a method that is not documented."""
        found = (one.serves(call, operations) for one in self.active)
        return next((operation for operation in found if operation), None)

    async def answer(self, call: Call, served: Callable[[Call], Awaitable[Answer]], platform: Platform) -> Answer:
        """The answer to a call, with all faults before and behind what serves it."""
        for one in self.active:
            served = partial(one.answer, served=served, platform=platform)
        return await served(call)


def activate(names: Iterable[str], platform: Platform) -> ActiveFaults:
    """Builds faults into a platform.

    Raises:
        UnknownFault: with the nearest names.
    """
    active = ActiveFaults(find(name) for name in dict.fromkeys(names))
    active.install(platform)
    return active


def readings_for(names: Iterable[str], given: Collection[str] = ()) -> dict[str, str]:
    """The readings that a platform must take for all of these faults to act; those `given` are decided already.

    Raises:
        UnknownFault: with the nearest names.
        IncompatibleFaults: two of them need different options of one reading.
    """
    found: dict[str, tuple[str, str]] = {}
    for name in names:
        for reading, option in find(name).readings.items():
            other, chosen = found.setdefault(reading, (name, option))
            if chosen != option and reading not in given:
                raise IncompatibleFaults(
                    f"The faults {other} and {name} never act together: the one needs the reading {reading}={chosen}, "
                    f"the other {reading}={option}."
                )
    return {reading: option for reading, (_, option) in found.items()}


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
