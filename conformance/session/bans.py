"""Signons that a platform refuses to whoever asks, since wrong ones came from this machine or over its connection.

No document says what becomes of a client, a user or a box after many wrong signons. Where a right one is refused that
should be served, those of other callers are sent again: a lock-out concerns one user or box, a ban all of them. What
locks all of them for some seconds is no ban. What refuses them without wrong signons before is the platform's defect.
While a ban lasts, no signon of the operation says anything.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from conformance.client import Reply, Wire
from conformance.errors import CouldNotTest
from conformance.model import Request
from conformance.opentv.tokens import SIGNONS
from conformance.session.attempt import Sending, has_status
from conformance.session.delivery import Delivery
from conformance.session.form import alike, form_of
from conformance.session.tokens import OK
from conformance.stream import events

# Fewer wrong signons are no reason to ban anybody.
LEAST_WRONG = 3
MOST_OTHERS = 3
# So many seconds after a ban was seen last, a right signon is sent to see whether it is over.
AGAIN_S = 15.0
# So many seconds after a wrong signon, a guard against guessing may refuse a right one.
GUARDED_S = 15.0
# A guard against guessed passwords lasts seconds, where it is set to be tested with.
GUARD_WAITS_S = (1.0, 2.0, 4.0, 5.0)
_CASN = re.compile(rb'"casn":\s*"[^"]*"')


class Signons:
    """The signons of a run that were served, wrong ones that were refused, and the bans that followed.

    May be shared by threads.
    """

    def __init__(self, bans: Mapping[str, str]) -> None:
        """Begin with the bans that are known: operation -> why."""
        self._lock = threading.Lock()
        self._served: defaultdict[str, dict[str, Wire]] = defaultdict(dict)
        # Some boxes sign on with another challenge each time: only what was served twice can be sent again.
        self._twice: set[bytes] = set()
        self._wrong: Counter[str] = Counter()
        self._last_wrong_ms: dict[str, float] = {}
        self._banned: dict[str, tuple[str, float]] = {operation: (why, 0.0) for operation, why in bans.items()}

    def note(self, operation: str, delivery: Delivery, *, valid: bool) -> None:
        """Take note of a right signon that was served, or of one that was refused as it should be."""
        if operation not in SIGNONS or delivery.foreign:
            return
        with self._lock:
            if valid and delivery.status == OK:
                served, who = self._served[operation], who_signs_on(delivery.wire)
                if who in served and served[who].body == delivery.wire.body:
                    self._twice.add(delivery.wire.body)
                served[who] = delivery.wire
            elif not valid:
                self._wrong[operation] += 400 <= delivery.status < 500
                self._last_wrong_ms[operation] = delivery.reply.received_at

    def may_be_guarded(self, operation: str, refused: Reply) -> bool:
        """Tell whether enough wrong signons came just before a right one that was refused."""
        with self._lock:
            wrong, last = self._wrong[operation], self._last_wrong_ms.get(operation, 0.0)
        return wrong >= LEAST_WRONG and refused.sent_at - last < GUARDED_S * 1000

    def was_served(self, operation: str, wire: Wire) -> bool:
        """Tell whether a right signon of the same caller was served before."""
        with self._lock:
            return who_signs_on(wire) in self._served[operation]

    def with_smartcards(self) -> list[tuple[str, Wire]]:
        """Return the last signons that were served and name the smartcard of a box or gateway, with their operation."""
        with self._lock:
            served = [(name, wire) for name, wires in self._served.items() for wire in wires.values()]
        return [(name, wire) for name, wire in served if "smartcardId=" in wire.url][-MOST_OTHERS:]

    def require_no_ban(self, sending: Sending, operation: str) -> None:
        """Require that no ban is known, or that it is over.

        Raises:
            CouldNotTest: it is not.
        """
        with self._lock:
            why, seen = self._banned.get(operation, ("", 0.0))
            known = list(self._served[operation].values())[:1]
        if not why:
            return
        now = sending.patience.clock.monotonic()
        if now - seen >= AGAIN_S and any(has_status(sending.send(wire, operation), OK) for wire in known):
            with self._lock:
                self._banned.pop(operation, None)
            return
        if now - seen >= AGAIN_S:
            with self._lock:
                self._banned[operation] = (why, now)
        raise CouldNotTest(why)

    def find_ban(
        self, sending: Sending, operation: str, refused: Reply, *, waits: Sequence[float] = GUARD_WAITS_S
    ) -> tuple[str, bool]:
        """Say why a right signon is refused, where all are since enough wrong ones were sent; else nothing.

        Returns:
            Why, and whether it lasts longer than `waits`, in seconds, after which the signons are sent again.
        """
        form = form_of(refused)
        if operation not in SIGNONS or not (400 <= form.status < 500 or form.kind == "reset"):
            return "", False
        with self._lock:
            wrong, who = self._wrong[operation], who_signs_on(refused.request)
            served = [(name, wire) for name, wire in self._served[operation].items() if name != who]
        others = [wire for _, wire in served if not wire.body or wire.body in self._twice][-MOST_OTHERS:]
        if wrong < LEAST_WRONG or not others:
            return "", False
        if not all(alike(form_of(sending.send(wire, operation)), form) for wire in others):
            return "", False
        why = (
            f"{operation} refuses every right signon, of {len(others) + 1} callers ({form.described}), since {wrong} "
            "wrong ones were refused: is this machine banned? Exempt its address from the guard against guessing"
        )
        sending.stream.write(events.Control(operation=operation, verdict="blocked", note=why))
        for pause in waits:
            if not sending.patience.wait(pause):
                break
            if any(has_status(sending.send(wire, operation), OK) for wire in others):
                sending.patience.waited(helped=True)
                return why, False
        sending.patience.waited(helped=False)
        with self._lock:
            self._banned[operation] = (why, sending.patience.clock.monotonic())
        return why, True


def who_signs_on(wire: Wire | Request) -> str:
    """Return by what a request signs on: its query, or the device of its body, whose challenge may be another one."""
    found = _CASN.search(wire.body)
    return found.group().decode("latin-1") if found else wire.url
