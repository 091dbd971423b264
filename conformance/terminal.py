"""The one door to a terminal: whatever is printed goes through it, whoever wrote it.

- Control characters of a target, a target file or a report never reach the terminal.
- A terminal that cannot show a character shows another one.
- Whoever reads the output may stop (`| head -1`): the run goes on, and ends with its own exit code.
"""

from __future__ import annotations

import codecs
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console

_PLAIN = {
    "…": "...", "–": "-", "—": "-", "×": "x", "·": "-", "→": "->", "“": '"', "”": '"', "‘": "'", "’": "'",
    "✓": "+", "✕": "x", "△": "!", "•": "*", "≤": "<=", "≥": ">=",
}  # fmt: skip
# What ends a run in order, as Ctrl-C does.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def clean(text: str) -> str:
    """Return a text without characters that steer a terminal or show as nothing; line ends and tabs stay."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in "\n\t" else "\ufffd" for one in text)


def say(text: str, *, err: bool = False, end: str = "\n") -> None:
    """Print a text to standard output, or to standard error."""
    stream = sys.stderr if err else sys.stdout
    stream.write(clean(text) + end)
    stream.flush()


def console(*, err: bool = False) -> Console:
    """Return a console of rich that prints texts as they are: no markup, nothing that steers the terminal.

    `err`: it prints to standard error.
    """
    return cast("Console", _console_type()(soft_wrap=True, markup=False, emoji=False, highlight=False, stderr=err))


@cache
def _console_type() -> Any:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class CleanConsole(Console):
        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            for one in super().render(renderable, options):
                yield one if one.control else Segment(clean(one.text), one.style)

    return CleanConsole


class _Guarded:
    """A standard stream whose reader may go away."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._forget()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._forget()

    def _forget(self) -> None:
        """Let all that is still to be written go nowhere."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


def guard() -> None:
    """Prepare standard output and standard error; once for a process."""
    codecs.register_error("plain", _plain)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or isinstance(stream, _Guarded):
            continue
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="plain")
        setattr(sys, name, _Guarded(stream))


def _plain(problem: UnicodeError) -> tuple[str, int]:
    """Write a character that a terminal does not have as one that it has."""
    assert isinstance(problem, UnicodeEncodeError)
    text = problem.object[problem.start : problem.end]
    return "".join(_PLAIN.get(one, "?") for one in text), problem.end


@contextmanager
def terminable() -> Iterator[None]:
    """Treat SIGTERM, and a terminal that hangs up, as Ctrl-C, so that a killed run leaves a readable folder."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {}
    # Not in the main thread, the caller's signals are the caller's; nohup wants no hang-up to be noticed.
    with suppress(ValueError):
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:
                before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
