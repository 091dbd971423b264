"""Conditions: states of the target that no request can bring about, entered and always left again.

A check leaves its condition when it ends, however it ends; a process of checks that is interrupted leaves it on its
way out; one that is killed cannot, and then the runner does, by what the stream says (`leave_remaining`).
"""

from __future__ import annotations

import atexit
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from conformance.client import Client, Wire
from conformance.errors import ConformanceError, CouldNotTest, StreamError, TargetUnreachable
from conformance.session.attempt import Sending, is_good
from conformance.stream import AnyEvent, StreamWriter, events
from conformance.target import Condition, Hook, Target
from conformance.terminal import ENDING

HOOK_TIMEOUT_S = 120
# A target must not stay broken because one command failed once, or met a limit: the pauses before each try, in seconds.
LEAVE_AFTER_S = (0.0, 1.0, 4.0)


# So long a target may need to come back from a condition: the pauses before each look, in seconds.
BACK_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)


def condition_of(target: Target, name: str) -> Condition:
    """Return a condition of the target file.

    Raises:
        CouldNotTest: the file does not say how to bring it about.
    """
    found = target.conditions.get(name)
    if found is None:
        raise CouldNotTest(
            f"the target file does not say how to bring about {name}",
            add=[f"conditions: {{{name}: {{enter: {{command: […]}}, leave: {{command: […]}}}}}}"],
        )
    return found


@contextmanager
def entered(condition: Condition, client: Client, stream: StreamWriter) -> Iterator[None]:
    """Enter a condition for the time of a `with` block, and leave it whatever happens.

    Raises:
        CouldNotTest: the target file's own hook fails.
        TargetUnreachable: the hook that leaves the condition fails: what comes then says nothing of the platform.
    """
    left = False

    def leave() -> str:
        nonlocal left
        if left:
            return ""
        left = True
        return _leave(condition, client, stream)

    atexit.register(leave)
    stream.write(events.Condition(name=condition.name, state="entering", message=""))
    try:
        problem = _run(condition.enter, client)
        if problem:
            stream.write(events.Condition(name=condition.name, state="failed", message=problem))
            raise CouldNotTest(
                f"the condition {condition.name} cannot be entered: {problem}",
                add=[f"conditions: {{{condition.name}: {{enter: …}}}}  # {condition.enter.where}"],
            )
        stream.write(events.Condition(name=condition.name, state="entered", message=""))
        yield
    finally:
        problem = leave()
        atexit.unregister(leave)
    if problem:
        raise TargetUnreachable(
            f"the target may still be in the condition {condition.name}: {problem}",
            where=condition.leave.where,
            advice=f"Mend conditions.{condition.name}.leave, and bring the target back.",
        )


def require_left(
    condition: Condition,
    sending: Sending,
    signons: Iterable[tuple[str, Wire]],
    *,
    client: Client,
    others: Iterable[Condition] = (),
) -> None:
    """Require that signons that worked before a condition work again.

    Where its own `leave` does not bring the target back, the hooks of the file that may do so are run: those that leave
    the `others`, and the one that entered it. One that helps shows that the hooks are not those of their names.

    Raises:
        CouldNotTest: another hook than `leave` brought the target back.
        TargetUnreachable: the target stays in the condition.
    """
    known = list(signons)
    stays = _stays(sending, known, BACK_S)
    if not stays:
        return
    remedies = [(f"{one.name}.leave", one.leave) for one in others if one is not condition]
    for name, hook in (*remedies, (f"{condition.name}.enter", condition.enter)):
        if not _run(hook, client) and not _stays(sending, known, BACK_S[:2]):
            raise CouldNotTest(
                f"the target stayed in the condition {condition.name} until conditions.{name} was run: "
                "were the hooks exchanged?",
                add=[
                    f"conditions: {{{condition.name}: {{enter: …, leave: …}}}}  # {condition.leave.where}: check them"
                ],
            )
    raise TargetUnreachable(
        f"the target stays in the condition {condition.name}: {stays} worked before it",
        where=condition.leave.where,
        advice=f"Does conditions.{condition.name}.leave end what enter began?",
    )


def _stays(sending: Sending, signons: Iterable[tuple[str, Wire]], pauses: Iterable[float]) -> str:
    """Return the operation of a signon that does not work again, however often it is tried; empty if all do."""
    for operation, wire in signons:
        for pause in pauses:
            sending.patience.clock.sleep(pause)
            if is_good(sending.send(wire, operation)):
                break
        else:
            return operation
    return ""


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no Ctrl-C cut off what must be put back in order; what came meanwhile is told when it is done."""
    came: list[int] = []
    try:
        before = {one: signal.signal(one, lambda number, _frame: came.append(number)) for one in ENDING}
    except ValueError:  # not in the main thread: signals are not ours
        yield
        return
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        for number in came[:1]:
            signal.raise_signal(number)


def _leave(condition: Condition, client: Client, stream: StreamWriter) -> str:
    """Leave a condition; return what went wrong, or an empty text."""
    with _undisturbed():
        problem = ""
        for pause in LEAVE_AFTER_S:
            client.clock.sleep(pause)
            problem = _run(condition.leave, client)
            if not problem:
                break
        # A stream that cannot be written (a full disk) keeps no other condition from being left.
        with suppress(StreamError):
            stream.write(events.Condition(name=condition.name, state="failed" if problem else "left", message=problem))
            if problem:
                text = f"the target may still be in the condition {condition.name}: {problem} ({condition.leave.where})"
                stream.write(events.Note(text=text, level="warning"))
    return problem


def leave_remaining(target: Target, written: Iterable[AnyEvent], client: Client, stream: StreamWriter) -> list[str]:
    """Leave the conditions that a stream says were entered and never left; return their names."""
    state = {event.name: event.state for event in written if isinstance(event, events.Condition)}
    names = [name for name, last in state.items() if last in ("entering", "entered") and name in target.conditions]
    for name in names:
        _leave(target.conditions[name], client, stream)
    return names


def _run(hook: Hook, client: Client) -> str:
    """Run a hook; return what went wrong, or an empty text."""
    if hook.command:
        return _run_command(hook)
    try:
        headers = tuple((name, source.read()) for name, source in hook.headers.items())
    except ConformanceError as trouble:
        return trouble.message
    reply = client.send_unguarded(Wire(hook.method, hook.url, headers, hook.body.encode()))
    if reply.response is None:
        return reply.failure
    return "" if reply.response.status < 300 else f"the hook answered {reply.response.status}"


def _run_command(hook: Hook) -> str:
    """Run a command. Its output goes nowhere: who starts a service leaves it a pipe that never closes."""
    name, quiet = hook.command[0], subprocess.DEVNULL
    try:
        done = subprocess.run(  # noqa: S603 - the target file's own command, without a shell
            hook.command,
            cwd=hook.folder,
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            timeout=HOOK_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{name} does not end within {HOOK_TIMEOUT_S} s"
    except (OSError, ValueError) as problem:
        return f"{name} does not run ({type(problem).__name__})"
    return "" if done.returncode == 0 else f"{name} ended with {done.returncode}"
