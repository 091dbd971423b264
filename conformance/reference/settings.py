"""What a reference platform is started with."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from conformance.reference.readings import check_readings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """One platform's configuration; the defaults give the platform that `run` tests when no target is named.

    `readings` maps a reading's id to one of its options (see `readings.CATALOGUE`); one left out takes its first.
    `households` are as many more people beside the seed's (see `crowd`).
    `faults` names the ways in which it is wrong (see `faults.catalogue`), all at once.
    `control_key` opens the control endpoint to callers that send it as `x-control-key`; None leaves the endpoint out.
    `crm_credential` says which of the two credential blocks the target document carries; `crm_token_lifetime` how many
    seconds an access token of Keycloak lives.
    """

    tenant: str = "nagra"
    provider: str = "GLOBAL"
    readings: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    latency: float = 0.0
    database: str = ":memory:"
    households: int = 0
    control_key: str | None = None
    crm_credential: Literal["keycloak", "token"] = "keycloak"
    crm_token_lifetime: int = 300
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        check_readings(self.readings)
