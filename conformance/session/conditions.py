"""Conditions: states of the target that no request can bring about, entered and always left again.

A check leaves its condition when it ends, however it ends; a process of checks that is interrupted leaves it on its
way out; one that is killed cannot, and then the runner does, by what the stream says (`leave_remaining`).
"""

from __future__ import annotations

import atexit
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from conformance.client import Client, Wire
from conformance.errors import CouldNotTest
from conformance.stream import Event, StreamWriter
from conformance.target import Condition, Hook, Target

HOOK_TIMEOUT_S = 120
# A target must not stay broken because one command failed once.
LEAVE_TRIES = 2


@contextmanager
def entered(condition: Condition, client: Client, stream: StreamWriter) -> Iterator[None]:
    """Enter a condition for the time of a `with` block, and leave it whatever happens.

    Raises:
        CouldNotTest: the target file's own hook fails.
    """
    left = False

    def leave() -> None:
        nonlocal left
        if not left:
            left = True
            _leave(condition, client, stream)

    atexit.register(leave)
    stream.write("condition", name=condition.name, state="entering", message="")
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


def _leave(condition: Condition, client: Client, stream: StreamWriter) -> None:
    problem = ""
    for _ in range(LEAVE_TRIES):
        problem = _run(condition.leave, client)
        if not problem:
            break
    stream.write("condition", name=condition.name, state="failed" if problem else "left", message=problem)
    if problem:
        text = f"the target may still be in the condition {condition.name}: {problem} ({condition.leave.where})"
        stream.write("note", text=text, level="warning")


def leave_remaining(target: Target, events: Iterable[Event], client: Client, stream: StreamWriter) -> list[str]:
    """Leave the conditions that a stream says were entered and never left; return their names."""
    state = {event["name"]: event["state"] for event in events if event["event"] == "condition"}
    names = [name for name, last in state.items() if last in ("entering", "entered") and name in target.conditions]
    for name in names:
        _leave(target.conditions[name], client, stream)
    return names


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
    reply = client.send_unguarded(Wire(hook.method, hook.url, headers, hook.body.encode()))
    if reply.response is None:
        return reply.failure
    return "" if reply.response.status < 300 else f"the hook answered {reply.response.status}"
