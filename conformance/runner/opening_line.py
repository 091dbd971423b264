"""The opening line of a stream: what runs against what, which part of a run it is, and what decides the run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from conformance import __version__
from conformance.applicability import applicability_of
from conformance.opening import RunSettings, redactor_of
from conformance.register import Register
from conformance.rules import rule_versions
from conformance.runner.digests import digests_of
from conformance.runner.target import facts_of
from conformance.stream import SCHEMA_VERSION, events
from conformance.target import Target


class Options(Protocol):
    """What the command line says.

    Attributes:
        safe: nothing is written to the target.
        plan: what decides which cases are generated; empty where none are.
        part: which part of a run is to be made.
    """

    @property
    def safe(self) -> bool: ...  # noqa: D102

    @property
    def plan(self) -> str: ...  # noqa: D102

    @property
    def part(self) -> events.Part: ...  # noqa: D102

    def facts(self) -> Mapping[str, events.Option]:
        """Return the options as the stream holds them, without the part."""
        ...


def opening_line(settings: RunSettings, target: Target, register: Register, options: Options) -> events.Run:
    """Return the opening line of a stream; `settings.target` is the path of the target file."""
    applies = settings.applicability or applicability_of(register, settings.adjusted(target), settings.selected)
    facts = dict(options.facts())
    # The embedded platform has other ports and keys each time, and is the same.
    text = "" if target.embedded else Path(settings.target).read_text(encoding="utf-8", errors="replace")
    return events.Run(
        schema_version=SCHEMA_VERSION,
        suite=events.Suite("opentv-conformance", __version__, register.edition),
        target=facts_of(target, embedded=target.embedded, writes=target.safety.writes and not options.safe),
        options=facts,
        part=options.part,
        digests=digests_of(facts, register, redactor_of(target).text(text), options.plan),
        rules=rule_versions(),
        selected=None if settings.selected is None else list(settings.selected),
        not_declared=dict(applies.not_declared),
        lacking=dict(applies.lacking),
        waivers=[
            events.Waiver(
                id=waiver.id, reason=waiver.reason, owner=waiver.owner, link=waiver.link, expires=waiver.expires
            )
            for waiver in target.waivers
        ],
        started=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    )
