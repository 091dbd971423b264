"""What may still be sent: the request limit, the rate, writes, and wrong passwords."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from conformance.client.ledger import Ledger, Spent
from conformance.errors import BudgetSpent, PasswordBudgetSpent, WriteRefused
from conformance.model import SYSTEM_CLOCK, Clock
from conformance.model.division import ACCOUNTS, DEVICES
from conformance.target import Safety

# The documents' operations that create or change something for good (accounts; a device in PRM).
_ACCOUNTS = frozenset({"createAccount", "createAccountOnSsp"})
_DEVICES = frozenset({"initialiseDeviceByGet", "initialiseDeviceByPost"})
# Methods by which the documents' other operations change nothing that stays: signons and a token's in-home flag.
_HARMLESS = frozenset({("dasSignOnByCasn", "POST"), ("keycloakToken", "POST"), ("updateInHomeStatus", "PUT")})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_write(operation: str, method: str = "") -> bool:
    """Tell whether a request creates or changes something that stays.

    Args:
        operation: the operationId; empty for a request to anything else.
        method: the method, where it is another than the operation's own.
    """
    if operation in _DEVICES:
        return method not in ("HEAD", "OPTIONS")
    if operation in _ACCOUNTS:
        return method not in _SAFE_METHODS
    return bool(method) and method not in _SAFE_METHODS and (operation, method) not in _HARMLESS


def creation_of(operation: str) -> str:
    """Return what an operation creates, as a bundle of a divided run (model/division); empty for nothing."""
    return ACCOUNTS if operation in _ACCOUNTS else DEVICES if operation in _DEVICES else ""


class Budget:
    """Counts and limits; may be shared by threads, and through its ledger by the processes of a run.

    Args:
        safety: `safety` of the target file.
        rate: requests a second, None without a limit.
        ledger: what was spent already, and where it is kept.
        on_refusal: told of every write that is refused: its operation and the reason.
        clock: the clock by which the rate is kept.
    """

    def __init__(
        self,
        safety: Safety,
        *,
        rate: float | None = None,
        ledger: Ledger | None = None,
        on_refusal: Callable[[str, str], None] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._safety = safety
        self._clock = clock
        self._gap = 1 / rate if rate else 0.0
        self._ledger = ledger or Ledger()
        self._on_refusal = on_refusal
        self._limit = f"the limit of {safety.max_requests} requests is reached"
        self._before = self._ledger.read()
        self._wrong_passwords, self._why = safety.wrong_passwords_per_user, ""

    @property
    def writes_allowed(self) -> bool:
        """Whether requests that create or change something may be sent."""
        return self._safety.writes

    @property
    def spent(self) -> str:
        """Why nothing more may be sent; empty while something may."""
        return self._limit if self._ledger.read().sent >= self._safety.max_requests else ""

    def take(self, operation: str, method: str = "") -> float:
        """Take one request out of the budget; return how many seconds it must wait, where a rate is set.

        Raises:
            WriteRefused: the request writes, and writes are not allowed.
            BudgetSpent: the request limit is reached.
        """
        writes = is_write(operation, method)
        if writes and not self._safety.writes:
            with self._ledger.open() as spent:
                spent.writes_refused += 1
            reason = f"{operation or method} creates or changes something, and writes are not allowed"
            if self._on_refusal is not None:
                self._on_refusal(operation or method, reason)
            raise WriteRefused(reason)
        with self._ledger.open() as spent:
            if spent.sent >= self._safety.max_requests:
                raise BudgetSpent(self._limit, advice="Raise safety.max_requests or --max-requests.")
            spent.sent += 1
            spent.writes_sent += writes
            now = self._clock.monotonic()
            start = max(now, spent.free_at) if self._gap else now
            spent.free_at = start + self._gap
        return start - now

    def spend_wrong_password(self, user: str) -> None:
        """Take one wrong password for a real user out of the budget.

        Raises:
            PasswordBudgetSpent: the limit for this user is reached.
        """
        key = _digest(user)
        with self._ledger.open() as spent:
            if spent.wrong.get(key, 0) >= self._wrong_passwords:
                raise PasswordBudgetSpent(
                    self._why or f"{self._wrong_passwords} wrong passwords were sent for one user in this run",
                    advice="Raise safety.wrong_passwords_per_user if the platform does not lock accounts so soon.",
                )
            spent.wrong[key] = spent.wrong.get(key, 0) + 1

    def limit_wrong_passwords(self, most: int, why: str) -> None:
        """Send no user more wrong passwords than so many; `why` is what a check says that would need one more."""
        if most < self._wrong_passwords:
            self._wrong_passwords, self._why = most, why

    def wrong_passwords_left(self, user: str) -> int:
        """Return how many more wrong passwords may be sent for a user."""
        return self._wrong_passwords - self._ledger.read().wrong.get(_digest(user), 0)

    def spending(self) -> Spent:
        """Return what this process has spent."""
        now, before = self._ledger.read(), self._before
        return Spent(
            sent=now.sent - before.sent,
            writes_sent=now.writes_sent - before.writes_sent,
            writes_refused=now.writes_refused - before.writes_refused,
            wrong=now.wrong,
        )


def _digest(user: str) -> str:
    return hashlib.sha256(user.encode("utf-8", "replace")).hexdigest()[:16]
