"""What the services of one platform share: its settings, its memory, its keys, its clock and its conditions."""

from __future__ import annotations

import secrets
import sqlite3
from typing import TYPE_CHECKING

from conformance.reference import crowd, seed
from conformance.reference.passwords import PasswordVerifier
from conformance.reference.readings import default_option
from conformance.reference.state import Database, UnusableDatabase
from conformance.reference.tokens import BroadcastSealer, SigningKey, opaque_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.reference.settings import Settings

CLOCK_OFFSETS = {"right": 0, "ahead": 240, "behind": -240}
IAS_KID = "321516"
CRM_KID = "operator-1"


class Context:
    """What a service may use of its platform.

    `assumed` are readings that the platform takes where the settings do not name an option. `beside` another platform,
    it has that one's database and conditions.

    Raises:
        UnusableDatabase: the settings name a file that cannot be used.
    """

    def __init__(self, settings: Settings, assumed: Mapping[str, str], beside: Context | None = None) -> None:
        self.settings = settings
        self._assumed = assumed
        self.conditions: set[str] = beside.conditions if beside else set()
        self.passwords: PasswordVerifier = beside.passwords if beside else PasswordVerifier()
        self.database: Database
        if beside is not None:
            self.database = beside.database
            self._open()
            return
        try:
            self.database = Database(settings.database)
            with self.database.closed_on_error():
                self._open()
        except sqlite3.Error as error:
            raise UnusableDatabase(f"The database {settings.database} cannot be used: {error}.") from None

    def _open(self) -> None:
        """Reads the keys of the database, and writes what every platform has; new ones have new keys."""
        settings = self.settings
        self.ias_key = SigningKey(IAS_KID, self._key("ias"), self.reads("ias-token-algorithm"))
        self.crm_key = SigningKey(CRM_KID, self._key("crm"))
        self.sealer = BroadcastSealer(self._key("broadcast", 32))
        seed.plant(self.database, settings.tenant, self.now_ms())
        crowd.plant(self.database, settings.tenant, self.now_ms(), settings.households)
        form = self.reads("hdm-token-form")
        expired = opaque_token(self.now_ms() - 7_200_000, form).encode()
        self.expired_signon_token = self.database.secret("expired-signon", expired).decode()
        seed.plant_expired_token(self.database, self.expired_signon_token, self.now_ms())
        self.database.never_wait()

    def _key(self, name: str, size: int = 64) -> bytes:
        return self.database.secret(name, secrets.token_bytes(size))

    def reads(self, reading: str) -> str:
        """The option that this platform takes of a reading."""
        return self.settings.readings.get(reading) or self._assumed.get(reading) or default_option(reading)

    def now(self) -> int:
        """The time in epoch seconds."""
        return int(self.settings.clock()) + CLOCK_OFFSETS[self.reads("server-clock")]

    def now_ms(self) -> int:
        """The time in epoch milliseconds."""
        return int(self.settings.clock() * 1000) + CLOCK_OFFSETS[self.reads("server-clock")] * 1000

    def fresh_id(self) -> str:
        """An id that was never given before."""
        return secrets.token_hex(12)

    def close(self) -> None:
        """Lets go of the database."""
        self.database.close()
