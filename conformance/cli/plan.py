"""`opentv-conformance plan`."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance import terminal
from conformance.cli.options import run_options
from conformance.runner.options import RunOptions

if TYPE_CHECKING:
    from conformance.runner.plan import RunPlan


@click.command("plan")
@run_options(click.option("--json", "as_json", is_flag=True, help="As JSON."))
def command(options: RunOptions, *, as_json: bool) -> int:
    """Say what `run` would send and create, and what it could not test and why. Sends nothing."""
    from conformance.register import load_register
    from conformance.runner.plan import plan_of
    from conformance.runner.scratch import scratch
    from conformance.runner.target import opened_target

    with ExitStack() as stack:
        own = stack.enter_context(scratch())
        loaded, _ = opened_target(options.target, own, stack, sending=False)
        plan = plan_of(options, loaded, load_register())
    if as_json:
        terminal.say(json.dumps(asdict(plan), indent=1))
    else:
        _print(plan, terminal.console())
    return 0


def _print(plan: RunPlan, console: Console) -> None:
    index, of = plan.part
    of_run = f" (part {index} of {of})" if of > 1 else ""
    console.print(
        Text.assemble((plan.target, "bold"), f"{of_run}: {plan.testable} requirements by {plan.checks} checks")
    )
    table = Table("service", "operation", "method", "checks", "generated cases", box=None, pad_edge=False)
    for one in plan.operations:
        table.add_row(one.service, one.operation, one.method, str(one.checks), str(one.cases))
    console.print(table)
    console.print(f"sends about {plan.expected} requests, at most {plan.at_most} (limit {plan.limit})", highlight=False)
    if plan.seconds is not None:
        from conformance.runner.plan import duration

        console.print(f"takes    at least {duration(plan.seconds)}, at the rate of http.rate", highlight=False)
    for sentence in plan.creates:
        console.print(f"creates  {sentence}", highlight=False)
    if not plan.creates:
        console.print("creates  nothing", highlight=False)
    console.print("deletes  nothing", highlight=False)
    for reason, number in plan.not_declared.items():
        console.print(f"outside  {number} requirements: {reason}", highlight=False)
    for group in plan.untestable:
        console.print(f"untested {len(group.requirements)} requirements: {group.reason}", highlight=False, markup=False)
        for line in group.add:
            console.print(f"         add  {line}", highlight=False, markup=False)
