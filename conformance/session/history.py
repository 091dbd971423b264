"""What a process of a run has seen succeed: signons by their details, accounts with their IDs and hashes."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from conformance.target import Value, reveal


class History:
    """Remembers successes; may be shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._signons: set[frozenset[tuple[str, Value]]] = set()
        self._guessed: set[str] = set()
        self._named: set[str] = set()
        self._accounts: dict[str, tuple[str, str]] = {}
        self._hashes: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._created: dict[str, tuple[str, ...] | None] = {}

    def signed_on(self, details: Mapping[str, Value]) -> None:
        """Take note of a signon that succeeded with these details."""
        with self._lock:
            self._signons.add(frozenset(details.items()))

    def has_signed_on(self, details: Mapping[str, Value]) -> bool:
        """Tell whether a signon with these very details has succeeded."""
        with self._lock:
            return frozenset(details.items()) in self._signons

    def refused(self, details: Mapping[str, Value]) -> None:
        """Take note of a signon that was refused: a wrong password may have locked the user out."""
        username, password = reveal(details.get("username", "")), reveal(details.get("password", ""))
        with self._lock:
            if self._hashes.get(username, ("",))[0] != password:
                self._guessed.add(username.casefold())

    def names_first(self, signon_id: str) -> bool:
        """Tell whether no account with this signonId was created before; the next time it is False."""
        name = signon_id.strip().casefold()
        with self._lock:
            new = name not in self._named
            self._named.add(name)
            return new

    def asked_again(self, account_id: str) -> None:
        """Take note of a request with the _id of an account: nothing says whose user the account has after it."""
        with self._lock:
            if account_id in self._accounts:
                self._created[self._accounts[account_id][0]] = None

    def account_of(self, account_id: str, signon_id: str, exchange: str) -> tuple[str, str]:
        """Return the signonId that an account's ID was given to first, and the exchange; those given, if it is new."""
        with self._lock:
            return self._accounts.setdefault(account_id, (signon_id, exchange))

    def hashed(self, signon_id: str, password: str, digest: tuple[str, ...]) -> None:
        """Take note of the hash that is made of the password of an account, and of its salt, as a request has them."""
        with self._lock:
            self._hashes[signon_id] = (password, digest)

    def created(self, signon_id: str, digest: tuple[str, ...]) -> None:
        """Take note of an account that was created with a hash; with two, nothing says which one counts."""
        with self._lock:
            before = self._created.setdefault(signon_id, digest)
            self._created[signon_id] = digest if before == digest else None

    def passwords(self) -> dict[str, str]:
        """Return the password of each account that was created with the right hash of it, by signonId.

        Accounts are left out for which wrong passwords were refused.
        """
        with self._lock:
            return {
                name: password
                for name, (password, digest) in self._hashes.items()
                if self._created.get(name) == digest and name.casefold() not in self._guessed
            }
