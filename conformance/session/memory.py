"""What a run remembers: made once, and made anew when its time, or a token in it, is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from conformance.client import Wire
from conformance.session.lifetimes import MIN_TOKEN, Lifetimes, exchanged, holds, texts_of

T = TypeVar("T")


@dataclass(frozen=True)
class _Remembered:
    value: object
    good_until: float
    factory: Callable[[], object]
    lifetime_s: float | None
    signons: int


class Memory:
    """Remembers by key; may be shared by threads. A factory runs once, also when threads ask at the same time."""

    def __init__(self, lifetimes: Lifetimes) -> None:
        self._lifetimes = lifetimes
        self._lock = threading.RLock()
        self._entries: dict[object, _Remembered] = {}
        self._signons = 0

    def recall(self, key: object, factory: Callable[[], T], lifetime_s: float | None = None) -> T:
        """Return what `factory` made for a key."""
        with self._lock:
            found = self._entries.get(key)
            if found is None or time.monotonic() > found.good_until:
                value, longest = factory(), float("inf") if lifetime_s is None else lifetime_s
                until = time.monotonic() + min(longest, self._lifetimes.good_for(value))
                self._entries[key] = found = _Remembered(value, until, factory, lifetime_s, self._signons)
            return cast("T", found.value)

    def forget(self, key: object) -> None:
        """Forget what was made for a key."""
        with self._lock:
            self._entries.pop(key, None)

    def signed_on(self) -> None:
        """Take note of a signon: where a platform keeps one session a device, it ends the tokens before it."""
        with self._lock:
            self._signons += 1

    def with_new_token(self, wire: Wire) -> Wire | None:
        """Return a request with a new token in place of one of ours that may have ended; None where it has none.

        A token may have ended by its time, or by a later signon. One that neither can have ended is refused for
        another reason, which is the target's.
        """
        with self._lock:
            known = [(key, one) for key, one in self._entries.items()]
        for key, one in known:
            old = [text for text in texts_of(one.value) if len(text) >= MIN_TOKEN]
            if not any(holds(wire, text) for text in old):
                continue
            if one.signons >= self._signons and not any(self._lifetimes.ended(text) for text in old):
                continue
            self.forget(key)
            new = [text for text in texts_of(self.recall(key, one.factory, one.lifetime_s)) if len(text) >= MIN_TOKEN]
            for before, after in zip(old, new, strict=False):
                wire = exchanged(wire, before, after)
            return wire
        return None
