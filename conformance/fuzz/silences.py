"""Cases that got no response: the first is looked into at once, one of each further operation at the end of the run.

Looking closer costs the whole time limit. At the end all are looked at together, which costs it once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.client import ConcurrentClient, Reply
from conformance.errors import Refused
from conformance.fuzz.difference import parts
from conformance.fuzz.prepared import PreparedCase
from conformance.session import Session

Settle = Callable[[PreparedCase, Reply], None]


class Silences:
    """What got no response in a run of generated cases."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kinds: set[str] = set()
        self._open: dict[str, tuple[PreparedCase, Settle]] = {}

    def saw(self, prepared: PreparedCase) -> None:
        """Take note of a case without a response: what is unusual about it, where that is one thing."""
        differing = parts(prepared.case, prepared.base)
        if len(differing) == 1:
            self._kinds.add(differing[0].kind)

    def like(self, prepared: PreparedCase) -> bool:
        """Tell whether a case has a kind of value for which another got no response."""
        return any(part.kind in self._kinds for part in parts(prepared.case, prepared.base))

    def look_later(self, operation: str, prepared: PreparedCase, settle: Settle) -> None:
        """Look at a case at the end of the run, if it is the first of its operation."""
        self._open.setdefault(operation, (prepared, settle))

    def settle(self) -> None:
        """Send what is open once more, all at the same time and with the whole time limit, and have it judged."""
        session, looked_at = self._session, list(self._open.values())
        if not looked_at:
            return
        requests = [(operation, prepared.wire) for operation, (prepared, _) in self._open.items()]
        http = replace(session.target.http, timeout=session.patience.whole_limit)
        limit = session.profile.connections
        most = len(requests) if limit is None else max(1, min(len(requests), limit - 1))
        with ConcurrentClient(http, guard=session.budget.take, connections=most) as client:
            found = list(client.send_all(requests))
        for (prepared, settle), outcome in zip(looked_at, found, strict=True):
            if not isinstance(outcome, Refused):
                settle(prepared, outcome)
        self._open.clear()
