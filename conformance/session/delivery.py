"""A request with what came of it at last."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.client import Reply, Wire
from conformance.opentv.answers import token_refused


@dataclass(frozen=True)
class Delivery:
    """A request, what came of it at last, and whether the silence is the target's fault (`lost`).

    `foreign` says why the response is not the platform's, but of something in front of it; empty where it is.
    """

    wire: Wire
    reply: Reply
    lost: bool = False
    foreign: str = ""

    @property
    def status(self) -> int:
        """The HTTP status, 0 where no response came."""
        return self.reply.response.status if self.reply.response else 0

    @property
    def settles_place(self) -> bool:
        """Whether the response shows that an operation is at its place: one that a missing page cannot give."""
        return not self.foreign and (200 <= self.status < 300 or self.status == 400)

    @property
    def refuses(self) -> bool:
        """Whether the platform refuses the request: by status, or by SDP's error response under 200."""
        if self.foreign:
            return False
        if self.status != 200:
            return self.status >= 400
        return token_refused(self.reply.response)
