"""An event loop in a thread of its own, where the requests of all threads are sent."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Loop(asyncio.SelectorEventLoop):
    """An event loop in a thread of its own. A look-up of a host name that hangs never keeps the process from ending."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._own = threading.Thread(target=self.run_forever, name=name, daemon=True)
        self._own.start()

    def result(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the loop, and wait for it in the thread of the caller."""
        future = asyncio.run_coroutine_threadsafe(work, self)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def end(self) -> None:
        """Give up what is under way, and stop the loop and its thread."""
        self.result(self._give_up())
        self.call_soon_threadsafe(self.stop)
        self._own.join(timeout=5)
        self.close()

    @staticmethod
    async def _give_up() -> None:
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await asyncio.sleep(0)  # connections that were aborted close in the next turn

    async def getaddrinfo(self, host: Any, port: Any, **how: Any) -> Any:
        """Look up a host name in a thread that nobody waits for at the end."""
        found: asyncio.Future[Any] = self.create_future()

        def settle(result: Any, problem: Exception | None) -> None:
            if not found.done():
                found.set_exception(problem) if problem else found.set_result(result)

        def look_up() -> None:
            result, problem = None, None
            try:
                result = socket.getaddrinfo(host, port, **how)
            except (OSError, UnicodeError) as error:
                problem = error
            with suppress(RuntimeError):  # the loop has ended meanwhile
                self.call_soon_threadsafe(settle, result, problem)

        threading.Thread(target=look_up, daemon=True).start()
        return await found
