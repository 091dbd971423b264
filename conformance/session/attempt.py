"""One request, sent as often as it takes: what each try shows is noted, and a target that throttles is obeyed."""

from __future__ import annotations

import math
import threading
from collections import Counter
from dataclasses import dataclass, field

from conformance.client import Client, Reply, Wire, creation_of
from conformance.model import http_date
from conformance.session.delivery import Delivery
from conformance.session.form import Form, breaks_off, skeleton_of
from conformance.session.front import Front
from conformance.session.patience import Cause, Patience
from conformance.session.recorder import Recorder
from conformance.session.tokens import TokenCache
from conformance.stream import StreamWriter, events

MAX_RETRY_AFTER_S = 30.0
THROTTLED_TRIES = 4
# After so many requests of an operation that were throttled to the end, none is waited for any more.
MOST_THROTTLED = 3
# How a response failed that is complete, and its JSON is not.
BREAKS_OFF = "JSON that breaks off"


@dataclass(frozen=True)
class Sending:
    """What a request is sent with.

    Attributes:
        client: the door to the network.
        front: what is in front of the platform.
        patience: what was found out of failures, and how long the run still waits.
        stream: where everything is written.
        recorder: gives exchanges their numbers, and has the rules judge them.
        tokens: the tokens that the run has.
        known_good: a request of each operation that worked.
        throttled: how often each operation was throttled to the end.
        refusals: what each signon was refused, and whether by a limit of its path (see `limits.py`).
        turn: held by whoever waits for such a limit.
    """

    client: Client
    front: Front
    patience: Patience
    stream: StreamWriter
    recorder: Recorder
    tokens: TokenCache
    known_good: dict[str, Wire] = field(default_factory=dict)
    throttled: Counter[str] = field(default_factory=Counter)
    refusals: dict[str, list[tuple[Form, bool]]] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def send(self, wire: Wire, operation: str, *, limit: float | None = None) -> Reply:
        """Send a request once: `limit` in seconds, in place of `http.timeout`.

        Raises:
            Refused: the suite refuses (writes, limits).
        """
        reply = self.client.send(wire, operation, limit=limit)
        self.tokens.note(operation, reply)
        return reply


@dataclass(frozen=True)
class Attempt:
    """A request that is sent, perhaps several times; `valid`: it is meant to succeed."""

    sending: Sending
    operation: str
    wire: Wire
    valid: bool
    expect_5xx: bool

    def send(self, limit: float | None = None) -> Reply:
        """Send it once, and take note of how long its response took."""
        patience = self.sending.patience
        limit = patience.limit(self.operation, valid=self.valid) if limit is None else limit
        reply = self.sending.send(self.wire, self.operation, limit=limit)
        note_reply(self.sending, self.operation, reply, valid=self.valid)
        return reply

    def patiently(self, first: Reply | None = None) -> Reply:
        """Send it, unless it was a first time; a 429 and its Retry-After are obeyed."""
        tries = THROTTLED_TRIES if self.sending.throttled[self.operation] < MOST_THROTTLED else 1
        reply = self.send() if first is None else first
        for pause in self.sending.patience.pauses(tries - 1) if tries > 1 else ():
            if not has_status(reply, 429):
                break
            wait = retry_after(self.sending, reply) if names_time(reply) else pause
            self.note("throttled", f"waits {wait:g} s")
            if not self.sending.patience.wait(wait):
                break
            reply = self.send()
        self.sending.patience.waited(helped=not has_status(reply, 429))
        return reply

    def cause(self, reply: Reply) -> Cause:
        """Return what one look at a failure settles."""
        failure = in_short(reply) if reply.response else reply.kind
        return Cause(self.operation, self.valid, failure, skeleton_of(reply.response))

    def settled(self, reply: Reply) -> bool:
        """Tell whether a reply needs no second look."""
        if reply.response is None:
            return reply.kind == "url"
        return (reply.response.status < 500 or self.expect_5xx) and not breaks_off(reply.response)

    def real(self, reply: Reply, why: str) -> Delivery:
        """Hold a reply against the target."""
        self.note("real", f"{in_short(reply)}; {why}")
        return Delivery(self.wire, reply, lost=reply.response is None)

    def broke_off(self, first: Reply) -> Delivery:
        """Judge a response that breaks off where others are whole: what was carried out is not sent again."""
        patience = self.sending.patience
        before = patience.remembers(self.cause(first))
        patience.prove(self.cause(first))
        if before and self.operation not in self.sending.known_good:
            return self.real(first, "none was whole until now")
        self.note("flaky", in_short(first))
        return Delivery(self.wire, first, foreign=f"{in_short(first)}: the rest was lost")

    def perhaps_carried_out(self, first: Reply, again: Reply) -> str:
        """Say why the refusal of a second request tells nothing: the first, without a response, may have created it."""
        refused = again.response is not None and 400 <= again.response.status < 500
        if first.response is not None or not refused or not creation_of(self.operation):
            return ""
        return f"{in_short(again)} to a request that was sent before ({in_short(first)}), and may have been carried out"

    def passed(self, first: Reply, again: Reply) -> None:
        """Take note of a failure that passed: the run repeats it at its end, unless the target asked for time."""
        told = f"first {in_short(first)}, then {in_short(again)}"
        seen = self.sending.recorder.exchange_of(
            self.operation, Delivery(self.wire, first), made_by="attribution", valid=self.valid
        )
        waited = (first.received_at - first.sent_at) / 1000
        patience = self.sending.patience
        cut_short = first.kind == "timeout" and (waited < 0.9 * patience.whole_limit or patience.busy)
        allowed = first.response is not None and all(one.holds for _, one in self.sending.recorder.judged(seen))
        if names_time(first) or cut_short or allowed or self.sending.front.limits(first):
            self.note("flaky", told)
            return
        self.sending.stream.exchange(seen, [], [])
        self.note("flaky", told, exchange=seen.id, failure=in_short(first))

    def note(self, verdict: str, text: str, *, exchange: str = "", failure: str = "") -> None:
        """Write what was found out."""
        self.sending.stream.write(
            events.Control(operation=self.operation, verdict=verdict, note=text, exchange=exchange, failure=failure)
        )


def note_reply(sending: Sending, operation: str, reply: Reply, *, valid: bool) -> None:
    """Take note of how long a reply took: it says how long the next one is waited for."""
    seconds = (reply.received_at - reply.sent_at) / 1000
    if reply.response is not None:
        sending.patience.answered(operation, seconds, valid=valid, good=is_good(reply))
    elif reply.kind == "timeout":
        sending.patience.silent(operation, valid=valid)


def has_status(reply: Reply, *statuses: int) -> bool:
    """Tell whether a reply has one of some statuses."""
    return reply.response is not None and reply.response.status in statuses


def is_good(reply: Reply) -> bool:
    """Tell whether a response came that is not a server error."""
    return reply.response is not None and reply.response.status < 500


def in_short(reply: Reply) -> str:
    """Return the status of a reply, or how it failed."""
    if breaks_off(reply.response):
        return BREAKS_OFF
    return str(reply.response.status) if reply.response else reply.failure


def names_time(reply: Reply) -> bool:
    """Tell whether a response says when to come again."""
    return reply.response is not None and bool(reply.response.header("retry-after"))


def retry_after(sending: Sending, reply: Reply) -> float:
    """Return how long a response asks to wait, in seconds, within limits."""
    value = (reply.response.header("retry-after") if reply.response else None) or "1"
    try:
        seconds = float(value)
    except ValueError:
        at = http_date(value)
        seconds = 1.0 if at is None else at - sending.patience.clock.wall()
    return 1.0 if math.isnan(seconds) else min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
