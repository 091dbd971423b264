"""A platform on the loopback interface: `with RunningPlatform() as platform: platform.url`."""

from __future__ import annotations

import secrets
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import uvicorn

from conformance.reference.app import create_app
from conformance.reference.per_request import PerRequest
from conformance.reference.settings import Settings
from conformance.reference.target import target_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from starlette.types import ASGIApp

HOST = "127.0.0.1"
PATIENCE = 10.0
BACKLOG = 512


class _Server(uvicorn.Server):
    """Says when it is ready, and leaves signals to the process that runs it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts serving."""
        await super().startup(sockets)
        self.ready.set()


class RunningPlatform:
    """A context manager that serves a platform from a thread of its own.

    Without settings it is the default platform, with the control endpoint open to whoever has the target document.
    `url` has no trailing slash, and outlives the platform.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        port: int = 0,
        host: str = HOST,
        around: Callable[[ASGIApp], ASGIApp] | None = None,
    ) -> None:
        """Listen; `around` puts another app around the platform's."""
        self.settings = settings or default_settings()
        self._app = create_app(self.settings)
        self.platform = self._app.state.platform
        served: ASGIApp = PerRequest(self._app, self.platform)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self.url = f"http://{host}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            around(served) if around else served,
            log_level="critical",
            access_log=False,
            lifespan="on",
            server_header=False,
            date_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def target_document(self) -> dict[str, Any]:
        """The complete target file for it, as plain data."""
        return target_document(self.platform, self.url)

    @property
    def fault_acted(self) -> int:
        """How often the fault acted."""
        return self.platform.fault.acted if self.platform.fault else 0

    def start(self) -> Self:
        """Starts, and returns when the first request can be sent."""
        self._thread.start()
        if not self._server.ready.wait(PATIENCE):
            raise RuntimeError("The reference platform did not start.")
        return self

    def stop(self) -> None:
        """Stops; open connections are cut."""
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        self._socket.close()

    def wait(self) -> None:
        """Waits until it is stopped."""
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def default_settings(**changes: Any) -> Settings:
    """Settings with a control key of their own, and the changes."""
    return replace(Settings(control_key=secrets.token_urlsafe(24)), **changes)
