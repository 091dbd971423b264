"""What the command line says of a run."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.errors import NothingToTest, UsageError
from conformance.model import SERVICES, Outcome

if TYPE_CHECKING:
    from conformance.register import Register
from conformance.stream import events

DEFAULT_FUZZ_CASES = 200


@dataclass(frozen=True)
class RunOptions:
    """The options of `opentv-conformance run`; `rate` in requests a second.

    `urls` are searched for the services of a target that has no file. `checks` are run beside those of the selected
    requirements: what sent the exchange that shows a finding. `part` is the part of a run that is to be made.
    `challenge` is a nonce that goes with every request. `for_s`: so many seconds a soak goes on.
    """

    target: Path | None = None
    urls: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fuzz: bool = True
    fuzz_cases: int = DEFAULT_FUZZ_CASES
    seed: int | None = None
    workers: int = 8
    safe: bool = False
    max_requests: int | None = None
    rate: float | None = None
    out: Path | None = None
    fail_on: str = "must"
    allow_untested: bool = False
    rerun_failed: Path | None = None
    checks: tuple[str, ...] = ()
    challenge: str = ""
    for_s: float | None = None
    part: events.Part = field(default_factory=events.Part)

    @property
    def plan(self) -> str:
        """What decides which cases are generated; empty where none are."""
        if not self.fuzz:
            return ""
        from conformance.fuzz.plan import spec_digest

        return f"{self.seed} {self.fuzz_cases} {spec_digest()} {self.challenge}".rstrip()

    def facts(self) -> dict[str, events.Option]:
        """Return the options as the stream holds them."""
        return facts_of_options(asdict(self), without=("part",))


def facts_of_options(options: Mapping[str, Any], *, without: Collection[str]) -> dict[str, events.Option]:
    """Return options as the stream holds them, but for some."""
    return {
        key: str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value
        for key, value in options.items()
        if key not in without
    }


def parse_duration(text: str) -> float:
    """Parse `90`, `90s`, `10m` or `2h` into seconds.

    Raises:
        UsageError: it is none of these.
    """
    number, unit = (text[:-1], text[-1]) if text[-1:] in ("s", "m", "h") else (text, "s")
    try:
        value = float(number) * {"s": 1.0, "m": 60.0, "h": 3600.0}[unit]
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise UsageError(f"{text!r} is not a time", advice="Write it as 90s, 10m or 2h.")
    return value


def parse_address(text: str, option: str) -> tuple[str, int]:
    """Parse `host:port`.

    Raises:
        UsageError: it is not that.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise UsageError(f"{option} {text[:80]!r} is not an address", advice="Write it as 10.0.0.5:5557.")
    return host.strip("[]"), int(port)


def parse_rate(text: str, option: str = "--rate") -> float:
    """Parse `5`, `5/s` or `300/m` into requests a second.

    Raises:
        UsageError: it is none of these.
    """
    number, _, unit = text.partition("/")
    try:
        value = float(number) / {"": 1.0, "s": 1.0, "m": 60.0}[unit.strip()]
    except (ValueError, KeyError):
        raise UsageError(f"{option} {text!r} is not a rate", advice="Write it as 5/s or 300/m.") from None
    if not 0 < value < math.inf:
        raise UsageError(f"{option} must be a number greater than zero")
    return value


# What a list member of `tracestate` may be, and short enough for any log.
_NONCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{7,127}")


def parse_challenge(text: str) -> str:
    """Return a nonce that goes with every request.

    Raises:
        UsageError: it could not stand in `tracestate`, or could be guessed.
    """
    if not _NONCE.fullmatch(text):
        advice = "8 to 128 letters, digits, dots, dashes, underscores and tildes: for example `openssl rand -hex 16`."
        raise UsageError("--challenge is not a nonce", advice=advice)
    return text


def select(options: RunOptions, register: Register) -> tuple[str, ...] | None:
    """Return the ids that are to be tested, or None for all.

    `--only` and `--exclude` take an id or the beginning of ids (`STB`, `STB-0`).

    Raises:
        UsageError: an id, a service or a folder does not exist.
        StreamError: the folder of `--rerun-failed` holds no run.
        NothingToTest: nothing of what is selected failed in that run.
    """
    if not (options.services or options.only or options.exclude or options.rerun_failed):
        return None
    for service in options.services:
        if service not in SERVICES:
            raise UsageError(f"no service is named {service!r}", advice=f"Known: {', '.join(SERVICES)}.")
    chosen = [entry.id for entry in register if not options.services or entry.service in options.services]
    if options.only:
        wanted = frozenset(name for pattern in options.only for name in _matching(pattern, register))
        chosen = [name for name in chosen if name in wanted]
    dropped = frozenset(name for pattern in options.exclude for name in _matching(pattern, register))
    chosen = [name for name in chosen if name not in dropped]
    if options.rerun_failed and chosen:
        failed = _not_passed(options.rerun_failed, register)
        chosen = [name for name in chosen if name in failed]
        if not chosen:
            which = "nothing" if len(options.services + options.only + options.exclude) == 0 else "nothing selected"
            raise NothingToTest(f"{which} failed in {options.rerun_failed}, so that there is nothing to run again")
    return tuple(chosen)


def operations_of(selected: Collection[str] | None, register: Register) -> frozenset[str] | None:
    """Return the operations that selected requirements are about, or None for all: others need no generated cases."""
    return None if selected is None else frozenset(register[name].operation for name in selected)


def _matching(pattern: str, register: Register) -> list[str]:
    found = [entry.id for entry in register if entry.id.startswith(pattern.upper())]
    if not found:
        register[pattern]  # raises, with the nearest id
    return found


def _not_passed(folder: Path, register: Register) -> frozenset[str]:
    from conformance.report import results_of
    from conformance.stream import read_run

    results = results_of(read_run(folder), register)
    settled = (Outcome.PASSED, Outcome.NOT_OBSERVED, Outcome.NOT_DECLARED, Outcome.LEFT_OUT)
    return frozenset(result.requirement.id for result in results.results if result.outcome not in settled)
