"""Another behaviour for one request alone: the faults and readings that its headers name.

A client's developer keeps one platform running, and says with each request how it is to be answered:
`x-opentv-fault: expiry-in-seconds`, `x-opentv-reading: sdp-field-types=table`; several with commas, or in several
headers. Accounts, tokens and conditions are those of the platform. A fault that acts from the fifth request on counts
the requests that name it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from conformance.reference.app import create_app
from conformance.reference.faults import IncompatibleFaults, UnknownFault
from conformance.reference.readings import UnknownReading, chosen_readings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from conformance.reference.platform import Platform

FAULT_HEADER, READING_HEADER = b"x-opentv-fault", b"x-opentv-reading"
# Behaviours that are kept ready.
MOST = 64


class PerRequest:
    """The app of a platform, and as many others beside it as requests ask for."""

    def __init__(self, app: ASGIApp, platform: Platform) -> None:
        self._app = app
        self._platform = platform
        self._others: dict[tuple[tuple[str, ...], tuple[str, ...]], ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request as it asks for; 400 where it asks for what is not known."""
        app = self._app
        faults, readings = (_named(scope, name) for name in (FAULT_HEADER, READING_HEADER))
        if faults or readings:
            try:
                app = self._behaving(faults, readings)
            except (UnknownFault, UnknownReading, IncompatibleFaults) as problem:
                app = JSONResponse({"message": str(problem)}, 400, headers={"access-control-allow-origin": "*"})
        await app(scope, receive, send)

    def _behaving(self, faults: tuple[str, ...], readings: tuple[str, ...]) -> ASGIApp:
        app = self._others.pop((faults, readings), None)
        if app is None:
            before = self._platform.settings
            chosen = {**before.readings, **chosen_readings(readings)}
            settings = replace(before, faults=(*before.faults, *faults), readings=chosen)
            app = create_app(settings, beside=self._platform)
        # The one that was not asked for longest goes first.
        self._others[faults, readings] = app
        if len(self._others) > MOST:
            del self._others[next(iter(self._others))]
        return app


def _named(scope: Scope, header: bytes) -> tuple[str, ...]:
    values = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name.lower() == header]
    parts = (part.strip() for value in values for part in value.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))
