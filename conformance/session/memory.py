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

    def __init__(self, lifetimes: Lifetimes, lock: threading.RLock) -> None:
        self._lifetimes = lifetimes
        self._lock = lock
        self._entries: dict[object, _Remembered] = {}
        self._former: dict[object, _Remembered] = {}
        self._replaced: dict[str, tuple[object, int]] = {}
        self._signons = 0

    def recall(self, key: object, factory: Callable[[], T], lifetime_s: float | None = None) -> T:
        """Return what `factory` made for a key."""
        with self._lock:
            found = self._entries.get(key)
            if found is None or time.monotonic() > found.good_until:
                self.forget(key)
                value, longest = factory(), float("inf") if lifetime_s is None else lifetime_s
                until = time.monotonic() + min(longest, self._lifetimes.good_for(value))
                self._entries[key] = found = _Remembered(value, until, factory, lifetime_s, self._signons)
            return cast("T", found.value)

    def forget(self, key: object) -> None:
        """Forget what was made for a key."""
        with self._lock:
            found = self._entries.pop(key, None)
            if found is not None:
                self._former[key] = found
                self._replaced |= {text: (key, place) for place, text in enumerate(_tokens(found.value))}

    def former(self, key: object) -> object:
        """Return what was made for a key and then forgotten; None if nothing was."""
        with self._lock:
            found = self._former.get(key)
            return None if found is None else found.value

    def signed_on(self) -> None:
        """Take note of a signon or an update: either may end the tokens that the device had before."""
        with self._lock:
            self._signons += 1

    def with_new_token(self, wire: Wire) -> Wire | None:
        """Return a request with a new token in place of one of ours that may have ended; None where it has none.

        A token may have ended by its time, by a later signon or update, or because another took its place. One that
        none of these can have ended is refused for another reason, which is the target's.
        """
        with self._lock:
            replaced = [(text, *place) for text, place in self._replaced.items() if holds(wire, text)]
            known = list(self._entries.items())
        changed = False
        for text, key, place in replaced:
            made = self._again(key)
            if place < len(made):
                wire, changed = exchanged(wire, text, made[place]), True
        # A request may carry two tokens, of which either may have ended: an access token, and the one of a broadcast.
        for key, one in known:
            old = _tokens(one.value)
            if not any(holds(wire, text) for text in old):
                continue
            if self._entries.get(key) is one:
                if one.signons >= self._signons and not any(self._lifetimes.ended(text) for text in old):
                    continue
                self.forget(key)
            for before, after in zip(old, self._again(key), strict=False):
                wire, changed = exchanged(wire, before, after), True
        return wire if changed else None

    def _again(self, key: object) -> list[str]:
        """Return the tokens that a key stands for now, made anew if they were forgotten."""
        one = self._entries.get(key) or self._former[key]
        return _tokens(self.recall(key, one.factory, one.lifetime_s))


def _tokens(value: object) -> list[str]:
    return [text for text in texts_of(value) if len(text) >= MIN_TOKEN]
