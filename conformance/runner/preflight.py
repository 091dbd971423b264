"""Preflight: a handful of requests that tell a wrong target file from a wrong target."""

from __future__ import annotations

from conformance.client import Wire
from conformance.errors import TargetUnreachable
from conformance.session import Session


def preflight(session: Session) -> None:
    """Check that each declared service is reachable.

    Raises:
        TargetUnreachable: one is not; with the line of the target file.
    """
    for name, address in session.target.services.items():
        reply = session.client.send(Wire("GET", f"{address.url}/"))
        if reply.response is None and reply.kind in ("connect", "tls"):
            raise TargetUnreachable(
                f"services.{name} cannot be reached: {reply.failure}",
                where=session.target.where("services", name, "url"),
            )
