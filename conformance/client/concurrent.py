"""Many requests over a few connections: several times as fast as one request after the other.

The same connections, reading, decoding and words as the client's; nothing that a target answers raises.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from types import TracebackType
from typing import Self

from conformance.client.connections import Connections
from conformance.client.failures import Failure, Kind
from conformance.client.headers import ExtraHeaders
from conformance.client.http import Guard
from conformance.client.loop import Loop
from conformance.client.peers import Peer
from conformance.client.reading import Received
from conformance.client.wire import Reply, Stopwatch, Wire, outgoing
from conformance.errors import Refused
from conformance.model import SYSTEM_CLOCK, Clock, Request
from conformance.target import HttpSettings

BATCH = 96

Outcome = Reply | Refused


class NotSent(Refused):
    """The suite did not send a request, because those before it were not answered."""


class ConcurrentClient:
    """Sends requests over `connections` connections.

    Args:
        settings: `http` of the target file.
        guard: asked before every request; raises `Refused` where the run may not send it.
        connections: how many at once.
        short: how long an operation's response is waited for, in seconds, once a request was left without one.
        hangs: whether one is known to have been left so before.
        clock: the clock that stamps and idle connections go by.
    """

    def __init__(
        self,
        settings: HttpSettings,
        *,
        guard: Guard,
        connections: int,
        short: Callable[[str], float] | None = None,
        hangs: Callable[[], bool] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Start the loop.

        Raises:
            TargetFileError: `http.verify`, `http.client_cert` or `http.proxy` cannot be used.
        """
        self._timeout = settings.timeout
        self._short = short or (lambda _operation: settings.timeout)
        self._silence = False
        self._hangs = hangs or (lambda: False)
        self._guard = guard
        self._clock = clock
        self._extra = ExtraHeaders(settings, clock)
        self._most = max(connections, 1)
        self._connections = Connections(settings, most=self._most, clock=clock)
        self._unanswered = 0
        self._turn = asyncio.Lock()
        self._loop = Loop("concurrent client")

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections, and end the loop."""
        self._loop.result(self._connections.close())
        self._loop.end()

    @property
    def broken_off(self) -> int:
        """How many connections broke off when they were used again."""
        return self._connections.broken_off

    @property
    def peers(self) -> tuple[Peer, ...]:
        """Who took the TLS connections."""
        return self._connections.seen.all()

    def send_all(self, requests: Iterable[tuple[str, Wire]], *, batch_size: int = BATCH) -> Iterator[Outcome]:
        """Send requests (operation, request); yield what came of each, in their order.

        While one batch is looked at, the next is under way. When nothing is answered any more, the rest of a batch is
        not sent.
        """
        remaining = iter(requests)
        waiting = None
        while batch := list(islice(remaining, batch_size)):
            sent = asyncio.run_coroutine_threadsafe(self._batch(batch), self._loop)
            if waiting is not None:
                yield from waiting.result()
            waiting = sent
        if waiting is not None:
            yield from waiting.result()

    async def _batch(self, batch: Sequence[tuple[str, Wire]]) -> list[Outcome]:
        found: list[Outcome | None] = [None] * len(batch)
        numbers = iter(range(len(batch)))

        async def work() -> None:
            for number in numbers:
                found[number] = await self._one(*batch[number])

        # The batch before may still be under way on the same connections.
        async with self._turn:
            self._unanswered = 0
            await asyncio.gather(*(work() for _ in range(self._most)))
        return [outcome for outcome in found if outcome is not None]

    async def _one(self, operation: str, wire: Wire) -> Outcome:
        if self._unanswered >= 2 * self._most:
            return NotSent("the target has not answered for a while")
        try:
            wait = self._guard(operation, wire.method)
        except Refused as refusal:
            return refusal
        if wait:
            await asyncio.sleep(wait)
        sent = Request(wire.method, wire.url, self._extra.beside(wire.headers), wire.body)
        limit = self._short(operation) if self._silence or self._hangs() else self._timeout
        stopwatch = Stopwatch(self._clock, limit)
        came: Received | Exception
        try:
            came = await self._connections.deliver(outgoing(sent), limit)
        except (Failure, ValueError) as problem:
            came = problem
        reply = stopwatch.reply(sent, came)
        silent = reply.kind == Kind.TIMEOUT
        self._silence = self._silence or silent
        self._unanswered = 0 if reply.response is not None else self._unanswered + silent
        return reply
