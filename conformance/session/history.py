"""What a process of a run has seen succeed: signons by their details, and the accounts' IDs."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from conformance.target import Value


class History:
    """Remembers successes; may be shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._signons: set[frozenset[tuple[str, Value]]] = set()
        self._accounts: dict[str, tuple[str, str]] = {}

    def signed_on(self, details: Mapping[str, Value]) -> None:
        """Take note of a signon that succeeded with these details."""
        with self._lock:
            self._signons.add(frozenset(details.items()))

    def has_signed_on(self, details: Mapping[str, Value]) -> bool:
        """Tell whether a signon with these very details has succeeded."""
        with self._lock:
            return frozenset(details.items()) in self._signons

    def account_of(self, account_id: str, signon_id: str, exchange: str) -> tuple[str, str]:
        """Return the signonId that an account's ID was given to first, and the exchange; those given, if it is new."""
        with self._lock:
            return self._accounts.setdefault(account_id, (signon_id, exchange))
