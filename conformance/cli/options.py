"""The options that say what a run is about: one list for `run` and `plan`, so that they cannot differ."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from conformance.cli import completion
from conformance.runner.options import DEFAULT_FUZZ_CASES, RunOptions, parse_challenge, parse_rate
from conformance.runner.shard import part_of

_FIELDS = frozenset(field.name for field in fields(RunOptions))
_SHARED: tuple[Callable[[Callable[..., int]], Callable[..., int]], ...] = (
    click.option(
        "--target",
        type=click.Path(path_type=Path),
        help="Target file (- is standard input); without it the embedded platform.",
    ),
    click.option(
        "--service",
        "services",
        multiple=True,
        metavar="NAME",
        shell_complete=completion.services,
        help="Test only this service (repeatable, or with commas).",
    ),
    click.option(
        "--only",
        multiple=True,
        metavar="ID",
        shell_complete=completion.requirement_ids,
        help="Test only this requirement, or those that begin so (repeatable, or with commas).",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="ID",
        shell_complete=completion.requirement_ids,
        help="Leave this requirement out (repeatable, or with commas).",
    ),
    click.option("--no-fuzz", is_flag=True, help="No generated cases."),
    click.option(
        "--fuzz-cases", type=click.IntRange(min=1), default=DEFAULT_FUZZ_CASES, show_default=True, help="Per operation."
    ),
    click.option("--seed", type=int, help="Generate other cases than the ones that ship with the suite."),
    click.option(
        "--challenge",
        metavar="NONCE",
        default="",
        help="A nonce of whoever decides: it goes with every request, and more generated cases follow from it.",
    ),
    click.option("--safe", is_flag=True, help="Send nothing that creates or changes something."),
    click.option("--max-requests", type=click.IntRange(min=1), help="Stop sending after so many requests."),
    click.option("--rate", metavar="N/s", help="At most so many requests a second."),
    click.option(
        "--shard",
        metavar="i/n",
        help="Only this part of the run, 1/n to n/n, for `merge`; also by CI_NODE_INDEX and CI_NODE_TOTAL, or "
        "TEST_SHARD_INDEX and TEST_TOTAL_SHARDS.",
    ),
    click.option(
        "--rerun-failed",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Test only what did not pass in an earlier run.",
    ),
)


def run_options(*own: Callable[[Callable[..., int]], Callable[..., int]]) -> Callable[..., Callable[..., int]]:
    """Give a command the options of a run, and `own` ones beside them.

    The command gets them as one `RunOptions`; what is no field of it comes as a keyword argument.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(command)
        def gathered(*, no_fuzz: bool, rate: str | None, shard: str | None, challenge: str, **values: Any) -> int:
            told = {name: values.pop(name) for name in list(values) if name in _FIELDS}
            for name in ("services", "only", "exclude"):
                told[name] = tuple(one.strip() for text in told[name] for one in text.split(",") if one.strip())
            told["services"] = tuple(one.lower() for one in told["services"])
            part = part_of(shard, os.environ)
            told["challenge"] = parse_challenge(challenge) if challenge else ""
            options = RunOptions(fuzz=not no_fuzz, rate=parse_rate(rate) if rate else None, part=part, **told)
            return command(options, **values)

        found: Callable[..., int] = gathered
        for option in reversed((*_SHARED, *own)):
            found = option(found)
        return found

    return decorate
