"""The ledger of what was found on one operation: one cause is one finding, with its smallest case and its repeats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from conformance.fuzz.case import Case
from conformance.fuzz.difference import Part, parts, simpler
from conformance.model import Exchange, Judgement

# Of one requirement so many causes are told apart; what comes then counts as a repeat of the last.
MOST_CAUSES = 12
MOST_TRIES = 40
SERVER_ERROR, SILENCE = "WIR-2", "WIR-7"
# What a server does with one odd value tells nothing of what it does with another: these are told apart by trigger.
_BY_TRIGGER = ("WIR-2", "WIR-6", "WIR-7")


@dataclass(frozen=True)
class Seen:
    """One exchange and what one judgement says of it; `by` is the rule, or `fuzz`."""

    case: Case
    exchange: Exchange
    judgement: Judgement
    by: str


@dataclass
class Cause:
    """One defect.

    Attributes:
        seen: the smallest request that shows it.
        trigger: what is unusual about that request; empty where the request does not matter.
        repeats: how often else it was seen.
    """

    seen: Seen
    trigger: tuple[Part, ...] = ()
    repeats: int = 0

    @property
    def judgement(self) -> Judgement:
        """What is said of it; its words name the trigger where that tells it from others."""
        if self.seen.by == "fuzz" or not self.trigger:
            return self.seen.judgement
        words = ", ".join(map(str, self.trigger[:3])) + (", …" if len(self.trigger) > 3 else "")
        return replace(self.seen.judgement, cause=f"{self.seen.judgement.cause}: {words}")


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

    def take(self, seen: Seen, base: Case) -> None:
        """Take a broken requirement in: as a repeat of a known cause, or minimised as a new one."""
        if seen.by != "fuzz" and not seen.judgement.requirement.startswith(_BY_TRIGGER):
            self._take_by_words(seen)
            return
        differing = frozenset(parts(seen.case, base))
        same = [one for one in self.found if _same(one.seen, seen) and one.trigger]
        known = next((one for one in same if frozenset(one.trigger) <= differing), None)
        if known is None and len(same) >= MOST_CAUSES:
            known = same[-1]
        if known is not None:
            known.repeats += 1
            return
        smallest = self.minimised(seen, base)
        if smallest is None:
            return
        trigger = parts(smallest.case, base)
        again = next((one for one in self.found if _same(one.seen, smallest) and one.trigger == trigger), None)
        if again is not None:
            again.repeats += 1
            return
        self.found.append(Cause(smallest, trigger))

    def _take_by_words(self, seen: Seen) -> None:
        for one in self.found:
            told, now = one.seen.judgement, seen.judgement
            if not one.trigger and (told.requirement, told.cause) == (now.requirement, now.cause):
                one.repeats += 1
                if len(seen.case.key) < len(one.seen.case.key):
                    one.seen = seen
                return
        self.found.append(Cause(seen))

    def knows(self, requirement: str, case: Case, base: Case) -> Cause | None:
        """Return a cause that explains what a case shows before anybody looks closer; for what is slow to look at."""
        differing = frozenset(parts(case, base))
        for one in self.found:
            if one.seen.judgement.requirement == requirement and one.trigger and frozenset(one.trigger) <= differing:
                return one
        return None

    def last(self, requirement: str) -> Cause | None:
        """Return the last cause of a requirement."""
        return next((one for one in reversed(self.found) if one.seen.judgement.requirement == requirement), None)

    def minimised(self, seen: Seen, base: Case) -> Seen | None:
        """Return the smallest request that shows the same; None where it does not show again."""
        if seen.judgement.requirement.startswith(SILENCE):
            # It was sent twice already, and each try costs the whole time limit.
            return seen
        best = self.attempt(seen.case, seen.judgement)
        if best is None and seen.judgement.requirement.startswith(SERVER_ERROR):
            # A second look was taken before it was called one; that what creates something is not sent again is right.
            best = seen
        if best is None:
            return None
        if seen.by == "fuzz" and not self.control():
            return None
        tries = 0
        refused: set[str] = set()
        progress = True
        while progress and tries < MOST_TRIES:
            progress = False
            for case in simpler(best.case, base):
                if case.key in refused or case.key == best.case.key or tries >= MOST_TRIES:
                    continue
                tries += 1
                smaller = self.attempt(case, seen.judgement)
                if smaller is None:
                    refused.add(case.key)
                    continue
                best, progress = smaller, True
                break
        return best


def _same(one: Seen, other: Seen) -> bool:
    return one.judgement.requirement == other.judgement.requirement and one.exchange.status == other.exchange.status
