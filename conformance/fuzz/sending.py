"""How cases are sent: over many connections, or through the client where the target file sets a proxy or a rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Protocol

from conformance.client import Reply, Wire
from conformance.client.pipeline import BATCH, Outcome, Pipeline
from conformance.errors import Refused
from conformance.session import Session


class Sending(Protocol):
    """Sends requests, and yields what came of them in their order."""

    def send_all(self, requests: Iterable[tuple[str, Wire]], *, batch_size: int = BATCH) -> Iterator[Outcome]:
        """Send requests (operation, request)."""


class Threads:
    """Sends through the session's client."""

    def __init__(self, session: Session, pool: ThreadPoolExecutor) -> None:
        self._session = session
        self._pool = pool

    def send_all(self, requests: Iterable[tuple[str, Wire]], *, batch_size: int = BATCH) -> Iterator[Outcome]:
        """Send requests (operation, request); yield what came of each, in their order."""
        remaining = iter(requests)
        while batch := list(islice(remaining, batch_size)):
            yield from self._pool.map(self._one, batch)

    def _one(self, request: tuple[str, Wire]) -> Outcome:
        operation, wire = request
        try:
            reply: Reply = self._session.client.send(wire, operation)
        except Refused as refusal:
            return refusal
        return reply


@contextmanager
def sending(session: Session, connections: int) -> Iterator[Sending]:
    """Open the way for a session's cases."""
    http = session.target.http
    if http.proxy or http.rate:
        with ThreadPoolExecutor(connections) as pool:
            yield Threads(session, pool)
        return
    with Pipeline(http, guard=session.budget.take, connections=connections) as pipeline:
        yield pipeline
