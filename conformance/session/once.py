"""What a run does once in a process: the first request of a flow, a control, an account that many checks use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


class Results:
    """What functions that run once have returned in a session; may be shared by threads.

    A function runs once also where threads ask at the same time; the lock is held while it runs.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.by_call: dict[tuple[object, ...], object] = {}


class HasResults(Protocol):
    """A session.

    Attributes:
        results: what was done once.
    """

    results: Results


class Sends(Protocol):
    """A sender."""

    @property
    def session(self) -> HasResults:
        """The session that it sends by."""


S = TypeVar("S", bound=Sends)


class Once(Generic[S, P, T]):
    """A function that runs once for each session and arguments (which are hashable); an exception is not kept."""

    def __init__(self, function: Callable[Concatenate[S, P], T]) -> None:
        self._function = function
        update_wrapper(self, function)

    def __call__(self, sender: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function returned the first time."""
        results, call = sender.session.results, self._call(*args, **kwargs)
        with results.lock:
            if call not in results.by_call:
                results.by_call[call] = self._function(sender, *args, **kwargs)
            return cast("T", results.by_call[call])

    def forget(self, sender: S, /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Let the function run again the next time."""
        results = sender.session.results
        with results.lock:
            results.by_call.pop(self._call(*args, **kwargs), None)

    def _call(self, *args: P.args, **kwargs: P.kwargs) -> tuple[object, ...]:
        return (self._function, args, tuple(sorted(kwargs.items())))


def once(function: Callable[Concatenate[S, P], T]) -> Once[S, P, T]:
    """Let a function of a sender run once in each session."""
    return Once(function)
