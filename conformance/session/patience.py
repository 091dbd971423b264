"""How long a run waits, and what it has found out already: each cause is looked into once, and waiting is bounded.

A platform that is silent, throttles or falls over costs a time limit or a back-off each time that somebody looks. What
was proved of a cause (an operation, how it failed, the form of the response, whether the request was meant to succeed)
is remembered, and what is left of a run's patience decides how long the next one is waited for.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.model import Clock

# Waits that brought nothing, in all: one restart, or one Retry-After of half a minute.
MOST_WAITED_IN_VAIN_S = 45.0
# Waits of any kind, in all: a target that throttles for longer wants a lower rate.
MOST_WAITED_S = 600.0
# Time limits that are spent on looking closer at requests without an answer, in all.
MOST_SILENCE_LIMITS = 1.5
# On a machine with this much to do, a platform on it is slow, and so is the suite: what got no response is waited for
# so many times as long, for this long in all.
BUSY = 3.0
MOST_BUSY = 10.0
MOST_BUSY_S = 60.0
# A time limit of the file below the first is none that a platform must keep: it has so many seconds then before its
# silence is held against it. What still gets no response is waited for so long a few times in a run.
SHORT_LIMIT_S, LEAST_LAST_LOOK_S = 1.0, 3.0
MOST_LAST_LOOKS_IN_VAIN = 3
# What has no time now is asked again after so many seconds, and after longer ones then; after less, down to the least,
# where less was enough before: a limit of requests has room again much sooner than a restart is over.
FIRST_WAIT_S, LEAST_WAIT_S = 0.5, 0.25
# What answers in milliseconds otherwise is not waited for at full length once it was seen to be silent.
SHORTEST_LIMIT_S = 0.5
TIMES_SLOWEST = 5
# Of the time limit, so much is waited for a target that has answered nothing yet.
UNKNOWN_PART = 0.2
# What answers anything is waited for so long, where the same request got no response elsewhere; in seconds.
BRIEF_S = 2.0
# So many requests by which nothing is judged are waited for at full length in vain.
MOST_UNHEARD = 2
# After so many requests of one kind without an answer, one after the other, only one in 4 is sent, then one in 8, …
MOST_SILENT = 4
# Where a second request at once was in vain so much more often than not, back-off comes first.
MOST_AT_ONCE_IN_VAIN = 3
# After so many failures in a row that were taken for known, a control request is due again.
MOST_ASSUMED = 8


@dataclass(frozen=True)
class Cause:
    """What one look settles.

    Attributes:
        operation: the operationId; empty where all operations fail alike.
        valid: the request was meant to succeed.
        failure: the status, or the kind of failure (timeout, reset, malformed, connect).
        form: the skeleton of the response (see `conformance.session.form`).
    """

    operation: str
    valid: bool
    failure: str
    form: str = ""


def machine_load() -> float:
    """Return how many processes of this machine want each of its cores: up to 1 where none waits, 0 if nothing says."""
    return os.getloadavg()[0] / (os.cpu_count() or 1) if hasattr(os, "getloadavg") else 0.0


def shorter_pauses(enough: float) -> Iterator[float]:
    """Yield the pauses that come before the usual first one, in seconds, where less was enough before."""
    while enough < FIRST_WAIT_S:
        yield enough
        enough *= 2


def next_pause(waited: float, *, helped: bool) -> float:
    """Return the pause to begin with, in seconds, after one that helped, or did not: half of it may be enough."""
    return min(max(waited / 2, LEAST_WAIT_S), FIRST_WAIT_S) if helped else FIRST_WAIT_S


class Patience:
    """What a session remembers of failures and waits; may be shared by threads.

    Args:
        timeout: `http.timeout`, in seconds.
        clock: what it waits by.
    """

    def __init__(self, timeout: float, clock: Clock) -> None:
        self.timeout = timeout
        self.clock = clock
        self._lock = threading.Lock()
        self._proved: set[Cause] = set()
        self._slowest: dict[str, float] = {}
        self._silent: Counter[tuple[str, bool]] = Counter()
        self._skipped: Counter[tuple[str, bool]] = Counter()
        self._looked_s = 0.0
        self._busy_s = 0.0
        self._last_looks_in_vain = 0
        self._in_vain_s = 0.0
        self._waited_s = 0.0
        self._pending_s = 0.0
        self._last_s = 0.0
        self._enough_s = FIRST_WAIT_S
        self._assumed = 0
        self._swallows = False
        self._at_once = 0
        self._unheard = 0
        # Set once the target was waited for in vain: whoever meets it then, in any thread, waits no more.
        self.down = False

    def proved(self, cause: Cause) -> bool:
        """Tell whether a cause is known to be the target's own; False where a control request is due again."""
        with self._lock:
            if cause not in self._proved or self._assumed >= MOST_ASSUMED:
                return False
            self._assumed += 1
            return True

    def remembers(self, cause: Cause) -> bool:
        """Tell whether a cause was ever proved."""
        with self._lock:
            return cause in self._proved

    def prove(self, cause: Cause) -> None:
        """Remember that a cause is the target's own."""
        with self._lock:
            self._proved.add(cause)
            self._assumed = 0

    @property
    def hangs(self) -> bool:
        """Whether the target, or something in front of it, was seen to leave requests without an answer."""
        with self._lock:
            if self._swallows or self._unheard >= MOST_UNHEARD:
                return True
            return any(cause.failure == "timeout" for cause in self._proved)

    def swallows(self) -> None:
        """Take note that the target, or something in front of it, leaves some requests without an answer."""
        with self._lock:
            self._swallows = True

    def usual(self, operation: str) -> float:
        """Return how long an answer of an operation may take, by those that came: in seconds."""
        with self._lock:
            unknown = UNKNOWN_PART * self.timeout / TIMES_SLOWEST
            slowest = self._slowest.get(operation, max(self._slowest.values(), default=unknown))
        return min(self.timeout, round(max(SHORTEST_LIMIT_S, TIMES_SLOWEST * slowest), 1))

    @property
    def whole_limit(self) -> float:
        """The seconds within which a platform has to respond, whatever the file says."""
        return self.timeout if self.timeout >= SHORT_LIMIT_S else LEAST_LAST_LOOK_S

    def limit(self, operation: str, *, valid: bool = False) -> float:
        """Return how long a request is waited for: the whole time limit until the target was seen to be silent.

        How long an operation takes that was never answered is not known: its first valid requests are waited for.
        """
        with self._lock:
            unknown = valid and operation not in self._slowest and self._silent[operation, valid] < MOST_UNHEARD
        return self.timeout if unknown or not self.hangs else self.usual(operation)

    def brief(self, operation: str) -> float:
        """Return how long a request is waited for whose like got no response: in seconds."""
        whole = self.limit(operation)
        with self._lock:
            known = bool(self._slowest)
        return whole if not known or self.busy else min(whole, max(BRIEF_S, self.usual(operation)))

    def heard(self, seconds: float, *, answered: bool) -> None:
        """Take note of whether a request by which nothing is judged was answered, and after how long."""
        with self._lock:
            if answered:
                self._slowest[""] = max(self._slowest.get("", 0.0), seconds)
            elif seconds > 0.9 * min(self.timeout, BRIEF_S):
                self._unheard += 1

    def answered(self, operation: str, seconds: float, *, valid: bool, good: bool) -> None:
        """Take note of a response: how long it took, and whether it is better than a server error."""
        with self._lock:
            self._slowest[operation] = max(self._slowest.get(operation, 0.0), seconds)
            self._silent[operation, valid] = 0
            if good:
                self._assumed = 0

    def silent(self, operation: str, *, valid: bool) -> None:
        """Take note of a request without an answer."""
        with self._lock:
            self._silent[operation, valid] += 1

    def looked_closer(self, seconds: float) -> None:
        """Take note of how long a request was waited for that had got no answer before."""
        with self._lock:
            self._looked_s += seconds

    def may_look_closer(self) -> bool:
        """Tell whether there is time to wait for another answer at full length."""
        with self._lock:
            return self._may_look()

    def _may_look(self) -> bool:
        return self._looked_s + self.timeout <= MOST_SILENCE_LIMITS * self.timeout

    @property
    def busy(self) -> bool:
        """Whether this machine has more to do than its cores can: a time limit that passes says little then."""
        return machine_load() >= BUSY

    def last_look(self) -> float | None:
        """Return for how many seconds a request without a response is waited for once more; None if no time is left.

        `looked_last` tells what came of it.
        """
        load = machine_load()
        slow = 1.0 if load < BUSY else min(MOST_BUSY, load)
        with self._lock:
            whole = self.whole_limit
            longer = min(whole * slow, max(whole, MOST_BUSY_S - self._busy_s))
            may_be_late = self.timeout < SHORT_LIMIT_S and self._last_looks_in_vain < MOST_LAST_LOOKS_IN_VAIN
            if self._may_look():
                self._looked_s += self.timeout
            elif not may_be_late and (load < BUSY or self._busy_s >= MOST_BUSY_S):
                return None
            self._busy_s += longer
            return longer

    def looked_last(self, *, helped: bool) -> None:
        """Take note of whether a last look brought a response; several may be under way."""
        with self._lock:
            self._last_looks_in_vain = 0 if helped else self._last_looks_in_vain + 1

    def given_up(self, operation: str, *, valid: bool) -> bool:
        """Tell whether requests of a kind were left without an answer so often that this one is not sent."""
        kind = (operation, valid)
        with self._lock:
            if self._silent[kind] < MOST_SILENT:
                return False
            self._skipped[kind] += 1
            if self._skipped[kind] < 2 ** (self._silent[kind] - MOST_SILENT + 2):
                return True
            self._skipped[kind] = 0
            return False

    def may_ask_at_once(self) -> bool:
        """Tell whether what is out of service for one request is asked again at once, without back-off."""
        with self._lock:
            return self._at_once > -MOST_AT_ONCE_IN_VAIN

    def asked_at_once(self, *, helped: bool) -> None:
        """Take note of whether a second request at once was answered."""
        with self._lock:
            self._at_once = min(self._at_once + (1 if helped else -1), MOST_AT_ONCE_IN_VAIN)

    def pauses(self, tries: int) -> tuple[float, ...]:
        """Return how long to wait before each of so many tries, in seconds; some more where less was enough before."""
        with self._lock:
            return (*shorter_pauses(self._enough_s), *(FIRST_WAIT_S * 2**attempt for attempt in range(tries)))

    def wait(self, seconds: float) -> bool:
        """Wait, as far as the run's patience goes; tell whether it did."""
        with self._lock:
            left = min(MOST_WAITED_IN_VAIN_S - self._in_vain_s - self._pending_s, MOST_WAITED_S - self._waited_s)
            seconds = min(seconds, left)
            if left <= 0:
                return False
            self._pending_s += seconds
            self._waited_s += seconds
            self._last_s = seconds
        self.clock.sleep(seconds)
        return True

    def waited(self, *, helped: bool) -> None:
        """Take note of whether the last waits brought an answer; those that did are forgiven."""
        with self._lock:
            if self._pending_s:
                self._enough_s = next_pause(self._last_s, helped=helped)
            self._in_vain_s += 0.0 if helped else self._pending_s
            self._pending_s = 0.0

    @property
    def spent(self) -> bool:
        """Whether nothing is waited for any more."""
        with self._lock:
            left = min(MOST_WAITED_IN_VAIN_S - self._in_vain_s - self._pending_s, MOST_WAITED_S - self._waited_s)
        return left <= 0
