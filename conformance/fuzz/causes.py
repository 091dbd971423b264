"""The ledger of what was found on one operation: one defect is one finding, with its smallest case and its repeats.

A defect is what one requirement, one status and one form of response have in common. It is made smaller once; whatever
else triggers it is counted by its kind of input.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from conformance.fuzz.case import Case
from conformance.fuzz.difference import Part, parts, simpler
from conformance.model import Exchange, Judgement
from conformance.session.form import skeleton_of

# Requests that make one cause smaller, and all causes of an operation.
MOST_TRIES, MOST_TRIES_OF_ALL = 40, 120
# A cause that does not show again when it is looked at closer is given so many chances.
MOST_CHANCES = 3
# Kinds of input that are told apart, and those that are named.
MOST_INPUTS, MOST_NAMED = 500, 3
# What did not show again at once may be a fault that shows now and then: it is looked for so often.
MOST_REPEATS = 30
SERVER_ERROR, SILENCE = "WIR-2", "WIR-7"
# What a server does with one odd value says nothing of what it does with another: these have their inputs counted.
_BY_TRIGGER = ("WIR-2", "WIR-6", "WIR-7")

Trigger = frozenset[Part]


@dataclass(frozen=True)
class Seen:
    """One exchange and what one judgement says of it; `by` is the rule, or `fuzz`, `often` how often it showed."""

    case: Case
    exchange: Exchange
    judgement: Judgement
    by: str
    often: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two of them the same defect."""
        told = self.judgement
        return (*_key(told.requirement, self.exchange), told.actual if self.by == "fuzz" else "")


@dataclass
class Cause:
    """One defect.

    Attributes:
        seen: the smallest request that shows it.
        trigger: what is unusual about that request; empty where the request does not matter.
        repeats: how often else it was seen.
        inputs: the other kinds of input that trigger it, none of which contains another.
    """

    seen: Seen
    trigger: tuple[Part, ...] = ()
    repeats: int = 0
    inputs: list[Trigger] = field(default_factory=list)

    def explains(self, differing: Trigger) -> bool:
        """Tell whether a request has something unusual that is known to trigger the defect."""
        known = (frozenset(self.trigger), *self.inputs)
        return any(one and one <= differing for one in known)

    def again(self, differing: Trigger) -> None:
        """Count another request that shows the defect."""
        self.repeats += 1
        if self.trigger and not self.explains(differing) and len(self.inputs) < MOST_INPUTS:
            self.inputs = [one for one in self.inputs if not differing <= one] + [differing]

    @property
    def judgement(self) -> Judgement:
        """What is said of it: the kind of value that triggers it, where it is, and what else does."""
        told = self.seen.judgement
        if not self.trigger:
            return told
        others = "; ".join(part for part in (self.seen.often, self._others()) if part)
        if self.seen.by == "fuzz":
            return replace(told, actual=f"{told.actual}{f'; {others}' if others else ''}")
        kinds = ", ".join(dict.fromkeys(part.kind or str(part) for part in self.trigger[:3]))
        places = ", ".join(map(str, self.trigger[:3])) + (", …" if len(self.trigger) > 3 else "")
        actual = f"{told.actual} to {places}{f'; {others}' if others else ''}"
        return replace(told, cause=f"{told.cause}: {kinds}", actual=actual)

    def _others(self) -> str:
        if not self.inputs:
            return ""
        smallest = sorted(self.inputs, key=lambda one: (len(one), sorted(map(str, one))))
        named = "; ".join(", ".join(sorted(map(str, one))) for one in smallest[:MOST_NAMED])
        more = "; …" if len(smallest) > MOST_NAMED else ""
        return f"also to {len(smallest)} other kind{'s' if len(smallest) > 1 else ''} of input: {named}{more}"


def failure_of(exchange: Exchange) -> str:
    """Return the status of an exchange, or how it failed, whatever the time limit was."""
    return str(exchange.status or exchange.failure.partition(" within ")[0])


def _key(requirement: str, exchange: Exchange) -> tuple[str, str, str]:
    return requirement, failure_of(exchange), skeleton_of(exchange.response)


Attempt = Callable[[Case, Judgement], "Seen | None"]


@dataclass
class Causes:
    """What was found on one operation.

    Attributes:
        attempt: sends a case and returns what shows the same defect again, or None.
        control: tells whether the request that works still does; else a refusal proves nothing.
    """

    attempt: Attempt
    control: Callable[[], bool]
    found: list[Cause] = field(default_factory=list)
    _vain: Counter[tuple[str, ...]] = field(default_factory=Counter)
    _tries: int = 0

    def take(self, seen: Seen, base: Case) -> None:
        """Take a broken requirement in: as a repeat of a known cause, or minimised as a new one."""
        if seen.by != "fuzz" and not seen.judgement.requirement.startswith(_BY_TRIGGER):
            self._take_by_words(seen)
            return
        known = self._of(seen.key)
        if known is not None:
            known.again(frozenset(parts(seen.case, base)))
            return
        if self._vain[seen.key] >= MOST_CHANCES:
            return
        smallest = self.minimised(seen, base)
        if smallest is None:
            self._vain[seen.key] += 1
            return
        self.found.append(Cause(smallest, parts(smallest.case, base)))

    def _of(self, key: tuple[str, ...]) -> Cause | None:
        return next((one for one in self.found if one.seen.key == key), None)

    def _take_by_words(self, seen: Seen) -> None:
        for one in self.found:
            told, now = one.seen.judgement, seen.judgement
            if not one.trigger and (told.requirement, told.cause) == (now.requirement, now.cause):
                one.repeats += 1
                if len(seen.case.key) < len(one.seen.case.key):
                    one.seen = seen
                return
        self.found.append(Cause(seen))

    def known(self, requirement: str, exchange: Exchange) -> Cause | None:
        """Return the cause that an exchange shows again, before anybody looks closer."""
        return next((one for one in self.found if one.seen.key[:3] == _key(requirement, exchange)), None)

    def silence(self, requirement: str, case: Case, base: Case) -> Cause | None:
        """Return the cause that would leave a case without an answer, if it is known that one would."""
        differing = frozenset(parts(case, base))
        silent = (one for one in self.found if one.seen.judgement.requirement == requirement and one.trigger)
        return next((one for one in silent if one.explains(differing)), None)

    def minimised(self, seen: Seen, base: Case) -> Seen | None:
        """Return the smallest request that shows the same; None where it does not show again."""
        if seen.judgement.requirement.startswith(SILENCE):
            # It was sent twice already, and each try may cost the whole time limit.
            return seen
        best = self.attempt(seen.case, seen.judgement)
        if best is None and seen.judgement.requirement.startswith(SERVER_ERROR):
            # A second look was taken before it was called one; that what creates something is not sent again is right.
            best = seen
        if best is None:
            return self.now_and_then(seen)
        if seen.by == "fuzz" and not self.control():
            return None
        left = min(MOST_TRIES, MOST_TRIES_OF_ALL - self._tries)
        refused: set[str] = set()
        progress = True
        while progress and left > 0:
            progress = False
            for case in simpler(best.case, base):
                if case.key in refused or case.key == best.case.key or left <= 0:
                    continue
                left -= 1
                self._tries += 1
                smaller = self.attempt(case, seen.judgement)
                if smaller is None:
                    refused.add(case.key)
                    continue
                best, progress = smaller, True
                break
        return best

    def now_and_then(self, seen: Seen) -> Seen | None:
        """Return what was let through and must be refused, where it shows once more in many tries."""
        if seen.by != "fuzz" or self._vain[seen.key] or not self.control():
            return None
        for tries in range(1, MOST_REPEATS + 1):
            if self.attempt(seen.case, seen.judgement) is not None:
                return replace(seen, often=f"2 of {tries + 2} answers")
        return None
