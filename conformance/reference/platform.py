"""One platform: the services, and what they share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from conformance.reference.adm import Adm
from conformance.reference.context import Context
from conformance.reference.hdm import Hdm
from conformance.reference.ias import Ias
from conformance.reference.in_home import InHome
from conformance.reference.initialise import Initialise
from conformance.reference.keycloak import Keycloak
from conformance.reference.mds import Mds
from conformance.reference.sdp import Sdp

if TYPE_CHECKING:
    from conformance.reference.service import Operation, Service
    from conformance.reference.settings import Settings
    from conformance.reference.wire import Answer, Call

CONDITIONS = (
    "esps_unreachable",
    "esso_unreachable",
    "esps_not_configured",
    "esso_not_configured",
    "gateway_unverifiable",
)
NOTHING_ASSUMED: Mapping[str, str] = MappingProxyType({})


class Deviation(Protocol):
    """What a platform that is wrong on purpose does before and behind its services (see `faults.ActiveFault`)."""

    @property
    def acted(self) -> int:
        """How often it changed anything."""

    def facts(self) -> dict[str, object]:
        """What the control endpoint says of it."""

    def serves(self, call: Call, operations: Mapping[str, Operation]) -> Operation | None:
        """The operation that serves a method which is not documented."""

    async def answer(self, call: Call, served: Callable[[Call], Awaitable[Answer]], platform: Platform) -> Answer:
        """The answer to a call that `served` would answer rightly."""


class Platform(Context):
    """Everything behind the URL. It knows no fault: `fault` is set by what makes it wrong."""

    def __init__(
        self, settings: Settings, assumed: Mapping[str, str] = NOTHING_ASSUMED, beside: Platform | None = None
    ) -> None:
        super().__init__(settings, assumed, beside)
        self.keycloak = Keycloak(self)
        self.adm = Adm(self, self.keycloak)
        self.hdm = Hdm(self, self.adm)
        self.ias = Ias(self)
        self.in_home = InHome(self, self.ias)
        self.sdp = Sdp(self, self.hdm, self.ias)
        self.initialise = Initialise(self, self.hdm, self.sdp)
        self.mds = Mds(self, self.ias)
        openers: tuple[Service, ...] = (self.hdm, self.initialise, self.ias, self.in_home)
        self.services = (*openers, self.adm, self.sdp, self.mds, self.keycloak)
        self.fault: Deviation | None = None
