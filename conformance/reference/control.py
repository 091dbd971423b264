"""The control endpoint: brings the platform into states that no request can, and tells whether its fault has acted.

It exists only where settings carry a key, and answers only to callers that send the key as `x-control-key`.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from conformance.reference.platform import CONDITIONS
from conformance.reference.service import Operation, Service
from conformance.reference.wire import Answer, Call, Refusal

if TYPE_CHECKING:
    from conformance.reference.platform import Platform

KEY_HEADER = "x-control-key"
ENTER, LEAVE = "enter", "leave"


class Control(Service):
    """`POST /control/conditions/<name>/enter`, `.../leave`, and `GET /control/fault`."""

    name = "control"
    platform: Platform

    def __init__(self, platform: Platform, key: str) -> None:
        super().__init__(platform)
        self.key = key

    def operations(self) -> list[Operation]:
        """Every operation of this service."""
        switches = tuple(f"/control/conditions/{name}/{turn}" for name in CONDITIONS for turn in (ENTER, LEAVE))
        return [
            Operation("controlCondition", "POST", switches, "switch_condition"),
            Operation("controlConditions", "GET", ("/control/conditions",), "list_conditions"),
            Operation("controlFault", "GET", ("/control/fault",), "tell_fault"),
        ]

    def check_key(self, call: Call) -> None:
        """403 without the key."""
        if not hmac.compare_digest(call.headers.get(KEY_HEADER, "").encode(), self.key.encode()):
            raise Refusal(403, "The control key is wrong.")

    async def switch_condition(self, call: Call) -> Answer:
        """Enters or leaves a condition; doing so twice changes nothing."""
        self.check_key(call)
        name, turn = call.path.rsplit("/", 2)[1:]
        if turn == ENTER:
            self.platform.conditions.add(name)
        else:
            self.platform.conditions.discard(name)
        return await self.list_conditions(call)

    async def list_conditions(self, call: Call) -> Answer:
        """The conditions that hold now."""
        self.check_key(call)
        return Answer(data={"conditions": sorted(self.platform.conditions)})

    async def tell_fault(self, call: Call) -> Answer:
        """Each fault's name and kind, and how often it acted; a fault that never did is void."""
        self.check_key(call)
        active = self.platform.fault
        if active is None:
            return Answer(data={"faults": [], "acted": 0})
        return Answer(data=active.facts())
