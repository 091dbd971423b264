"""What says on which requests a fault acts; `harder.occasions` has those that are not all requests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.reference.platform import Platform
    from conformance.reference.wire import Answer, Call


class Occasion:
    """When a fault acts; this one: always."""

    @asynccontextmanager
    async def serving(self, call: Call) -> AsyncIterator[None]:
        """Surrounds the serving of a request."""
        yield

    def acts(self, call: Call, platform: Platform) -> bool:
        """Whether the fault acts on a request that it would change."""
        return True

    def answered(self, call: Call, answer: Answer, platform: Platform) -> None:
        """Takes note of an answer."""
