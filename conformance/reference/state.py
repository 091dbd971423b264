"""What the platform remembers: accounts, users, devices, signon tokens, entitlements and channels, in SQLite."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# So long, in seconds, another process may keep the file locked while it is opened.
OPENING_S = 5.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    store TEXT, id TEXT, tenant TEXT, number TEXT, profile TEXT, npvr_profile TEXT, status TEXT, pvr_status TEXT,
    geo_block_exempt INTEGER, billing_address TEXT, PRIMARY KEY (store, id));
CREATE TABLE IF NOT EXISTS users (
    store TEXT, signon_id TEXT, id TEXT, account TEXT, password BLOB, salt BLOB, PRIMARY KEY (store, signon_id));
CREATE TABLE IF NOT EXISTS devices (
    id TEXT PRIMARY KEY, account TEXT, kind TEXT, status TEXT, profile TEXT, smartcard TEXT UNIQUE, nuid TEXT,
    casn TEXT UNIQUE, csad_list TEXT, challenge TEXT, scheme TEXT, mac TEXT);
CREATE TABLE IF NOT EXISTS gateways (smartcard TEXT PRIMARY KEY, account TEXT, provisioned INTEGER);
CREATE TABLE IF NOT EXISTS signon_tokens (
    token TEXT PRIMARY KEY, account TEXT, device TEXT, user TEXT, issued_ms INTEGER, expiry_ms INTEGER);
CREATE TABLE IF NOT EXISTS entitlements (
    account TEXT, content TEXT, kind TEXT, begin_ms INTEGER, end_ms INTEGER, PRIMARY KEY (account, content));
CREATE TABLE IF NOT EXISTS channels (id TEXT PRIMARY KEY, name TEXT, number INTEGER, in_home_only INTEGER);
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value BLOB);
"""


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's account in one store: `opf`, or `ssp` where the deployment has SSP."""

    store: str
    id: str
    tenant: str
    number: str
    profile: str
    npvr_profile: str
    status: str
    pvr_status: str
    geo_block_exempt: bool
    billing_address: str


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs on with a password; `signon_id` is the user's e-mail address."""

    store: str
    signon_id: str
    id: str
    account: str
    password: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Device:
    """A set top box (`stb`) or an open device (`open`); an open one has no smartcard and no caSN."""

    id: str
    account: str
    kind: str
    status: str
    profile: str
    smartcard: str | None = None
    nuid: str | None = None
    casn: str | None = None
    csad_list: str | None = None
    challenge: str | None = None
    scheme: str | None = None
    mac: str | None = None


@dataclass(frozen=True, slots=True)
class Gateway:
    """A home gateway's smartcard; one that is known but not provisioned has no account."""

    smartcard: str
    account: str | None
    provisioned: bool


@dataclass(frozen=True, slots=True)
class SignonToken:
    """An HDM token: whom it stands for, and until when."""

    token: str
    account: str
    device: str | None
    user: str | None
    issued_ms: int
    expiry_ms: int


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What an account may do with a content: a `subscription`, or the right to one live `event` with its times."""

    account: str
    content: str
    kind: str
    begin_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of MDS."""

    id: str
    name: str
    number: int
    in_home_only: bool


class UnusableDatabase(ValueError):
    """A file that is no database of the reference platform, or that cannot be written."""


class Database:
    """The tables, behind named queries. Every statement binds its values; one lock serves every thread."""

    def __init__(self, path: str = ":memory:") -> None:
        self._connection = sqlite3.connect(path, timeout=OPENING_S, check_same_thread=False, isolation_level=None)
        self._lock = threading.RLock()
        with self.closed_on_error():
            if path != ":memory:":
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(SCHEMA)

    @contextmanager
    def closed_on_error(self) -> Iterator[None]:
        """Closes the file if the block fails."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def never_wait(self) -> None:
        """From here on a statement that finds the file locked by another process fails at once: see `locked`."""
        self._connection.execute("PRAGMA busy_timeout=0")

    def close(self) -> None:
        """Closes the file; what was in memory is gone."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block's changes, or none."""
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _row(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        with self._lock:
            row: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return row

    def insert(self, table: str, record: Any, *, keep: bool = False, renew: bool = False) -> None:
        """Writes one record; where its key is taken, the old one stays (`keep`) or goes (`renew`).

        Raises:
            sqlite3.IntegrityError: with neither, where the key is taken.
        """
        marks = ",".join("?" * len(fields(record)))
        verb = "INSERT OR REPLACE" if renew else "INSERT OR IGNORE" if keep else "INSERT"
        with self._lock:
            self._connection.execute(f"{verb} INTO {table} VALUES ({marks})", astuple(record))

    def account(self, store: str, account: str) -> Account | None:
        """An account by its id."""
        row = self._row("SELECT * FROM accounts WHERE store = ? AND id = ?", store, account)
        if row is None:
            return None
        stored = Account(*row)
        return replace(stored, geo_block_exempt=bool(stored.geo_block_exempt))

    def user(self, store: str, signon_id: str) -> User | None:
        """A user by the signon id."""
        row = self._row("SELECT * FROM users WHERE store = ? AND signon_id = ?", store, signon_id)
        return User(*row) if row else None

    def signon_id_in_any_case(self, store: str, signon_id: str) -> str | None:
        """A signon id as it was written, whatever the case of its letters is now."""
        row = self._row("SELECT signon_id FROM users WHERE store = ? AND lower(signon_id) = lower(?)", store, signon_id)
        return str(row[0]) if row else None

    def user_of_account(self, store: str, account: str) -> User | None:
        """The first user of an account."""
        row = self._row("SELECT * FROM users WHERE store = ? AND account = ? ORDER BY id LIMIT 1", store, account)
        return User(*row) if row else None

    def device(self, device: str) -> Device | None:
        """A device by its id."""
        row = self._row("SELECT * FROM devices WHERE id = ?", device)
        return Device(*row) if row else None

    def device_by_casn(self, casn: str) -> Device | None:
        """A set top box by its caSN."""
        row = self._row("SELECT * FROM devices WHERE casn = ?", casn)
        return Device(*row) if row else None

    def device_by_smartcard(self, smartcard: str) -> Device | None:
        """A set top box by its smartcard."""
        row = self._row("SELECT * FROM devices WHERE smartcard = ?", smartcard)
        return Device(*row) if row else None

    def gateway(self, smartcard: str) -> Gateway | None:
        """A home gateway by its smartcard. A set top box that is provisioned is one, too."""
        row = self._row("SELECT * FROM gateways WHERE smartcard = ?", smartcard)
        if row:
            return Gateway(row[0], row[1], bool(row[2]))
        box = self.device_by_smartcard(smartcard)
        return Gateway(smartcard, box.account, True) if box else None

    def signon_token(self, token: str) -> SignonToken | None:
        """What an HDM token stands for."""
        row = self._row("SELECT * FROM signon_tokens WHERE token = ?", token)
        return SignonToken(*row) if row else None

    def end_signon_token(self, token: str) -> None:
        """Makes an HDM token invalid."""
        with self._lock:
            self._connection.execute("DELETE FROM signon_tokens WHERE token = ?", (token,))

    def signon_tokens(self) -> list[str]:
        """Every HDM token that is known, the newest first."""
        with self._lock:
            rows = self._connection.execute("SELECT token FROM signon_tokens ORDER BY issued_ms DESC").fetchall()
        return [str(row[0]) for row in rows]

    def forget_signon_tokens(self, before_ms: int) -> None:
        """Drops tokens that expired before a moment."""
        with self._lock:
            self._connection.execute("DELETE FROM signon_tokens WHERE expiry_ms < ?", (before_ms,))

    def entitlement(self, account: str, content: str) -> Entitlement | None:
        """An account's right to a content."""
        row = self._row("SELECT * FROM entitlements WHERE account = ? AND content = ?", account, content)
        return Entitlement(*row) if row else None

    def channels(self) -> list[Channel]:
        """Every channel, in the order of their numbers."""
        with self._lock:
            rows = self._connection.execute("SELECT * FROM channels ORDER BY number").fetchall()
        return [Channel(row[0], row[1], row[2], bool(row[3])) for row in rows]

    def secret(self, name: str, fresh: bytes) -> bytes:
        """A key that lives as long as the database; `fresh` becomes the key where there is none."""
        with self._lock:
            self._connection.execute("INSERT OR IGNORE INTO secrets VALUES (?, ?)", (name, fresh))
            row = self._row("SELECT value FROM secrets WHERE name = ?", name)
        assert row is not None
        value: bytes = row[0]
        return value


def locked(error: sqlite3.Error) -> bool:
    """Whether a statement failed because another process has the file locked: it may succeed in a moment."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
