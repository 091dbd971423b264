"""Who took the TLS connections: what tells a target from another is the key of its certificate."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass

from conformance.client.wire import Place
from conformance.model import Clock


@dataclass(frozen=True)
class Peer:
    """What a place showed at its first and its last connection: SHA-256 of the public key; when, in ms since 1970."""

    place: Place
    first_key: str
    last_key: str
    first_at: float
    last_at: float


class PeersSeen:
    """Keeps the certificate of the first and of the last connection to each place."""

    def __init__(self, clock: Clock) -> None:
        """Note times by a clock."""
        self._clock = clock
        self._first: dict[Place, tuple[bytes, float]] = {}
        self._last: dict[Place, tuple[bytes, float]] = {}

    def note(self, place: Place, transport: asyncio.Transport) -> None:
        """Note who took a connection, whether or not its certificate was verified."""
        shown = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        if shown:
            self._last[place] = shown, self._clock.wall() * 1000
            self._first.setdefault(place, self._last[place])

    def all(self) -> tuple[Peer, ...]:
        """Return the peers, in the order in which they were met."""
        found = []
        for place, (first, first_at) in self._first.items():
            last, last_at = self._last[place]
            found.append(Peer(place, _key(first), _key(last), round(first_at, 3), round(last_at, 3)))
        return tuple(found)


def _key(certificate: bytes) -> str:
    """Return the SHA-256 of the public key in a certificate (SubjectPublicKeyInfo, DER), in hexadecimal."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
        shown = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except Exception:  # noqa: BLE001 - a certificate that nobody can read is told from others by all of it
        shown = certificate
    return hashlib.sha256(shown).hexdigest()
