"""What a run remembers: made once, and made anew when its time, or a token in it, is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from conformance.client import Wire
from conformance.session.lifetimes import Lifetimes, exchanged, holds, texts_of

T = TypeVar("T")


@dataclass(frozen=True)
class _Remembered:
    value: object
    good_until: float
    factory: Callable[[], object]
    lifetime_s: float | None


class Memory:
    """Remembers by key; may be shared by threads. A factory runs once, also when threads ask at the same time."""

    def __init__(self, lifetimes: Lifetimes) -> None:
        self._lifetimes = lifetimes
        self._lock = threading.RLock()
        self._entries: dict[object, _Remembered] = {}

    def recall(self, key: object, factory: Callable[[], T], lifetime_s: float | None = None) -> T:
        """Return what `factory` made for a key."""
        with self._lock:
            found = self._entries.get(key)
            if found is None or time.monotonic() > found.good_until:
                value, longest = factory(), float("inf") if lifetime_s is None else lifetime_s
                until = time.monotonic() + min(longest, self._lifetimes.good_for(value))
                self._entries[key] = found = _Remembered(value, until, factory, lifetime_s)
            return cast("T", found.value)

    def forget(self, key: object) -> None:
        """Forget what was made for a key."""
        with self._lock:
            self._entries.pop(key, None)

    def with_new_token(self, wire: Wire) -> Wire | None:
        """Return a request with a new token in place of one of ours that has ended; None where it carries none."""
        with self._lock:
            known = [(key, one, text) for key, one in self._entries.items() for text in texts_of(one.value)]
        for key, one, old in known:
            if self._lifetimes.ended(old) and holds(wire, old):
                self.forget(key)
                new = next(texts_of(self.recall(key, one.factory, one.lifetime_s)), old)
                return exchanged(wire, old, new)
        return None
