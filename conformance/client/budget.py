"""What may still be sent: the request limit, the rate, writes, and wrong passwords."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Mapping

from conformance.errors import BudgetSpent, PasswordBudgetSpent, WriteRefused
from conformance.target import Safety

# The documents' operations that create or change something for good (accounts; a device in PRM).
_WRITES = frozenset({"createAccount", "createAccountOnSsp", "initialiseDeviceByGet", "initialiseDeviceByPost"})


def is_write(operation: str) -> bool:
    """Tell whether an operation creates or changes something that stays."""
    return operation in _WRITES


class Budget:
    """Counts and limits; may be shared by threads. `rate` is in requests a second."""

    def __init__(
        self, safety: Safety, *, rate: float | None = None, sent: int = 0, wrong: Mapping[str, int] | None = None
    ) -> None:
        """Open a budget; `sent` requests and `wrong` passwords (by user's digest) are spent already."""
        self._safety = safety
        self._lock = threading.Lock()
        self._gap = 1 / rate if rate else 0.0
        self._next = 0.0
        self._wrong: Counter[str] = Counter(wrong or {})
        self.sent = sent
        self.writes_sent = 0
        self.writes_refused = 0

    @property
    def writes_allowed(self) -> bool:
        """Whether requests that create or change something may be sent."""
        return self._safety.writes

    def take(self, operation: str) -> None:
        """Take one request out of the budget; waits where a rate is set.

        Raises:
            WriteRefused: the operation writes, and writes are not allowed.
            BudgetSpent: the request limit is reached.
        """
        with self._lock:
            if is_write(operation) and not self._safety.writes:
                self.writes_refused += 1
                raise WriteRefused(f"{operation} creates or changes something, and writes are not allowed")
            if self.sent >= self._safety.max_requests:
                raise BudgetSpent(
                    f"the limit of {self._safety.max_requests} requests is reached",
                    advice="Raise safety.max_requests or --max-requests.",
                )
            self.sent += 1
            self.writes_sent += is_write(operation)
            wait = self._reserve()
        if wait > 0:
            time.sleep(wait)

    def _reserve(self) -> float:
        if not self._gap:
            return 0.0
        now = time.monotonic()
        start = max(now, self._next)
        self._next = start + self._gap
        return start - now

    def spend_wrong_password(self, user: str) -> None:
        """Take one wrong password for a real user out of the budget.

        Raises:
            PasswordBudgetSpent: the limit for this user is reached.
        """
        key = _digest(user)
        with self._lock:
            if self._wrong[key] >= self._safety.wrong_passwords_per_user:
                raise PasswordBudgetSpent(
                    f"{self._safety.wrong_passwords_per_user} wrong passwords were sent for one user in this run",
                    advice="Raise safety.wrong_passwords_per_user if the platform does not lock accounts so soon.",
                )
            self._wrong[key] += 1

    def wrong_passwords_left(self, user: str) -> int:
        """Return how many more wrong passwords may be sent for a user."""
        return self._safety.wrong_passwords_per_user - self._wrong[_digest(user)]

    def wrong_passwords(self) -> dict[str, int]:
        """Return how many wrong passwords were spent, by digest of the user name."""
        return dict(self._wrong)


def _digest(user: str) -> str:
    return hashlib.sha256(user.encode("utf-8", "replace")).hexdigest()[:16]
