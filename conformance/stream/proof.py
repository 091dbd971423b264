"""The events by which somebody who was not there can check a run."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from conformance.stream.parts import Count, Event, Moment

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Digest(Event, frozen=True, kw_only=True, tag="digest"):
    """SHA-256 of the first `bytes` bytes of this file, earlier digests among them: `lines` whole lines.

    Each process of a run writes one for every thousand lines that it writes; the last line of a file is one of all that
    stands before it.
    """

    bytes: Count
    lines: Count
    sha256: Sha256


class Peer(Event, frozen=True, kw_only=True, tag="peer"):
    """Who took the TLS connections of one process of the run: SHA-256 of the public key (SPKI) at the first and last.

    `first_at` and `last_at` are when those connections were opened.
    """

    host: str
    port: Annotated[int, Meta(ge=0, le=65535)]
    first_key: Sha256
    last_key: Sha256
    first_at: Moment = 0.0
    last_at: Moment = 0.0


class AcceptanceProfile(Event, frozen=True, kw_only=True, tag="acceptance"):
    """What whoever decides requires of a run, as a file says it (specs/schemas/profile.json); `sha256` is of that file.

    `binding`: ids, or beginnings of ids, that must hold; None: all that bind the target. `shoulds`: those that bind.
    `hosts`: service -> the host that must be tested; `keys`: the public keys of which its TLS certificates must be.
    `waived`: the ids whose waivers are accepted; None: any. `max_age_s` and `signed` are looked at in a bundle alone.
    """

    name: str
    sha256: Sha256
    binding: list[str] | None = None
    shoulds: list[str] = []
    readings: dict[str, str] = {}
    services: list[str] = []
    features: list[str] = []
    hosts: dict[str, str] = {}
    keys: list[Sha256] = []
    max_age_s: Count | None = None
    cases: Count = 0
    edition: Count = 0
    waived: list[str] | None = None
    challenge: bool = False
    signed: bool = False
