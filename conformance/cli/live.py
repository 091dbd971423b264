"""What is seen of traffic while it is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.live import Live
from rich.table import Table

from conformance.cli.summary import clean

if TYPE_CHECKING:
    from rich.console import Console

    from conformance.model import Exchange, Finding
    from conformance.stream.events import Misuse


class LiveTable:
    """A table of what went through, an operation a line."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._exchanges: Counter[str] = Counter()
        self._findings: Counter[str] = Counter()
        self._mistakes: Counter[str] = Counter()
        self.live = Live(console=console, transient=True, auto_refresh=False)

    def take(self, exchange: Exchange, findings: Sequence[Finding], mistakes: Sequence[Misuse]) -> None:
        """Count an exchange; print what is new of it."""
        self._exchanges[exchange.operation] += 1
        self._findings[exchange.operation] += len(findings)
        self._mistakes[exchange.operation] += len(mistakes)
        for found in findings:
            text = f"{found.requirement} {clean(found.cause)} ({found.exchange})"
            self._console.print(text, highlight=False, markup=False)
        for mistake in mistakes:
            text = f"client: {mistake.operation}: {clean(mistake.cause)} ({mistake.exchange})"
            self._console.print(text, highlight=False, markup=False)
        table = Table("Operation", "Exchanges", "Platform", "Client")
        for name, number in self._exchanges.items():
            table.add_row(name, str(number), str(self._findings[name]), str(self._mistakes[name]))
        self.live.update(table, refresh=True)
