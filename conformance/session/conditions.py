"""Conditions: states of the target that no request can bring about, entered and always left again."""

from __future__ import annotations

import atexit
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from conformance.client import Client, Wire
from conformance.errors import CouldNotTest
from conformance.stream import StreamWriter
from conformance.target import Condition, Hook

HOOK_TIMEOUT_S = 120


@contextmanager
def entered(condition: Condition, client: Client, stream: StreamWriter) -> Iterator[None]:
    """Enter a condition for the time of a `with` block, and leave it whatever happens.

    Raises:
        CouldNotTest: the target file's own hook fails.
    """
    left = False

    def leave() -> None:
        nonlocal left
        if left:
            return
        left = True
        problem = _run(condition.leave, client)
        stream.write("condition", name=condition.name, state="failed" if problem else "left", message=problem)

    atexit.register(leave)
    try:
        problem = _run(condition.enter, client)
        if problem:
            stream.write("condition", name=condition.name, state="failed", message=problem)
            raise CouldNotTest(
                f"the condition {condition.name} cannot be entered: {problem}",
                add=[f"conditions: {{{condition.name}: {{enter: …}}}}  # {condition.enter.where}"],
            )
        stream.write("condition", name=condition.name, state="entered", message="")
        yield
    finally:
        leave()
        atexit.unregister(leave)


def _run(hook: Hook, client: Client) -> str:
    """Run a hook; return what went wrong, or an empty text."""
    if hook.command:
        try:
            done = subprocess.run(  # noqa: S603 - the target file's own command, without a shell
                hook.command, cwd=hook.folder, capture_output=True, timeout=HOOK_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            return f"{hook.command[0]} does not run ({type(problem).__name__})"
        return "" if done.returncode == 0 else f"{hook.command[0]} ended with {done.returncode}"
    headers = tuple((name, source.read()) for name, source in hook.headers.items())
    reply = client.send(Wire(hook.method, hook.url, headers, hook.body.encode()))
    if reply.response is None:
        return reply.failure
    return "" if reply.response.status < 300 else f"the hook answered {reply.response.status}"
