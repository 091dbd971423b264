"""The tokens of a run: issued once, used while they are good, and issued again when they end.

A flow that gets a token from the target is an `issuer`: it is called like the function, and returns the token that it
has until that ends by its time. A request that is refused although it is right may have carried a token that ended: by
a later signon or update, or because another took its place. It is then written again with new ones.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import update_wrapper
from typing import Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast

from conformance.client import Reply, Wire
from conformance.errors import CredentialError, GivenUp
from conformance.opentv.tokens import SIGNONS
from conformance.session.lifetimes import MIN_TOKEN, Lifetimes, exchanged, holds
from conformance.session.once import Results

OK = 200
# No platform issues a token for less time, in seconds.
LEAST_LIFE_S = 1.0
# Each, and an update, may end the tokens that the device had before.
_ENDING = SIGNONS | {"updateInHomeStatus"}


class Issued(Protocol):
    """What a signon or a token request returned."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The tokens as a request carries them."""

    @property
    def good_until(self) -> float:
        """Until when they are to be used, by the monotonic clock."""


@dataclass(frozen=True)
class Bare:
    """A single token of which nothing else is known."""

    text: str
    good_until: float

    @property
    def texts(self) -> tuple[str, ...]:
        """The token."""
        return (self.text,)


P = ParamSpec("P")
T = TypeVar("T", bound=Issued)


class HasTokens(Protocol):
    """A session.

    Attributes:
        tokens: what was issued to it.
    """

    tokens: TokenCache


class Sends(Protocol):
    """A sender."""

    @property
    def session(self) -> HasTokens:
        """The session that it sends by."""


S = TypeVar("S", bound=Sends)


class Issuer(Generic[S, P, T]):
    """A function that gets tokens of a target, for a subject that its arguments name."""

    def __init__(self, function: Callable[Concatenate[S, P], T]) -> None:
        self.issued = function
        update_wrapper(self, function)

    def __call__(self, sender: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the tokens that are good now."""
        return cast("T", sender.session.tokens.recall(self._call(*args, **kwargs), sender))

    def anew(self, sender: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Have tokens issued, whatever there are."""
        call = self._call(*args, **kwargs)
        sender.session.tokens.forget(call)
        return cast("T", sender.session.tokens.recall(call, sender))

    def forget(self, sender: S, /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Use the tokens that there are no more."""
        sender.session.tokens.forget(self._call(*args, **kwargs))

    def former(self, sender: S, /, *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return the tokens that the present ones took the place of; None if there are none."""
        return cast("T | None", sender.session.tokens.former(self._call(*args, **kwargs)))

    def _call(self, *args: P.args, **kwargs: P.kwargs) -> Call:
        return Call(cast("Callable[..., Issued]", self.issued), args, tuple(sorted(kwargs.items())))


def issuer(function: Callable[Concatenate[S, P], T]) -> Issuer[S, P, T]:
    """Let a flow's tokens be kept by the session for as long as they are good."""
    return Issuer(function)


@dataclass(frozen=True)
class Call:
    """Which tokens: the flow that gets them, and its arguments."""

    function: Callable[..., Issued]
    args: tuple[object, ...]
    kwargs: tuple[tuple[str, object], ...]

    def issue(self, sender: Sends) -> Issued:
        """Get them."""
        return self.function(sender, *self.args, **dict(self.kwargs))


@dataclass(frozen=True)
class _Held:
    value: Issued
    good_until: float
    signons: int
    since: float

    @property
    def texts(self) -> list[str]:
        return _texts(self.value)


class TokenCache:
    """Holds a session's tokens; may be shared by threads, and asks once also where they ask at the same time."""

    def __init__(self, lifetimes: Lifetimes, results: Results) -> None:
        """Take the lock of what runs once: either may ask for the other."""
        self._lifetimes = lifetimes
        self._lock = results.lock
        self._held: dict[Call, _Held] = {}
        self._former: dict[Call, Issued] = {}
        self._refused: dict[Call, CredentialError | GivenUp] = {}
        self._replaced: dict[str, tuple[Call, int]] = {}
        self._signons = 0
        # Whoever has tokens issued holds the other one, and may wait for threads that sign on.
        self._counting = threading.Lock()

    def recall(self, call: Call, sender: Sends) -> Issued:
        """Return the tokens of a call, issued if there are none or they ended."""
        with self._lock:
            found = self._held.get(call)
            if found is None or time.monotonic() >= found.good_until:
                self.forget(call)
                if call in self._refused:
                    raise self._refused[call]
                try:
                    value = call.issue(sender)
                except (CredentialError, GivenUp) as problem:
                    # A password that was refused is not sent again: some count those.
                    self._refused[call] = problem
                    raise
                now = time.monotonic()
                until = min(value.good_until, now + self._lifetimes.good_for(value.texts))
                self._held[call] = found = _Held(value, until, self._signons, now)
            return found.value

    def forget(self, call: Call) -> None:
        """Use the tokens of a call no more."""
        with self._lock:
            found = self._held.pop(call, None)
            if found is not None:
                self._former[call] = found.value
                self._replaced |= {text: (call, place) for place, text in enumerate(found.texts)}

    def former(self, call: Call) -> Issued | None:
        """Return the tokens that were forgotten last."""
        with self._lock:
            return self._former.get(call)

    def note(self, operation: str, reply: Reply) -> None:
        """Take note of what was sent, whoever sent it and why: a signon or an update ends tokens.

        So may one whose answer was lost on its way, or took longer than it was waited for.
        """
        refused = reply.response is not None and 400 <= reply.response.status < 500
        if operation in _ENDING and not refused:
            self.signed_on()

    def signed_on(self) -> None:
        """Take note that the tokens that a device had before may have ended."""
        with self._counting:
            self._signons += 1

    def renewed(self, sender: Sends, wire: Wire) -> Wire | None:
        """Return a request with a new token in place of one of ours that may have ended; None where it has none.

        One that nothing can have ended is refused for another reason, which is the target's.
        """
        with self._lock:
            replaced = [(text, *place) for text, place in self._replaced.items() if holds(wire, text)]
            known = list(self._held.items())
        changed = False
        for text, call, place in replaced:
            made = self._again(call, sender)
            if place < len(made):
                wire, changed = exchanged(wire, text, made[place]), True
        # A request may carry two tokens, of which either may have ended: an access token, and the one of a broadcast.
        for call, one in known:
            if not any(holds(wire, text) for text in one.texts):
                continue
            if self._held.get(call) is one:
                if one.signons >= self._signons and not self._may_have_ended(one):
                    continue
                self.forget(call)
            for before, after in zip(one.texts, self._again(call, sender), strict=False):
                wire, changed = exchanged(wire, before, after), True
        return wire if changed else None

    def _may_have_ended(self, one: _Held) -> bool:
        """Tell whether tokens may have ended by their time; of some, nothing tells when they do."""
        lefts = [self._lifetimes.left(text) for text in one.texts]
        young = time.monotonic() - one.since < LEAST_LIFE_S
        return any(left <= 0 if left is not None else not young for left in lefts)

    def _again(self, call: Call, sender: Sends) -> Sequence[str]:
        # What was recalled, not what is held: another thread may have forgotten it by now.
        return _texts(self.recall(call, sender))


def _texts(issued: Issued) -> list[str]:
    return [text for text in issued.texts if len(text) >= MIN_TOKEN]
