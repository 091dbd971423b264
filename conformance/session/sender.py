"""Whoever sends: what a flow may ask of a check, of the fuzzer, and of preflight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from conformance.model import Exchange
from conformance.session.encoding import Fields
from conformance.target import Value

if TYPE_CHECKING:
    from conformance.session.session import Session


class Sender(Protocol):
    """Whoever sends: a check, or a flow of the fuzzer."""

    @property
    def session(self) -> Session:
        """The session of the run."""

    def send(
        self,
        operation: str,
        *,
        query: Fields = (),
        headers: Mapping[str, Value] | None = None,
        json: object = ...,
        form: Fields | None = None,
        content: bytes | None = None,
        method: str | None = None,
        valid: bool = False,
        expect_5xx: bool = False,
    ) -> Exchange:
        """Send a request and return the exchange."""
