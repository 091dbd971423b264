"""Which part of a run is to be made: `--shard i/n`, or what a CI server says to each job of a matrix."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import UsageError
from conformance.stream import events

_WRITTEN = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")
STATUS_FILE = "TEST_SHARD_STATUS_FILE"


@dataclass(frozen=True)
class _Server:
    """The variables of a CI server: the number of this job, counted from `first`, and how many there are."""

    index: str
    total: str
    first: int


_SERVERS = (_Server("CI_NODE_INDEX", "CI_NODE_TOTAL", 1), _Server("TEST_SHARD_INDEX", "TEST_TOTAL_SHARDS", 0))


def part_of(option: str | None, environment: Mapping[str, str], name: str = "--shard") -> events.Part:
    """Return the part of a run that is to be made; an explicit option wins over the environment.

    Args:
        option: `i/n`, where i is 1 to n; None where the user gave none.
        environment: may have GitLab's CI_NODE_INDEX (from 1) and CI_NODE_TOTAL, or Bazel's TEST_SHARD_INDEX (from 0)
            and TEST_TOTAL_SHARDS.
        name: of the option.

    Raises:
        UsageError: it is no part, or two servers say different ones.
    """
    if option is not None:
        written = _WRITTEN.fullmatch(option)
        if written is None:
            raise UsageError(f"{name} {option[:80]!r} is not a part of a run", advice="Write it as 2/5.")
        return _part(int(written[1]), int(written[2]), f"{name} {option}")
    found = {place: part for server in _SERVERS for place, part in _said_by(server, environment)}
    if len(set(found.values())) > 1:
        said = " and ".join(f"{place} say {part}" for place, part in found.items())
        raise UsageError(said, advice="Say with --shard i/n which one is meant.")
    return next(iter(found.values()), events.Part())


def _said_by(server: _Server, environment: Mapping[str, str]) -> list[tuple[str, events.Part]]:
    index, total = environment.get(server.index, ""), environment.get(server.total, "")
    if not total and not index:
        return []
    where = f"{server.index}={index[:40]!r} and {server.total}={total[:40]!r}"
    if total == "1" and not index:
        return []  # GitLab says so to every job that is no part of anything
    if not (index.isdecimal() and total.isdecimal() and index.isascii() and total.isascii()):
        advice = "Both must be whole numbers; --shard i/n wins over them."
        raise UsageError(f"{where} name no part of a run", where="environment", advice=advice)
    return [(where, _part(int(index) - server.first + 1, int(total), where, "environment"))]


def _part(index: int, of: int, said: str, where: str = "") -> events.Part:
    if not 1 <= index <= of:
        raise UsageError(f"{said}: there is no part {index} of {of}", where=where, advice="Parts are 1/n to n/n.")
    return events.Part(index, of)


def acknowledge(environment: Mapping[str, str]) -> None:
    """Tell Bazel that its shards are understood: it takes all of them for the whole otherwise."""
    path = environment.get(STATUS_FILE)
    if path:
        with suppress(OSError):
            Path(path).touch()
